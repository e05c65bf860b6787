/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments, variables, the end; and sockets, of which there are none. */
#include "runtime-min/wasi-parts.h"

static int put_sizes(const struct wrt_wasi_call *c, const struct wrt_wasi_strings *s)
{
    uint8_t *count = wrt_wasi_at(c, wrt_wasi_arg(c, 0), 4), *size = wrt_wasi_at(c, wrt_wasi_arg(c, 1), 4);
    if (!count || !size) {
        return WASI_STOPPED;
    }
    wrt_wasi_put32(count, s->count);
    wrt_wasi_put32(size, s->size);
    return WASI_SUCCESS;
}

static int put_strings(const struct wrt_wasi_call *c, const struct wrt_wasi_strings *s)
{
    uint8_t *pointers = wrt_wasi_at(c, wrt_wasi_arg(c, 0), (uint64_t)s->count * 4);
    uint8_t *bytes = wrt_wasi_at(c, wrt_wasi_arg(c, 1), s->size);
    if (!pointers || !bytes) {
        return WASI_STOPPED;
    }
    for (uint32_t i = 0; i < s->count; i++) {
        wrt_wasi_put32(pointers + (size_t)4 * i, wrt_wasi_arg(c, 1) + s->starts[i]);
    }
    memcpy(bytes, s->bytes, s->size);
    wrt_wasi_charge(c, s->size + (uint64_t)s->count * 4);
    return WASI_SUCCESS;
}

int wrt_wasi_args_sizes_get(struct wrt_wasi_call *c)
{
    return put_sizes(c, &c->w->args);
}

int wrt_wasi_args_get(struct wrt_wasi_call *c)
{
    return put_strings(c, &c->w->args);
}

int wrt_wasi_environ_sizes_get(struct wrt_wasi_call *c)
{
    return put_sizes(c, &c->w->env);
}

int wrt_wasi_environ_get(struct wrt_wasi_call *c)
{
    return put_strings(c, &c->w->env);
}

int wrt_wasi_proc_exit(struct wrt_wasi_call *c)
{
    wrt_host_exit(c->w->store, wrt_wasi_arg(c, 0));
    return WASI_STOPPED;
}

int wrt_wasi_proc_raise(struct wrt_wasi_call *c)
{
    (void)c; /* no signals: later versions of the standard have none either */
    return WASI_NOTSUP;
}

/* ---- no descriptor is a socket ---- */

static int no_socket(struct wrt_wasi_call *c)
{
    struct wrt_wasi_desc *d = NULL;
    int code = wrt_wasi_desc(c, wrt_wasi_arg(c, 0), WASI_CLOSED, 0, &d);
    return code != WASI_SUCCESS ? code : WASI_NOTSOCK;
}

int wrt_wasi_sock_accept(struct wrt_wasi_call *c)
{
    return no_socket(c);
}

int wrt_wasi_sock_recv(struct wrt_wasi_call *c)
{
    return no_socket(c);
}

int wrt_wasi_sock_send(struct wrt_wasi_call *c)
{
    return no_socket(c);
}

int wrt_wasi_sock_shutdown(struct wrt_wasi_call *c)
{
    return no_socket(c);
}
