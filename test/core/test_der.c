/* The DER reader refuses all that is not DER (but for what its header says);
 * the writer writes what the reader reads. */
#include "unit.h"

#include "core/der.h"
#include "sm2_core.h"

#define DER(...)                                                               \
    ((bzt_span){(const uint8_t[]){__VA_ARGS__},                                \
                sizeof((const uint8_t[]){__VA_ARGS__})})

static bzt_err any(bzt_span in)
{
    bzt_span content, whole;
    uint8_t tag;
    return der_read_any(&tag, &content, &whole, &in);
}

static void der_reads_tag_content_whole_and_moves_on(void **state)
{
    bzt_span in = DER(0x04, 2, 7, 8, 0x05, 0);
    const bzt_span all = in;
    bzt_span content, whole;
    uint8_t tag;
    (void)state;
    assert_int_equal(der_peek(in), DER_OCTET_STRING);
    assert_int_equal(der_read_any(&tag, &content, &whole, &in), BZT_OK);
    assert_int_equal(tag, DER_OCTET_STRING);
    assert_ptr_equal(content.p, all.p + 2);
    assert_int_equal(content.len, 2);
    assert_ptr_equal(whole.p, all.p);
    assert_int_equal(whole.len, 4);
    assert_int_equal(der_end(in), BZT_ERR_TRAILING);
    assert_int_equal(der_read_null(&in), BZT_OK);
    assert_int_equal(der_peek(in), 0);
    assert_int_equal(der_end(in), BZT_OK);
}

static void der_content_may_be_its_own_cursor(void **state)
{
    bzt_span in = DER(0x30, 3, 0x02, 1, 5);
    uint64_t v;
    (void)state;
    assert_int_equal(der_read(&in, &in, DER_SEQUENCE), BZT_OK);
    assert_int_equal(der_read_u64(&v, &in), BZT_OK);
    assert_int_equal(v, 5);
}

static void der_refuses_lengths_that_are_not_minimal(void **state)
{
    static uint8_t big[5 + 70000] = {0x04};
    (void)state;
    assert_int_equal(any(DER(0x04, 0x81, 1, 0)), BZT_ERR_ENCODING);
    assert_int_equal(any(DER(0x04, 0x82, 0, 1, 0)), BZT_ERR_ENCODING);
    assert_int_equal(any(DER(0x04, 0x84, 0, 0, 0, 1, 0)), BZT_ERR_ENCODING);
    big[1] = 0x81;
    big[2] = 0x7f;
    assert_int_equal(any((bzt_span){big, sizeof(big)}), BZT_ERR_ENCODING);
    big[2] = 0x80;
    assert_int_equal(any((bzt_span){big, sizeof(big)}), BZT_OK);
    big[1] = 0x82;
    big[2] = 0x00;
    big[3] = 0xff;
    assert_int_equal(any((bzt_span){big, sizeof(big)}), BZT_ERR_ENCODING);
    big[2] = 0x01;
    assert_int_equal(any((bzt_span){big, sizeof(big)}), BZT_OK);
    big[1] = 0x83;
    big[2] = 0x00;
    assert_int_equal(any((bzt_span){big, sizeof(big)}), BZT_ERR_ENCODING);
    big[2] = 0x01;
    big[3] = 0x00;
    assert_int_equal(any((bzt_span){big, sizeof(big)}), BZT_OK);
}

static void der_refuses_indefinite_and_reserved_lengths(void **state)
{
    (void)state;
    assert_int_equal(any(DER(0x30, 0x80, 0, 0)), BZT_ERR_ENCODING);
    assert_int_equal(any(DER(0x04, 0xff, 1, 1)), BZT_ERR_ENCODING);
    assert_int_equal(any(DER(0x04, 0x85, 1, 0, 0, 0, 0, 0)), BZT_ERR_ENCODING);
}

static void der_refuses_lengths_past_the_end(void **state)
{
    (void)state;
    assert_int_equal(any(DER(0x04, 3, 1, 2)), BZT_ERR_TRUNCATED);
    assert_int_equal(any(DER(0x04, 0x84, 0x80, 0, 0, 0)), BZT_ERR_TRUNCATED);
    /* more than 2^31; on 32-bit machines the sum with the header would
     * come round */
    assert_int_equal(any(DER(0x04, 0x84, 0x80, 0, 0, 1)), BZT_ERR_ENCODING);
    assert_int_equal(any(DER(0x04, 0x84, 0xff, 0xff, 0xff, 0xff)),
                     BZT_ERR_ENCODING);
}

static void der_refuses_long_tags_and_tag_zero(void **state)
{
    (void)state;
    assert_int_equal(any(DER(0x1f, 0x21, 0)), BZT_ERR_ENCODING);
    assert_int_equal(any(DER(0xbf, 0x21, 0)), BZT_ERR_ENCODING);
    assert_int_equal(any(DER(0xff, 0x21, 0)), BZT_ERR_ENCODING);
    assert_int_equal(any(DER(0x00, 0x00)), BZT_ERR_ENCODING);
}

static void der_failed_read_leaves_outputs_empty(void **state)
{
    bzt_span in = DER(0x04, 3, 1, 2), content = in, whole = in;
    uint8_t tag = 9;
    (void)state;
    assert_int_equal(der_read_any(&tag, 0, &whole, &in), BZT_ERR_TRUNCATED);
    assert_int_equal(tag, 0);
    assert_null(whole.p);
    assert_int_equal(der_read(&content, &in, DER_OCTET_STRING),
                     BZT_ERR_TRUNCATED);
    assert_null(content.p);
    assert_int_equal(content.len, 0);
    assert_int_equal(in.len, 4);
}

static void der_read_tells_wrong_tag_from_end(void **state)
{
    bzt_span in = DER(0x04, 0), content, none = {0, 0};
    (void)state;
    assert_int_equal(der_read(&content, &in, DER_SEQUENCE), BZT_ERR_ENCODING);
    assert_int_equal(der_read(&content, &none, DER_SEQUENCE),
                     BZT_ERR_TRUNCATED);
    assert_int_equal(der_read_whole(&content, &in, DER_SET), BZT_ERR_ENCODING);
    assert_int_equal(der_read_whole(&content, &in, DER_OCTET_STRING), BZT_OK);
    assert_int_equal(content.len, 2);
}

static bzt_err u64(bzt_span in, uint64_t right)
{
    uint64_t v = 1;
    const bzt_err err = der_read_u64(&v, &in);
    assert_true(v == (err ? 0 : right));
    return err;
}

static void der_integers_are_minimal_and_not_negative(void **state)
{
    (void)state;
    assert_int_equal(u64(DER(2, 1, 0), 0), BZT_OK);
    assert_int_equal(u64(DER(2, 1, 0x7f), 0x7f), BZT_OK);
    assert_int_equal(u64(DER(2, 2, 0, 0x80), 0x80), BZT_OK);
    assert_int_equal(u64(DER(2, 2, 1, 0), 256), BZT_OK);
    assert_int_equal(
        u64(DER(2, 9, 0, 255, 255, 255, 255, 255, 255, 255, 255), UINT64_MAX),
        BZT_OK);
    assert_int_equal(u64(DER(2, 9, 1, 0, 0, 0, 0, 0, 0, 0, 0), 0),
                     BZT_ERR_RANGE);
    assert_int_equal(u64(DER(2, 0), 0), BZT_ERR_ENCODING);
    assert_int_equal(u64(DER(2, 1, 0x80), 0), BZT_ERR_ENCODING);
    assert_int_equal(u64(DER(2, 2, 0xff, 0x80), 0), BZT_ERR_ENCODING);
    assert_int_equal(u64(DER(2, 2, 0, 0x7f), 0), BZT_ERR_ENCODING);
    assert_int_equal(u64(DER(2, 2, 0, 0), 0), BZT_ERR_ENCODING);
    assert_int_equal(u64(DER(10, 1, 0), 0), BZT_ERR_ENCODING);
}

static void der_uint256_is_padded_and_bounded(void **state)
{
    uint8_t buf[40], out[32], right[32];
    (void)state;
    for (size_t n = 1; n <= 34; n++) {
        bzt_span in = {buf, n + 2};
        bzt_err err;
        memset(buf, 0x5a, sizeof(buf));
        buf[0] = DER_INTEGER;
        buf[1] = (uint8_t)n;
        memset(out, 0xee, sizeof(out));
        err = der_read_uint256(out, &in);
        memset(right, 0, sizeof(right));
        if (n <= 32)
            memset(right + 32 - n, 0x5a, n);
        assert_int_equal(err, n <= 32 ? BZT_OK : BZT_ERR_RANGE);
        assert_memory_equal(out, right, 32);
    }
    buf[1] = 33; /* with the zero byte that keeps it positive */
    buf[2] = 0;
    buf[3] = 0xff;
    assert_int_equal(der_read_uint256(out, &(bzt_span){buf, 35}), BZT_OK);
    assert_memory_equal(out, buf + 3, 32);
}

static void der_bool_and_null_have_their_length(void **state)
{
    uint32_t v;
    (void)state;
    assert_int_equal(der_read_bool(&v, &DER(1, 1, 0xff)), BZT_OK);
    assert_int_equal(v, 1);
    assert_int_equal(der_read_bool(&v, &DER(1, 1, 1)), BZT_OK);
    assert_int_equal(v, 1);
    assert_int_equal(der_read_bool(&v, &DER(1, 1, 0)), BZT_OK);
    assert_int_equal(v, 0);
    assert_int_equal(der_read_bool(&v, &DER(1, 0)), BZT_ERR_ENCODING);
    assert_int_equal(der_read_bool(&v, &DER(1, 2, 0, 0)), BZT_ERR_ENCODING);
    assert_int_equal(der_read_null(&DER(5, 0)), BZT_OK);
    assert_int_equal(der_read_null(&DER(5, 1, 0)), BZT_ERR_ENCODING);
}

static void der_bits_keep_their_trailing_zeros(void **state)
{
    bzt_span b;
    (void)state;
    assert_int_equal(der_read_bits(&b, &DER(3, 4, 0, 9, 0, 0)), BZT_OK);
    assert_int_equal(b.len, 3);
    assert_int_equal(der_read_bits(&b, &DER(3, 1, 0)), BZT_OK);
    assert_int_equal(b.len, 0);
    assert_int_equal(der_read_bits(&b, &DER(3, 0)), BZT_ERR_ENCODING);
    assert_int_equal(der_read_bits(&b, &DER(3, 2, 1, 2)), BZT_ERR_ENCODING);
    assert_int_equal(der_read_bits(&b, &DER(3, 2, 8, 0)), BZT_ERR_ENCODING);
    assert_int_equal(der_read_bits(&b, &DER(3, 1, 4)), BZT_ERR_ENCODING);
}

static bzt_err named(bzt_span in, uint32_t right)
{
    uint32_t v = 0x55;
    const bzt_err err = der_read_named_bits(&v, &in);
    assert_int_equal(v, right);
    return err;
}

static void der_named_bits_count_from_the_first(void **state)
{
    (void)state;
    assert_int_equal(named(DER(3, 2, 7, 0x80), 1), BZT_OK);
    assert_int_equal(named(DER(3, 2, 6, 0xc0), 3), BZT_OK);
    assert_int_equal(named(DER(3, 3, 7, 0, 0x80), 1 << 8), BZT_OK);
    assert_int_equal(named(DER(3, 5, 0, 0, 0, 0, 1), 1u << 31), BZT_OK);
    assert_int_equal(named(DER(3, 1, 0), 0), BZT_OK);
    /* of real CAs: zeros not dropped; ones where the count says unused */
    assert_int_equal(named(DER(3, 2, 0, 0xc0), 3), BZT_OK);
    assert_int_equal(named(DER(3, 3, 0, 0xc0, 0), 3), BZT_OK);
    assert_int_equal(named(DER(3, 2, 6, 0xff), 3), BZT_OK);
    assert_int_equal(named(DER(3, 6, 0, 0, 0, 0, 1, 1), 0), BZT_ERR_ENCODING);
    assert_int_equal(named(DER(3, 2, 8, 0xff), 0), BZT_ERR_ENCODING);
    assert_int_equal(named(DER(3, 1, 1), 0), BZT_ERR_ENCODING);
}

static bzt_err time_of(int64_t *at, uint8_t tag, const char *text)
{
    uint8_t buf[64];
    const size_t n = strlen(text);
    buf[0] = tag;
    buf[1] = (uint8_t)n;
    memcpy(buf + 2, text, n);
    return der_read_time(at, &(bzt_span){buf, n + 2});
}

static void assert_time(uint8_t tag, const char *text, int64_t right)
{
    int64_t at = -1;
    assert_int_equal(time_of(&at, tag, text), BZT_OK);
    assert_true(at == right);
}

static void der_time_is_utc_milliseconds(void **state)
{
    (void)state;
    assert_time(DER_UTC_TIME, "700101000000Z", 0);
    assert_time(DER_UTC_TIME, "261125101112Z", 1795601472000);
    assert_time(DER_UTC_TIME, "491231235959Z", 2524607999000);
    assert_time(DER_UTC_TIME, "500101000000Z", -631152000000);
    assert_time(DER_UTC_TIME, "000229120000Z", 951825600000);
    assert_time(DER_GENERALIZED_TIME, "20500101000000Z", 2524608000000);
    assert_time(DER_GENERALIZED_TIME, "99991231235959Z", 253402300799000);
    assert_time(DER_GENERALIZED_TIME, "19000301000000Z", -2203891200000);
    assert_time(DER_GENERALIZED_TIME, "00010101000000Z", -62135596800000);
    assert_time(DER_GENERALIZED_TIME, "00000101000000Z", -62167219200000);
}

static void der_time_refuses_days_that_do_not_exist(void **state)
{
    static const char *const bad[] = {
        "20230229000000Z", "19000229000000Z",   "21000229000000Z",
        "20240230000000Z", "20240431000000Z",   "20240631000000Z",
        "20240931000000Z", "20241131000000Z",   "20240132000000Z",
        "20240100000000Z", "20240001000000Z",   "20241301000000Z",
        "20240101240000Z", "20240101006000Z",   "20240101000060Z",
        "20240101000000",  "20240101000000z",   "20240101000000+0800",
        "202401010000Z",   "20240101000000.5Z", "2024010100000 Z",
        "2024-101000000Z", "20240101000000ZZ",  "",
        "240101000000Z",   "202+0101000000Z",
    };
    int64_t at;
    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        at = 1;
        assert_int_equal(time_of(&at, DER_GENERALIZED_TIME, bad[i]),
                         BZT_ERR_ENCODING);
        assert_true(at == 0);
        if (strlen(bad[i]) > 2)
            assert_int_equal(time_of(&at, DER_UTC_TIME, bad[i] + 2),
                             strcmp(bad[i], "19000229000000Z") &&
                                     strcmp(bad[i], "21000229000000Z")
                                 ? BZT_ERR_ENCODING
                                 : BZT_OK); /* 2000 has that day */
    }
    assert_int_equal(time_of(&at, DER_UTC_TIME, "2401010000Z"),
                     BZT_ERR_ENCODING);
    assert_int_equal(time_of(&at, DER_OCTET_STRING, "240101000000Z"),
                     BZT_ERR_ENCODING);
    assert_int_equal(der_read_time(&at, &(bzt_span){0, 0}), BZT_ERR_TRUNCATED);
}

static void der_writes_each_day_that_it_reads(void **state)
{
    const int64_t day = 86400000, first = -62135596800000;
    uint8_t buf[32];
    (void)state;
    for (int64_t i = 0; i < 3652059; i += 1 + i % 5) {
        const int64_t at = first + i * day + i % 86400 * 1000;
        int64_t got;
        bzt_span out;
        der_writer w;
        der_writer_init(&w, buf, sizeof(buf));
        if (i & 1)
            der_write_time(&w, at + 999); /* rounds down */
        else
            der_write_generalized_time(&w, at);
        assert_int_equal(der_writer_done(&out, &w), BZT_OK);
        assert_int_equal(der_read_time(&got, &out), BZT_OK);
        assert_true(got == at);
    }
}

static void der_time_is_utctime_from_1950_to_2049(void **state)
{
    static const struct {
        int64_t at;
        uint8_t tag;
    } rows[] = {{-631152000001, DER_GENERALIZED_TIME},
                {-631152000000, DER_UTC_TIME},
                {2524607999999, DER_UTC_TIME},
                {2524608000000, DER_GENERALIZED_TIME}};
    uint8_t buf[32];
    bzt_span out;
    der_writer w;
    (void)state;
    for (int i = 0; i < 4; i++) {
        der_writer_init(&w, buf, sizeof(buf));
        der_write_time(&w, rows[i].at);
        assert_int_equal(der_writer_done(&out, &w), BZT_OK);
        assert_int_equal(out.p[0], rows[i].tag);
    }
    der_writer_init(&w, buf, sizeof(buf));
    der_write_time(&w, 253402300800000);
    assert_int_equal(der_writer_done(&out, &w), BZT_ERR_RANGE);
    der_writer_init(&w, buf, sizeof(buf));
    der_write_time(&w, -62135596800001);
    assert_int_equal(der_writer_done(&out, &w), BZT_ERR_RANGE);
}

static void der_equal_spans_are_equal(void **state)
{
    const bzt_span a = BZT_SPAN_LIT("abc");
    (void)state;
    assert_int_equal(der_is_equal(a, BZT_SPAN_LIT("abc")), 1);
    assert_int_equal(der_is_equal(a, BZT_SPAN_LIT("abd")), 0);
    assert_int_equal(der_is_equal(a, BZT_SPAN_LIT("ab")), 0);
    assert_int_equal(der_is_equal((bzt_span){0, 0}, (bzt_span){0, 0}), 1);
}

/* 1.2.156.10197.1.501 and friends, nested, with lengths of every form. */
static bzt_err write_sample(bzt_span *out, uint8_t *buf, size_t cap, size_t n)
{
    static uint8_t fill[70000];
    der_writer w;
    size_t outer, inner, bits;
    der_writer_init(&w, buf, cap);
    outer = der_begin(&w, DER_SEQUENCE);
    der_write_u64(&w, n);
    inner = der_begin(&w, DER_CONTEXT_CONSTRUCTED(3));
    der_write(&w, DER_OCTET_STRING, (bzt_span){fill, n});
    der_write_bool(&w, 1);
    der_end_at(&w, inner);
    bits = der_begin_bits(&w);
    der_write_null(&w);
    der_write_text(&w, DER_UTF8_STRING, "标证通");
    der_end_at(&w, bits);
    der_write_named_bits(&w, 0x103, 9);
    der_end_at(&w, outer);
    return der_writer_done(out, &w);
}

static void read_sample(bzt_span in, size_t n)
{
    bzt_span seq, inner, bits, c;
    uint64_t v;
    uint32_t b;
    assert_int_equal(der_read(&seq, &in, DER_SEQUENCE), BZT_OK);
    assert_int_equal(der_end(in), BZT_OK);
    assert_int_equal(der_read_u64(&v, &seq), BZT_OK);
    assert_int_equal(v, n);
    assert_int_equal(der_read(&inner, &seq, DER_CONTEXT_CONSTRUCTED(3)),
                     BZT_OK);
    assert_int_equal(der_read(&c, &inner, DER_OCTET_STRING), BZT_OK);
    assert_int_equal(c.len, n);
    assert_int_equal(der_read_bool(&b, &inner), BZT_OK);
    assert_int_equal(b, 1);
    assert_int_equal(der_end(inner), BZT_OK);
    assert_int_equal(der_read_bits(&bits, &seq), BZT_OK);
    assert_int_equal(der_read_null(&bits), BZT_OK);
    assert_int_equal(der_read(&c, &bits, DER_UTF8_STRING), BZT_OK);
    assert_int_equal(c.len, 9);
    assert_int_equal(der_end(bits), BZT_OK);
    assert_int_equal(der_read_named_bits(&b, &seq), BZT_OK);
    assert_int_equal(b, 0x103);
    assert_int_equal(der_end(seq), BZT_OK);
}

static void der_reads_what_it_wrote_at_each_length_form(void **state)
{
    static const size_t sizes[] = {0,   1,     90,    123,   124,  125, 126,
                                   127, 128,   129,   240,   250,  255, 256,
                                   257, 65500, 65535, 65536, 70000};
    static uint8_t buf[70100];
    (void)state;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        bzt_span out;
        assert_int_equal(write_sample(&out, buf, sizeof(buf), sizes[i]),
                         BZT_OK);
        read_sample(out, sizes[i]);
    }
}

static void der_writer_needs_no_byte_more_than_the_result(void **state)
{
    static const size_t sizes[] = {0, 100, 127, 200, 300};
    static uint8_t buf[500], right[500];
    (void)state;
    for (unsigned i = 0; i < 5; i++) {
        bzt_span out, all;
        assert_int_equal(write_sample(&all, right, sizeof(right), sizes[i]),
                         BZT_OK);
        for (size_t cap = 0; cap < all.len; cap++) {
            memset(buf, 0xee, sizeof(buf));
            assert_int_equal(write_sample(&out, buf, cap, sizes[i]),
                             BZT_ERR_SPACE);
            assert_null(out.p);
            assert_int_equal(out.len, 0);
            assert_int_equal(buf[cap], 0xee);
        }
        assert_int_equal(write_sample(&out, buf, all.len, sizes[i]), BZT_OK);
        assert_int_equal(der_is_equal(out, all), 1);
    }
}

static bzt_err walk(bzt_span in, int depth)
{
    while (in.len) {
        bzt_span content;
        uint8_t tag;
        const bzt_err err = der_read_any(&tag, &content, 0, &in);
        if (err)
            return err;
        if (tag & 0x20 && depth && walk(content, depth - 1))
            return BZT_ERR_ENCODING;
    }
    return BZT_OK;
}

static void der_every_truncation_is_told(void **state)
{
    const bzt_span real[] = {sm2_core_sign_gbt32918_5.sig_der,
                             sm2_core_sign_gbt32918_5.spki_der,
                             sm2_core_sign_gbt32918_5.pkcs8_der,
                             sm2_core_encrypt_gbt32918_5.sm2cipher_der};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(walk(real[i], 8), BZT_OK);
        for (size_t n = 1; n < real[i].len; n++)
            assert_int_equal(any((bzt_span){real[i].p, n}), BZT_ERR_TRUNCATED);
    }
}

static void der_writes_integers_minimal_and_positive(void **state)
{
    static const struct {
        bzt_span magnitude, right;
    } rows[] = {
        {{0, 0}, HEX("\x02\x01\x00")},
        {HEX("\x00"), HEX("\x02\x01\x00")},
        {HEX("\x00\x00\x7f"), HEX("\x02\x01\x7f")},
        {HEX("\x80"), HEX("\x02\x02\x00\x80")},
        {HEX("\x00\xff\x00"), HEX("\x02\x03\x00\xff\x00")},
    };
    uint8_t buf[16];
    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bzt_span out;
        der_writer w;
        der_writer_init(&w, buf, sizeof(buf));
        der_write_uint(&w, rows[i].magnitude);
        assert_int_equal(der_writer_done(&out, &w), BZT_OK);
        assert_int_equal(der_is_equal(out, rows[i].right), 1);
    }
}

static void der_named_bits_drop_trailing_zeros(void **state)
{
    static const struct {
        uint32_t bits;
        unsigned n;
        bzt_span right;
    } rows[] = {
        {0, 9, HEX("\x03\x01\x00")},
        {1, 9, HEX("\x03\x02\x07\x80")},
        {3, 2, HEX("\x03\x02\x06\xc0")},
        {0x80, 9, HEX("\x03\x02\x00\x01")},
        {0x100, 9, HEX("\x03\x03\x07\x00\x80")},
        {0x101, 8, HEX("\x03\x02\x07\x80")}, /* bit 8 is not among eight */
        {0x80000000, 32, HEX("\x03\x05\x00\x00\x00\x00\x01")},
    };
    uint8_t buf[16];
    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bzt_span out;
        der_writer w;
        der_writer_init(&w, buf, sizeof(buf));
        der_write_named_bits(&w, rows[i].bits, rows[i].n);
        assert_int_equal(der_writer_done(&out, &w), BZT_OK);
        assert_int_equal(der_is_equal(out, rows[i].right), 1);
    }
}

/* Each kind of reader, on an element of another kind, on one cut short, and
 * on nothing. */
static bzt_err read_kind(int kind, bzt_span in)
{
    uint8_t big[32];
    bzt_span span;
    uint64_t v;
    uint32_t b;
    int64_t at;
    switch (kind) {
    case 0:
        return der_read_uint(&span, &in);
    case 1:
        return der_read_u64(&v, &in);
    case 2:
        return der_read_uint256(big, &in);
    case 3:
        return der_read_bool(&b, &in);
    case 4:
        return der_read_null(&in);
    case 5:
        return der_read_bits(&span, &in);
    case 6:
        return der_read_named_bits(&b, &in);
    default:
        return der_read_time(&at, &in);
    }
}

static void der_each_reader_tells_wrong_tag_from_end(void **state)
{
    static const uint8_t tags[] = {2, 2, 2, 1, 5, 3, 3, DER_UTC_TIME};
    (void)state;
    for (int kind = 0; kind < 8; kind++) {
        const bzt_span cut = {(const uint8_t[]){tags[kind], 13, 1}, 3};
        assert_int_equal(read_kind(kind, DER(0x0c, 1, 1)), BZT_ERR_ENCODING);
        assert_int_equal(read_kind(kind, cut), BZT_ERR_TRUNCATED);
        assert_int_equal(read_kind(kind, (bzt_span){cut.p, 1}),
                         BZT_ERR_TRUNCATED);
        assert_int_equal(read_kind(kind, (bzt_span){0, 0}), BZT_ERR_TRUNCATED);
    }
}

static void der_writes_bits_with_their_trailing_zeros(void **state)
{
    uint8_t buf[16];
    bzt_span out;
    der_writer w;
    (void)state;
    der_writer_init(&w, buf, sizeof(buf));
    der_write_bits(&w, HEX("\x05\x00"));
    der_write_bits(&w, (bzt_span){0, 0});
    assert_int_equal(der_writer_done(&out, &w), BZT_OK);
    assert_int_equal(der_is_equal(out, HEX("\x03\x03\x00\x05\x00\x03\x01\x00")),
                     1);
}

static void der_writer_keeps_its_first_error(void **state)
{
    uint8_t buf[16];
    bzt_span out;
    der_writer w;
    size_t mark;
    (void)state;
    der_writer_init(&w, buf, sizeof(buf));
    der_write_time(&w, INT64_MAX);
    mark = der_begin(&w, DER_SEQUENCE);
    der_write_u64(&w, UINT64_MAX);
    der_end_at(&w, mark);
    der_write_bits(&w, (bzt_span){buf, 16});
    assert_int_equal(der_writer_done(&out, &w), BZT_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(der_reads_tag_content_whole_and_moves_on),
        cmocka_unit_test(der_content_may_be_its_own_cursor),
        cmocka_unit_test(der_refuses_lengths_that_are_not_minimal),
        cmocka_unit_test(der_refuses_indefinite_and_reserved_lengths),
        cmocka_unit_test(der_refuses_lengths_past_the_end),
        cmocka_unit_test(der_refuses_long_tags_and_tag_zero),
        cmocka_unit_test(der_failed_read_leaves_outputs_empty),
        cmocka_unit_test(der_read_tells_wrong_tag_from_end),
        cmocka_unit_test(der_integers_are_minimal_and_not_negative),
        cmocka_unit_test(der_uint256_is_padded_and_bounded),
        cmocka_unit_test(der_bool_and_null_have_their_length),
        cmocka_unit_test(der_bits_keep_their_trailing_zeros),
        cmocka_unit_test(der_named_bits_count_from_the_first),
        cmocka_unit_test(der_time_is_utc_milliseconds),
        cmocka_unit_test(der_time_refuses_days_that_do_not_exist),
        cmocka_unit_test(der_writes_each_day_that_it_reads),
        cmocka_unit_test(der_time_is_utctime_from_1950_to_2049),
        cmocka_unit_test(der_equal_spans_are_equal),
        cmocka_unit_test(der_reads_what_it_wrote_at_each_length_form),
        cmocka_unit_test(der_writer_needs_no_byte_more_than_the_result),
        cmocka_unit_test(der_every_truncation_is_told),
        cmocka_unit_test(der_writes_integers_minimal_and_positive),
        cmocka_unit_test(der_named_bits_drop_trailing_zeros),
        cmocka_unit_test(der_each_reader_tells_wrong_tag_from_end),
        cmocka_unit_test(der_writes_bits_with_their_trailing_zeros),
        cmocka_unit_test(der_writer_keeps_its_first_error),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
