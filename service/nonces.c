/* The live nonces of this node, each with what it was opened for.
 *
 * Two tables of the same shape: cosign's holds k, ours the purpose.  Both
 * have one slot for a key: whoever opens again and again pushes nobody out. */
#include "core/wipe.h"
#include "cosign.h"
#include "cosign/server.h"
#include "cosign_internal.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SETS = 512, WAYS = COSIGN_NONCE_WAYS };

struct purpose {
    uint8_t key_id[16];
    uint8_t Qs[65];
    cosign_for what;
    int64_t until_ms; /* 0: free */
};

struct nonce_table {
    pthread_mutex_t lock;
    cosign_nonces nonces;
    cosign_nonce slots[SETS * WAYS];
    struct purpose purposes[SETS * WAYS];
};

bzt_err nonce_table_new(struct nonce_table **out)
{
    struct nonce_table *t = calloc(1, sizeof(*t));

    *out = t;
    if (!t)
        return BZT_ERR_MEMORY;
    pthread_mutex_init(&t->lock, NULL);
    cosign_nonces_init(&t->nonces, t->slots, SETS);
    return BZT_OK;
}

void nonce_table_free(struct nonce_table *t)
{
    if (!t)
        return;
    cosign_nonces_wipe(&t->nonces);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

void nonce_table_expire(struct nonce_table *t, int64_t now_ms)
{
    pthread_mutex_lock(&t->lock);
    cosign_nonces_expire(&t->nonces, now_ms);
    pthread_mutex_unlock(&t->lock);
}

/* Key ids are random: they spread evenly. */
static struct purpose *set_of(struct nonce_table *t, const uint8_t key_id[16])
{
    size_t set = ((size_t)key_id[0] << 8 | key_id[1]) % SETS;

    return &t->purposes[set * WAYS];
}

static struct purpose *find(struct purpose *set, const uint8_t key_id[16])
{
    for (int i = 0; i < WAYS; i++) {
        if (set[i].until_ms && !memcmp(set[i].key_id, key_id, 16))
            return &set[i];
    }
    return NULL;
}

static struct purpose *oldest(struct purpose *set)
{
    struct purpose *found = set;

    for (int i = 1; i < WAYS; i++) {
        if (set[i].until_ms < found->until_ms)
            found = &set[i];
    }
    return found;
}

void nonce_table_put(struct nonce_table *t, cosign_nonce *nonce,
                     const cosign_for *what, int64_t now_ms)
{
    pthread_mutex_lock(&t->lock);
    struct purpose *set = set_of(t, nonce->key_id);
    struct purpose *slot = find(set, nonce->key_id);
    if (!slot)
        slot = oldest(set);
    memcpy(slot->key_id, nonce->key_id, 16);
    memcpy(slot->Qs, nonce->Qs, 65);
    slot->what = *what;
    slot->until_ms = nonce->until_ms;
    cosign_nonces_put(&t->nonces, nonce, now_ms);
    pthread_mutex_unlock(&t->lock);
}

static bzt_err take_purpose(cosign_for *what, struct nonce_table *t,
                            const bzt_sign_request *request)
{
    struct purpose *slot = find(set_of(t, request->key_id), request->key_id);

    if (!slot || memcmp(slot->Qs, request->Qs, 65))
        return BZT_ERR_NONCE_GONE;
    *what = slot->what;
    slot->until_ms = 0;
    return BZT_OK;
}

bzt_err nonce_table_take(cosign_nonce *nonce, cosign_for *what,
                         struct nonce_table *t, const bzt_sign_request *request,
                         int64_t now_ms)
{
    bzt_err err;

    pthread_mutex_lock(&t->lock);
    err = cosign_nonces_take(nonce, &t->nonces, request, now_ms);
    if (!err)
        err = take_purpose(what, t, request);
    pthread_mutex_unlock(&t->lock);
    if (err)
        cosign_nonce_wipe(nonce);
    return err;
}
