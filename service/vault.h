/* Sealing at rest: SM4-GCM under the master key, and the index key.
 *
 * The master key file has lines "number:hex" (32 hex digits, numbers 1 to
 * 2^32-1); the highest number seals, every one opens.  A file of exactly 16
 * bytes is key 1.  The index key comes from the lowest number, so that
 * number stays in the file as long as the installation lives.
 *
 * A sealed value is number (4 bytes) || nonce (12) || text || tag (16), and
 * is bound to its column and row: moved to another place it does not open.
 */
#ifndef BZT_SERVICE_VAULT_H
#define BZT_SERVICE_VAULT_H

#include "base/arena.h"
#include <bzt/err.h>
#include <bzt/span.h>

typedef struct vault vault;

enum { VAULT_OVERHEAD = 4 + 12 + 16, VAULT_KEYS_MAX = 16 };

/* Where a sealed value lives. */
typedef struct vault_place {
    const char *column; /* "person.phone_sealed" */
    const uint8_t *row; /* 16 bytes: the row's id */
} vault_place;

/* A new file with key 1, mode 0600.  BZT_ERR_CONFLICT: the file exists. */
BZT_MUST_USE bzt_err vault_make(const char *path);
/* BZT_ERR_NOT_FOUND, BZT_ERR_IO, BZT_ERR_CONFIG: malformed, two keys of one
 * number, readable by others. */
BZT_MUST_USE bzt_err vault_open(vault **out, const char *path);
void vault_close(vault *v); /* wipes; NULL is allowed */

/* out lies in the arena.  BZT_ERR_RANDOM, BZT_ERR_MEMORY. */
BZT_MUST_USE bzt_err vault_seal(bzt_span *out, arena *a, const vault *v,
                                vault_place place, bzt_span plain);
/* out lies in the arena, with a zero byte after its end.
 * BZT_ERR_DECRYPT: altered, of another place, or of a key not in the file. */
BZT_MUST_USE bzt_err vault_unseal(bzt_span *out, arena *a, const vault *v,
                                  vault_place place, bzt_span sealed);
/* The number of the key that sealed; 0 when it is no sealed value. */
uint32_t vault_key_number(bzt_span sealed);

/* HMAC-SM3 under the index key over fields(what, value): finds a sealed
 * value, or stands for a short secret (an SMS code). */
void vault_index(uint8_t out[32], const vault *v, const char *what,
                 bzt_span value);

#endif
