/* The audit trail: records, numbering, signed heads, views. */
#include "audit.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/tree_head.h"
#include "core/text.h"
#include "core/wipe.h"
#include "pki/statement.h"
#include "site_keys.h"
#include <stdio.h>
#include <string.h>

enum {
    RECORD_MAX = 600,
    NUMBER_AT_ONCE = 500,
    HISTORY_MAX = 100,
    ALARM_MS = 120000
};

/* --- records ------------------------------------------------------------ */

struct text {
    char bytes[RECORD_MAX];
    size_t len;
};

/* Every value here is an id, a word of ours or short ASCII: nothing needs
 * escaping, and a record that does is a broken contract. */
static void put(struct text *t, const char *name, const char *value)
{
    int n = snprintf(t->bytes + t->len, sizeof(t->bytes) - t->len,
                     value ? ",\"%s\":\"%s\"" : ",\"%s\":null", name, value);

    t->len += (size_t)n;
}

static void put_id(struct text *t, const char *name, const char *kind,
                   const uint8_t *id)
{
    char text[ID_TEXT_SIZE];

    if (!id || !kind)
        return put(t, name, NULL);
    id_write(text, kind, id);
    put(t, name, text);
}

static int is_clean(const char *s)
{
    for (; s && *s; s++) {
        if (*s < 0x20 || *s > 0x7e || *s == '"' || *s == '\\')
            return 0;
    }
    return 1;
}

bzt_err service_audit(store_tx *tx, int64_t now_ms, const audit_note *note)
{
    struct text t = {{0}, 0};
    audit_entry entry = {.tenant = note->tenant,
                         .actor = note->actor,
                         .person = note->person,
                         .subject = note->subject,
                         .at = now_ms,
                         .kind = note->kind};

    if (!is_clean(note->detail) || !is_clean(note->outcome))
        return BZT_ERR_INTERNAL;
    t.len = (size_t)snprintf(t.bytes, sizeof(t.bytes), "{\"v\":1,\"at\":%lld",
                             (long long)now_ms);
    put(&t, "kind", note->kind);
    put_id(&t, "tenant", "ten", note->tenant);
    put_id(&t, "actor", note->actor_kind, note->actor);
    put_id(&t, "person", "per", note->person);
    put_id(&t, "subject", note->subject_kind, note->subject);
    put(&t, "outcome", note->outcome ? note->outcome : "ok");
    put(&t, "detail", note->detail);
    if (t.len + 2 > sizeof(t.bytes))
        return BZT_ERR_INTERNAL;
    t.bytes[t.len++] = '}';
    entry.record = (bzt_span){(const uint8_t *)t.bytes, t.len};
    return audit_insert(tx, NULL, &entry);
}

/* --- numbering ---------------------------------------------------------- */

static bzt_err number_op(store_tx *tx, void *arg)
{
    return audit_sequence(tx, arg, NUMBER_AT_ONCE);
}

bzt_err audit_number_task(service *s, int *more)
{
    int64_t n = 0;
    bzt_err err = store_write(s->store, number_op, &n);

    *more = !err && n == NUMBER_AT_ONCE;
    return err;
}

/* --- heads -------------------------------------------------------------- */

struct look {
    audit_head last, now;
    int64_t unnumbered;
};

static bzt_err look_op(store_tx *tx, void *arg)
{
    struct look *in = arg;
    bzt_err err;

    in->last = (audit_head){.size = 0};
    if ((err = store_now(tx, &in->now.at)) ||
        (err = audit_root(tx, &in->now.size, in->now.root)) ||
        (err = audit_unnumbered(tx, &in->unnumbered, in->now.at - ALARM_MS)))
        return err;
    err = audit_head_last(tx, &in->last);
    return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
}

static bzt_err head_op(store_tx *tx, void *arg)
{
    return audit_head_insert(tx, arg);
}

static bzt_err sign_head(audit_head *head, service *s)
{
    char text[TREE_HEAD_MAX];
    uint8_t random[48];
    bzt_sm2_key key;
    bzt_err err;

    if ((err = site_key_get(&key, s, SITE_KEY_AUDIT)) ||
        (err = rng_bytes(random, sizeof(random))))
        goto out;
    err = statement_sign(
        head->signature, STATEMENT_TREE_HEAD, &key,
        tree_head_write(text, head->size, head->root, head->at), random);
out:
    bzt_sm2_key_wipe(&key);
    wipe(random, sizeof(random));
    return err;
}

bzt_err audit_head_task(service *s, int *more)
{
    struct look look;
    bzt_err err = store_read(s->store, look_op, &look);

    (void)more;
    if (err)
        return err;
    if (look.unnumbered)
        log_event(LOG_ERROR, "audit_unnumbered",
                  "%lld records have no number after two minutes",
                  (long long)look.unnumbered);
    if (look.now.size == look.last.size ||
        look.now.at < look.last.at + s->site.head_period_ms)
        return BZT_OK;
    if ((err = sign_head(&look.now, s)))
        return err;
    return store_write(s->store, head_op, &look.now);
}

static bzt_err last_op(store_tx *tx, void *arg)
{
    return audit_head_last(tx, arg);
}

bzt_err audit_last_head(service *s, audit_head *out)
{
    return store_read(s->store, last_op, out);
}

/* --- views -------------------------------------------------------------- */

struct history {
    arena *a;
    const uint8_t *person;
    int64_t from;
    audit_own *out;
};

static bzt_err history_op(store_tx *tx, void *arg)
{
    struct history *in = arg;
    audit_own *out = in->out;
    bzt_err err;

    if ((err = audit_head_last(tx, &out->head)))
        return err;
    if ((err = audit_list_person(tx, &out->rows, &out->n, HISTORY_MAX, in->a,
                                 in->person, in->from)))
        return err;
    /* Records behind the head wait for the next one. */
    while (out->n && out->rows[out->n - 1].number >= out->head.size) {
        out->n--;
    }
    out->next = out->n == HISTORY_MAX ? out->rows[out->n - 1].number + 1 : -1;
    out->proofs = arena_alloc(in->a, (out->n + 1) * sizeof(*out->proofs));
    if (!out->proofs)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < out->n; i++) {
        if ((err = audit_prove(tx, &out->proofs[i], out->rows[i].number,
                               out->head.size)))
            return err;
    }
    return BZT_OK;
}

bzt_err audit_history(service *s, audit_own *out, arena *a,
                      const uint8_t person[16], int64_t from)
{
    struct history in = {a, person, from, out};

    *out = (audit_own){0};
    return store_read(s->store, history_op, &in);
}

struct exporting {
    arena *a;
    int64_t from;
    audit_row **rows;
    size_t *n;
};

static bzt_err export_op(store_tx *tx, void *arg)
{
    struct exporting *in = arg;

    return audit_list(tx, in->rows, in->n, AUDIT_EXPORT_MAX, in->a, in->from);
}

bzt_err audit_export(service *s, audit_row **rows, size_t *n, arena *a,
                     const uint8_t tenant[16], int64_t from)
{
    struct exporting in = {a, from, rows, n};
    bzt_err err = store_read(s->store, export_op, &in);

    for (size_t i = 0; !err && i < *n; i++) {
        audit_row *row = &(*rows)[i];
        if (row->has_tenant && !memcmp(row->tenant, tenant, 16))
            continue;
        row->record = (bzt_span){NULL, 0};
        row->salt = (bzt_span){NULL, 0};
    }
    return err;
}
