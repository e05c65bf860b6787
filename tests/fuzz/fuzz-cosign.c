/* SPDX-License-Identifier: Apache-2.0
 *
 * cosign's older format. The first line of the input is a number: how the rest is taken, as a payload, a DSSE envelope
 * or an annotation of the layer. Nothing that comes in so is signed: whatever it says, the answer is no, with a reason.
 */
#include "base/mem.h"
#include "sign/cosign.h"
#include "sign/formats.h"
#include "sign/key-int.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HEX "d34db33fd34db33fd34db33fd34db33fd34db33fd34db33fd34db33fd34db33f"

static void must(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void judge(const char *media_type, struct wp_span bytes, const struct oci_annotation *notes, size_t count,
                  const struct sig_pub *key)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct sig_proof proof;
    struct sig_artifact art = {.name = "fuzz", .repository = "example.com/test/image"};
    struct sig_candidate c = {.format = &sig_format_cosign,
                              .where = "tag",
                              .media_type = media_type,
                              .bytes = bytes,
                              .annotations = notes,
                              .annotation_count = count};
    struct sig_demand d = {.name = "fuzz.pub", .key = key, .now = 1};
    must(oci_digest_parse("sha256:" HEX, &art.desc.digest, &err) == 0);
    must(sig_check(&c, &art, &d, &a, &proof, &err) == 0);
    must(proof.failed != NULL && proof.why != NULL && proof.why[0] != '\0');
}

static void read_alone(struct wp_span text)
{
    struct wp_err err = {0};
    SIG_AUTO_PAYLOAD struct sig_payload p = {0};
    if (sig_payload_read(text, "payload", &p, &err) == 0) {
        must(p.reference != NULL && p.digest != NULL);
    } else {
        must(err.code == WP_E_UNSATISFIED && err.msg[0] != '\0');
    }
}

static void annotation(const char *key, struct wp_span text, const struct sig_pub *pub)
{
    WP_AUTO_ARENA struct wp_arena a = WP_ARENA_INIT;
    struct wp_err err = {0};
    struct sig_material m;
    struct wp_span signature;
    struct oci_annotation notes[2] = {
        {SIG_NOTE_CERTIFICATE, "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n"},
        {key, wp_arena_strn(&a, (const char *)text.ptr, text.len)}};
    size_t first = wp_str_eq(key, SIG_NOTE_CHAIN) ? 0 : 1;
    if (sig_cosign_material("layer", notes + first, 2 - first, &a, &m, &signature, &err) < 0) {
        must(err.code == WP_E_UNSATISFIED && err.msg[0] != '\0');
        return;
    }
    /* What was read is written and read again as the same. */
    const struct oci_annotation *again = NULL;
    struct sig_material n;
    struct wp_span other;
    size_t count = sig_cosign_annotations(signature, &m, signature.ptr == NULL ? "type" : NULL, &a, &again);
    must(sig_cosign_material("layer", again, count, &a, &n, &other, &err) == 0);
    must(n.certificate_count == m.certificate_count && n.entry_count == m.entry_count &&
         n.timestamp_count == m.timestamp_count && other.len == signature.len);
    judge(SIG_MT_SIMPLE, text, again, count, pub);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {SIG_NOTE_SIGNATURE, SIG_NOTE_BUNDLE, SIG_NOTE_CERTIFICATE, SIG_NOTE_CHAIN,
                                       SIG_NOTE_TIMESTAMP};
    static const uint8_t seed[SIG_ED25519_SEED] = {7};
    static const struct oci_annotation note = {SIG_NOTE_SIGNATURE, "AAAA"};
    struct wp_err err = {0};
    if (size < 2 || data[1] != '\n') {
        return 0;
    }
    SIG_AUTO_KEY struct sig_key *k = NULL;
    must(sig_key_of_seed(seed, "fuzz.key", &k, &err) == 0);
    struct wp_span rest = wp_span(data + 2, size - 2);
    size_t how = (size_t)(data[0] - '0');
    if (how < WP_ARRAY_LEN(keys)) {
        annotation(keys[how], rest, sig_key_pub(k));
    } else if (data[0] == 'p') {
        read_alone(rest);
        judge(SIG_MT_SIMPLE, rest, &note, 1, sig_key_pub(k));
    } else {
        judge(SIG_MT_DSSE, rest, NULL, 0, sig_key_pub(k));
    }
    return 0;
}
