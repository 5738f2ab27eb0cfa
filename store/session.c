#include "session.h"
#include <string.h>

static const store_sql insert_sql = {
    "INSERT INTO session (token_hash, kind, person_id, staff_id, device_id, "
    "csrf, created_at, seen_at, expires_at) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
static const store_sql get_sql = {
    "SELECT s.kind, s.person_id, s.staff_id, s.device_id, s.csrf, "
    "s.created_at, s.seen_at, s.expires_at, p.realname_at, t.state, "
    "t.tenant_id, t.roles "
    "FROM session s LEFT JOIN person p ON p.id = s.person_id "
    "LEFT JOIN staff t ON t.id = s.staff_id WHERE s.token_hash = $1"};
static const store_sql device_sql = {
    "UPDATE session SET device_id = $2 WHERE token_hash = $1"};
static const store_sql seen_sql = {
    "UPDATE session SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2"};
static const store_sql delete_sql = {
    "DELETE FROM session WHERE token_hash = $1"};
static const store_sql delete_others_sql = {
    "DELETE FROM session WHERE person_id = $1 AND token_hash <> $2"};
static const store_sql delete_device_sql = {
    "DELETE FROM session WHERE person_id = $1 AND device_id = $2 AND "
    "token_hash <> $3"};
static const store_sql sweep_sql = {
    "DELETE FROM session WHERE kind = $1 AND (expires_at <= $2 OR "
    "seen_at <= $3)"};

static store_value kind_of(int is_staff)
{
    return sv_text(is_staff ? "staff" : "app");
}

bzt_err session_insert(store_tx *tx, const session_row *row)
{
    const store_value values[] = {
        sv_bytes(row->token_hash, 32),
        kind_of(row->is_staff),
        sv_id(row->is_staff ? NULL : row->person),
        sv_id(row->is_staff ? row->staff : NULL),
        sv_id(row->has_device ? row->device : NULL),
        sv_bytes(row->csrf, SESSION_CSRF_LEN),
        sv_int(row->created_at),
        sv_int(row->seen_at),
        sv_int(row->expires_at),
    };

    return store_exec(tx, NULL, &insert_sql, values, 9);
}

/* 1: the column holds exactly len bytes. */
static int copy(void *out, size_t len, const store_rows *rows, int column)
{
    bzt_span bytes = store_bytes(rows, column);

    if (store_is_null(rows, column) || bytes.len != len)
        return 0;
    memcpy(out, bytes.p, len);
    return 1;
}

static int is_text(const store_rows *rows, int column, const char *text)
{
    bzt_span bytes = store_bytes(rows, column);

    return bytes.len == strlen(text) && !memcmp(bytes.p, text, bytes.len);
}

static bzt_err decode_staff(session_row *out, const store_rows *rows)
{
    bzt_span roles = store_bytes(rows, 11);

    if (!copy(out->staff, 16, rows, 2) || !copy(out->tenant, 16, rows, 10) ||
        roles.len >= sizeof out->roles)
        return BZT_ERR_IO;
    memcpy(out->roles, roles.p, roles.len);
    out->staff_is_active = is_text(rows, 9, "active");
    return BZT_OK;
}

static bzt_err decode(session_row *out, const store_rows *rows)
{
    out->is_staff = is_text(rows, 0, "staff");
    out->has_device = copy(out->device, 16, rows, 3);
    out->created_at = store_int(rows, 5);
    out->seen_at = store_int(rows, 6);
    out->expires_at = store_int(rows, 7);
    out->has_realname = !store_is_null(rows, 8);
    if (!copy(out->csrf, SESSION_CSRF_LEN, rows, 4))
        return BZT_ERR_IO;
    if (out->is_staff)
        return decode_staff(out, rows);
    return copy(out->person, 16, rows, 1) ? BZT_OK : BZT_ERR_IO;
}

bzt_err session_get(store_tx *tx, session_row *out,
                    const uint8_t token_hash[32])
{
    const store_value by = sv_bytes(token_hash, 32);
    store_rows *rows;
    bzt_err err;

    memset(out, 0, sizeof *out);
    if ((err = store_query(tx, &rows, &get_sql, &by, 1)))
        return err;
    err = store_next(rows);
    if (!err)
        err = decode(out, rows);
    store_rows_done(rows);
    if (err)
        memset(out, 0, sizeof *out);
    else
        memcpy(out->token_hash, token_hash, 32);
    return err;
}

bzt_err session_update_device(store_tx *tx, const uint8_t token_hash[32],
                              const uint8_t device[16])
{
    const store_value values[] = {sv_bytes(token_hash, 32), sv_id(device)};

    return store_exec(tx, NULL, &device_sql, values, 2);
}

bzt_err session_update_seen(store_tx *tx, const uint8_t token_hash[32],
                            int64_t seen_at)
{
    const store_value values[] = {sv_bytes(token_hash, 32), sv_int(seen_at)};

    return store_exec(tx, NULL, &seen_sql, values, 2);
}

bzt_err session_delete(store_tx *tx, const uint8_t token_hash[32])
{
    const store_value by = sv_bytes(token_hash, 32);

    return store_exec(tx, NULL, &delete_sql, &by, 1);
}

bzt_err session_delete_others(store_tx *tx, const uint8_t person[16],
                              const uint8_t *token_hash)
{
    static const uint8_t none[32];
    const store_value values[] = {sv_id(person),
                                  sv_bytes(token_hash ? token_hash : none, 32)};

    return store_exec(tx, NULL, &delete_others_sql, values, 2);
}

bzt_err session_delete_device(store_tx *tx, const uint8_t person[16],
                              const uint8_t device[16],
                              const uint8_t token_hash[32])
{
    const store_value values[] = {sv_id(person), sv_id(device),
                                  sv_bytes(token_hash, 32)};

    return store_exec(tx, NULL, &delete_device_sql, values, 3);
}

bzt_err session_sweep(store_tx *tx, int64_t *n, int is_staff, int64_t now_ms,
                      int64_t idle_at)
{
    const store_value values[] = {kind_of(is_staff), sv_int(now_ms),
                                  sv_int(idle_at)};

    return store_exec(tx, n, &sweep_sql, values, 3);
}
