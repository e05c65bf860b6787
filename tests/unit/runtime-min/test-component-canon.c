/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical definitions: options, lifted and lowered signatures, every built-in function. */
#include "component-text.h"
#include "runtime-min/component.h"

#include <cmocka.h>

/* A core instance of one module: functions f0 () -> (), f1 (i32 i32 i32 i32) -> i32, f2 (i32 i32) -> i32, f3 (i32) ->
 * (), f4 (i32 i32 i32) -> i32, f5 () -> i32, f6 (i64) -> i64; a memory m and a table t, all aliased in this order. */
#define CORE                                                                                                         \
    "1: [1: 07 60 00 00 60 04 7f7f7f7f 01 7f 60 02 7f7f 01 7f 60 01 7f 00 60 03 7f7f7f 01 7f 60 00 01 7f 60 01 7e "  \
    "01 7e; 3: 07 00 01 02 03 04 05 06; 4: 01 70 00 01; 5: 01 00 01; 7: 09 'f0'00 00'f1'00 01'f2'00 02'f3'00 03'f4'" \
    "00 04'f5'00 05'f6'00 06'm'02 00't'01 00; 10: 07 03 00 00 0b 04 00 41 00 0b 04 00 41 00 0b 02 00 0b 04 00 41 00" \
    " 0b 04 00 41 00 0b 04 00 20 00 0b]; 2: 01 00 00 00; 6: 09 00 00 01 00'f0' 00 00 01 00'f1' 00 00 01 00'f2'"      \
    " 00 00 01 00'f3' 00 00 01 00'f4' 00 00 01 00'f5' 00 00 01 00'f6' 00 02 01 00'm' 00 01 01 00't';"

static const struct component_case cases[] = {
    {CORE, NULL},
    /* lift: 00 00 core-func options type */
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 00 00", NULL},
    {CORE "7: 01 40 00 01 00; 8: 01 00 01 00 00 00", "invalid leading byte (0x1) for canonical function lift"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 09 00 00", "unknown core function 9: function index out of bounds"},
    {CORE "7: 01 73; 8: 01 00 00 00 00 00", "type index 0 is not a function type"},
    {CORE "7: 01 40 00 00 79; 8: 01 00 00 05 00 00", NULL},
    {CORE "7: 01 40 00 00 79; 8: 01 00 00 00 00 00",
     "lowered result types '[i32]' do not match result types '[]' of core function 0"},
    {CORE "7: 01 40 01'a'79 01 00; 8: 01 00 00 00 00 00",
     "lowered parameter types '[i32]' do not match parameter types '[]' of core function 0"},
    {CORE "7: 01 40 01'a'77 00 77; 8: 01 00 00 06 00 00", NULL},
    {CORE "7: 01 40 01'a'73 00 79; 8: 01 00 00 02 00 00", "canonical option 'memory' is required"},
    {CORE "7: 01 40 01'a'73 00 79; 8: 01 00 00 02 01 03 00 00", "canonical option 'realloc' is required"},
    {CORE "7: 01 40 01'a'73 00 79; 8: 01 00 00 02 02 03 00 04 01 00", NULL},
    {CORE "7: 01 40 00 00 73; 8: 01 00 00 05 01 03 00 00", NULL},
    {CORE "7: 01 40 00 00 73; 8: 01 00 00 05 00 00", "canonical option 'memory' is required"},
    /* options */
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 01 0a 00", "invalid leading byte (0xa) for canonical option"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 02 00 01 00",
     "canonical encoding option 'utf8' conflicts with option 'utf16'"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 02 03 00 03 00 00",
     "canonical option 'memory' is specified more than once"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 01 03 01 00", "unknown memory 1: memory index out of bounds"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 01 04 01 00", "canonical option 'realloc' requires 'memory'"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 02 03 00 04 02 00",
     "canonical option 'realloc' uses a core function with an incorrect signature"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 01 05 00 00", NULL},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 01 05 03 00",
     "canonical option 'post-return' uses a core function with an incorrect signature"},
    {CORE "7: 01 40 00 00 79; 8: 01 00 00 05 01 05 03 00", NULL},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 01 06 00", "the 'async' canonical option requires an async function type"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 01 07 04 00", "cannot specify callback without async"},
    {CORE "7: 01 43 00 01 00; 8: 01 00 00 05 02 06 07 04 00", NULL},
    {CORE "7: 01 43 00 01 00; 8: 01 00 00 05 02 06 07 02 00",
     "canonical option 'callback' uses a core function with an incorrect signature"},
    {CORE "7: 01 43 00 01 00; 8: 01 00 00 00 02 06 05 00 00", "cannot specify post-return function in async"},
    {CORE "7: 01 40 00 01 00; 8: 01 00 00 00 01 09 00", "'cm-gc', which is not supported"},
    /* lower: 01 00 func options */
    {"7: 01 40 00 01 00; 10: 01 00'f'01 00; 8: 01 01 00 00 00", NULL},
    {"7: 01 40 00 01 00; 10: 01 00'f'01 00; 8: 01 01 01 00 00",
     "invalid leading byte (0x1) for canonical function lower"},
    {"7: 01 40 00 01 00; 10: 01 00'f'01 00; 8: 01 01 00 01 00", "unknown function 1: function index out of bounds"},
    {"7: 01 40 00 00 73; 10: 01 00'f'01 00; 8: 01 01 00 00 00", "canonical option 'memory' is required"},
    {CORE "7: 01 40 00 01 00; 10: 01 00'f'01 00; 8: 01 01 00 00 01 05 00",
     "canonical option 'post-return' cannot be specified for lowerings"},
    {CORE "7: 01 43 00 01 00; 10: 01 00'f'01 00; 8: 01 01 00 00 02 06 07 04",
     "canonical option 'callback' cannot be specified for lowerings"},
    /* built-ins */
    {"8: 01 07", "invalid leading byte (0x7) for canonical function"},
    {"8: 01 2e 00", "invalid leading byte (0x2e) for canonical function"},
    {"8: 01 42", "needs 'shared-everything-threads', which is not supported"},
    {"7: 01 3f 7f 00; 8: 01 02 00", NULL},
    {"7: 01 73; 8: 01 02 00", "type index 0 is not a resource type"},
    {"10: 01 00'r'03 01; 8: 01 02 00", "type 0 is not a local resource"},
    {"10: 01 00'r'03 01; 8: 01 04 00", "type 0 is not a local resource"},
    {"10: 01 00'r'03 01; 8: 01 03 00", NULL},
    {"7: 01 73; 8: 01 0e 00", "'stream.new' requires a stream type"},
    {"7: 01 66 00; 8: 01 15 00", "'future.new' requires a future type"},
    {"8: 01 0c 02", "invalid boolean value"},
    {"8: 01 20 00 00", "unknown memory 0"},
    {"7: 01 66 01 73; 8: 01 0f 00 00", "canonical option 'memory' is required"},
    {CORE "7: 01 66 01 73; 8: 01 0f 00 01 03 00", "canonical option 'realloc' is required"},
    {CORE "7: 01 66 01 73; 8: 01 0f 00 02 03 00 04 01", NULL},
    {CORE "7: 01 66 01 73; 8: 01 10 00 01 03 00", NULL},
    {CORE "7: 01 66 01 73; 8: 01 10 00 02 03 00 05 00", "'post-return' cannot be specified for lowerings"},
    {"8: 01 09 00 73 00", "canonical option 'memory' is required"},
    {CORE "8: 01 09 00 73 01 03 00", NULL},
    {CORE "8: 01 09 00 73 02 03 00 04 01", "cannot specify 'realloc' option on 'task.return'"},
    {"8: 01 09 01 00 01 06", "cannot specify 'async' option on 'task.return'"},
    {"10: 01 00'r'03 01; 7: 01 68 00; 8: 01 09 00 01 00", "'task.return' result cannot contain a 'borrow' type"},
    {"8: 02 0a 7f 00 0b 7f 01", NULL},
    {"8: 01 0a 7f 02", "'context.get' immediate must be zero or one: 2"},
    {"8: 01 0a 7d 00", "'context.get' only supports 'i32' or 'i64'"},
    {CORE "3: 01 60 01 7f 00; 8: 01 27 00 00", NULL},
    {CORE "3: 01 60 00 00; 8: 01 27 00 00", "start function must take a single 'i32' argument (currently)"},
    {CORE "3: 01 60 01 7f 01 7f; 8: 01 27 00 00", "start function must not return any values"},
    {CORE "3: 01 50 00; 8: 01 27 00 00", "expected a core function type"},
    {CORE "3: 01 60 01 7f 00; 8: 01 27 00 01", "unknown table 1"},
    /* destructors */
    {CORE "7: 01 3f 7f 01 03", NULL},
    {CORE "7: 01 3f 7f 01 02", "core function 2 has wrong signature for a destructor"},
};

static void test_cases(void **state)
{
    (void)state;
    component_cases(cases, WP_ARRAY_LEN(cases));
}

static void test_features(void **state)
{
    (void)state;
    component_needs("8: 01 05", "cm-async");
    component_needs("8: 01 06 01", "cm-more-async-builtins");
    component_needs("7: 01 66 00; 8: 01 0f 00 00", "cm-more-async-builtins");
    component_needs("8: 01 26", "cm-threading");
    component_needs("8: 01 0a 7f 01", "cm-threading");
    component_needs("8: 01 1e", "cm-error-context");
    component_needs("8: 01 0a 7e 00", "cm64");
    component_needs(CORE "7: 01 43 00 01 00; 8: 01 00 00 00 01 06 00", "cm-async-stackful");
}

/* The signature of the core function that the last canonical definition makes: results behind a slash. */
static void signature_is(const char *text, const char *features, const char *want)
{
    WP_AUTO_BUF struct wp_buf b = WP_BUF_INIT;
    WP_AUTO_BUF struct wp_buf found = WP_BUF_INIT;
    struct wrt_binary *loaded = component_load(&b, text, features);
    const struct wrt_component *c = wrt_binary_component(loaded);
    const struct wrt_deftype *t = wrt_deftype(c->core_types, c->canons[c->canon_count - 1].core_type);
    const char letters[] = "dfli"; /* f64, f32, i64, i32 */
    for (uint32_t i = 0; i < t->as.func.param_count; i++) {
        wp_buf_add_char(&found, letters[t->as.func.params[i] - WRT_F64]);
    }
    wp_buf_add_char(&found, '/');
    for (uint32_t i = 0; i < t->as.func.result_count; i++) {
        wp_buf_add_char(&found, letters[t->as.func.results[i] - WRT_F64]);
    }
    assert_string_equal(found.ptr, want);
    wrt_binary_free(loaded);
}

#define F17 "'a'77'b'77'c'77'd'77'e'77'f'77'g'77'h'77'i'77'j'77'k'77'l'77'm'77'n'77'o'77'p'77'q'77"

static void test_signatures(void **state)
{
    (void)state;
    const struct {
        const char *text, *want;
    } rows[] = {
        {"7: 01 40 02'a'76'b'75 00 77; 10: 01 00'f'01 00; 8: 01 01 00 00 00", "fd/l"},
        {CORE "7: 01 40 00 00 73; 10: 01 00'f'01 00; 8: 01 01 00 00 02 03 00 04 01", "i/"},
        {CORE "7: 01 40 11" F17 "01 00; 10: 01 00'f'01 00; 8: 01 01 00 00 01 03 00", "i/"},
        {CORE "7: 01 43 01'a'77 01 00; 10: 01 00'f'01 00; 8: 01 01 00 00 02 06 03 00", "l/i"},
        {CORE "7: 01 43 01'a'77 00 79; 10: 01 00'f'01 00; 8: 01 01 00 00 02 06 03 00", "li/i"},
        {CORE "7: 01 43 05'a'77'b'77'c'77'd'77'e'77 01 00; 10: 01 00'f'01 00; 8: 01 01 00 00 02 06 03 00", "i/i"},
        {"7: 01 3f 7f 00; 8: 01 02 00", "i/i"},
        {"7: 01 3f 7f 00; 8: 01 03 00", "i/"},
        {"7: 01 3f 7f 00; 8: 01 04 00", "i/i"},
        {"8: 01 05", "/"},
        {"8: 01 06 00", "i/i"},
        {"8: 01 09 01 00 00", "/"},
        {"8: 01 09 00 77 00", "l/"},
        {"8: 01 0a 7f 00", "/i"},
        {"8: 01 0b 7f 00", "i/"},
        {"8: 01 0c 01", "/i"},
        {"8: 01 0d", "i/"},
        {"7: 01 66 00; 8: 01 0e 00", "/l"},
        {"7: 01 66 00; 8: 01 0f 00 01 06", "iii/i"},
        {"7: 01 66 00; 8: 01 10 00 01 06", "iii/i"},
        {"7: 01 66 00; 8: 01 11 00 00", "i/i"},
        {"7: 01 66 00; 8: 01 12 00 01", "i/i"},
        {"7: 01 66 00; 8: 01 13 00", "i/"},
        {"7: 01 66 00; 8: 01 14 00", "i/"},
        {"7: 01 65 00; 8: 01 15 00", "/l"},
        {"7: 01 65 00; 8: 01 16 00 01 06", "ii/i"},
        {"7: 01 65 00; 8: 01 17 00 01 06", "ii/i"},
        {"7: 01 65 00; 8: 01 18 00 00", "i/i"},
        {"7: 01 65 00; 8: 01 19 00 00", "i/i"},
        {"7: 01 65 00; 8: 01 1a 00", "i/"},
        {"7: 01 65 00; 8: 01 1b 00", "i/"},
        {CORE "8: 01 1c 01 03 00", "ii/i"},
        {CORE "8: 01 1d 02 03 00 04 01", "ii/"},
        {"8: 01 1e", "i/"},
        {"8: 01 1f", "/i"},
        {CORE "8: 01 20 00 00", "ii/i"},
        {CORE "8: 01 21 01 00", "ii/i"},
        {"8: 01 22", "i/"},
        {"8: 01 23", "ii/"},
        {"8: 01 24", "/"},
        {"8: 01 25", "/"},
        {"8: 01 26", "/i"},
        {CORE "3: 01 60 01 7f 00; 8: 01 27 00 00", "ii/i"},
        {"8: 01 28", "i/"},
        {"8: 01 29 00", "/i"},
        {"8: 01 2a 00", "i/i"},
        {"8: 01 2b 00", "i/i"},
        {"8: 01 2c 00", "i/i"},
        {"8: 01 2d 00", "i/i"},
    };
    for (size_t i = 0; i < WP_ARRAY_LEN(rows); i++) {
        signature_is(rows[i].text, "default,cm-error-context", rows[i].want);
    }
}

#define MEMORY64 "1: [5: 01 04 01; 7: 01 'm'02 00]; 2: 01 00 00 00; 6: 01 00 02 01 00'm';"

static void test_wide_memory(void **state)
{
    (void)state;
    component_refused(MEMORY64 "8: 01 20 00 00", "needs the feature 'cm64'");
    signature_is(MEMORY64 "8: 01 20 00 00", "default,cm64", "il/i");
    signature_is(MEMORY64 "7: 01 40 01'a'73 01 00; 10: 01 00'f'01 00; 8: 01 01 00 00 01 03 00", "default,cm64", "ll/");
    signature_is(MEMORY64 "7: 01 66 01 7d; 8: 01 0f 00 02 06 03 00", "default,cm64", "ill/l");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_wide_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
