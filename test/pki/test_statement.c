/* Statements: one label, one payload, one key; and signed HTTP requests. */
#include "world.h"

#include "pki/statement.h"

static bzt_span sig_of(uint8_t sig[64], const party *p, statement_label label,
                       bzt_span payload)
{
    assert_int_equal(statement_sign(sig, label, &p->key, payload, random48()),
                     BZT_OK);
    return (bzt_span){sig, 64};
}

static void statement_verifies_only_as_it_was_made(void **state)
{
    const world *w = *state;
    const bzt_span payload = S("{\"v\":1}");
    uint8_t bytes[64];
    for (int l = STATEMENT_DESCRIPTION; l <= STATEMENT_HTTP; l++) {
        bzt_span sig = sig_of(bytes, &w->rp, (statement_label)l, payload);
        for (int k = STATEMENT_DESCRIPTION; k <= STATEMENT_HTTP; k++)
            assert_int_equal(
                statement_verify(sig, (statement_label)k, w->rp.pub, payload),
                k == l ? BZT_OK : BZT_ERR_SIGNATURE);
        assert_int_equal(
            statement_verify(sig, (statement_label)l, w->holder.pub, payload),
            BZT_ERR_SIGNATURE);
        assert_int_equal(statement_verify(sig, (statement_label)l, w->rp.pub,
                                          S("{\"v\":2}")),
                         BZT_ERR_SIGNATURE);
        assert_int_equal(statement_verify(sig, (statement_label)l, w->rp.pub,
                                          S("{\"v\":1} ")),
                         BZT_ERR_SIGNATURE);
    }
}

static void statement_is_sm2_over_label_zero_payload(void **state)
{
    const world *w = *state;
    bzt_sm2_signature sig;
    uint8_t bytes[64];
    sig_of(bytes, &w->rp, STATEMENT_WEBHOOK, S("abc"));
    memcpy(sig.r, bytes, 32);
    memcpy(sig.s, bytes + 32, 32);
    assert_int_equal(bzt_sm2_verify_vartime(w->rp.pub,
                                            S("bzt-webhook-1\0"
                                              "abc"),
                                            &sig),
                     BZT_OK);
}

static void statement_no_single_bit_may_change(void **state)
{
    const world *w = *state;
    char payload[] = "{\"v\":1,\"title\":\"x\"}";
    const bzt_span span = text_span(payload);
    uint8_t bytes[64];
    bzt_span sig = sig_of(bytes, &w->rp, STATEMENT_DESCRIPTION, span);
    for (size_t i = 0; i < 64 * 8; i++) {
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(
            statement_verify(sig, STATEMENT_DESCRIPTION, w->rp.pub, span),
            BZT_ERR_SIGNATURE);
        bytes[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t i = 0; i < span.len * 8; i++) {
        payload[i / 8] = (char)(payload[i / 8] ^ 1 << i % 8);
        assert_int_equal(
            statement_verify(sig, STATEMENT_DESCRIPTION, w->rp.pub, span),
            BZT_ERR_SIGNATURE);
        payload[i / 8] = (char)(payload[i / 8] ^ 1 << i % 8);
    }
    for (size_t n = 0; n < 64; n++)
        assert_int_equal(statement_verify((bzt_span){bytes, n},
                                          STATEMENT_DESCRIPTION, w->rp.pub,
                                          span),
                         BZT_ERR_SIGNATURE);
}

static void statement_refuses_bad_keys_and_labels(void **state)
{
    const world *w = *state;
    const bzt_sm2_key zero = {{0}};
    uint8_t sig[64], pub[65];
    memset(sig, 1, sizeof sig);
    assert_int_equal(
        statement_sign(sig, STATEMENT_HTTP, &zero, S("x"), random48()),
        BZT_ERR_RANGE);
    assert_memory_equal(sig, (uint8_t[64]){0}, 64);
    memcpy(pub, w->rp.pub, 65);
    pub[64] ^= 1;
    assert_int_equal(
        statement_verify((bzt_span){sig, 64}, STATEMENT_HTTP, pub, S("x")),
        BZT_ERR_POINT);
    assert_int_equal(
        statement_sign(sig, (statement_label)9, &w->rp.key, S("x"), random48()),
        BZT_ERR_UNSUPPORTED);
    assert_string_equal(statement_label_text((statement_label)9), "");
}

static statement_http request(void)
{
    statement_http h = {.method = S("POST"),
                        .target = S("/rp/v1/requests?wait=0"),
                        .id = S("rp_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
                        .at = NOW,
                        .body = S("abc")};
    return h;
}

static void http_payload_is_the_lines_of_the_interface(void **state)
{
    uint8_t buf[STATEMENT_HTTP_PAYLOAD_MAX];
    const statement_http h = request();
    bzt_span out;
    (void)state;
    assert_int_equal(statement_http_payload(&out, buf, sizeof buf, &h), BZT_OK);
    assert_true(text_is(
        out, "POST\n/rp/v1/requests?wait=0\nrp_aaaaaaaaaaaaaaaaaaaaaaaaaa\n"
             "1790000000000\nAAAAAAAAAAAAAAAAAAAAAA\n"
             "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
             "\n"));
    for (size_t cap = 0; cap < out.len; cap++)
        assert_int_equal(statement_http_payload(&out, buf, cap, &h),
                         BZT_ERR_SPACE);
}

static void http_payload_refuses_what_could_forge_lines(void **state)
{
    uint8_t buf[STATEMENT_HTTP_PAYLOAD_MAX];
    bzt_span out;
    (void)state;
#define REFUSED(change)                                                        \
    do {                                                                       \
        statement_http h = request();                                          \
        change;                                                                \
        assert_int_equal(statement_http_payload(&out, buf, sizeof buf, &h),    \
                         BZT_ERR_BAD_FIELD);                                   \
    } while (0)
    REFUSED(h.method = S("GET\n/x"));
    REFUSED(h.method = S(""));
    REFUSED(h.target = S("/a b"));
    REFUSED(h.target = S("/a\n"));
    REFUSED(h.target = S("/\xe4\xb8\xad"));
    REFUSED(h.id = S("rp_A"));
    REFUSED(h.id = S(""));
    REFUSED(h.id = S("a,b"));
    REFUSED(h.at = -1);
#undef REFUSED
}

static void http_header_reads_back(void **state)
{
    char header[STATEMENT_HTTP_HEADER_MAX];
    statement_http h = request(), got;
    uint8_t sig[64], got_sig[64];
    (void)state;
    fill(h.nonce, 16, 7);
    fill(sig, 64, 8);
    h.id = S("skey_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_int_equal(statement_http_write(header, &h, sig), BZT_OK);
    got = request();
    assert_int_equal(statement_http_read(&got, got_sig, text_span(header)),
                     BZT_OK);
    assert_true(der_is_equal(got.id, h.id));
    assert_int_equal(got.at, NOW);
    assert_memory_equal(got.nonce, h.nonce, 16);
    assert_memory_equal(got_sig, sig, 64);
    assert_true(text_is(got.method, "POST")); /* untouched */
    for (size_t n = 0; n < strlen(header); n++)
        assert_int_equal(statement_http_read(&got, got_sig,
                                             (bzt_span){(uint8_t *)header, n}),
                         BZT_ERR_UNAUTHENTICATED);
}

static void http_header_has_one_form(void **state)
{
#define REST                                                                   \
    ",nonce=AAAAAAAAAAAAAAAAAAAAAA,sig="                                       \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"    \
    "AAAAAAAAAAAAAAAAA"
    static const char *const bad[] = {
        "",
        "BZT-SM2",
        "bzt-sm2 id=rp_a,at=1" REST,
        "BZT-SM2 at=1,id=rp_a" REST,
        "BZT-SM2 id=rp_a,at=01" REST,
        "BZT-SM2 id=rp_a,at=-1" REST,
        "BZT-SM2 id=rp_a,at=" REST,
        "BZT-SM2 id=rp_a,at=1234567890123456" REST,
        "BZT-SM2 id=,at=1" REST,
        "BZT-SM2 id=rp_a, at=1" REST,
        "BZT-SM2 id=rp_a,at=1" REST ",",
        "BZT-SM2 id=rp_a,at=1" REST "A",
    };
    statement_http h = request();
    uint8_t sig[64];
    (void)state;
    assert_int_equal(
        statement_http_read(&h, sig, S("BZT-SM2 id=rp_a,at=1" REST)), BZT_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(statement_http_read(&h, sig, text_span(bad[i])),
                         BZT_ERR_UNAUTHENTICATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statement_verifies_only_as_it_was_made),
        cmocka_unit_test(statement_is_sm2_over_label_zero_payload),
        cmocka_unit_test(statement_no_single_bit_may_change),
        cmocka_unit_test(statement_refuses_bad_keys_and_labels),
        cmocka_unit_test(http_payload_is_the_lines_of_the_interface),
        cmocka_unit_test(http_payload_refuses_what_could_forge_lines),
        cmocka_unit_test(http_header_reads_back),
        cmocka_unit_test(http_header_has_one_form),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
