/* SPDX-License-Identifier: Apache-2.0
 *
 * CBOR as COSE signatures use it (RFC 8949, "Core Deterministic Encoding" without the order of keys): definite lengths,
 * shortest heads, text in UTF-8, no key twice, no floats, at most SIG_CBOR_DEPTH levels. Anything else is refused, so
 * that two readers see one document. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define SIG_CBOR_DEPTH 8

enum sig_cbor_kind {
    SIG_CBOR_UINT,
    SIG_CBOR_NEGATIVE,
    SIG_CBOR_BYTES,
    SIG_CBOR_TEXT,
    SIG_CBOR_ARRAY,
    SIG_CBOR_MAP,
    SIG_CBOR_TAG,
    SIG_CBOR_SIMPLE, /* false, true, null */
};

/* A value. What it points at lives in the arena and in the bytes that were read. */
struct sig_cbor {
    enum sig_cbor_kind kind;
    uint64_t number;              /* UINT: the value; NEGATIVE: -1 - value; TAG: which; SIMPLE: 20, 21, 22 */
    struct wp_span bytes;         /* BYTES, TEXT: the content */
    struct wp_span raw;           /* as it was encoded */
    const struct sig_cbor *items; /* ARRAY: its items; MAP: key, value, key, value; TAG: the one */
    size_t count;                 /* of items: twice the pairs of a map */
};

/* All of bytes is one value. WP_E_INPUT "at byte 12: …". */
int sig_cbor_read(struct wp_span bytes, struct wp_arena *a, struct sig_cbor *ret, struct wp_err *err) WP_MUST_USE;
/* Of a map, by text or by number; NULL: not there. */
const struct sig_cbor *sig_cbor_get(const struct sig_cbor *map, const char *key);
const struct sig_cbor *sig_cbor_label(const struct sig_cbor *map, int64_t label);
/* A whole number; false for other kinds and what does not fit. */
bool sig_cbor_int(const struct sig_cbor *v, int64_t *ret);
bool sig_cbor_text_is(const struct sig_cbor *v, const char *text);
/* "a map", "a byte string", … */
const char *sig_cbor_kind_name(const struct sig_cbor *v);

/* Writing: shortest heads; items of arrays, maps (count: pairs) and tags follow from the caller, keys in its order. */
void sig_cbor_put_int(struct wp_buf *b, int64_t n);
void sig_cbor_put_bytes(struct wp_buf *b, struct wp_span bytes);
void sig_cbor_put_text(struct wp_buf *b, const char *text);
void sig_cbor_put_array(struct wp_buf *b, size_t count);
void sig_cbor_put_map(struct wp_buf *b, size_t pairs);
void sig_cbor_put_tag(struct wp_buf *b, uint64_t tag);
