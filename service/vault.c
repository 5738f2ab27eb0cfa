/* Sealing at rest (vault.h): SM4-GCM of core/sm4.h, HMAC-SM3 for indexes. */
#include "vault.h"
#include "base/file.h"
#include "base/rng.h"
#include "core/bytes.h"
#include "core/sm3.h"
#include "core/sm4.h"
#include "core/text.h"
#include "core/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_SIZE_MAX = 4096, NONCE_LEN = 12, TAG_LEN = 16 };

typedef struct master_key {
    uint32_t number;
    uint8_t key[16];
} master_key;

struct vault {
    master_key keys[VAULT_KEYS_MAX];
    size_t keys_n;
    uint8_t index_key[32];
};

static const master_key *find_key(const vault *v, uint32_t number)
{
    for (size_t i = 0; i < v->keys_n; i++)
        if (v->keys[i].number == number)
            return &v->keys[i];
    return NULL;
}

static const master_key *lowest(const vault *v)
{
    const master_key *k = &v->keys[0];

    for (size_t i = 1; i < v->keys_n; i++)
        if (v->keys[i].number < k->number)
            k = &v->keys[i];
    return k;
}

static const master_key *highest(const vault *v)
{
    const master_key *k = &v->keys[0];

    for (size_t i = 1; i < v->keys_n; i++)
        if (v->keys[i].number > k->number)
            k = &v->keys[i];
    return k;
}

/* One line "number:hex", without its line end. */
static bzt_err read_line(vault *v, bzt_span line)
{
    uint64_t number = 0;
    size_t i = 0, len = 0;
    master_key *k;

    for (; i < line.len && line.p[i] >= '0' && line.p[i] <= '9' && i < 10; i++)
        number = number * 10 + (line.p[i] - '0');
    if (i == 0 || i == line.len || line.p[i] != ':' || number == 0 ||
        number > UINT32_MAX || v->keys_n == VAULT_KEYS_MAX)
        return BZT_ERR_CONFIG;
    if (find_key(v, (uint32_t)number))
        return BZT_ERR_CONFIG;
    k = &v->keys[v->keys_n];
    if (hex_read(k->key, &len, 16,
                 (bzt_span){line.p + i + 1, line.len - i - 1}) ||
        len != 16)
        return BZT_ERR_CONFIG;
    k->number = (uint32_t)number;
    v->keys_n++;
    return BZT_OK;
}

static bzt_err read_lines(vault *v, const uint8_t *p, size_t len)
{
    bzt_err err;

    while (len) {
        const uint8_t *end = memchr(p, '\n', len);
        size_t n = end ? (size_t)(end - p) : len;

        if (n && (err = read_line(v, (bzt_span){p, n})))
            return err;
        p += end ? n + 1 : n;
        len -= end ? n + 1 : n;
    }
    return v->keys_n ? BZT_OK : BZT_ERR_CONFIG;
}

/* A key that other users can read is no secret. */
static bzt_err check_mode(const char *path)
{
    struct stat st;

    if (stat(path, &st))
        return BZT_ERR_NOT_FOUND;
    return st.st_mode & (S_IRWXO | S_IWGRP) ? BZT_ERR_CONFIG : BZT_OK;
}

bzt_err vault_open(vault **out, const char *path)
{
    vault *v = NULL;
    uint8_t *text = NULL;
    size_t len = 0;
    bzt_err err;

    *out = NULL;
    if ((err = check_mode(path)))
        return err;
    if ((err = file_read(&text, &len, path, FILE_SIZE_MAX)))
        return err;
    v = calloc(1, sizeof(*v));
    if (!v) {
        err = BZT_ERR_MEMORY;
        goto out;
    }
    if (len == 16) {
        v->keys[0].number = 1;
        memcpy(v->keys[0].key, text, 16);
        v->keys_n = 1;
    } else if ((err = read_lines(v, text, len))) {
        goto out;
    }
    xof_sm3(v->index_key, 32, "bzt-index", (bzt_span){lowest(v)->key, 16});
    *out = v;
    v = NULL;
out:
    if (text)
        wipe(text, len);
    free(text);
    vault_close(v);
    return err;
}

void vault_close(vault *v)
{
    if (!v)
        return;
    wipe(v, sizeof(*v));
    free(v);
}

bzt_err vault_make(const char *path)
{
    uint8_t key[16];
    char hex[HEX_LEN(16) + 1], line[64];
    int n;
    bzt_err err;

    if (!access(path, F_OK))
        return BZT_ERR_CONFLICT;
    if ((err = rng_bytes(key, sizeof(key))))
        return err;
    hex_write(hex, (bzt_span){key, sizeof(key)});
    n = snprintf(line, sizeof(line), "1:%s\n", hex);
    err = file_write(path, (bzt_span){(uint8_t *)line, (size_t)n}, 0600);
    wipe(key, sizeof(key));
    wipe(hex, sizeof(hex));
    wipe(line, sizeof(line));
    return err;
}

/* What a sealed value is bound to: column || 00 || row. */
static bzt_span additional(uint8_t buf[96], vault_place place)
{
    size_t n = strlen(place.column);

    if (n > 79)
        abort(); /* column names are our own constants */
    memcpy(buf, place.column, n);
    buf[n] = 0;
    memcpy(buf + n + 1, place.row, 16);
    return (bzt_span){buf, n + 17};
}

bzt_err vault_seal(bzt_span *out, arena *a, const vault *v, vault_place place,
                   bzt_span plain)
{
    const master_key *k = highest(v);
    uint8_t aad[96];
    uint8_t *p = arena_alloc(a, plain.len + VAULT_OVERHEAD);
    bzt_err err;

    *out = (bzt_span){NULL, 0};
    if (!p)
        return BZT_ERR_MEMORY;
    if ((err = rng_bytes(p + 4, NONCE_LEN)))
        return err;
    store_be32(p, k->number);
    sm4_gcm_seal(p + 4 + NONCE_LEN, p + 4 + NONCE_LEN + plain.len, k->key,
                 p + 4, additional(aad, place), plain);
    *out = (bzt_span){p, plain.len + VAULT_OVERHEAD};
    return BZT_OK;
}

uint32_t vault_key_number(bzt_span sealed)
{
    return sealed.len < VAULT_OVERHEAD ? 0 : load_be32(sealed.p);
}

bzt_err vault_unseal(bzt_span *out, arena *a, const vault *v, vault_place place,
                     bzt_span sealed)
{
    const master_key *k = find_key(v, vault_key_number(sealed));
    uint8_t aad[96];
    size_t len;
    uint8_t *p;
    bzt_err err;

    *out = (bzt_span){NULL, 0};
    if (!k)
        return BZT_ERR_DECRYPT;
    len = sealed.len - VAULT_OVERHEAD;
    p = arena_alloc(a, len + 1);
    if (!p)
        return BZT_ERR_MEMORY;
    if ((err = sm4_gcm_open(p, k->key, sealed.p + 4, additional(aad, place),
                            (bzt_span){sealed.p + 4 + NONCE_LEN, len},
                            sealed.p + sealed.len - TAG_LEN)))
        return err;
    *out = (bzt_span){p, len};
    return BZT_OK;
}

void vault_index(uint8_t out[32], const vault *v, const char *what,
                 bzt_span value)
{
    hmac_sm3 h;

    hmac_sm3_init(&h, (bzt_span){v->index_key, 32});
    hmac_sm3_field(&h, text_span(what));
    hmac_sm3_field(&h, value);
    hmac_sm3_final(&h, out);
}
