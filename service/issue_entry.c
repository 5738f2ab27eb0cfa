/* Entries as their holders see them (issue.h). */
#include "connect/connectors.h"
#include "issue.h"
#include "issue_internal.h"
#include "store/ca.h"
#include <string.h>

typedef struct list_args {
    service *s;
    arena *a;
    const uint8_t *person, *entry; /* entry NULL: all of the person */
    issue_entry *entries;
    size_t n;
} list_args;

static bzt_err chain_of(store_tx *tx, issue_entry *e, arena *a)
{
    static const char *const roles[] = {"issuing", "root"};
    ca_key_row key;
    bzt_err err;

    e->chain_n = 0;
    for (size_t i = 0; i < 2; i++) {
        err = ca_key_find(tx, &key, a, e->row.ca, roles[i]);
        if (err == BZT_ERR_NOT_FOUND)
            continue;
        if (err)
            return err;
        e->chain[e->chain_n++] = key.certificate;
    }
    return BZT_OK;
}

static bzt_err fill(store_tx *tx, issue_entry *e, arena *a)
{
    ca_row ca;
    bzt_err err;

    if (e->row.has_enterprise &&
        (err = enterprise_get(tx, &e->enterprise, a, e->row.enterprise)))
        return err;
    if ((err = ca_get(tx, &ca, a, e->row.ca)))
        return err;
    e->ca_name = ca.name;
    if ((err = entry_list_keys(tx, &e->keys, &e->keys_n, ISSUE_PER_ENTRY, a,
                               e->row.id)))
        return err;
    if ((err = certificate_list(tx, &e->certificates, &e->certificates_n,
                                ISSUE_PER_ENTRY, a, e->row.id)))
        return err;
    return chain_of(tx, e, a);
}

static bzt_err read_rows(store_tx *tx, list_args *in, entry_row **rows)
{
    bzt_err err;

    if (!in->entry)
        return entry_list(tx, rows, &in->n, ISSUE_ENTRIES_MAX, in->a,
                          in->person);
    in->n = 1;
    *rows = arena_alloc(in->a, sizeof(**rows));
    if (!*rows)
        return BZT_ERR_MEMORY;
    if ((err = entry_get(tx, *rows, in->a, in->entry)))
        return err;
    return memcmp((*rows)->person, in->person, 16) ? BZT_ERR_NOT_FOUND : BZT_OK;
}

static bzt_err list_op(store_tx *tx, void *arg)
{
    list_args *in = arg;
    entry_row *rows = NULL;
    bzt_err err;

    if ((err = read_rows(tx, in, &rows)))
        return err;
    in->entries = arena_alloc(in->a, (in->n + 1) * sizeof(*in->entries));
    if (!in->entries)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < in->n; i++) {
        in->entries[i].row = rows[i];
        if ((err = fill(tx, &in->entries[i], in->a)))
            return err;
    }
    return BZT_OK;
}

bzt_err issue_entry_get(service *s, issue_entry *out, arena *a,
                        const uint8_t person[16], const uint8_t entry[16])
{
    list_args in = {.s = s, .a = a, .person = person, .entry = entry};
    bzt_err err = store_read(s->store, list_op, &in);

    *out = err ? (issue_entry){0} : in.entries[0];
    return err;
}

bzt_err issue_entry_list(service *s, issue_entry **out, size_t *n, arena *a,
                         const uint8_t person[16])
{
    list_args in = {.s = s, .a = a, .person = person};
    bzt_err err = store_read(s->store, list_op, &in);

    *out = err ? NULL : in.entries;
    *n = err ? 0 : in.n;
    return err;
}
