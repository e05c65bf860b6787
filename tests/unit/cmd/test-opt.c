/* SPDX-License-Identifier: Apache-2.0
 *
 * Option rows: every kind on the command line and in the environment, and what is said about what is wrong. */
#include "cmd/opt.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

struct values {
    bool flag, other;
    const char *str, *choice;
    struct opt_list list;
    uint64_t number, size, time;
};

#define AT(field) offsetof(struct values, field)
static const struct opt rows[] = {
    {.letter = 'f', .name = "flag", .kind = OPT_FLAG, .offset = AT(flag), .help = "h"},
    {.letter = 'o', .name = "other-flag", .kind = OPT_FLAG, .offset = AT(other), .help = "h"},
    {.letter = 's', .name = "str", .kind = OPT_STR, .offset = AT(str), .arg = "X", .help = "h", .alias = "string"},
    {.letter = 'l', .name = "list", .kind = OPT_LIST, .offset = AT(list), .arg = "X", .help = "h"},
    {.letter = 'n', .name = "number", .kind = OPT_UINT, .offset = AT(number), .arg = "N", .help = "h"},
    {.name = "size", .kind = OPT_SIZE, .offset = AT(size), .arg = "SIZE", .help = "h"},
    {.name = "max-time", .kind = OPT_DURATION, .offset = AT(time), .arg = "TIME", .help = "h"},
    {.name = "choice", .kind = OPT_ENUM, .offset = AT(choice), .arg = "C", .help = "h", .choices = "one two three"},
    {0},
};

struct second {
    const char *secret;
    bool hidden;
};
static const struct opt second_rows[] = {
    {.name = "secret",
     .kind = OPT_STR,
     .offset = offsetof(struct second, secret),
     .arg = "X",
     .help = "h",
     .env = "WPACK_OTHER_NAME"},
    {.name = "hidden", .kind = OPT_FLAG, .offset = offsetof(struct second, hidden), .help = "h", .env = ""},
    {0},
};

struct parsed {
    struct wp_arena arena;
    struct values v;
    struct second w;
    bool help;
    const char **args, **given;
    size_t arg_count;
    struct wp_err err;
    int rc;
};

static void parse_words(struct parsed *p, const char *const *words)
{
    *p = (struct parsed){.arena = WP_ARENA_INIT};
    int argc = 0;
    char *argv[32] = {NULL};
    for (; words[argc] != NULL; argc++) {
        assert_true(argc < 31);
        argv[argc] = wp_arena_str(&p->arena, words[argc]);
    }
    const struct opt_group groups[] = {
        {.title = "Options", .rows = rows, .into = &p->v},
        {.title = "More", .rows = second_rows, .into = &p->w},
    };
    struct opt_rest rest = {0};
    p->rc = opt_parse(&p->arena, groups, 2, argc, argv, &rest, &p->err);
    p->args = rest.args;
    p->arg_count = rest.arg_count;
    p->given = rest.given;
    p->help = rest.help;
}

static void parsed_done(struct parsed *p)
{
    wp_arena_done(&p->arena);
}
#define PARSED_AUTO   WP_CLEANUP(parsed_done)
#define PARSE(p, ...) parse_words((p), (const char *const[]){"cmd", __VA_ARGS__, NULL})

static void assert_fails(struct parsed *p, const char *message, const char *hint)
{
    assert_int_equal(p->rc, -1);
    assert_int_equal(p->err.code, WP_E_USAGE);
    assert_string_equal(p->err.msg, message);
    assert_string_equal(p->err.hint, hint);
}

static const char *const variables[] = {"WPACK_FLAG",       "WPACK_OTHER_FLAG", "WPACK_STR",      "WPACK_LIST",
                                        "WPACK_NUMBER",     "WPACK_SIZE",       "WPACK_MAX_TIME", "WPACK_CHOICE",
                                        "WPACK_OTHER_NAME", "WPACK_SECRET",     "WPACK_HIDDEN"};

static int clear_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < WP_ARRAY_LEN(variables); i++) {
        unsetenv(variables[i]);
    }
    return 0;
}

static void test_every_kind(void **state)
{
    (void)state;
    PARSED_AUTO struct parsed p;
    PARSE(&p, "--flag", "--str", "text", "--list", "a", "--list", "b", "--number", "18446744073709551615", "--size",
          "64KiB", "--max-time", "1500ms", "--choice", "two");
    assert_int_equal(p.rc, 0);
    assert_true(p.v.flag);
    assert_false(p.v.other);
    assert_string_equal(p.v.str, "text");
    assert_int_equal(p.v.list.count, 2);
    assert_string_equal(p.v.list.items[0], "a");
    assert_string_equal(p.v.list.items[1], "b");
    assert_true(p.v.number == UINT64_MAX);
    assert_true(p.v.size == 65536);
    assert_true(p.v.time == 1500);
    assert_string_equal(p.v.choice, "two");
    assert_int_equal(p.arg_count, 0);
    assert_null(p.args[0]);
    assert_false(p.help);
}

static void test_letters_equals_and_alias(void **state)
{
    (void)state;
    PARSED_AUTO struct parsed p;
    PARSE(&p, "-fo", "-sx", "-l", "a=b", "--list=c=d", "--number=7", "--choice=three");
    assert_int_equal(p.rc, 0);
    assert_true(p.v.flag && p.v.other);
    assert_string_equal(p.v.str, "x");
    assert_string_equal(p.v.list.items[0], "a=b");
    assert_string_equal(p.v.list.items[1], "c=d");
    assert_true(p.v.number == 7);
    assert_string_equal(p.v.choice, "three");
    PARSED_AUTO struct parsed q;
    PARSE(&q, "--string", "aliased");
    assert_int_equal(q.rc, 0);
    assert_string_equal(q.v.str, "aliased");
}

static void test_arguments_stand_anywhere(void **state)
{
    (void)state;
    PARSED_AUTO struct parsed p;
    PARSE(&p, "first", "--flag", "-", "--str", "value", "third");
    assert_int_equal(p.rc, 0);
    assert_true(p.v.flag);
    assert_int_equal(p.arg_count, 3);
    assert_string_equal(p.args[0], "first");
    assert_string_equal(p.args[1], "-");
    assert_string_equal(p.args[2], "third");
    assert_null(p.args[3]);
}

static void test_two_dashes_end_the_options(void **state)
{
    (void)state;
    PARSED_AUTO struct parsed p;
    PARSE(&p, "--flag", "--", "--other-flag", "-x", "--");
    assert_int_equal(p.rc, 0);
    assert_true(p.v.flag);
    assert_false(p.v.other);
    assert_int_equal(p.arg_count, 3);
    assert_string_equal(p.args[0], "--other-flag");
    assert_string_equal(p.args[2], "--");
}

static void test_the_last_value_wins(void **state)
{
    (void)state;
    PARSED_AUTO struct parsed p;
    PARSE(&p, "--str", "a", "--str", "b", "-n", "1", "-n", "2");
    assert_int_equal(p.rc, 0);
    assert_string_equal(p.v.str, "b");
    assert_true(p.v.number == 2);
}

static void test_what_was_given(void **state)
{
    (void)state;
    setenv("WPACK_NUMBER", "3", 1);
    PARSED_AUTO struct parsed p;
    PARSE(&p, "arg", "-s", "x", "--list", "a", "--list", "b");
    assert_string_equal(p.given[0], "str");
    assert_string_equal(p.given[1], "list");
    assert_null(p.given[2]);
}

static void test_environment(void **state)
{
    (void)state;
    setenv("WPACK_FLAG", "yes", 1);
    setenv("WPACK_OTHER_FLAG", "0", 1);
    setenv("WPACK_STR", "from env", 1);
    setenv("WPACK_LIST", "from env", 1);
    setenv("WPACK_NUMBER", "3", 1);
    setenv("WPACK_SIZE", "1MiB", 1);
    setenv("WPACK_MAX_TIME", "2m", 1);
    setenv("WPACK_CHOICE", "one", 1);
    setenv("WPACK_OTHER_NAME", "s3", 1);
    setenv("WPACK_SECRET", "not read: the row names another variable", 1);
    setenv("WPACK_HIDDEN", "1", 1);
    PARSED_AUTO struct parsed p;
    PARSE(&p, "arg");
    assert_int_equal(p.rc, 0);
    assert_true(p.v.flag);
    assert_false(p.v.other);
    assert_string_equal(p.v.str, "from env");
    assert_int_equal(p.v.list.count, 1);
    assert_string_equal(p.v.list.items[0], "from env");
    assert_true(p.v.number == 3);
    assert_true(p.v.size == 1048576);
    assert_true(p.v.time == 120000);
    assert_string_equal(p.v.choice, "one");
    assert_string_equal(p.w.secret, "s3");
    assert_false(p.w.hidden);
    PARSED_AUTO struct parsed q;
    PARSE(&q, "--str", "typed", "--list", "typed", "--list", "too", "--number", "4", "--secret", "typed", "-o");
    assert_int_equal(q.rc, 0);
    assert_string_equal(q.v.str, "typed");
    assert_int_equal(q.v.list.count, 2);
    assert_string_equal(q.v.list.items[0], "typed");
    assert_true(q.v.number == 4);
    assert_string_equal(q.w.secret, "typed");
    assert_true(q.v.other);
}

static void test_flags_of_the_environment(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool want;
    } words[] = {{"1", true},      {"true", true}, {"yes", true},  {"on", true}, {"0", false},
                 {"false", false}, {"no", false},  {"off", false}, {"", false}};
    for (size_t i = 0; i < WP_ARRAY_LEN(words); i++) {
        setenv("WPACK_FLAG", words[i].text, 1);
        PARSED_AUTO struct parsed p;
        PARSE(&p, "x");
        assert_int_equal(p.rc, 0);
        assert_true(p.v.flag == words[i].want);
    }
    setenv("WPACK_FLAG", "maybe", 1);
    PARSED_AUTO struct parsed p;
    PARSE(&p, "x");
    assert_fails(&p, "WPACK_FLAG: 'maybe' is neither true nor false", "");
}

static void test_an_empty_variable_is_none(void **state)
{
    (void)state;
    setenv("WPACK_NUMBER", "", 1);
    setenv("WPACK_CHOICE", "", 1);
    PARSED_AUTO struct parsed p;
    PARSE(&p, "x");
    assert_int_equal(p.rc, 0);
    assert_true(p.v.number == 0);
    assert_null(p.v.choice);
}

static void test_wrong_values(void **state)
{
    (void)state;
    static const struct {
        const char *option, *value, *message, *hint;
    } bad[] = {
        {"--number", "-1", "--number: '-1' is not a whole number", ""},
        {"--number", "1x", "--number: '1x' is not a whole number", ""},
        {"--number", "", "--number: '' is not a whole number", ""},
        {"-n", "18446744073709551616", "--number: '18446744073709551616' is not a whole number", ""},
        {"--size", "10 parsecs", "--size: '10 parsecs' is not a size", "write bytes, or 64KiB, 10MiB, 1.5GiB"},
        {"--max-time", "soon", "--max-time: 'soon' is not a duration", "write 250ms, 30s, 5m, 1h"},
        {"--choice", "on", "--choice: 'on' is not one of: one two three", ""},
        {"--choice", "one two", "--choice: 'one two' is not one of: one two three", ""},
        {"--choice", "", "--choice: '' is not one of: one two three", ""},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(bad); i++) {
        PARSED_AUTO struct parsed p;
        PARSE(&p, bad[i].option, bad[i].value);
        assert_fails(&p, bad[i].message, bad[i].hint);
    }
}

static void test_unknown_options(void **state)
{
    (void)state;
    PARSED_AUTO struct parsed near;
    PARSE(&near, "--strr", "x");
    assert_fails(&near, "unknown option '--strr'", "did you mean '--str'?");
    PARSED_AUTO struct parsed with_value;
    PARSE(&with_value, "--chioce=one");
    assert_fails(&with_value, "unknown option '--chioce'", "did you mean '--choice'?");
    PARSED_AUTO struct parsed far;
    PARSE(&far, "--zzzzzzzz");
    assert_fails(&far, "unknown option '--zzzzzzzz'", "");
    PARSED_AUTO struct parsed letter;
    PARSE(&letter, "-z");
    assert_fails(&letter, "unknown option '-z'", "");
    PARSED_AUTO struct parsed bundled;
    PARSE(&bundled, "-fz");
    assert_fails(&bundled, "unknown option '-z'", "");
    PARSED_AUTO struct parsed after_argument;
    PARSE(&after_argument, "file", "--flga", "other");
    assert_fails(&after_argument, "unknown option '--flga'", "did you mean '--flag'?");
}

static void test_values_where_none_belongs_and_none_where_one_does(void **state)
{
    (void)state;
    PARSED_AUTO struct parsed flag;
    PARSE(&flag, "--flag=yes");
    assert_fails(&flag, "option '--flag' takes no value", "");
    PARSED_AUTO struct parsed help;
    PARSE(&help, "--help=all");
    assert_fails(&help, "option '--help' takes no value", "");
    PARSED_AUTO struct parsed missing;
    PARSE(&missing, "--str");
    assert_fails(&missing, "option '--str' needs a value", "");
    PARSED_AUTO struct parsed letter;
    PARSE(&letter, "x", "-n");
    assert_fails(&letter, "option '-n' needs a value", "");
}

static void test_what_stands_behind_an_error_is_read(void **state)
{
    (void)state;
    PARSED_AUTO struct parsed p;
    PARSE(&p, "--nonsense", "--choice", "two", "--number", "x", "--str", "kept");
    assert_fails(&p, "unknown option '--nonsense'", "");
    assert_string_equal(p.v.choice, "two");
    assert_string_equal(p.v.str, "kept");
}

static void test_help(void **state)
{
    (void)state;
    static const char *const words[] = {"-h", "--help"};
    for (size_t i = 0; i < WP_ARRAY_LEN(words); i++) {
        PARSED_AUTO struct parsed p;
        PARSE(&p, "--flag", words[i], "--number", "not read");
        assert_int_equal(p.rc, 0);
        assert_true(p.help);
    }
}

static void test_names_of_variables(void **state)
{
    (void)state;
    char name[64];
    assert_string_equal(opt_env_name(&rows[6], name), "WPACK_MAX_TIME");
    assert_string_equal(opt_env_name(&second_rows[0], name), "WPACK_OTHER_NAME");
    assert_null(opt_env_name(&second_rows[1], name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_kind, clear_environment),
        cmocka_unit_test_setup(test_letters_equals_and_alias, clear_environment),
        cmocka_unit_test_setup(test_arguments_stand_anywhere, clear_environment),
        cmocka_unit_test_setup(test_two_dashes_end_the_options, clear_environment),
        cmocka_unit_test_setup(test_the_last_value_wins, clear_environment),
        cmocka_unit_test_setup(test_what_was_given, clear_environment),
        cmocka_unit_test_setup(test_environment, clear_environment),
        cmocka_unit_test_setup(test_flags_of_the_environment, clear_environment),
        cmocka_unit_test_setup(test_an_empty_variable_is_none, clear_environment),
        cmocka_unit_test_setup(test_wrong_values, clear_environment),
        cmocka_unit_test_setup(test_unknown_options, clear_environment),
        cmocka_unit_test_setup(test_values_where_none_belongs_and_none_where_one_does, clear_environment),
        cmocka_unit_test_setup(test_what_stands_behind_an_error_is_read, clear_environment),
        cmocka_unit_test_setup(test_help, clear_environment),
        cmocka_unit_test_setup(test_names_of_variables, clear_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
