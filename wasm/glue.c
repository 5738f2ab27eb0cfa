/* The edge between C and JavaScript.
 *
 * An export is the C function of its header.  An argument of type bzt_span is
 * the address of two 32-bit words, pointer and length, as WebAssembly's C ABI
 * passes small structs.  All memory that JavaScript fills or reads lies in
 * one arena: it lays its arguments out there, calls, copies the results and
 * wipes what it used.  Nothing is imported; random bytes are arguments.
 */
#include "core/sm3.h"
#include "core/sm4.h"
#include "core/wipe.h"

enum { ARENA_SIZE = 1 << 19 };

static _Alignas(16) uint8_t arena[ARENA_SIZE];

uint8_t *bzt_arena(void);
uint32_t bzt_arena_size(void);
void bzt_arena_wipe(uint32_t len);
void bzt_sm3(uint8_t out[32], bzt_span data);
void bzt_hmac_sm3(uint8_t out[32], bzt_span key, bzt_span data);
void bzt_pbkdf2_sm3(uint8_t *out, size_t out_len, bzt_span password,
                    bzt_span salt, uint32_t iterations);
void bzt_sm4_gcm_seal(uint8_t *out, uint8_t tag[16], const uint8_t key[16],
                      const uint8_t nonce[12], bzt_span aad, bzt_span in);
bzt_err bzt_sm4_gcm_open(uint8_t *out, const uint8_t key[16],
                         const uint8_t nonce[12], bzt_span aad, bzt_span in,
                         const uint8_t tag[16]);

uint8_t *bzt_arena(void)
{
    return arena;
}

uint32_t bzt_arena_size(void)
{
    return ARENA_SIZE;
}

/* The first len bytes, which is all that a caller has used. */
void bzt_arena_wipe(uint32_t len)
{
    wipe(arena, len < ARENA_SIZE ? len : ARENA_SIZE);
}

void bzt_sm3(uint8_t out[32], bzt_span data)
{
    sm3_digest(out, data);
}

void bzt_hmac_sm3(uint8_t out[32], bzt_span key, bzt_span data)
{
    hmac_sm3_digest(out, key, data);
}

void bzt_pbkdf2_sm3(uint8_t *out, size_t out_len, bzt_span password,
                    bzt_span salt, uint32_t iterations)
{
    pbkdf2_sm3(out, out_len, password, salt, iterations);
}

void bzt_sm4_gcm_seal(uint8_t *out, uint8_t tag[16], const uint8_t key[16],
                      const uint8_t nonce[12], bzt_span aad, bzt_span in)
{
    sm4_gcm_seal(out, tag, key, nonce, aad, in);
}

bzt_err bzt_sm4_gcm_open(uint8_t *out, const uint8_t key[16],
                         const uint8_t nonce[12], bzt_span aad, bzt_span in,
                         const uint8_t tag[16])
{
    return sm4_gcm_open(out, key, nonce, aad, in, tag);
}
