/* A copy of the audit tree, checked offline. */
#include "audit_copy.h"
#include "base/json.h"
#include "base/merkle.h"
#include "base/tree_head.h"
#include "core/sm3.h"
#include "pki/statement.h"
#include <stdlib.h>
#include <string.h>

enum { LINE_ARENA = 1 << 20 };

static bzt_span next_line(bzt_span *text)
{
    const uint8_t *end = text->len ? memchr(text->p, '\n', text->len) : NULL;
    size_t len = end ? (size_t)(end - text->p) : text->len;
    bzt_span line = {text->p, len};

    text->p += len + (end != NULL);
    text->len -= len + (end != NULL);
    return line;
}

static bzt_err read_head(audit_copy *out, arena *a, bzt_span line,
                         const uint8_t audit_key[65])
{
    char payload[TREE_HEAD_MAX];
    uint8_t signature[64];
    const json *head;
    json *o = NULL;
    bzt_err err;

    if ((err = json_parse(&o, a, line)) ||
        (err = json_object_at(&head, o, "head")) ||
        (err = json_int(&out->size, head, "size", 0, INT64_C(1) << 40)) ||
        (err = json_int(&out->at, head, "at", 0, INT64_C(1) << 50)) ||
        (err = json_bytes(out->root, 32, head, "root")) ||
        (err = json_bytes(signature, 64, head, "signature")))
        return err;
    return statement_verify(
        (bzt_span){signature, 64}, STATEMENT_TREE_HEAD, audit_key,
        tree_head_write(payload, out->size, out->root, out->at));
}

static bzt_err check_record(audit_copy *out, arena *a, const json *o,
                            const uint8_t leaf[32])
{
    bzt_span record, salt;
    uint8_t hash[32];
    sm3 h;
    bzt_err err;

    if (!json_get(o, "record"))
        return BZT_OK; /* erased, or another's */
    if ((err = json_span(&record, a, o, "record", 1, 65536)) ||
        (err = json_span(&salt, a, o, "salt", 1, 64)))
        return err;
    sm3_init(&h);
    sm3_update(&h, salt.p, salt.len);
    sm3_update(&h, record.p, record.len);
    sm3_final(&h, hash);
    if (memcmp(hash, leaf, 32))
        return BZT_ERR_AUDIT;
    out->records++;
    return BZT_OK;
}

static bzt_err read_leaf(audit_copy *out, arena *a, bzt_span line, int64_t n)
{
    uint8_t leaf[32];
    json *o = NULL;
    int64_t number;
    bzt_err err;

    if ((err = json_parse(&o, a, line)) ||
        (err = json_int(&number, o, "number", n, n)) ||
        (err = json_bytes(leaf, 32, o, "leaf")))
        return BZT_ERR_AUDIT;
    merkle_leaf(out->leaves[n], (bzt_span){leaf, 32});
    return check_record(out, a, o, leaf);
}

static bzt_err root_of(uint8_t root[32], const audit_copy *c, int64_t size)
{
    merkle_edge edge = {.size = 0};
    bzt_err err = BZT_OK;

    for (int64_t i = 0; !err && i < size; i++) {
        err = merkle_append(&edge, c->leaves[i], NULL);
    }
    merkle_edge_root(root, &edge);
    return err;
}

static bzt_err check(audit_copy *out, arena *a, bzt_span text,
                     const uint8_t audit_key[65])
{
    uint8_t root[32];
    bzt_err err;

    out->line = 1;
    if ((err = read_head(out, a, next_line(&text), audit_key)))
        return err;
    /* Every leaf takes a line of more than 60 bytes. */
    if ((uint64_t)out->size > text.len / 60 + 1)
        return BZT_ERR_AUDIT;
    out->leaves = calloc((size_t)out->size + 1, 32);
    if (!out->leaves)
        return BZT_ERR_MEMORY;
    for (int64_t i = 0; i < out->size; i++) {
        out->line = i + 2;
        arena_reset(a);
        if ((err = read_leaf(out, a, next_line(&text), i)))
            return err;
    }
    if (text.len)
        return BZT_ERR_AUDIT;
    if ((err = root_of(root, out, out->size)))
        return err;
    return memcmp(root, out->root, 32) ? BZT_ERR_AUDIT : BZT_OK;
}

bzt_err audit_copy_check(audit_copy *out, bzt_span ndjson,
                         const uint8_t audit_key[65])
{
    arena *a = arena_new(LINE_ARENA);
    bzt_err err = BZT_ERR_MEMORY;

    *out = (audit_copy){0};
    if (a)
        err = check(out, a, ndjson, audit_key);
    arena_free(a);
    return err;
}

bzt_err audit_copy_is_prefix(const audit_copy *older, const audit_copy *newer)
{
    uint8_t root[32];
    bzt_err err;

    if (older->size > newer->size)
        return BZT_ERR_AUDIT;
    if ((err = root_of(root, newer, older->size)))
        return err;
    return memcmp(root, older->root, 32) ? BZT_ERR_AUDIT : BZT_OK;
}

void audit_copy_free(audit_copy *c)
{
    free(c->leaves);
    *c = (audit_copy){0};
}
