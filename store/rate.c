/* Counts in windows of time (table rate). */
#include "rate.h"
#include "columns.h"

static const store_sql get_sql = {
    "SELECT window_at, n FROM rate WHERE name = $1"};
static const store_sql insert_sql = {
    "INSERT INTO rate (name, window_at, n) VALUES ($1, $2, 1)"};
static const store_sql update_sql = {
    "UPDATE rate SET window_at = $2, n = $3 WHERE name = $1"};
static const store_sql clear_sql = {"DELETE FROM rate WHERE name = $1"};
static const store_sql sweep_sql = {"DELETE FROM rate WHERE window_at < $1"};

typedef struct count {
    int64_t window_at, n;
} count;

static void decode(columns *c, void *out)
{
    count *r = out;

    r->window_at = column_int(c);
    r->n = column_int(c);
}

/* The count of the running window; BZT_ERR_NOT_FOUND: no row yet. */
static bzt_err look(store_tx *tx, count *out, const rate_limit *limit,
                    int64_t now_ms)
{
    const store_value name = sv_text(limit->name);
    bzt_err err = columns_one(
        tx, out, NULL,
        &(columns_query){&get_sql, &name, 1, decode, sizeof(count)});

    /* also when the clock went back: a window never lies in the future */
    if (!err && (now_ms >= out->window_at + limit->window_ms ||
                 now_ms < out->window_at))
        *out = (count){now_ms, 0};
    return err;
}

static bzt_err check(const count *c, int64_t *wait_ms, const rate_limit *limit,
                     int64_t now_ms)
{
    *wait_ms = 0;
    if (!limit->max || c->n < limit->max)
        return BZT_OK;
    *wait_ms = c->window_at + limit->window_ms - now_ms;
    return BZT_ERR_LIMITED;
}

bzt_err rate_look(store_tx *tx, int64_t *wait_ms, const rate_limit *limit,
                  int64_t now_ms)
{
    count c;
    bzt_err err = look(tx, &c, limit, now_ms);

    *wait_ms = 0;
    if (err)
        return err == BZT_ERR_NOT_FOUND ? BZT_OK : err;
    return check(&c, wait_ms, limit, now_ms);
}

bzt_err rate_take(store_tx *tx, int64_t *wait_ms, const rate_limit *limit,
                  int64_t now_ms)
{
    count c;
    bzt_err err = look(tx, &c, limit, now_ms);

    *wait_ms = 0;
    if (err == BZT_ERR_NOT_FOUND)
        return store_exec(tx, NULL, &insert_sql,
                          (store_value[]){sv_text(limit->name), sv_int(now_ms)},
                          2);
    if (err)
        return err;
    if ((err = check(&c, wait_ms, limit, now_ms)))
        return err;
    return columns_change(tx, &update_sql,
                          (store_value[]){sv_text(limit->name),
                                          sv_int(c.window_at), sv_int(c.n + 1)},
                          3);
}

bzt_err rate_clear(store_tx *tx, const char *name)
{
    return store_exec(tx, NULL, &clear_sql, (store_value[]){sv_text(name)}, 1);
}

bzt_err rate_sweep(store_tx *tx, int64_t before_ms)
{
    return store_exec(tx, NULL, &sweep_sql, (store_value[]){sv_int(before_ms)},
                      1);
}
