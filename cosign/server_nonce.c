/* Nonces of opened signatures: one node's memory, one for each key, one
 * answer, three minutes (protocol.md, Signing).  Pure: the caller brings the
 * memory and the lock. */
#include "core/bytes.h"
#include "core/wipe.h"
#include "must.h"
#include "server.h"
#include <string.h>

void cosign_nonce_wipe(cosign_nonce *nonce)
{
    wipe(nonce, sizeof *nonce);
}

void cosign_nonces_init(cosign_nonces *table, cosign_nonce *slots, size_t sets)
{
    must(sets != 0 && (sets & (sets - 1)) == 0);
    table->slots = slots;
    table->sets = sets;
    memset(slots, 0, sets * COSIGN_NONCE_WAYS * sizeof *slots);
}

void cosign_nonces_wipe(cosign_nonces *table)
{
    wipe(table->slots, table->sets * COSIGN_NONCE_WAYS * sizeof *table->slots);
}

/* Key ids are the server's own random bytes: they spread evenly. */
static cosign_nonce *set_of(cosign_nonces *table, const uint8_t key_id[16])
{
    size_t set = (size_t)load_be64(key_id) & (table->sets - 1);
    return table->slots + set * COSIGN_NONCE_WAYS;
}

static cosign_nonce *find(cosign_nonce *set, const uint8_t key_id[16])
{
    for (int i = 0; i < COSIGN_NONCE_WAYS; i++) {
        if (set[i].until_ms && memcmp(set[i].key_id, key_id, 16) == 0)
            return &set[i];
    }
    return NULL;
}

/* A free slot (until_ms is 0), or else the one that ends first. */
static cosign_nonce *oldest(cosign_nonce *set)
{
    cosign_nonce *slot = set;
    for (int i = 1; i < COSIGN_NONCE_WAYS; i++) {
        if (set[i].until_ms < slot->until_ms)
            slot = &set[i];
    }
    return slot;
}

void cosign_nonces_put(cosign_nonces *table, cosign_nonce *nonce,
                       int64_t now_ms)
{
    cosign_nonce *set = set_of(table, nonce->key_id);
    cosign_nonce *slot = find(set, nonce->key_id);
    if (!slot)
        slot = oldest(set);
    if (nonce->until_ms > now_ms)
        *slot = *nonce;
    else
        cosign_nonce_wipe(slot);
    cosign_nonce_wipe(nonce);
}

bzt_err cosign_nonces_take(cosign_nonce *out, cosign_nonces *table,
                           const bzt_sign_request *request, int64_t now_ms)
{
    memset(out, 0, sizeof *out);
    cosign_nonce *set = set_of(table, request->key_id);
    cosign_nonce *slot = find(set, request->key_id);
    if (!slot || slot->until_ms <= now_ms || slot->g != request->g ||
        memcmp(slot->Qs, request->Qs, 65) != 0)
        return BZT_ERR_NONCE_GONE;
    *out = *slot;
    cosign_nonce_wipe(slot);
    return BZT_OK;
}

size_t cosign_nonces_expire(cosign_nonces *table, int64_t now_ms)
{
    size_t live = 0;
    for (size_t i = 0; i < table->sets * COSIGN_NONCE_WAYS; i++) {
        cosign_nonce *slot = &table->slots[i];
        if (slot->until_ms > now_ms)
            live++;
        else if (slot->until_ms)
            cosign_nonce_wipe(slot);
    }
    return live;
}
