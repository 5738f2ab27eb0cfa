/* SM3 and what is built on it: known answers, and that the way in which bytes
 * come makes no difference. */
#include "unit.h"

#include "core/bytes.h"
#include "core/sm3.h"
#include "core/sm3_lanes.h"
#include "sm3_sm4.h"

static void sm3_matches_known_answers(void **state)
{
    (void)state;
    for (int i = 0; i < sm3_sm4_sm3_n; i++) {
        uint8_t out[32];
        sm3_digest(out, sm3_sm4_sm3[i].msg);
        assert_span_equal(out, sm3_sm4_sm3[i].digest);
    }
}

static void sm3_is_indifferent_to_chunks(void **state)
{
    /* 7 i mod 256, 1000 bytes; digest by OpenSSL 3.0 */
    static const uint8_t right[32] =
        "\xe5\x30\xc5\xf6\x6e\xf0\x5f\x23\x6b\xc0\xef\xa8\x5a\x15\x6f\x79"
        "\xac\xd7\x48\xab\x4e\x17\x34\x98\xba\xa6\x4f\xc6\xed\x76\xcd\xfa";
    uint8_t data[1000], out[32];
    (void)state;
    for (unsigned i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(7 * i);
    for (size_t step = 1; step < 200; step++) {
        sm3 s;
        sm3_init(&s);
        for (size_t at = 0; at < sizeof(data); at += step) {
            const size_t rest = sizeof(data) - at;
            sm3_update(&s, data + at, rest < step ? rest : step);
        }
        sm3_final(&s, out);
        assert_memory_equal(out, right, 32);
    }
}

static void sm3_all_lanes_agree(void **state)
{
    static uint8_t data[64 * 20];
    (void)state;
    for (unsigned i = 0; sm3_lanes_get(i); i++) {
        const sm3_lanes *lanes = sm3_lanes_get(i);
        for (size_t n = 0; n <= 20; n++) {
            uint32_t a[8], b[8], w[16];
            unit_fill(data, sizeof(data), n);
            unit_fill((uint8_t *)a, sizeof(a), n + 100);
            memcpy(b, a, sizeof(a));
            sm3_lanes_portable.blocks(a, data, n);
            lanes->blocks(b, data, n);
            assert_memory_equal(a, b, sizeof(a));
            for (int j = 0; j < 16; j++)
                w[j] = load_be32(data + 4 * j);
            sm3_lanes_portable.blocks(a, data, 1);
            lanes->words(b, w);
            assert_memory_equal(a, b, sizeof(a));
        }
    }
}

static void sm3_every_length_up_to_three_blocks_differs(void **state)
{
    /* Padding: a length mistaken for another would collide. */
    static const uint8_t zeros[192];
    static uint8_t seen[193][32];
    (void)state;
    for (size_t n = 0; n <= sizeof(zeros); n++) {
        sm3_digest(seen[n], (bzt_span){zeros, n});
        for (size_t m = 0; m < n; m++)
            assert_memory_not_equal(seen[m], seen[n], 32);
    }
}

static void sm3_accepts_empty_spans(void **state)
{
    uint8_t a[32], b[32];
    sm3 s;
    (void)state;
    sm3_digest(a, (bzt_span){0, 0});
    sm3_init(&s);
    sm3_update(&s, 0, 0);
    sm3_final(&s, b);
    assert_memory_equal(a, b, 32);
}

static void sm3_final_wipes_its_state(void **state)
{
    static const sm3 zero;
    uint8_t out[32];
    hmac_sm3 h;
    sm3 s;
    xof x;
    (void)state;
    sm3_init(&s);
    sm3_update(&s, "secret", 6);
    sm3_final(&s, out);
    assert_memory_equal(&s, &zero, sizeof(s));
    hmac_sm3_init(&h, BZT_SPAN_LIT("key"));
    hmac_sm3_final(&h, out);
    assert_memory_equal(&h.inner, &zero, sizeof(zero));
    assert_memory_equal(&h.outer, &zero, sizeof(zero));
    xof_init(&x, "label");
    xof_final(&x, out, sizeof(out));
    assert_memory_equal(&x.prefix, &zero, sizeof(zero));
}

static void hmac_matches_known_answers(void **state)
{
    (void)state;
    for (int i = 0; i < sm3_sm4_hmac_sm3_n; i++) {
        uint8_t out[32];
        hmac_sm3_digest(out, sm3_sm4_hmac_sm3[i].key, sm3_sm4_hmac_sm3[i].msg);
        assert_span_equal(out, sm3_sm4_hmac_sm3[i].mac);
    }
}

/* RFC 2104: a key longer than a block is its digest; a shorter one is filled
 * up with zeros. */
static void hmac_hashes_only_keys_longer_than_a_block(void **state)
{
    uint8_t key[200], digest[32], a[32], b[32];
    const bzt_span text = BZT_SPAN_LIT("text");
    (void)state;
    unit_fill(key, sizeof(key), 1);
    for (size_t n = 0; n <= sizeof(key); n++) {
        hmac_sm3_digest(a, (bzt_span){key, n}, text);
        sm3_digest(digest, (bzt_span){key, n});
        hmac_sm3_digest(b, (bzt_span){digest, 32}, text);
        if (n > 64)
            assert_memory_equal(a, b, 32);
        else
            assert_memory_not_equal(a, b, 32);
    }
}

typedef struct pbkdf2_row {
    bzt_span password, salt;
    uint32_t iterations;
    bzt_span out;
} pbkdf2_row;

/* By OpenSSL 3.0. */
static void pbkdf2_matches_known_answers(void **state)
{
    static const pbkdf2_row rows[] = {
        {BZT_SPAN_LIT("password"), BZT_SPAN_LIT("salt"), 1,
         HEX("\x46\x12\xf9\x22\xa1\xfd\xce\xfa\xf4\x31\x2f\xc6\xf8\xf3\x32\x2b"
             "\x48\x9c\xbf\x24\xf2\xea\x36\x1b\x44\xc2\xbd\x8f\xa2\xc6\xdc"
             "\xb0")},
        {BZT_SPAN_LIT("password"), BZT_SPAN_LIT("salt"), 4096,
         HEX("\xb6\xe8\xf2\x07\x4c\x87\x43\x2b\x78\xf6\x2e\x5c\xed\x98\x0f\xdf"
             "\xf8\x9e\x86\xaf\x2f\x69\x3d\xab\x16\x38\xe2\xb3\x68\x30\x45"
             "\xdd")},
        {{0, 0},
         {0, 0},
         2,
         HEX("\x76\xb2\x64\x2c\xd3\x6c\x02\xd4\x5c\xa0\x0c\x16\x76\x6f\x5b\xe0"
             "\x7d\xab\x99\x51")},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t out[64];
        pbkdf2_sm3(out, rows[i].out.len, rows[i].password, rows[i].salt,
                   rows[i].iterations);
        assert_span_equal(out, rows[i].out);
    }
}

/* What F(PIN) of the key protocol asks for: 48 bytes, 10 000 iterations. */
static void pbkdf2_matches_the_pin_derivation(void **state)
{
    static const uint8_t right[48] =
        "\x63\xd6\x0d\x47\xf7\x22\x1f\x90\x1c\x32\x60\x4d\x13\x92\xf7\x6b"
        "\x7b\x7a\x48\xdc\xfc\xe8\x8e\x02\x9f\x84\x42\x89\x58\xd8\xdf\xd4"
        "\x12\xe2\x76\x32\x12\xf5\x10\xa0\x73\x3b\xc3\xf6\xdb\xf6\x07\xb5";
    uint8_t salt[8 + 32 + 16] = "bzt-pin", out[48];
    (void)state;
    for (uint8_t i = 0; i < 32; i++)
        salt[8 + i] = i;
    memset(salt + 40, 'k', 16);
    pbkdf2_sm3(out, sizeof(out), BZT_SPAN_LIT("123456"),
               (bzt_span){salt, sizeof(salt)}, 10000);
    assert_memory_equal(out, right, sizeof(right));
}

static void pbkdf2_shorter_output_is_a_prefix(void **state)
{
    uint8_t all[200], part[200];
    const bzt_span password = BZT_SPAN_LIT("pw"), salt = BZT_SPAN_LIT("salt");
    (void)state;
    pbkdf2_sm3(all, sizeof(all), password, salt, 3);
    for (size_t n = 0; n < sizeof(all); n++) {
        memset(part, 0xee, sizeof(part));
        pbkdf2_sm3(part, n, password, salt, 3);
        assert_memory_equal(part, all, n);
        assert_int_equal(part[n], 0xee);
    }
}

static void kdf_matches_known_answers(void **state)
{
    (void)state;
    for (int i = 0; i < sm3_sm4_kdf_sm3_n; i++) {
        uint8_t out[64];
        kdf_sm3(out, (size_t)sm3_sm4_kdf_sm3[i].klen_bytes,
                sm3_sm4_kdf_sm3[i].z);
        assert_span_equal(out, sm3_sm4_kdf_sm3[i].out);
    }
}

/* By doc/protocol/reference.py. */
static void xof_matches_reference(void **state)
{
    static const uint8_t right[80] =
        "\x62\x1f\xa6\x79\x5c\xe9\x2f\x45\xef\x64\x8b\xcb\x67\x73\x24\x1e"
        "\x84\xb7\xc2\xb7\x00\xb3\x74\x67\x41\x93\x1b\x98\x5f\xfc\x41\x16"
        "\x29\xd7\xe0\xb8\xce\x8d\x88\x0b\x94\xde\x72\xe5\x4f\xd7\x8d\xb2"
        "\xa1\x90\x17\x39\x48\x56\x57\x5f\x0c\x9e\xfe\x98\x65\xb3\x0e\x44"
        "\xd8\x2f\x9a\x8c\x39\xca\xa9\xc1\x41\x94\x92\x23\x49\x33\xe7\x75";
    uint8_t data[70], out[80];
    xof x;
    (void)state;
    for (uint8_t i = 0; i < sizeof(data); i++)
        data[i] = i;
    xof_sm3(out, sizeof(out), "bzt-test", (bzt_span){data, sizeof(data)});
    assert_memory_equal(out, right, sizeof(right));
    xof_init(&x, "bzt-test");
    for (size_t i = 0; i < sizeof(data); i += 7)
        xof_update(&x, data + i, 7);
    memset(out, 0, sizeof(out));
    xof_final(&x, out, sizeof(out));
    assert_memory_equal(out, right, sizeof(right));
}

static void xof_label_ends_before_the_data(void **state)
{
    uint8_t a[48], b[48];
    (void)state;
    xof_sm3(a, sizeof(a), "ab", BZT_SPAN_LIT("c"));
    xof_sm3(b, sizeof(b), "a", BZT_SPAN_LIT("bc"));
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm3_matches_known_answers),
        cmocka_unit_test(sm3_is_indifferent_to_chunks),
        cmocka_unit_test(sm3_all_lanes_agree),
        cmocka_unit_test(sm3_every_length_up_to_three_blocks_differs),
        cmocka_unit_test(sm3_accepts_empty_spans),
        cmocka_unit_test(sm3_final_wipes_its_state),
        cmocka_unit_test(hmac_matches_known_answers),
        cmocka_unit_test(hmac_hashes_only_keys_longer_than_a_block),
        cmocka_unit_test(pbkdf2_matches_known_answers),
        cmocka_unit_test(pbkdf2_matches_the_pin_derivation),
        cmocka_unit_test(pbkdf2_shorter_output_is_a_prefix),
        cmocka_unit_test(kdf_matches_known_answers),
        cmocka_unit_test(xof_matches_reference),
        cmocka_unit_test(xof_label_ends_before_the_data),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
