/* Bytes as text: known answers of RFC 4648, one text for each run of bytes,
 * ids, and which texts people may be asked to approve. */
#include "unit.h"

#include "core/text.h"

#define S(s) BZT_SPAN_LIT(s)

static void text_knows_the_answers_of_rfc4648(void **state)
{
    static const struct {
        bzt_span bytes;
        const char *b64, *b64url, *b32, *hex;
    } rows[] = {
        {S(""), "", "", "", ""},
        {S("f"), "Zg==", "Zg", "my", "66"},
        {S("fo"), "Zm8=", "Zm8", "mzxq", "666f"},
        {S("foo"), "Zm9v", "Zm9v", "mzxw6", "666f6f"},
        {S("foob"), "Zm9vYg==", "Zm9vYg", "mzxw6yq", "666f6f62"},
        {S("fooba"), "Zm9vYmE=", "Zm9vYmE", "mzxw6ytb", "666f6f6261"},
        {S("foobar"), "Zm9vYmFy", "Zm9vYmFy", "mzxw6ytboi", "666f6f626172"},
        {S("\xfb\xff\xfe"), "+//+", "-__-", "7p774", "fbfffe"},
    };
    char out[64];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        base64_write(out, rows[i].bytes);
        assert_string_equal(out, rows[i].b64);
        base64url_write(out, rows[i].bytes);
        assert_string_equal(out, rows[i].b64url);
        base32_write(out, rows[i].bytes);
        assert_string_equal(out, rows[i].b32);
        hex_write(out, rows[i].bytes);
        assert_string_equal(out, rows[i].hex);
    }
}

typedef void writer(char *out, bzt_span bytes);
typedef bzt_err reader(uint8_t *out, size_t *len, size_t cap, bzt_span text);

static void round_trips(writer *write, reader *read)
{
    uint8_t bytes[70], again[70];
    char text[160];
    for (size_t n = 0; n < sizeof bytes; n++) {
        size_t len = 99;
        unit_fill(bytes, n, n + 1);
        write(text, (bzt_span){bytes, n});
        assert_int_equal(read(again, &len, n, text_span(text)), BZT_OK);
        assert_int_equal(len, n);
        assert_memory_equal(again, bytes, n);
        if (n) {
            assert_int_equal(read(again, &len, n - 1, text_span(text)),
                             BZT_ERR_SPACE);
            assert_int_equal(len, 0);
        }
    }
}

static void text_reads_what_it_writes(void **state)
{
    (void)state;
    round_trips(base64url_write, base64url_read);
    round_trips(base64_write, base64_read);
    round_trips(base32_write, base32_read);
    round_trips(hex_write, hex_read);
}

/* Every text of three characters has at most one reading, and reading it
 * back gives the same text: no second text for the same bytes. */
static void one_text_each(writer *write, reader *read, bool folds_case)
{
    uint8_t out[8];
    char again[16];
    for (uint32_t i = 0; i < 1u << 21; i += 7) {
        uint8_t t[3] = {(uint8_t)(i & 0x7f), (uint8_t)(i >> 7 & 0x7f),
                        (uint8_t)(i >> 14)};
        size_t len;
        if (read(out, &len, sizeof out, (bzt_span){t, 3}))
            continue;
        write(again, (bzt_span){out, len});
        if (!folds_case)
            assert_memory_equal(again, t, 3);
    }
}

static void text_has_one_text_for_each_run_of_bytes(void **state)
{
    (void)state;
    one_text_each(base64url_write, base64url_read, false);
    one_text_each(base64_write, base64_read, false);
    one_text_each(base32_write, base32_read, false);
    one_text_each(hex_write, hex_read, true);
}

static void refused(reader *read, const char *text)
{
    uint8_t out[32];
    size_t len = 7;
    assert_int_equal(read(out, &len, sizeof out, text_span(text)),
                     BZT_ERR_ENCODING);
    assert_int_equal(len, 0);
}

static void text_refuses_padding_blanks_and_spare_bits(void **state)
{
    (void)state;
    refused(base64url_read, "Zg==");
    refused(base64url_read, "Zh"); /* spare bits */
    refused(base64url_read, "Z");
    refused(base64url_read, "Zm9v\n");
    refused(base64url_read, "Zm 9v");
    refused(base64url_read, "+//+");
    refused(base64_read, "Zg");
    refused(base64_read, "Zg=");
    refused(base64_read, "Z===");
    refused(base64_read, "====");
    refused(base64_read, "Zh==");
    refused(base64_read, "Zg==Zg==");
    refused(base64_read, "-__-");
    refused(base32_read, "MY");
    refused(base32_read, "mz"); /* spare bits */
    refused(base32_read, "m");
    refused(base32_read, "mzx");
    refused(base32_read, "m1");
    refused(hex_read, "0");
    refused(hex_read, "0g");
    refused(hex_read, "0 1");
}

static void text_reads_exactly_n(void **state)
{
    uint8_t out[3] = {9, 9, 9};
    (void)state;
    assert_int_equal(base64url_read_n(out, 3, S("Zm9v")), BZT_OK);
    assert_memory_equal(out, "foo", 3);
    assert_int_equal(base64url_read_n(out, 3, S("Zm8")), BZT_ERR_ENCODING);
    assert_memory_equal(out, "\0\0\0", 3);
    assert_int_equal(base64url_read_n(out, 3, S("Zm9vYg")), BZT_ERR_ENCODING);
    assert_int_equal(base64url_read_n(out, 3, S("Zm9!")), BZT_ERR_ENCODING);
}

static void id_is_prefix_and_base32(void **state)
{
    uint8_t id[16], again[16];
    char text[ID_TEXT_SIZE];
    (void)state;
    unit_fill(id, sizeof id, 5);
    id_write(text, "req", id);
    assert_int_equal(strlen(text), 30);
    assert_memory_equal(text, "req_", 4);
    assert_int_equal(id_read(again, "req", text_span(text)), BZT_OK);
    assert_memory_equal(id, again, 16);
    assert_int_equal(id_read(again, "rp", text_span(text)), BZT_ERR_ENCODING);
    assert_memory_equal(again, (uint8_t[16]){0}, 16);
    assert_int_equal(id_read(again, "re", text_span(text)), BZT_ERR_ENCODING);
    assert_int_equal(id_read(again, "reqq", text_span(text)), BZT_ERR_ENCODING);
    assert_int_equal(id_read(again, "req", S("req_")), BZT_ERR_ENCODING);
    assert_int_equal(id_read(again, "req", S("")), BZT_ERR_ENCODING);
    for (size_t n = 0; n < strlen(text); n++)
        assert_int_equal(id_read(again, "req", (bzt_span){(uint8_t *)text, n}),
                         BZT_ERR_ENCODING);
    text[29] = 'b'; /* the last digit holds three bits of the id */
    assert_int_equal(id_read(again, "req", text_span(text)), BZT_ERR_ENCODING);
}

static void utf8_is_checked_by_table_3_7(void **state)
{
    static const bzt_span bad[] = {
        S("\x80"),         S("\xc0\x80"),         S("\xc1\xbf"),
        S("\xe0\x80\x80"), S("\xe0\x9f\xbf"),     S("\xed\xa0\x80"),
        S("\xc3"),         S("\xe4\xb8"),         S("\xf0\x80\x80\x80"),
        S("\xf5\x80\x80"), S("\xf4\x90\x80\x80"), S("\xff"),
        S("a\xfe"),        S("\xe4\xb8\x41"),     S("\xf8\x88\x80\x80\x80"),
    };
    static const bzt_span good[] = {
        S(""),
        S("abc"),
        S("\xe6\xa0\x87\xe8\xaf\x81\xe9\x80\x9a"),
        S("\xf0\xa0\x80\x80"), /* CJK extension B */
        S("\xed\x9f\xbf"),
        S("\xee\x80\x80"),
        S("\xc2\xa0"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(text_is_utf8(bad[i]));
        assert_false(text_is_plain(bad[i]));
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(text_is_utf8(good[i]));
        assert_true(text_is_plain(good[i]));
    }
}

static void plain_text_hides_nothing(void **state)
{
    static const bzt_span hidden[] = {
        S("a\nb"),         S("\x7f"),         S("a\tb"),
        S("\xc2\x85"),     S("\xe2\x80\xae"), /* right-to-left override */
        S("\xe2\x80\x8b"), S("\xe2\x81\xa6"), /* isolate */
        S("\xef\xbb\xbf"), S("\xe2\x80\xa8"), /* line separator */
        S("\xef\xbf\xbf"), S("\xc2\xad"),     S("\xf3\xa0\x80\xa0"), /* tag */
        S("a\0b"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++) {
        assert_true(text_is_utf8(hidden[i]));
        assert_false(text_is_plain(hidden[i]));
    }
}

static void text_is_compares_whole_texts(void **state)
{
    (void)state;
    assert_true(text_is(S("abc"), "abc"));
    assert_false(text_is(S("ab"), "abc"));
    assert_false(text_is(S("abc"), "ab"));
    assert_true(text_is(S(""), ""));
    assert_int_equal(text_span(NULL).len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_knows_the_answers_of_rfc4648),
        cmocka_unit_test(text_reads_what_it_writes),
        cmocka_unit_test(text_has_one_text_for_each_run_of_bytes),
        cmocka_unit_test(text_refuses_padding_blanks_and_spare_bits),
        cmocka_unit_test(text_reads_exactly_n),
        cmocka_unit_test(id_is_prefix_and_base32),
        cmocka_unit_test(utf8_is_checked_by_table_3_7),
        cmocka_unit_test(plain_text_hides_nothing),
        cmocka_unit_test(text_is_compares_whole_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
