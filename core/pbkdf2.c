/* PBKDF2 (RFC 8018, 5.2) with HMAC-SM3.
 *
 * It runs at each use of a PIN, so a round costs two compressions and no
 * more: the states after the padded key are kept, and a round's block is a
 * digest followed by padding that never changes.
 */
#include "sm3.h"

#include "bytes.h"
#include "sm3_lanes.h"
#include "wipe.h"

#include <string.h>

enum { WORDS = 8 };

/* h = compression of h with the second block of a message of 96 bytes: a
 * digest (not in place) and padding. */
static void absorb_digest(uint32_t h[WORDS], const uint32_t digest[WORDS])
{
    uint32_t w[16] = {[WORDS] = 0x80000000, [15] = 96 * 8};
    memcpy(w, digest, WORDS * sizeof(w[0]));
    sm3_lanes_pick()->words(h, w);
}

/* u = HMAC(key, u) */
static void round_words(uint32_t u[WORDS], const hmac_sm3 *key)
{
    uint32_t h[WORDS];
    memcpy(h, key->inner.h, sizeof(h));
    absorb_digest(h, u);
    memcpy(u, key->outer.h, sizeof(h));
    absorb_digest(u, h);
}

/* U_1 = HMAC(key, salt || i32be) */
static void first(uint8_t out[32], const hmac_sm3 *key, bzt_span salt,
                  uint32_t i)
{
    uint8_t counter[4];
    hmac_sm3 h = *key;
    store_be32(counter, i);
    hmac_sm3_update(&h, salt.p, salt.len);
    hmac_sm3_update(&h, counter, sizeof(counter));
    hmac_sm3_final(&h, out);
}

/* T_i = U_1 xor U_2 xor ... */
static void block_bytes(uint8_t t[32], const hmac_sm3 *key, bzt_span salt,
                        uint32_t i, uint32_t iterations)
{
    uint32_t u[WORDS], sum[WORDS];
    first(t, key, salt, i);
    for (int j = 0; j < WORDS; j++)
        sum[j] = u[j] = load_be32(t + 4 * j);
    for (uint32_t n = 1; n < iterations; n++) {
        round_words(u, key);
        for (int j = 0; j < WORDS; j++)
            sum[j] ^= u[j];
    }
    for (int j = 0; j < WORDS; j++)
        store_be32(t + 4 * j, sum[j]);
    wipe(u, sizeof(u));
    wipe(sum, sizeof(sum));
}

void pbkdf2_sm3(uint8_t *out, size_t out_len, bzt_span password, bzt_span salt,
                uint32_t iterations)
{
    hmac_sm3 key;
    uint8_t t[32];
    hmac_sm3_init(&key, password);
    for (uint32_t i = 1; out_len; i++) {
        const size_t n = out_len < sizeof(t) ? out_len : sizeof(t);
        block_bytes(t, &key, salt, i, iterations);
        memcpy(out, t, n);
        out += n;
        out_len -= n;
    }
    wipe(t, sizeof(t));
    wipe(&key, sizeof(key));
}
