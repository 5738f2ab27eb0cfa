/* SM4, GB/T 32907-2016, and the modes ECB, CBC and CTR of GB/T 17964
 * (NIST SP 800-38A). */
#include "sm4.h"

#include "bytes.h"
#include "sm4_lanes.h"
#include "wipe.h"

#include <string.h>

enum { BLOCK = 16, ROUNDS = 32, CHUNK = 64 /* blocks */ };

static uint32_t rotl(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

/* CK_i (7.3): byte j is 7 (4 i + j). */
static uint32_t ck(uint32_t i)
{
    uint32_t v = 0;
    for (uint32_t j = 0; j < 4; j++)
        v = v << 8 | (7 * (4 * i + j) & 0xff);
    return v;
}

void sm4_init_encrypt(sm4_key *k, const uint8_t key[16])
{
    const sm4_lanes *lanes = sm4_lanes_pick();
    uint32_t w[4] = {0xa3b1bac6, 0x56aa3350, 0x677d9197, 0xb27022dc}; /* FK */
    for (int i = 0; i < 4; i++)
        w[i] ^= load_be32(key + 4 * i);
    for (unsigned i = 0; i < ROUNDS; i++) {
        const uint32_t s = lanes->sbox(w[(i + 1) & 3] ^ w[(i + 2) & 3] ^
                                       w[(i + 3) & 3] ^ ck(i));
        w[i & 3] ^= s ^ rotl(s, 13) ^ rotl(s, 23);
        k->rk[i] = w[i & 3];
    }
    wipe(w, sizeof(w));
}

void sm4_init_decrypt(sm4_key *k, const uint8_t key[16])
{
    sm4_init_encrypt(k, key);
    for (int i = 0; i < ROUNDS / 2; i++) {
        const uint32_t t = k->rk[i];
        k->rk[i] = k->rk[ROUNDS - 1 - i];
        k->rk[ROUNDS - 1 - i] = t;
    }
}

void sm4_wipe(sm4_key *k)
{
    wipe(k, sizeof(*k));
}

/* The caller breaks the contract: stop at once. */
static void must_be_blocks(size_t len)
{
    if (len % BLOCK)
        __builtin_trap();
}

static void xor_bytes(uint8_t *out, const uint8_t *a, const uint8_t *b,
                      size_t len)
{
    size_t i = 0;
    for (; len - i >= 8; i += 8) {
        uint64_t x, y;
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        x ^= y;
        memcpy(out + i, &x, 8);
    }
    for (; i < len; i++)
        out[i] = a[i] ^ b[i];
}

void sm4_ecb(uint8_t *out, const sm4_key *k, const uint8_t *in, size_t len)
{
    must_be_blocks(len);
    sm4_lanes_pick()->blocks(out, k, in, len / BLOCK);
}

void sm4_cbc_encrypt(uint8_t *out, const sm4_key *enc, uint8_t iv[16],
                     const uint8_t *in, size_t len)
{
    const sm4_lanes *lanes = sm4_lanes_pick();
    must_be_blocks(len);
    for (size_t i = 0; i < len; i += BLOCK) {
        xor_bytes(iv, iv, in + i, BLOCK);
        lanes->blocks(iv, enc, iv, 1);
        memcpy(out + i, iv, BLOCK);
    }
}

void sm4_cbc_decrypt(uint8_t *out, const sm4_key *dec, uint8_t iv[16],
                     const uint8_t *in, size_t len)
{
    const sm4_lanes *lanes = sm4_lanes_pick();
    uint8_t plain[CHUNK * BLOCK], last[BLOCK];
    must_be_blocks(len);
    while (len) {
        const size_t n = len < sizeof(plain) ? len : sizeof(plain);
        lanes->blocks(plain, dec, in, n / BLOCK);
        memcpy(last, in + n - BLOCK, BLOCK);
        xor_bytes(plain, plain, iv, BLOCK);
        xor_bytes(plain + BLOCK, plain + BLOCK, in, n - BLOCK);
        memcpy(iv, last, BLOCK);
        memcpy(out, plain, n);
        in += n;
        out += n;
        len -= n;
    }
    wipe(plain, sizeof(plain));
}

/* counter, counter + 1, ... as n blocks; counter moves on. */
static void count(uint8_t *out, uint8_t counter[16], size_t n)
{
    uint64_t high = load_be64(counter), low = load_be64(counter + 8);
    for (; n; n--, out += BLOCK) {
        store_be64(out, high);
        store_be64(out + 8, low);
        low++;
        high += !low; /* a counter is public */
    }
    store_be64(counter, high);
    store_be64(counter + 8, low);
}

void sm4_ctr(uint8_t *out, const sm4_key *enc, uint8_t counter[16],
             const uint8_t *in, size_t len)
{
    const sm4_lanes *lanes = sm4_lanes_pick();
    uint8_t stream[CHUNK * BLOCK];
    if (lanes->ctr) {
        const size_t n = lanes->ctr(out, enc, counter, in, len / BLOCK) * BLOCK;
        in += n;
        out += n;
        len -= n;
    }
    while (len) {
        const size_t n = len < sizeof(stream) ? len : sizeof(stream);
        const size_t blocks = (n + BLOCK - 1) / BLOCK;
        count(stream, counter, blocks);
        lanes->blocks(stream, enc, stream, blocks);
        xor_bytes(out, in, stream, n);
        in += n;
        out += n;
        len -= n;
    }
    wipe(stream, sizeof(stream));
}
