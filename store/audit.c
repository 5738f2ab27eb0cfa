#include "audit.h"
#include "base/rng.h"
#include "columns.h"
#include "core/sm3.h"
#include <string.h>

#define COLUMNS                                                                \
    "id, tenant_id, actor, person_id, subject_id, at, kind, record, salt, "    \
    "leaf, number"

static const store_sql insert_sql = {
    "INSERT INTO audit_record (id, tenant_id, actor, person_id, subject_id, "
    "at, kind, record, salt, leaf) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
static const store_sql get_sql = {"SELECT " COLUMNS
                                  " FROM audit_record WHERE id = $1"};
static const store_sql list_sql = {"SELECT " COLUMNS
                                   " FROM audit_record WHERE number >= $1 "
                                   "ORDER BY number LIMIT $2"};
static const store_sql list_person_sql = {
    "SELECT " COLUMNS " FROM audit_record WHERE person_id = $3 "
    "AND number >= $1 ORDER BY number LIMIT $2"};
static const store_sql list_tenant_sql = {
    "SELECT " COLUMNS " FROM audit_record WHERE tenant_id = $3 "
    "AND number >= $1 ORDER BY number LIMIT $2"};
static const store_sql erase_sql = {
    "UPDATE audit_record SET record = NULL, salt = $2 WHERE id = $1"};

/* The update is the lock; the order makes numbers follow time. */
static const store_sql lock_sql = {
    "UPDATE audit_sequencer SET size = size WHERE id = 1 RETURNING size"};
static const store_sql size_sql = {
    "SELECT size FROM audit_sequencer WHERE id = 1"};
static const store_sql set_size_sql = {
    "UPDATE audit_sequencer SET size = $1 WHERE id = 1"};
static const store_sql new_sql = {
    "SELECT id, leaf FROM audit_record WHERE number IS NULL "
    "ORDER BY at, id LIMIT $1"};
static const store_sql number_sql = {
    "UPDATE audit_record SET number = $2 WHERE id = $1"};
static const store_sql unnumbered_sql = {
    "SELECT count(*) FROM audit_record WHERE number IS NULL AND at < $1"};

static const store_sql node_sql = {
    "SELECT hash FROM audit_node WHERE level = $1 AND position = $2"};
static const store_sql insert_node_sql = {
    "INSERT INTO audit_node (level, position, hash) VALUES ($1, $2, $3)"};

#define HEAD_COLUMNS "size, at, root, signature"
static const store_sql insert_head_sql = {
    "INSERT INTO audit_head (" HEAD_COLUMNS ") VALUES ($1, $2, $3, $4) "
    "ON CONFLICT DO NOTHING"};
static const store_sql last_head_sql = {
    "SELECT " HEAD_COLUMNS " FROM audit_head ORDER BY size DESC LIMIT 1"};
static const store_sql find_head_sql = {"SELECT " HEAD_COLUMNS
                                        " FROM audit_head WHERE size >= $1 "
                                        "ORDER BY size LIMIT 1"};
static const store_sql list_heads_sql = {"SELECT " HEAD_COLUMNS
                                         " FROM audit_head WHERE size >= $1 "
                                         "ORDER BY size LIMIT $2"};

/* --- records ------------------------------------------------------------- */

static void make_leaf(uint8_t out[32], const uint8_t salt[AUDIT_SALT_LEN],
                      bzt_span record)
{
    sm3 h;

    sm3_init(&h);
    sm3_update(&h, salt, AUDIT_SALT_LEN);
    sm3_update(&h, record.p, record.len);
    sm3_final(&h, out);
}

/* Random, but in the order of time: new records share pages. */
static bzt_err make_id(uint8_t id[16], int64_t at_ms)
{
    bzt_err err = rng_id(id);

    for (int i = 0; i < 6; i++)
        id[i] = (uint8_t)(at_ms >> (40 - 8 * i));
    return err;
}

bzt_err audit_insert(store_tx *tx, uint8_t id[16], const audit_entry *entry)
{
    uint8_t own_id[16], salt[AUDIT_SALT_LEN], leaf[32];
    bzt_err err;

    if (!id)
        id = own_id;
    if ((err = make_id(id, entry->at)))
        return err;
    if ((err = rng_bytes(salt, sizeof salt)))
        return err;
    make_leaf(leaf, salt, entry->record);
    return store_exec(
        tx, NULL, &insert_sql,
        (store_value[]){sv_id(id), sv_id(entry->tenant), sv_id(entry->actor),
                        sv_id(entry->person), sv_id(entry->subject),
                        sv_int(entry->at), sv_text(entry->kind),
                        sv_span(entry->record), sv_bytes(salt, sizeof salt),
                        sv_bytes(leaf, 32)},
        10);
}

static void decode(columns *c, void *out)
{
    audit_row *r = out;

    column_fixed(c, r->id, 16);
    r->has_tenant = column_fixed_optional(c, r->tenant, 16);
    r->has_actor = column_fixed_optional(c, r->actor, 16);
    r->has_person = column_fixed_optional(c, r->person, 16);
    r->has_subject = column_fixed_optional(c, r->subject, 16);
    r->at = column_int(c);
    column_text(c, &r->kind);
    column_span(c, &r->record);
    column_span(c, &r->salt);
    column_fixed(c, r->leaf, 32);
    r->number = store_is_null(c->rows, c->next) ? -1 : 0;
    r->number += column_int(c);
}

bzt_err audit_get(store_tx *tx, audit_row *out, arena *a, const uint8_t id[16])
{
    const store_value key = sv_id(id);

    return columns_one(
        tx, out, a,
        &(columns_query){&get_sql, &key, 1, decode, sizeof(audit_row)});
}

static bzt_err list(store_tx *tx, audit_row **out, size_t *n, size_t max,
                    arena *a, int64_t from, const store_sql *sql,
                    const uint8_t *owner)
{
    const store_value values[] = {sv_int(from), sv_int((int64_t)max),
                                  sv_id(owner)};

    return columns_list(tx, (void **)out, n, max, a,
                        &(columns_query){sql, values, owner ? 3 : 2, decode,
                                         sizeof(audit_row)});
}

bzt_err audit_list(store_tx *tx, audit_row **out, size_t *n, size_t max,
                   arena *a, int64_t from)
{
    return list(tx, out, n, max, a, from, &list_sql, NULL);
}

bzt_err audit_list_person(store_tx *tx, audit_row **out, size_t *n, size_t max,
                          arena *a, const uint8_t person[16], int64_t from)
{
    return list(tx, out, n, max, a, from, &list_person_sql, person);
}

bzt_err audit_list_tenant(store_tx *tx, audit_row **out, size_t *n, size_t max,
                          arena *a, const uint8_t tenant[16], int64_t from)
{
    return list(tx, out, n, max, a, from, &list_tenant_sql, tenant);
}

bzt_err audit_erase(store_tx *tx, const uint8_t id[16])
{
    return columns_change(tx, &erase_sql,
                          (store_value[]){sv_id(id), sv_bytes("", 0)}, 2);
}

/* --- the tree ------------------------------------------------------------ */

static bzt_err one_int(store_tx *tx, int64_t *out, const store_sql *sql,
                       const store_value *values, size_t n)
{
    store_rows *rows;
    bzt_err err;

    *out = 0;
    if ((err = store_query(tx, &rows, sql, values, n)))
        return err;
    if (!(err = store_next(rows)))
        *out = store_int(rows, 0);
    store_rows_done(rows);
    return err;
}

/* A tree without one of its nodes is not a tree. */
static bzt_err get_node(void *self, uint8_t out[32], int level,
                        int64_t position)
{
    store_rows *rows;
    bzt_span hash;
    bzt_err err;

    err = store_query(self, &rows, &node_sql,
                      (store_value[]){sv_int(level), sv_int(position)}, 2);
    if (err)
        return err;
    if ((err = store_next(rows)) == BZT_ERR_NOT_FOUND)
        err = BZT_ERR_AUDIT;
    if (!err) {
        hash = store_bytes(rows, 0);
        if (hash.len == 32)
            memcpy(out, hash.p, 32);
        else
            err = BZT_ERR_AUDIT;
    }
    store_rows_done(rows);
    return err;
}

static bzt_err put_node(void *self, int level, int64_t position,
                        const uint8_t hash[32])
{
    return store_exec(
        self, NULL, &insert_node_sql,
        (store_value[]){sv_int(level), sv_int(position), sv_bytes(hash, 32)},
        3);
}

typedef struct new_leaf {
    uint8_t id[16], leaf[32];
} new_leaf;

static void decode_new(columns *c, void *out)
{
    new_leaf *l = out;

    column_fixed(c, l->id, 16);
    column_fixed(c, l->leaf, 32);
}

static bzt_err append_one(store_tx *tx, merkle_edge *edge, const new_leaf *l)
{
    const merkle_sink sink = {put_node, tx};
    uint8_t hash[32];
    bzt_err err;

    err = columns_change(tx, &number_sql,
                         (store_value[]){sv_id(l->id), sv_int(edge->size)}, 2);
    if (err)
        return err;
    merkle_leaf(hash, (bzt_span){l->leaf, 32});
    return merkle_append(edge, hash, &sink);
}

static bzt_err append_all(store_tx *tx, const new_leaf *leaves, size_t n)
{
    const merkle_source source = {get_node, tx};
    merkle_edge edge;
    int64_t size;
    bzt_err err;

    if ((err = one_int(tx, &size, &size_sql, NULL, 0)))
        return err;
    if ((err = merkle_edge_get(&edge, size, &source)))
        return err;
    for (size_t i = 0; i < n; i++)
        if ((err = append_one(tx, &edge, &leaves[i])))
            return err;
    return store_exec(tx, NULL, &set_size_sql,
                      (store_value[]){sv_int(edge.size)}, 1);
}

bzt_err audit_sequence(store_tx *tx, int64_t *n, int64_t max)
{
    arena *a = arena_new((size_t)max * sizeof(new_leaf) + 4096);
    const store_value most = sv_int(max);
    int64_t size;
    size_t count = 0;
    new_leaf *leaves;
    bzt_err err = BZT_ERR_MEMORY;

    *n = 0;
    if (!a)
        return BZT_ERR_MEMORY;
    if ((err = one_int(tx, &size, &lock_sql, NULL, 0)))
        goto out;
    if ((err = columns_list(tx, (void **)&leaves, &count, (size_t)max, a,
                            &(columns_query){&new_sql, &most, 1, decode_new,
                                             sizeof(new_leaf)})))
        goto out;
    if (count && (err = append_all(tx, leaves, count)))
        goto out;
    *n = (int64_t)count;
out:
    arena_free(a);
    return err;
}

bzt_err audit_unnumbered(store_tx *tx, int64_t *n, int64_t before_ms)
{
    return one_int(tx, n, &unnumbered_sql, (store_value[]){sv_int(before_ms)},
                   1);
}

bzt_err audit_root(store_tx *tx, int64_t *size, uint8_t root[32])
{
    bzt_err err = one_int(tx, size, &size_sql, NULL, 0);

    memset(root, 0, 32);
    if (err)
        return err;
    return merkle_root(root, *size, &(merkle_source){get_node, tx});
}

/* Nodes of a tree that is longer than what is numbered do not exist. */
static bzt_err check_size(store_tx *tx, int64_t size)
{
    int64_t now;
    bzt_err err = one_int(tx, &now, &size_sql, NULL, 0);

    if (err)
        return err;
    return size <= now ? BZT_OK : BZT_ERR_RANGE;
}

bzt_err audit_prove(store_tx *tx, merkle_proof *out, int64_t number,
                    int64_t size)
{
    bzt_err err = check_size(tx, size);

    if (!err)
        err = merkle_prove(out, number, size, &(merkle_source){get_node, tx});
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

bzt_err audit_prove_prefix(store_tx *tx, merkle_proof *out, int64_t old_size,
                           int64_t size)
{
    bzt_err err = check_size(tx, size);

    if (!err)
        err = merkle_prove_prefix(out, old_size, size,
                                  &(merkle_source){get_node, tx});
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

/* --- heads --------------------------------------------------------------- */

bzt_err audit_head_insert(store_tx *tx, const audit_head *head)
{
    return store_exec(tx, NULL, &insert_head_sql,
                      (store_value[]){sv_int(head->size), sv_int(head->at),
                                      sv_bytes(head->root, 32),
                                      sv_bytes(head->signature, 64)},
                      4);
}

static void decode_head(columns *c, void *out)
{
    audit_head *h = out;

    h->size = column_int(c);
    h->at = column_int(c);
    column_fixed(c, h->root, 32);
    column_fixed(c, h->signature, 64);
}

bzt_err audit_head_last(store_tx *tx, audit_head *out)
{
    return columns_one(tx, out, NULL,
                       &(columns_query){&last_head_sql, NULL, 0, decode_head,
                                        sizeof(audit_head)});
}

bzt_err audit_head_find(store_tx *tx, audit_head *out, int64_t size)
{
    const store_value least = sv_int(size);

    return columns_one(tx, out, NULL,
                       &(columns_query){&find_head_sql, &least, 1, decode_head,
                                        sizeof(audit_head)});
}

bzt_err audit_head_list(store_tx *tx, audit_head **out, size_t *n, size_t max,
                        arena *a, int64_t from_size)
{
    const store_value values[] = {sv_int(from_size), sv_int((int64_t)max)};

    return columns_list(tx, (void **)out, n, max, a,
                        &(columns_query){&list_heads_sql, values, 2,
                                         decode_head, sizeof(audit_head)});
}
