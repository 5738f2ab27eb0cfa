/* Messages: one encoding, one kind, nothing else signed; and acts. */
#include "world.h"

#include "pki/csr.h"
#include "pki/message.h"

static message sample(message_kind kind)
{
    message m = {
        .kind = kind,
        .rp_name = S("\xe4\xba\xa4\xe6\x98\x93\xe5\xb9\xb3\xe5\x8f\xb0"),
        .domain = S("trade.example.cn"),
        .title = S("\xe7\x99\xbb\xe5\xbd\x95"),
        .organisation = S(ORGANISATION),
        .uscc = S(USCC),
        .user = S("zhang3"),
        .created_at = NOW,
        .expires_at = NOW + 180000,
    };
    fill(m.request_id, 16, 1);
    fill(m.rp_id, 16, 2);
    fill(m.description, 32, 3);
    fill(m.browser, 32, 4);
    fill(m.certificate, 32, 5);
    return m;
}

static bzt_span built(uint8_t buf[MESSAGE_SIZE_MAX], const message *m)
{
    bzt_span out;
    assert_int_equal(message_write(&out, buf, MESSAGE_SIZE_MAX, m), BZT_OK);
    return out;
}

static void message_reads_back_what_it_writes(void **state)
{
    uint8_t buf[MESSAGE_SIZE_MAX];
    message m;
    (void)state;
    for (int kind = MESSAGE_LOGIN; kind <= MESSAGE_BIND; kind++) {
        const message want = sample((message_kind)kind);
        bzt_span der = built(buf, &want);
        assert_int_equal(message_read(&m, der), BZT_OK);
        assert_int_equal(m.kind, kind);
        assert_int_equal(message_kind_of(der), kind);
        assert_memory_equal(m.request_id, want.request_id, 16);
        assert_memory_equal(m.rp_id, want.rp_id, 16);
        assert_memory_equal(m.description, want.description, 32);
        assert_memory_equal(m.browser, want.browser, 32);
        assert_memory_equal(m.certificate, want.certificate, 32);
        assert_true(der_is_equal(m.rp_name, want.rp_name));
        assert_true(der_is_equal(m.domain, want.domain));
        assert_true(der_is_equal(m.title, want.title));
        assert_true(der_is_equal(m.organisation, want.organisation));
        assert_true(der_is_equal(m.uscc, want.uscc));
        assert_true(der_is_equal(m.user, want.user));
        assert_int_equal(m.created_at, want.created_at);
        assert_int_equal(m.expires_at, want.expires_at);
    }
}

/* Made by hand from the ASN.1 in message.h, not by this code. */
static void message_has_its_known_answer(void **state)
{
    static const uint8_t want[] = "\x30\x82\x01\x24\x0c\x0a\x62\x7a\x74\x2d\x62"
                                  "\x69\x6e\x64\x2d\x31\x04\x10"
                                  "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a"
                                  "\x0b\x0c\x0d\x0e\x0f\x04\x10"
                                  "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a"
                                  "\x1b\x1c\x1d\x1e\x1f\x0c\x0c"
                                  "\xe4\xba\xa4\xe6\x98\x93\xe5\xb9\xb3\xe5\x8f"
                                  "\xb0\x0c\x15\x74\x72\x61\x64"
                                  "\x65\x2e\x65\x78\x61\x6d\x70\x6c\x65\x2e\x63"
                                  "\x6e\x3a\x38\x34\x34\x33\x04"
                                  "\x20\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
                                  "\x11\x11\x11\x11\x11\x11\x11"
                                  "\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11\x11"
                                  "\x11\x11\x11\x11\x0c\x15\xe7"
                                  "\xbb\x91\xe5\xae\x9a\xe6\xa0\x87\xe8\xaf\x81"
                                  "\xe9\x80\x9a\xe8\xaf\x81\xe4"
                                  "\xb9\xa6\x0c\x12\xe6\xb5\x8b\xe8\xaf\x95\xe6"
                                  "\x9c\x89\xe9\x99\x90\xe5\x85"
                                  "\xac\xe5\x8f\xb8\x0c\x12\x39\x31\x33\x35\x30"
                                  "\x31\x30\x30\x4d\x30\x30\x30"
                                  "\x31\x30\x30\x59\x34\x33\x0c\x06\x7a\x68\x61"
                                  "\x6e\x67\x33\x04\x20\x22\x22"
                                  "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
                                  "\x22\x22\x22\x22\x22\x22\x22"
                                  "\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22\x22"
                                  "\x22\x04\x20\x33\x33\x33\x33"
                                  "\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33"
                                  "\x33\x33\x33\x33\x33\x33\x33"
                                  "\x33\x33\x33\x33\x33\x33\x33\x33\x33\x33\x18"
                                  "\x0f\x32\x30\x32\x36\x30\x39"
                                  "\x32\x31\x31\x34\x31\x33\x32\x30\x5a\x18\x0f"
                                  "\x32\x30\x32\x36\x30\x39\x32"
                                  "\x31\x31\x34\x31\x36\x32\x30\x5a";
    uint8_t buf[MESSAGE_SIZE_MAX];
    message m = {
        .kind = MESSAGE_BIND,
        .rp_name = S("\xe4\xba\xa4\xe6\x98\x93\xe5\xb9\xb3\xe5\x8f\xb0"),
        .domain = S("trade.example.cn:8443"),
        .title = S("\xe7\xbb\x91\xe5\xae\x9a\xe6\xa0\x87\xe8\xaf\x81\xe9"
                   "\x80\x9a\xe8\xaf\x81\xe4\xb9\xa6"),
        .organisation = S(ORGANISATION),
        .uscc = S(USCC),
        .user = S("zhang3"),
        .created_at = 1790000000000,
        .expires_at = 1790000180000,
    };
    (void)state;
    for (uint8_t i = 0; i < 16; i++) {
        m.request_id[i] = i;
        m.rp_id[i] = (uint8_t)(16 + i);
    }
    memset(m.description, 0x11, 32);
    memset(m.browser, 0x22, 32);
    memset(m.certificate, 0x33, 32);
    bzt_span der = built(buf, &m);
    assert_int_equal(der.len, sizeof want - 1);
    assert_memory_equal(der.p, want, der.len);
}

static void message_may_lack_organisation_and_user(void **state)
{
    uint8_t buf[MESSAGE_SIZE_MAX];
    message m = sample(MESSAGE_LOGIN), again;
    (void)state;
    m.organisation = m.uscc = m.user = (bzt_span){0, 0};
    assert_int_equal(message_read(&again, built(buf, &m)), BZT_OK);
    assert_int_equal(again.organisation.len, 0);
}

static void message_drops_parts_of_seconds(void **state)
{
    uint8_t buf[MESSAGE_SIZE_MAX];
    message m = sample(MESSAGE_LOGIN), again;
    (void)state;
    m.created_at += 999;
    m.expires_at += 1;
    assert_int_equal(message_read(&again, built(buf, &m)), BZT_OK);
    assert_int_equal(again.created_at, NOW);
    assert_int_equal(again.expires_at, NOW + 180000);
}

static void message_builder_refuses_bad_fields(void **state)
{
    static char long_text[400];
    uint8_t buf[MESSAGE_SIZE_MAX];
    bzt_span out;
    (void)state;
    memset(long_text, 'a', sizeof long_text);
    const bzt_span too_long = {(uint8_t *)long_text, sizeof long_text};
#define REFUSED(change)                                                        \
    do {                                                                       \
        message m = sample(MESSAGE_BIND);                                      \
        change;                                                                \
        assert_int_equal(message_write(&out, buf, sizeof buf, &m),             \
                         BZT_ERR_MESSAGE);                                     \
        assert_int_equal(out.len, 0);                                          \
    } while (0)
    REFUSED(m.kind = MESSAGE_NONE);
    REFUSED(m.kind = MESSAGE_CSR);
    REFUSED(m.kind = (message_kind)99);
    REFUSED(m.rp_name = S(""));
    REFUSED(m.rp_name = too_long);
    REFUSED(m.rp_name = S("a\nb"));
    REFUSED(m.title = S(""));
    REFUSED(m.title = too_long);
    REFUSED(m.title = S("\xe2\x80\xae"
                        "abc"));
    REFUSED(m.title = S("\xff"));
    REFUSED(m.domain = S(""));
    REFUSED(m.domain = S("Trade.cn"));
    REFUSED(m.domain = S("a..cn"));
    REFUSED(m.domain = S("https://a.cn"));
    REFUSED(m.domain = S("a.cn:"));
    REFUSED(m.domain = S("a.cn:0"));
    REFUSED(m.domain = S("a.cn:65536"));
    REFUSED(m.domain = S("a.cn:080"));
    REFUSED(m.domain = S("a.cn:80:80"));
    REFUSED(m.domain = S("-a.cn"));
    REFUSED(m.domain = S("a-.cn"));
    REFUSED(m.uscc = S(""));
    REFUSED(m.organisation = S(""));
    REFUSED(m.uscc = S("91350100M000100Y44"));
    REFUSED(m.user = too_long);
    REFUSED(m.expires_at = m.created_at);
    REFUSED(m.expires_at = m.created_at + MESSAGE_LIFE_MAX_MS + 1000);
    REFUSED(m.created_at = -1000);
    REFUSED(m.expires_at = INT64_MAX);
    REFUSED(m.created_at = m.expires_at = 253402300800000LL);
#undef REFUSED
    message m = sample(MESSAGE_BIND);
    m.domain = S("localhost:8443");
    assert_int_equal(message_write(&out, buf, sizeof buf, &m), BZT_OK);
    for (size_t cap = 0; cap < out.len; cap++)
        assert_int_equal(message_write(&out, buf, cap, &m), BZT_ERR_SPACE);
}

/* Whatever is read is what the builder makes: so a changed bit gives either
 * no message, or another message that is as strictly encoded. */
static void message_has_one_encoding(void **state)
{
    uint8_t buf[MESSAGE_SIZE_MAX], again_buf[MESSAGE_SIZE_MAX];
    const message want = sample(MESSAGE_LOGIN);
    message m;
    bzt_span der = built(buf, &want), again;
    (void)state;
    for (size_t i = 0; i < der.len * 8; i++) {
        buf[i / 8] ^= (uint8_t)(1 << i % 8);
        if (!message_read(&m, der)) {
            assert_int_equal(
                message_write(&again, again_buf, sizeof again_buf, &m), BZT_OK);
            assert_true(der_is_equal(again, der));
        } else {
            assert_int_equal(m.kind, MESSAGE_NONE);
        }
        buf[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < der.len; n++)
        assert_int_equal(message_read(&m, (bzt_span){buf, n}), BZT_ERR_MESSAGE);
    buf[der.len] = 0;
    assert_int_equal(message_read(&m, (bzt_span){buf, der.len + 1}),
                     BZT_ERR_MESSAGE);
}

/* The same content in another, BER or sloppy, encoding. */
static void message_refuses_other_encodings(void **state)
{
    uint8_t buf[MESSAGE_SIZE_MAX], other[MESSAGE_SIZE_MAX + 8];
    const message want = sample(MESSAGE_LOGIN);
    message m;
    bzt_span der = built(buf, &want);
    (void)state;
    assert_int_equal(buf[1], 0x82); /* two bytes of length follow */
    other[0] = 0x30;
    other[1] = 0x83;
    other[2] = 0;
    memcpy(other + 3, buf + 2, der.len - 2);
    assert_int_equal(message_read(&m, (bzt_span){other, der.len + 1}),
                     BZT_ERR_MESSAGE);
    other[1] = 0x80; /* indefinite */
    memcpy(other + 2, buf + 4, der.len - 4);
    memset(other + der.len - 2, 0, 2);
    assert_int_equal(message_read(&m, (bzt_span){other, der.len}),
                     BZT_ERR_MESSAGE);
    /* UTCTime instead of GeneralizedTime */
    der_writer w;
    bzt_span in = der, body;
    assert_int_equal(der_read(&body, &in, DER_SEQUENCE), BZT_OK);
    der_writer_init(&w, other, sizeof other);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    der_write_raw(&w, (bzt_span){body.p, body.len - 34});
    der_write_time(&w, want.created_at);
    der_write_time(&w, want.expires_at);
    der_end_at(&w, mark);
    assert_int_equal(der_writer_done(&body, &w), BZT_OK);
    assert_int_equal(message_read(&m, body), BZT_ERR_MESSAGE);
    /* a field more */
    in = der;
    assert_int_equal(der_read(&body, &in, DER_SEQUENCE), BZT_OK);
    der_writer_init(&w, other, sizeof other);
    mark = der_begin(&w, DER_SEQUENCE);
    der_write_raw(&w, body);
    der_write_null(&w);
    der_end_at(&w, mark);
    assert_int_equal(der_writer_done(&body, &w), BZT_OK);
    assert_int_equal(message_read(&m, body), BZT_ERR_MESSAGE);
}

static void message_of_another_label_is_none(void **state)
{
    uint8_t buf[MESSAGE_SIZE_MAX];
    const message want = sample(MESSAGE_LOGIN);
    message m;
    bzt_span der = built(buf, &want);
    (void)state;
    uint8_t *label = buf + 6;
    assert_memory_equal(label, "bzt-login-1", 11);
    label[10] = '2';
    assert_int_equal(message_read(&m, der), BZT_ERR_MESSAGE);
    memcpy(label, "BZT-login-1", 11);
    assert_int_equal(message_read(&m, der), BZT_ERR_MESSAGE);
}

static void message_certificate_request_is_a_kind(void **state)
{
    const world *w = *state;
    uint8_t buf[CSR_INFO_SIZE_MAX + 8];
    const x509_name name = {.country = S("CN"),
                            .organisation = S(ORGANISATION),
                            .common_name = S("n")};
    message m;
    bzt_span info;
    assert_int_equal(
        csr_info_write(&info, buf, CSR_INFO_SIZE_MAX, &name, w->holder.pub),
        BZT_OK);
    assert_int_equal(message_read(&m, info), BZT_OK);
    assert_int_equal(m.kind, MESSAGE_CSR);
    assert_memory_equal(m.pub, w->holder.pub, 65);
    for (size_t n = 0; n < info.len; n++)
        assert_int_equal(message_kind_of((bzt_span){buf, n}), MESSAGE_NONE);
    /* with an attribute it is no longer of the kind */
    buf[info.len - 1] = 2;
    buf[1] = (uint8_t)(buf[1] + 2);
    buf[info.len] = 0x30;
    buf[info.len + 1] = 0;
    assert_int_equal(message_kind_of((bzt_span){buf, info.len + 2}),
                     MESSAGE_NONE);
}

/* Everything else that keys of our kind sign elsewhere. */
static void message_refuses_all_other_signed_things(void **state)
{
    const world *w = *state;
    const bzt_span others[] = {
        w->holder.cert.tbs,
        w->root.cert.tbs,
        w->holder.span,
        S(""),
        S("\x30\x00"),
        S("\x30\x03\x02\x01\x04"),
        S("\x0c\x0b"
          "bzt-login-1"),
        S("\x30\x0d\x0c\x0b"
          "bzt-login-1"),
        S("01234567890123456789012345678901"),
        S("bzt-http-1\0GET\n"),
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(message_kind_of(others[i]), MESSAGE_NONE);
}

static void message_verify_wants_kind_key_and_signature(void **state)
{
    const world *w = *state;
    uint8_t buf[MESSAGE_SIZE_MAX], info_buf[CSR_INFO_SIZE_MAX];
    const message want = sample(MESSAGE_LOGIN);
    bzt_span der = built(buf, &want), info;
    bzt_sm2_signature sig;
    assert_int_equal(bzt_sm2_sign(&sig, &w->holder.key, der, random48()),
                     BZT_OK);
    assert_int_equal(message_verify(w->holder.pub, der, &sig), BZT_OK);
    assert_int_equal(message_verify(w->person.pub, der, &sig),
                     BZT_ERR_SIGNATURE);
    /* a good signature over something that is no message */
    assert_int_equal(
        bzt_sm2_sign(&sig, &w->holder.key, w->holder.cert.tbs, random48()),
        BZT_OK);
    assert_int_equal(message_verify(w->holder.pub, w->holder.cert.tbs, &sig),
                     BZT_ERR_MESSAGE);
    /* a request for another key */
    const x509_name name = {.common_name = S("n")};
    assert_int_equal(
        csr_info_write(&info, info_buf, sizeof info_buf, &name, w->person.pub),
        BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &w->holder.key, info, random48()),
                     BZT_OK);
    assert_int_equal(message_verify(w->holder.pub, info, &sig),
                     BZT_ERR_KEY_MISMATCH);
    assert_string_equal(message_kind_name(MESSAGE_CSR), "certificate request");
    assert_string_equal(message_kind_name((message_kind)99), "");
}

static void act_is_one_of_a_list(void **state)
{
    static const struct {
        const char *text;
        act_kind kind;
    } rows[] = {
        {"change pin", ACT_CHANGE_PIN},
        {"check pin", ACT_CHECK_PIN},
        {"revoke certificate crt_aaaaaaaaaaaaaaaaaaaaaaaaaa",
         ACT_REVOKE_CERTIFICATE},
        {"approve member per_aaaaaaaaaaaaaaaaaaaaaaaaaa", ACT_APPROVE_MEMBER},
        {"remove member per_aaaaaaaaaaaaaaaaaaaaaaaaaa", ACT_REMOVE_MEMBER},
        {"lift lock key_aaaaaaaaaaaaaaaaaaaaaaaaaa", ACT_LIFT_LOCK},
        {"", ACT_NONE},
        {"change pin ", ACT_NONE},
        {"Change pin", ACT_NONE},
        {"change pi", ACT_NONE},
        {"check pin crt_aaaaaaaaaaaaaaaaaaaaaaaaaa", ACT_NONE},
        {"revoke certificate ", ACT_NONE},
        {"revoke certificate crt_aaaaaaaaaaaaaaaaaaaaaaaaa", ACT_NONE},
        {"revoke certificate crt_aaaaaaaaaaaaaaaaaaaaaaaaab", ACT_NONE},
        {"revoke certificate _aaaaaaaaaaaaaaaaaaaaaaaaaa", ACT_NONE},
        {"revoke certificate  crt_aaaaaaaaaaaaaaaaaaaaaaaaaa", ACT_NONE},
    };
    char text[ACT_SIZE_MAX];
    act a;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bzt_err want = rows[i].kind ? BZT_OK : BZT_ERR_MESSAGE;
        assert_int_equal(act_read(&a, text_span(rows[i].text)), want);
        assert_int_equal(a.kind, rows[i].kind);
        assert_int_equal(act_write(text, &a), want);
        assert_string_equal(text, rows[i].kind ? rows[i].text : "");
    }
    a = (act){ACT_LIFT_LOCK, S("key_")};
    assert_int_equal(act_write(text, &a), BZT_ERR_MESSAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_reads_back_what_it_writes),
        cmocka_unit_test(message_has_its_known_answer),
        cmocka_unit_test(message_may_lack_organisation_and_user),
        cmocka_unit_test(message_drops_parts_of_seconds),
        cmocka_unit_test(message_builder_refuses_bad_fields),
        cmocka_unit_test(message_has_one_encoding),
        cmocka_unit_test(message_refuses_other_encodings),
        cmocka_unit_test(message_of_another_label_is_none),
        cmocka_unit_test(message_certificate_request_is_a_kind),
        cmocka_unit_test(message_refuses_all_other_signed_things),
        cmocka_unit_test(message_verify_wants_kind_key_and_signature),
        cmocka_unit_test(act_is_one_of_a_list),
    };
    return cmocka_run_group_tests(tests, world_setup, NULL);
}
