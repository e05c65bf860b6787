/* SPDX-License-Identifier: Apache-2.0
 *
 * Test results as the XML that build servers read (the dialect of Ant's JUnit task, which nobody specified). */
#include "base/text.h"
#include "cmd/tests.h"

/* Control bytes are no XML, not even escaped. */
static void xml(struct wp_buf *b, const char *text)
{
    WP_AUTO_BUF struct wp_buf clean = WP_BUF_INIT;
    for (const char *p = text; *p != '\0'; p++) {
        bool control = (unsigned char)*p < 0x20 && *p != '\n' && *p != '\t';
        wp_buf_add(&clean, control ? "?" : p, 1);
    }
    wp_escape_xml(b, clean.len > 0 ? clean.ptr : "");
}

static void attribute(struct wp_buf *b, const char *name, const char *value)
{
    wp_buf_printf(b, " %s=\"", name);
    xml(b, value);
    wp_buf_add_char(b, '"');
}

static void seconds(struct wp_buf *b, uint64_t ms)
{
    wp_buf_printf(b, " time=\"%llu.%03u\"", (unsigned long long)(ms / 1000), (unsigned)(ms % 1000));
}

static void add_failure(struct wp_buf *b, const struct test_result *r)
{
    const bool ran = r->failures != NULL;
    wp_buf_printf(b, ">\n      <%s", ran ? "failure" : "error");
    attribute(b, "message", ran ? r->failures[0] : r->err.msg);
    wp_buf_add_char(b, '>');
    for (const char *const *line = r->failures; line != NULL && *line != NULL; line++) {
        xml(b, *line);
        wp_buf_add_char(b, '\n');
    }
    for (const char *const *line = r->frames; line != NULL && *line != NULL; line++) {
        xml(b, *line);
        wp_buf_add_char(b, '\n');
    }
    xml(b, r->err.hint);
    wp_buf_printf(b, "</%s>\n    </testcase>\n", ran ? "failure" : "error");
}

static void add_case(struct wp_buf *b, const struct test_suite *s, const struct test_result *r)
{
    wp_buf_add_str(b, "    <testcase");
    attribute(b, "name", r->test->name);
    attribute(b, "classname", s->name);
    seconds(b, r->cost.ms);
    if (r->skipped) {
        wp_buf_add_str(b, "><skipped/></testcase>\n");
    } else if (r->passed) {
        wp_buf_add_str(b, "/>\n");
    } else {
        add_failure(b, r);
    }
}

void tests_junit(const struct test_suite *s, struct wp_buf *b)
{
    size_t n = s->project->test_count;
    size_t errors = 0;
    uint64_t ms = 0;
    for (size_t i = 0; i < n; i++) {
        const struct test_result *r = &s->results[i];
        ms += r->cost.ms;
        errors += !r->skipped && !r->passed && r->failures == NULL;
    }
    wp_buf_add_str(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite");
    attribute(b, "name", s->name);
    wp_buf_printf(b, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", n, s->failed - errors, errors,
                  n - s->passed - s->failed);
    seconds(b, ms);
    wp_buf_add_str(b, ">\n");
    for (size_t i = 0; i < n; i++) {
        add_case(b, s, &s->results[i]);
    }
    wp_buf_add_str(b, "  </testsuite>\n</testsuites>\n");
}
