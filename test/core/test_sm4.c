/* SM4 and its modes: known answers, the S-box from its definition, and that
 * every kind of lanes gives the same. */
#include "unit.h"

#include "core/sm4.h"
#include "core/sm4_lanes.h"
#include "sm3_sm4.h"

/* GB/T 32907, 6.2: S(x) = A inv(A x + 0xd3) + 0xd3. */
static uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned x = a, r = 0;
    for (int i = 0; i < 8; i++) {
        r ^= b >> i & 1 ? x : 0;
        x = x << 1 ^ (x & 0x80 ? 0x1f5 : 0);
    }
    return (uint8_t)r;
}

static uint8_t affine(uint8_t x)
{
    unsigned r = 0, row = 0xa7;
    for (int i = 0; i < 8; i++) {
        r |= (unsigned)(__builtin_popcount(row & x) & 1) << i;
        row = (row << 1 | row >> 7) & 0xff;
    }
    return (uint8_t)(r ^ 0xd3);
}

static uint8_t sbox(uint8_t x)
{
    uint8_t y = affine(x), r = 1;
    for (int i = 0; i < 254; i++)
        r = multiply(r, y);
    return affine(r);
}

static void sm4_sbox_matches_its_definition(void **state)
{
    (void)state;
    for (uint32_t x = 0; x < 256; x++) {
        const uint32_t word = x << 24 | (x ^ 0xff) << 16 | (x ^ 0x55) << 8 | x;
        uint32_t right = 0;
        for (int i = 0; i < 4; i++)
            right |= (uint32_t)sbox((uint8_t)(word >> 8 * i)) << 8 * i;
        for (unsigned i = 0; sm4_lanes_get(i); i++)
            assert_int_equal(sm4_lanes_get(i)->sbox(word), right);
    }
}

static void sm4_ecb_matches_known_answers(void **state)
{
    (void)state;
    for (int i = 0; i < sm3_sm4_sm4_ecb_n; i++) {
        const sm3_sm4_sm4_ecb_row *v = &sm3_sm4_sm4_ecb[i];
        uint8_t out[16];
        sm4_key k;
        sm4_init_encrypt(&k, v->key.p);
        sm4_ecb(out, &k, v->pt.p, 16);
        assert_span_equal(out, v->ct);
        sm4_init_decrypt(&k, v->key.p);
        sm4_ecb(out, &k, out, 16);
        assert_span_equal(out, v->pt);
    }
}

/* GB/T 32907, A.2 */
static void sm4_a_million_encryptions_match(void **state)
{
    const sm3_sm4_sm4_ecb_row *v = &sm3_sm4_sm4_ecb[0];
    uint8_t block[16];
    sm4_key k;
    (void)state;
    sm4_init_encrypt(&k, v->key.p);
    memcpy(block, v->pt.p, 16);
    for (int i = 0; i < 1000000; i++)
        sm4_ecb(block, &k, block, 16);
    assert_span_equal(block, v->ct_after_1000000_rounds);
}

enum { BLOCKS = 150 };

static void sm4_all_lanes_agree(void **state)
{
    static uint8_t in[16 * BLOCKS], right[16 * BLOCKS], out[16 * BLOCKS + 1];
    (void)state;
    for (unsigned i = 0; sm4_lanes_get(i); i++) {
        const sm4_lanes *lanes = sm4_lanes_get(i);
        for (size_t n = 0; n <= BLOCKS; n++) {
            sm4_key k;
            unit_fill(in, sizeof(in), n);
            sm4_init_encrypt(&k, in);
            sm4_lanes_portable.blocks(right, &k, in, n);
            memset(out, 0xee, sizeof(out));
            lanes->blocks(out, &k, in, n);
            assert_memory_equal(out, right, 16 * n);
            assert_int_equal(out[16 * n], 0xee);
            lanes->blocks(in, &k, in, n); /* in place */
            assert_memory_equal(in, right, 16 * n);
        }
    }
}

static void sm4_all_ghash_agree(void **state)
{
    static uint8_t in[16 * BLOCKS];
    (void)state;
    for (unsigned i = 0; sm4_lanes_get(i); i++) {
        const sm4_lanes *lanes = sm4_lanes_get(i);
        for (size_t n = 0; n <= BLOCKS; n++) {
            ghash_key a, b;
            uint8_t y[16], z[16], h[16];
            unit_fill(in, sizeof(in), n);
            unit_fill(h, sizeof(h), n + 1000);
            unit_fill(y, sizeof(y), n + 2000);
            memcpy(z, y, sizeof(z));
            sm4_lanes_portable.ghash_init(&a, h);
            lanes->ghash_init(&b, h);
            sm4_lanes_portable.ghash(y, &a, in, n);
            lanes->ghash(z, &b, in, n);
            assert_memory_equal(y, z, 16);
        }
    }
}

/* SP 800-38D, 6.3, algorithm 1, bit by bit. */
static void multiply_gcm(uint8_t z[16], const uint8_t x[16])
{
    uint8_t v[16], r[16] = {0};
    memcpy(v, z, 16);
    for (int i = 0; i < 128; i++) {
        const int carry = v[15] & 1;
        for (int j = 0; j < 16; j++)
            r[j] ^= x[i / 8] >> (7 - i % 8) & 1 ? v[j] : 0;
        for (int j = 15; j; j--)
            v[j] = (uint8_t)(v[j] >> 1 | v[j - 1] << 7);
        v[0] = (uint8_t)(v[0] >> 1 ^ (carry ? 0xe1 : 0));
    }
    memcpy(z, r, 16);
}

static void ghash_matches_its_definition(void **state)
{
    (void)state;
    for (unsigned i = 0; sm4_lanes_get(i); i++) {
        const sm4_lanes *lanes = sm4_lanes_get(i);
        for (unsigned n = 0; n < 128 + 200; n++) {
            uint8_t h[16] = {0}, y[16] = {0}, right[16], in[16];
            ghash_key key;
            unit_fill(in, sizeof(in), n);
            if (n < 128)
                h[n / 8] = (uint8_t)(0x80 >> n % 8); /* each single bit */
            else
                unit_fill(h, sizeof(h), n);
            memcpy(right, in, 16);
            multiply_gcm(right, h);
            lanes->ghash_init(&key, h);
            lanes->ghash(y, &key, in, 1);
            assert_memory_equal(y, right, 16);
        }
    }
}

static void sm4_wipe_leaves_no_round_key(void **state)
{
    static const sm4_key zero;
    const uint8_t key[16] = "0123456789abcde";
    sm4_key k;
    (void)state;
    sm4_init_encrypt(&k, key);
    sm4_wipe(&k);
    assert_memory_equal(&k, &zero, sizeof(k));
}

static void sm4_cbc_matches_known_answers(void **state)
{
    (void)state;
    for (int i = 0; i < sm3_sm4_sm4_cbc_nopad_n; i++) {
        const sm3_sm4_sm4_cbc_nopad_row *v = &sm3_sm4_sm4_cbc_nopad[i];
        uint8_t out[64], iv[16];
        sm4_key k;
        memcpy(iv, v->iv.p, 16);
        sm4_init_encrypt(&k, v->key.p);
        sm4_cbc_encrypt(out, &k, iv, v->pt.p, v->pt.len);
        assert_span_equal(out, v->ct);
        memcpy(iv, v->iv.p, 16);
        sm4_init_decrypt(&k, v->key.p);
        sm4_cbc_decrypt(out, &k, iv, out, v->ct.len);
        assert_span_equal(out, v->pt);
    }
}

static void sm4_cbc_goes_on_where_it_stopped(void **state)
{
    static uint8_t in[16 * BLOCKS], all[16 * BLOCKS], part[16 * BLOCKS];
    const uint8_t key[16] = "0123456789abcde";
    sm4_key enc, dec;
    (void)state;
    unit_fill(in, sizeof(in), 3);
    sm4_init_encrypt(&enc, key);
    sm4_init_decrypt(&dec, key);
    for (size_t n = 0; n <= BLOCKS; n++) {
        uint8_t a[16] = {1}, b[16] = {1};
        sm4_cbc_encrypt(all, &enc, a, in, sizeof(in));
        sm4_cbc_encrypt(part, &enc, b, in, 16 * n);
        sm4_cbc_encrypt(part + 16 * n, &enc, b, in + 16 * n,
                        sizeof(in) - 16 * n);
        assert_memory_equal(all, part, sizeof(all));
        assert_memory_equal(a, b, 16);
        memset(b, 0, 16);
        b[0] = 1;
        sm4_cbc_decrypt(part, &dec, b, all, 16 * n); /* not in place */
        memcpy(part + 16 * n, all + 16 * n, sizeof(all) - 16 * n);
        sm4_cbc_decrypt(part + 16 * n, &dec, b, part + 16 * n,
                        sizeof(all) - 16 * n);
        assert_memory_equal(part, in, sizeof(in));
        assert_memory_equal(a, b, 16);
    }
}

static void sm4_ctr_matches_known_answers(void **state)
{
    (void)state;
    for (int i = 0; i < sm3_sm4_sm4_ctr_n; i++) {
        const sm3_sm4_sm4_ctr_row *v = &sm3_sm4_sm4_ctr[i];
        for (size_t n = 0; n <= v->pt.len; n++) {
            uint8_t out[65], counter[16];
            sm4_key k;
            memset(out, 0xee, sizeof(out));
            memcpy(counter, v->iv.p, 16);
            sm4_init_encrypt(&k, v->key.p);
            sm4_ctr(out, &k, counter, v->pt.p, n);
            assert_memory_equal(out, v->ct.p, n);
            assert_int_equal(out[n], 0xee);
        }
    }
}

static void sm4_ctr_carries_through_all_bytes(void **state)
{
    static uint8_t out[16 * BLOCKS], right[16 * BLOCKS];
    static const uint8_t zeros[16 * BLOCKS];
    const uint8_t key[16] = "0123456789abcde";
    sm4_key k;
    (void)state;
    sm4_init_encrypt(&k, key);
    for (int i = 0; i <= 16 * BLOCKS; i++) {
        const int ones = i % 17;
        uint8_t counter[16], slow[16];
        memset(counter, 0x42, 16);
        memset(counter + 16 - ones, 0xff, (size_t)ones);
        counter[15] = (uint8_t)(counter[15] - i / 17); /* later or sooner */
        memcpy(slow, counter, 16);
        for (int n = 0; n < BLOCKS; n++) {
            sm4_ecb(right + 16 * n, &k, slow, 16);
            for (int j = 15; j >= 0 && !++slow[j]; j--)
                ;
        }
        sm4_ctr(out, &k, counter, zeros, sizeof(out));
        assert_memory_equal(out, right, sizeof(out));
        assert_memory_equal(counter, slow, 16);
    }
}

static void sm4_gcm_matches_rfc8998(void **state)
{
    (void)state;
    for (int i = 0; i < sm3_sm4_sm4_gcm_rfc8998_n; i++) {
        const sm3_sm4_sm4_gcm_rfc8998_row *v = &sm3_sm4_sm4_gcm_rfc8998[i];
        uint8_t out[64], tag[16];
        sm4_gcm_seal(out, tag, v->key.p, v->iv.p, v->aad, v->pt);
        assert_span_equal(out, v->ct);
        assert_span_equal(tag, v->tag);
        assert_int_equal(
            sm4_gcm_open(out, v->key.p, v->iv.p, v->aad, v->ct, v->tag.p),
            BZT_OK);
        assert_span_equal(out, v->pt);
    }
}

typedef struct sealed {
    uint8_t key[16], nonce[12], aad[37], in[300], out[300], tag[16];
} sealed;

static void seal(sealed *s, size_t aad_len, size_t len)
{
    unit_fill((uint8_t *)s, sizeof(*s), len * 1000 + aad_len);
    sm4_gcm_seal(s->out, s->tag, s->key, s->nonce, (bzt_span){s->aad, aad_len},
                 (bzt_span){s->in, len});
}

static void assert_refused(const sealed *s, size_t aad_len, size_t len)
{
    static const uint8_t zeros[300];
    uint8_t out[301];
    memset(out, 0xee, sizeof(out));
    assert_int_equal(sm4_gcm_open(out, s->key, s->nonce,
                                  (bzt_span){s->aad, aad_len},
                                  (bzt_span){s->out, len}, s->tag),
                     BZT_ERR_DECRYPT);
    assert_memory_equal(out, zeros, len);
    assert_int_equal(out[len], 0xee);
}

static void gcm_opens_what_it_sealed(void **state)
{
    sealed s;
    (void)state;
    for (size_t len = 0; len <= 300; len++) {
        const size_t aad_len = len % 38;
        uint8_t out[300];
        seal(&s, aad_len, len);
        assert_int_equal(sm4_gcm_open(out, s.key, s.nonce,
                                      (bzt_span){s.aad, aad_len},
                                      (bzt_span){s.out, len}, s.tag),
                         BZT_OK);
        assert_memory_equal(out, s.in, len);
        assert_int_equal(sm4_gcm_open(s.out, s.key, s.nonce,
                                      (bzt_span){s.aad, aad_len},
                                      (bzt_span){s.out, len}, s.tag),
                         BZT_OK); /* in place */
        assert_memory_equal(s.out, s.in, len);
    }
}

static void gcm_refuses_each_changed_bit(void **state)
{
    enum { LEN = 61, AAD = 19 };
    sealed s;
    uint8_t *const parts[] = {s.key, s.nonce, s.aad, s.out, s.tag};
    const size_t lens[] = {16, 12, AAD, LEN, 16};
    (void)state;
    seal(&s, AAD, LEN);
    for (int part = 0; part < 5; part++) {
        for (size_t bit = 0; bit < 8 * lens[part]; bit++) {
            parts[part][bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_refused(&s, AAD, LEN);
            parts[part][bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void gcm_refuses_each_truncation(void **state)
{
    enum { LEN = 61, AAD = 19 };
    sealed s;
    (void)state;
    seal(&s, AAD, LEN);
    for (size_t n = 0; n < LEN; n++)
        assert_refused(&s, AAD, n);
    for (size_t n = 0; n < AAD; n++)
        assert_refused(&s, n, LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sm4_sbox_matches_its_definition),
        cmocka_unit_test(sm4_ecb_matches_known_answers),
        cmocka_unit_test(sm4_a_million_encryptions_match),
        cmocka_unit_test(sm4_all_lanes_agree),
        cmocka_unit_test(sm4_all_ghash_agree),
        cmocka_unit_test(ghash_matches_its_definition),
        cmocka_unit_test(sm4_wipe_leaves_no_round_key),
        cmocka_unit_test(sm4_cbc_matches_known_answers),
        cmocka_unit_test(sm4_cbc_goes_on_where_it_stopped),
        cmocka_unit_test(sm4_ctr_matches_known_answers),
        cmocka_unit_test(sm4_ctr_carries_through_all_bytes),
        cmocka_unit_test(sm4_gcm_matches_rfc8998),
        cmocka_unit_test(gcm_opens_what_it_sealed),
        cmocka_unit_test(gcm_refuses_each_changed_bit),
        cmocka_unit_test(gcm_refuses_each_truncation),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
