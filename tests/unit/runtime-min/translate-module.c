/* SPDX-License-Identifier: Apache-2.0
 *
 * Slot code in test code. */
#include "translate-module.h"

#include "tests/unit/unit.h"

static void instantiate(struct translation *t, const struct wrt_module *m)
{
    t->instance = (struct wrt_instance){
        .store = &t->store, .module = m, .funcs = t->func_list, .globals = t->global_list, .tags = t->tag_list};
    for (uint32_t i = 0; i < 7; i++) {
        const struct wrt_deftype *type = wrt_deftype(m->types, m->funcs[i]);
        t->funcs[i] =
            (struct wrt_func){.instance = &t->instance,
                              .type = m->funcs[i],
                              .index = i,
                              .param_slots = wrt_slots_of(type->as.func.params, type->as.func.param_count),
                              .result_slots = wrt_slots_of(type->as.func.results, type->as.func.result_count)};
        t->func_list[i] = &t->funcs[i];
    }
    for (uint32_t i = 0; i < 3; i++) {
        t->globals[i] = (struct wrt_global_inst){.cell = {7}, .type = m->globals[i].type, .mut = m->globals[i].mut};
        t->global_list[i] = &t->globals[i];
        t->tag_list[i] = &t->tags[i];
    }
}

static void use(const struct wrt_module *m, void *arg)
{
    struct translation *t = arg;
    instantiate(t, m);
    t->store.exec.store = &t->store;
    if (t->store.mem.limit == 0) {
        t->store.mem.limit = 64 << 20;
    }
    t->rc = wrt_translate(&t->store.exec, &t->funcs[6]);
    if (t->then != NULL) {
        t->then(t, t->arg);
    }
    wrt_mem_done(&t->store.mem);
}

void translation_make(struct translation *t, const struct code_case *c)
{
    code_use(c, use, t);
}

/* Offsets never go down but at a jump back that the translator itself adds, and stay within the body. */
static void check_places(struct translation *t)
{
    struct wrt_func *f = &t->funcs[6];
    for (uint32_t word = 0; word < f->code_words; word++) {
        uint64_t offset = 0;
        uint32_t place = 0;
        wrt_locate(&t->store, f, word, &offset, &place);
        assert_true(offset < t->instance.module->bytes.len);
        assert_true(place <= t->instance.module->bytes.len);
    }
}

static void compare(struct translation *t, void *arg)
{
    const struct translate_case *c = arg;
    WP_AUTO_BUF struct wp_buf text = WP_BUF_INIT;
    assert_int_equal(t->rc, 0);
    slot_text(&text, &t->funcs[6]);
    if (!wp_str_eq(text.ptr, c->expected)) {
        fail_msg("%s\n  gives    %s\n  expected %s", c->code.text, text.ptr, c->expected);
    }
    check_places(t);
}

void translate_check(const struct translate_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct translation t = {.then = compare};
        struct translate_case c = cases[i];
        t.arg = &c;
        translation_make(&t, &c.code);
    }
}
