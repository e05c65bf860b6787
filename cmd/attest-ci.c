/* SPDX-License-Identifier: Apache-2.0
 *
 * CI systems as rows: what their documentation says that a job's environment tells. Anybody can set a variable: this is
 * what the environment claims, and the provenance made of it is a claim of whoever signs it. */
#include "cmd/attest.h"

#include <stdlib.h>

/* "${NAME}" is a variable; a text with one that is not set or empty is not known. */
struct row {
    const char *name, *mark; /* the variable that says it is this one, by "true" */
    const char *builder_id, *source_uri, *source_ref, *source_commit, *workflow, *invocation_id, *started_on;
    const char *kept[10]; /* more of the environment, as it is */
};

static const struct row rows[] = {
    {
        /* docs.github.com, "Variables reference"; the names that actions/attest-build-provenance gives */
        .name = "GitHub Actions",
        .mark = "GITHUB_ACTIONS",
        .builder_id = "${GITHUB_SERVER_URL}/${GITHUB_WORKFLOW_REF}",
        .source_uri = "git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}",
        .source_ref = "${GITHUB_REF}",
        .source_commit = "${GITHUB_SHA}",
        .workflow = "${GITHUB_WORKFLOW_REF}",
        .invocation_id =
            "${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}/attempts/${GITHUB_RUN_ATTEMPT}",
        .kept = {"GITHUB_EVENT_NAME", "GITHUB_JOB", "GITHUB_REPOSITORY_ID", "GITHUB_REPOSITORY_OWNER_ID",
                 "GITHUB_WORKFLOW_SHA", "RUNNER_ARCH", "RUNNER_ENVIRONMENT", "RUNNER_OS"},
    },
    {
        /* docs.gitlab.com, "Predefined CI/CD variables reference"; the builder as in its runner's provenance */
        .name = "GitLab CI/CD",
        .mark = "GITLAB_CI",
        .builder_id = "${CI_PROJECT_URL}/-/runners/${CI_RUNNER_ID}",
        .source_uri = "git+${CI_PROJECT_URL}",
        .source_ref = "${CI_COMMIT_REF_NAME}",
        .source_commit = "${CI_COMMIT_SHA}",
        .workflow = "${CI_CONFIG_PATH}",
        .invocation_id = "${CI_JOB_URL}",
        .started_on = "${CI_JOB_STARTED_AT}",
        .kept = {"CI_JOB_NAME", "CI_PIPELINE_ID", "CI_PIPELINE_SOURCE", "CI_PROJECT_ID", "CI_RUNNER_EXECUTABLE_ARCH",
                 "CI_SERVER_VERSION"},
    },
};

/* The text with its variables in place; NULL: one of them is not there. */
static const char *fill(const char *text, struct wp_arena *a)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    const char *at = text;
    while (at != NULL && *at != '\0') {
        const char *open = strstr(at, "${");
        const char *close = open == NULL ? NULL : strchr(open, '}');
        if (close == NULL) {
            wp_buf_add_str(&b, at);
            break;
        }
        const char *value = getenv(wp_arena_strn(a, open + 2, (size_t)(close - open) - 2));
        if (value == NULL || value[0] == '\0') {
            return NULL;
        }
        wp_buf_add(&b, at, (size_t)(open - at));
        wp_buf_add_str(&b, value);
        at = close + 1;
    }
    return text == NULL ? NULL : wp_arena_str(a, b.ptr);
}

static void keep(const struct row *row, struct wp_arena *a, struct attest_ci *ret)
{
    struct oci_annotation *list = wp_arena_alloc(a, WP_ARRAY_LEN(row->kept), sizeof(*list));
    size_t n = 0;
    for (size_t i = 0; i < WP_ARRAY_LEN(row->kept) && row->kept[i] != NULL; i++) {
        const char *value = getenv(row->kept[i]);
        if (value != NULL && value[0] != '\0') {
            list[n++] = (struct oci_annotation){row->kept[i], value};
        }
    }
    ret->environment = list;
    ret->environment_count = oci_annotations_sort(list, n);
}

void attest_ci_read(struct wp_arena *a, struct attest_ci *ret)
{
    *ret = (struct attest_ci){.name = NULL};
    for (size_t i = 0; i < WP_ARRAY_LEN(rows) && ret->name == NULL; i++) {
        const struct row *row = &rows[i];
        const char *mark = getenv(row->mark);
        if (mark == NULL || !wp_str_eq(mark, "true")) {
            continue;
        }
        *ret = (struct attest_ci){
            .name = row->name,
            .builder_id = fill(row->builder_id, a),
            .source_uri = fill(row->source_uri, a),
            .source_ref = fill(row->source_ref, a),
            .source_commit = fill(row->source_commit, a),
            .workflow = fill(row->workflow, a),
            .invocation_id = fill(row->invocation_id, a),
            .started_on = fill(row->started_on, a),
        };
        keep(row, a, ret);
    }
}
