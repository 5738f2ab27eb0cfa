/* The audit trail (tables audit_record, audit_node, audit_head).
 *
 * A record is inserted by the operation whose change it tells of, without a
 * place in the tree.  Later one node at a time gives committed records their
 * numbers: leaf number n is SM3(salt || record), the tree is that of
 * base/merkle.h.  Erasing a record takes its bytes and its salt; its leaf
 * stays, so the tree does not change.
 */
#ifndef BZT_STORE_AUDIT_H
#define BZT_STORE_AUDIT_H

#include "base/arena.h"
#include "base/merkle.h"
#include "store.h"

enum { AUDIT_SALT_LEN = 32 };

/* What is to be recorded.  Ids are 16 bytes or NULL. */
typedef struct audit_entry {
    const uint8_t *tenant, *actor, *person, *subject;
    int64_t at;
    const char *kind;
    bzt_span record; /* the exact bytes that the leaf is made of */
} audit_entry;

/* Draws id and salt.  id (may be NULL) receives the record's id. */
BZT_MUST_USE bzt_err audit_insert(store_tx *tx, uint8_t id[16],
                                  const audit_entry *entry);

typedef struct audit_row {
    uint8_t id[16];
    int has_tenant, has_actor, has_person, has_subject;
    uint8_t tenant[16], actor[16], person[16], subject[16];
    int64_t at;
    const char *kind;
    bzt_span record; /* {NULL, 0}: erased */
    bzt_span salt;   /* empty: erased */
    uint8_t leaf[32];
    int64_t number; /* -1: no place yet */
} audit_row;

/* BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err audit_get(store_tx *tx, audit_row *out, arena *a,
                               const uint8_t id[16]);
/* Numbered records in the order of their numbers, from `from` on; those of
 * a person or of a tenant where that is asked for. */
BZT_MUST_USE bzt_err audit_list(store_tx *tx, audit_row **out, size_t *n,
                                size_t max, arena *a, int64_t from);
BZT_MUST_USE bzt_err audit_list_person(store_tx *tx, audit_row **out, size_t *n,
                                       size_t max, arena *a,
                                       const uint8_t person[16], int64_t from);
BZT_MUST_USE bzt_err audit_list_tenant(store_tx *tx, audit_row **out, size_t *n,
                                       size_t max, arena *a,
                                       const uint8_t tenant[16], int64_t from);
/* Erase the bytes and the salt of a record. */
BZT_MUST_USE bzt_err audit_erase(store_tx *tx, const uint8_t id[16]);

/* Give at most max committed records their numbers; *n is how many.  Call
 * again at once while *n == max.  Nodes take turns by the sequencer's row.
 * max is some hundreds: with SQLite all others wait meanwhile. */
BZT_MUST_USE bzt_err audit_sequence(store_tx *tx, int64_t *n, int64_t max);
/* Records without a number that are older than before_ms: an alarm. */
BZT_MUST_USE bzt_err audit_unnumbered(store_tx *tx, int64_t *n,
                                      int64_t before_ms);

/* The tree as it now is. */
BZT_MUST_USE bzt_err audit_root(store_tx *tx, int64_t *size, uint8_t root[32]);
/* Record `number` is in the tree of the first `size` records; the tree of
 * the first old_size records is how the one of size began. */
BZT_MUST_USE bzt_err audit_prove(store_tx *tx, merkle_proof *out,
                                 int64_t number, int64_t size);
BZT_MUST_USE bzt_err audit_prove_prefix(store_tx *tx, merkle_proof *out,
                                        int64_t old_size, int64_t size);

/* A signed head.  Made in two steps, since signing is not the database's
 * business: audit_root in one operation, audit_head_insert in another. */
typedef struct audit_head {
    int64_t size, at;
    uint8_t root[32];
    uint8_t signature[64]; /* r || s */
} audit_head;

/* A head of this size that is there already stays, and is not an error:
 * another node was faster. */
BZT_MUST_USE bzt_err audit_head_insert(store_tx *tx, const audit_head *head);
/* The latest; the smallest with at least `size` records; all from a size
 * on.  BZT_ERR_NOT_FOUND. */
BZT_MUST_USE bzt_err audit_head_last(store_tx *tx, audit_head *out);
BZT_MUST_USE bzt_err audit_head_find(store_tx *tx, audit_head *out,
                                     int64_t size);
BZT_MUST_USE bzt_err audit_head_list(store_tx *tx, audit_head **out, size_t *n,
                                     size_t max, arena *a, int64_t from_size);

#endif
