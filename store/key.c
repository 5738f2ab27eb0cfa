/* Split keys: statements and rows. */
#include "key.h"
#include "columns.h"

enum { HERE_VALUES = 15 }; /* of update_here_sql */

#define COLUMNS                                                                \
    "k.id, k.person_id, k.device_id, k.application_id, k.entry_id, "           \
    "k.purpose, k.state, k.share_sealed, k.point, k.g, k.failures, "           \
    "k.wait_until, k.last_op, k.last_kind, k.last_signature, k.last_wrong, "   \
    "k.moving_g, k.moving_device, k.moving_blob, k.certified, k.pending, "     \
    "k.enterprise, k.created_at"

static const store_sql get_sql = {
    "SELECT " COLUMNS ", o.outcome FROM split_key k LEFT JOIN key_op o "
    "ON o.key_id = k.id AND o.op_id = $2 WHERE k.id = $1"};
static const store_sql device_sql = {
    "SELECT " COLUMNS ", NULL FROM split_key k WHERE k.device_id = $1 "
    "ORDER BY k.created_at, k.id"};
static const store_sql moving_sql = {
    "SELECT " COLUMNS ", NULL FROM split_key k WHERE k.moving_device = $1 "
    "ORDER BY k.created_at, k.id"};
static const store_sql insert_sql = {
    "INSERT INTO split_key (id, person_id, device_id, purpose, state, g, "
    "failures, wait_until, last_wrong, certified, pending, enterprise, "
    "created_at) VALUES ($1, $2, $3, $4, 'new', 0, 0, 0, 0, 0, 0, 0, $5)"};
static const store_sql update_sql = {
    "UPDATE split_key SET device_id = $5, state = $6, share_sealed = $7, "
    "point = $8, g = $9, failures = $10, wait_until = $11, last_op = $12, "
    "last_kind = $13, last_signature = $14, last_wrong = $15, moving_g = $16, "
    "moving_device = $17, moving_blob = $18 "
    "WHERE id = $1 AND g = $2 AND failures = $3 AND state = $4"};
/* The same for a key that stays where it is, as almost every operation leaves
 * it: no index changes. */
static const store_sql update_here_sql = {
    "UPDATE split_key SET state = $6, share_sealed = $7, point = $8, g = $9, "
    "failures = $10, wait_until = $11, last_op = $12, last_kind = $13, "
    "last_signature = $14, last_wrong = $15 "
    "WHERE id = $1 AND g = $2 AND failures = $3 AND state = $4 "
    "AND device_id = $5 AND moving_device IS NULL"};
static const store_sql op_insert_sql = {
    "INSERT INTO key_op (key_id, op_id, outcome, at) VALUES ($1, $2, $3, $4)"};
static const store_sql op_prune_sql = {
    "DELETE FROM key_op WHERE key_id = $1 AND at < $3 AND op_id NOT IN "
    "(SELECT op_id FROM key_op WHERE key_id = $1 "
    "ORDER BY at DESC, op_id LIMIT $2)"};
static const store_sql lock_sql = {"UPDATE split_key SET state = 'pin' "
                                   "WHERE device_id = $1 AND state = 'live'"};
static const store_sql application_sql = {
    "UPDATE split_key SET application_id = $2 WHERE id = $1"};
static const store_sql pending_sql = {
    "UPDATE split_key SET pending = $2 WHERE id = $1"};
static const store_sql certified_sql = {
    "UPDATE split_key SET certified = 1, pending = 0, entry_id = $2, "
    "enterprise = $3 WHERE id = $1"};
#define NOBODYS                                                                \
    "split_key WHERE certified = 0 AND pending = 0 AND created_at <= $1"
static const store_sql sweep_sql = {"DELETE FROM " NOBODYS};
static const store_sql sweep_ops_sql = {
    "DELETE FROM key_op WHERE key_id IN (SELECT id FROM " NOBODYS ")"};
static const store_sql sweep_permits_sql = {
    "DELETE FROM unlock_permit WHERE key_id IN (SELECT id FROM " NOBODYS ")"};
static const store_sql permit_put_sql = {
    "INSERT INTO unlock_permit (key_id, staff_id, approved, until_at) "
    "VALUES ($1, $2, $3, $4) ON CONFLICT (key_id) DO UPDATE SET "
    "staff_id = excluded.staff_id, approved = excluded.approved, "
    "until_at = excluded.until_at"};
static const store_sql permit_get_sql = {
    "SELECT key_id, staff_id, approved, until_at FROM unlock_permit "
    "WHERE key_id = $1"};
static const store_sql permit_delete_sql = {
    "DELETE FROM unlock_permit WHERE key_id = $1"};

static void decode(columns *c, void *out)
{
    key_row *k = out;

    column_fixed(c, k->id, 16);
    column_fixed(c, k->person, 16);
    column_fixed(c, k->device, 16);
    k->has_application = column_fixed_optional(c, k->application, 16);
    k->has_entry = column_fixed_optional(c, k->entry, 16);
    column_text(c, &k->purpose);
    column_text(c, &k->state);
    column_span(c, &k->share_sealed);
    k->has_point = column_fixed_optional(c, k->point, 65);
    k->g = column_int(c);
    k->failures = column_int(c);
    k->wait_until = column_int(c);
    k->has_last = column_fixed_optional(c, k->last_op, 16);
    column_text(c, &k->last_kind);
    k->has_signature = column_fixed_optional(c, k->last_signature, 64);
    k->last_wrong = column_int(c);
    k->moving_g = column_int(c);
    k->has_moving = column_fixed_optional(c, k->moving_device, 16);
    column_span(c, &k->moving_blob);
    k->certified = column_int(c);
    k->pending = column_int(c);
    k->enterprise = column_int(c);
    k->created_at = column_int(c);
    column_text(c, &k->seen);
}

bzt_err key_get(store_tx *tx, key_row *out, arena *a, const uint8_t id[16],
                const uint8_t *op)
{
    const store_value values[] = {sv_bytes(id, 16), sv_id(op)};
    const columns_query q = {.sql = &get_sql,
                             .values = values,
                             .values_n = 2,
                             .decode = decode,
                             .size = sizeof(*out)};

    return columns_one(tx, out, a, &q);
}

static bzt_err list(store_tx *tx, key_row **out, size_t *n, size_t max,
                    arena *a, const store_sql *sql, const uint8_t device[16])
{
    const store_value value = sv_bytes(device, 16);
    const columns_query q = {.sql = sql,
                             .values = &value,
                             .values_n = 1,
                             .decode = decode,
                             .size = sizeof(**out)};

    return columns_list(tx, (void **)out, n, max, a, &q);
}

bzt_err key_list_device(store_tx *tx, key_row **out, size_t *n, size_t max,
                        arena *a, const uint8_t device[16])
{
    return list(tx, out, n, max, a, &device_sql, device);
}

bzt_err key_list_moving(store_tx *tx, key_row **out, size_t *n, size_t max,
                        arena *a, const uint8_t device[16])
{
    return list(tx, out, n, max, a, &moving_sql, device);
}

bzt_err key_insert(store_tx *tx, const key_row *row)
{
    const store_value values[] = {
        sv_bytes(row->id, 16), sv_bytes(row->person, 16),
        sv_bytes(row->device, 16), sv_text(row->purpose),
        sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 5);
}

static store_value bytes_if(int has, const uint8_t *p, size_t len)
{
    return has ? sv_bytes(p, len) : sv_null();
}

bzt_err key_update(store_tx *tx, const key_row *after,
                   const key_condition *condition)
{
    const key_row *k = after;
    const store_value values[] = {
        sv_bytes(k->id, 16),
        sv_int(condition->g),
        sv_int(condition->failures),
        sv_text(condition->state),
        sv_bytes(k->device, 16),
        sv_text(k->state),
        bytes_if(k->share_sealed.len > 0, k->share_sealed.p,
                 k->share_sealed.len),
        bytes_if(k->has_point, k->point, 65),
        sv_int(k->g),
        sv_int(k->failures),
        sv_int(k->wait_until),
        bytes_if(k->has_last, k->last_op, 16),
        sv_text(k->last_kind),
        bytes_if(k->has_signature, k->last_signature, 64),
        sv_int(k->last_wrong),
        k->has_moving ? sv_int(k->moving_g) : sv_null(),
        bytes_if(k->has_moving, k->moving_device, 16),
        bytes_if(k->has_moving, k->moving_blob.p, k->moving_blob.len),
    };
    bzt_err err = BZT_ERR_NOT_FOUND;

    if (!k->has_moving)
        err = columns_change(tx, &update_here_sql, values, HERE_VALUES);
    if (err == BZT_ERR_NOT_FOUND)
        err = columns_change(tx, &update_sql, values,
                             sizeof(values) / sizeof(values[0]));
    return err == BZT_ERR_NOT_FOUND ? BZT_ERR_BUSY : err;
}

bzt_err key_op_insert(store_tx *tx, const uint8_t key[16], const uint8_t op[16],
                      const char *outcome, int64_t at_ms)
{
    const store_value values[] = {sv_bytes(key, 16), sv_bytes(op, 16),
                                  sv_text(outcome), sv_int(at_ms)};

    return store_exec(tx, NULL, &op_insert_sql, values, 4);
}

bzt_err key_op_prune(store_tx *tx, const uint8_t key[16], int64_t keep,
                     int64_t before_ms)
{
    const store_value values[] = {sv_bytes(key, 16), sv_int(keep),
                                  sv_int(before_ms)};

    return store_exec(tx, NULL, &op_prune_sql, values, 3);
}

bzt_err key_lock_device(store_tx *tx, const uint8_t device[16])
{
    const store_value value = sv_bytes(device, 16);

    return store_exec(tx, NULL, &lock_sql, &value, 1);
}

bzt_err key_update_application(store_tx *tx, const uint8_t id[16],
                               const uint8_t application[16])
{
    const store_value values[] = {sv_bytes(id, 16), sv_bytes(application, 16)};

    return columns_change(tx, &application_sql, values, 2);
}

bzt_err key_update_pending(store_tx *tx, const uint8_t id[16], int pending)
{
    const store_value values[] = {sv_bytes(id, 16), sv_int(pending)};

    return columns_change(tx, &pending_sql, values, 2);
}

bzt_err key_update_certified(store_tx *tx, const uint8_t id[16],
                             const uint8_t entry[16], int enterprise)
{
    const store_value values[] = {sv_bytes(id, 16), sv_bytes(entry, 16),
                                  sv_int(enterprise)};

    return columns_change(tx, &certified_sql, values, 3);
}

bzt_err key_sweep(store_tx *tx, int64_t *n, int64_t before_ms)
{
    const store_value value = sv_int(before_ms);
    bzt_err err;

    *n = 0;
    if ((err = store_exec(tx, NULL, &sweep_ops_sql, &value, 1)))
        return err;
    if ((err = store_exec(tx, NULL, &sweep_permits_sql, &value, 1)))
        return err;
    return store_exec(tx, n, &sweep_sql, &value, 1);
}

bzt_err unlock_permit_put(store_tx *tx, const unlock_permit *p)
{
    const store_value values[] = {sv_bytes(p->key, 16), sv_bytes(p->staff, 16),
                                  sv_int(p->approved), sv_int(p->until)};

    return store_exec(tx, NULL, &permit_put_sql, values, 4);
}

static void decode_permit(columns *c, void *out)
{
    unlock_permit *p = out;

    column_fixed(c, p->key, 16);
    column_fixed(c, p->staff, 16);
    p->approved = column_int(c);
    p->until = column_int(c);
}

bzt_err unlock_permit_get(store_tx *tx, unlock_permit *out,
                          const uint8_t key[16])
{
    const store_value value = sv_bytes(key, 16);
    const columns_query q = {.sql = &permit_get_sql,
                             .values = &value,
                             .values_n = 1,
                             .decode = decode_permit,
                             .size = sizeof(*out)};

    return columns_one(tx, out, NULL, &q);
}

bzt_err unlock_permit_delete(store_tx *tx, const uint8_t key[16])
{
    const store_value value = sv_bytes(key, 16);

    return store_exec(tx, NULL, &permit_delete_sql, &value, 1);
}
