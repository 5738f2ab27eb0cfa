/* The audit trail: one's own history, the tenant's export, the head. */
#include "api.h"
#include "core/text.h"
#include "service/audit.h"
#include <string.h>

static void add_head(call *c, json *o, const audit_head *head)
{
    json_add_int(o, "size", head->size);
    json_add_bytes(o, c->arena, "root", (bzt_span){head->root, 32});
    json_add_int(o, "at", head->at);
    json_add_bytes(o, c->arena, "signature", (bzt_span){head->signature, 64});
}

bzt_err audit_head_get(call *c)
{
    audit_head head;
    bzt_err err = audit_last_head(c->service, &head);

    if (err)
        return err;
    add_head(c, call_answer(c), &head);
    return BZT_OK;
}

static void add_record(call *c, json *o, const audit_row *row)
{
    json_add_int(o, "number", row->number);
    json_add_bytes(o, c->arena, "leaf", (bzt_span){row->leaf, 32});
    if (!row->record.len)
        return; /* erased, or not this reader's */
    json_add_bytes(o, c->arena, "record", row->record);
    json_add_bytes(o, c->arena, "salt", row->salt);
}

bzt_err history_get(call *c)
{
    audit_own own;
    int64_t after;
    bzt_err err;

    if ((err = call_query_int(&after, c, "after", 0, 0, INT64_C(1) << 50)) ||
        (err = audit_history(c->service, &own, c->arena, c->caller.person,
                             after)))
        return err;
    json *o = call_answer(c);
    add_head(c, json_add_object(o, "head"), &own.head);
    json *list = json_add_array(o, "records");
    for (size_t i = 0; i < own.n; i++) {
        json *r = json_append_object(list);
        add_record(c, r, &own.rows[i]);
        json *proof = json_add_array(r, "proof");
        for (int k = 0; k < own.proofs[i].n; k++) {
            json_append_bytes(proof, c->arena,
                              (bzt_span){own.proofs[i].hash[k], 32});
        }
    }
    if (own.next < 0)
        json_add_null(o, "next");
    else
        json_add_int(o, "next", own.next);
    return BZT_OK;
}

/* NDJSON: the head first, then one line for each leaf. */
static bzt_err write_lines(call *c, bzt_span *out, const audit_head *head,
                           const audit_row *rows, size_t n)
{
    bzt_span line;
    size_t len = 0;
    bzt_err err;

    bzt_span *lines = arena_alloc(c->arena, (n + 1) * sizeof(*lines));
    if (!lines)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i <= n; i++) {
        json *o = json_new_object(c->arena);
        if (i == 0)
            add_head(c, json_add_object(o, "head"), head);
        else
            add_record(c, o, &rows[i - 1]);
        if ((err = json_write(&line, c->arena, o)))
            return err;
        lines[i] = line;
        len += line.len + 1;
    }
    uint8_t *all = arena_alloc(c->arena, len + 1), *p = all;
    if (!all)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i <= n; i++) {
        memcpy(p, lines[i].p, lines[i].len);
        p += lines[i].len;
        *p++ = '\n';
    }
    *out = (bzt_span){all, len};
    return BZT_OK;
}

bzt_err staff_audit_get(call *c)
{
    audit_head head;
    audit_row *rows;
    bzt_span lines;
    int64_t from;
    size_t n;
    bzt_err err;

    if ((err = call_query_int(&from, c, "from", 0, 0, INT64_C(1) << 50)) ||
        (err = audit_last_head(c->service, &head)) ||
        (err = audit_export(c->service, &rows, &n, c->arena, c->caller.tenant,
                            from)))
        return err;
    while (n && rows[n - 1].number >= head.size) {
        n--;
    }
    if ((err = write_lines(c, &lines, &head, rows, n)))
        return err;
    call_answer_bytes(c, "application/x-ndjson", lines);
    return BZT_OK;
}
