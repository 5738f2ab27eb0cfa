/* The part of the store that both databases share. */
#include "base/log.h"
#include "db.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

store_value sv_text(const char *text)
{
    if (!text)
        return sv_null();
    return (store_value){.type = STORE_TEXT,
                         .bytes = {(const uint8_t *)text, strlen(text)}};
}

store_value sv_id(const uint8_t id[16])
{
    return id ? sv_bytes(id, 16) : sv_null();
}

bzt_err store_open(store **out, const store_options *options)
{
    static const char sqlite[] = "sqlite:";
    const char *url = options->url;
    bzt_err err;

    *out = NULL;
    if (!url)
        return BZT_ERR_CONFIG;
    if (!strncmp(url, sqlite, strlen(sqlite)))
        err = sqlite_store_open(out, url + strlen(sqlite));
    else if (!strncmp(url, "postgresql://", 13) ||
             !strncmp(url, "postgres://", 11))
        err = pg_store_open(out, url, options->connections);
    else
        return BZT_ERR_CONFIG;
    if (err)
        return err;
    (*out)->touched = options->touched;
    (*out)->touched_self = options->touched_self;
    (*out)->broke = options->broke;
    (*out)->broke_self = options->broke_self;
    pthread_mutex_init(&(*out)->gate, NULL);
    pthread_cond_init(&(*out)->left, NULL);
    return BZT_OK;
}

static bool enter(store *s)
{
    bool open;

    pthread_mutex_lock(&s->gate);
    open = !s->closing;
    s->running += open;
    pthread_mutex_unlock(&s->gate);
    return open;
}

static void leave(store *s)
{
    pthread_mutex_lock(&s->gate);
    if (--s->running == 0)
        pthread_cond_signal(&s->left);
    pthread_mutex_unlock(&s->gate);
}

void store_close(store *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->gate);
    s->closing = true;
    while (s->running)
        pthread_cond_wait(&s->left, &s->gate);
    pthread_mutex_unlock(&s->gate);
    pthread_cond_destroy(&s->left);
    pthread_mutex_destroy(&s->gate);
    s->ops->close(s);
}

/* An operation inside an operation, or called by who is told of a touched
 * id, would wait for itself. */
static _Thread_local bool inside;

bzt_err store_write(store *s, store_op op, void *arg)
{
    bzt_err err;

    assert(!inside);
    if (!enter(s))
        return BZT_ERR_UNAVAILABLE;
    err = s->ops->write(s, op, arg);
    leave(s);
    return err;
}

bzt_err store_read(store *s, store_op op, void *arg)
{
    bzt_err err;

    assert(!inside);
    if (!enter(s))
        return BZT_ERR_UNAVAILABLE;
    err = s->ops->read(s, op, arg);
    leave(s);
    return err;
}

bzt_err db_run_op(store_tx *tx, store_op op, void *arg)
{
    bzt_err err;

    tx->err = BZT_OK;
    inside = true;
    err = op(tx, arg);
    inside = false;
    while (tx->open)
        store_rows_done(tx->open);
    return tx->err ? tx->err : err;
}

/* --- touched ids --------------------------------------------------------- */

static bool is_touched(const touched_list *list, const uint8_t id[16])
{
    for (size_t i = 0; i < list->n; i++)
        if (!memcmp(list->ids[i], id, 16))
            return true;
    return false;
}

void store_touch(store_tx *tx, const uint8_t id[16])
{
    touched_list *list = tx->touched;

    if (!list || is_touched(list, id))
        return;
    if (list->n == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 4;
        void *ids = realloc(list->ids, cap * sizeof *list->ids);

        if (!ids) { /* a waiter must not sleep on: nothing is done at all */
            tx->err = BZT_ERR_MEMORY;
            return;
        }
        list->ids = ids;
        list->cap = cap;
    }
    memcpy(list->ids[list->n++], id, 16);
}

void db_tell_touched(store *s, touched_list *list)
{
    inside = true;
    for (size_t i = 0; i < list->n && s->touched; i++)
        s->touched(s->touched_self, list->ids[i]);
    inside = false;
    list->n = 0;
}

void db_free_touched(touched_list *list)
{
    free(list->ids);
    *list = (touched_list){0};
}

/* --- statements ---------------------------------------------------------- */

static bzt_err stick(store_tx *tx, bzt_err err)
{
    if (err && !tx->err)
        tx->err = err;
    return err;
}

static bzt_err misuse(store_tx *tx, const store_sql *sql, const char *what)
{
    log_event(LOG_ERROR, "store_misuse", "%s: %s", what, sql->text);
    return stick(tx, BZT_ERR_INTERNAL);
}

bzt_err store_now(store_tx *tx, int64_t *now_ms)
{
    *now_ms = 0;
    if (tx->err)
        return tx->err;
    return stick(tx, tx->store->ops->now(tx, now_ms));
}

bzt_err store_exec(store_tx *tx, int64_t *changed, const store_sql *sql,
                   const store_value *values, size_t n)
{
    int64_t ignored;

    if (!changed)
        changed = &ignored;
    *changed = 0;
    if (tx->err)
        return tx->err;
    if (!tx->writes)
        return misuse(tx, sql, "a write inside store_read");
    if (tx->open)
        return misuse(tx, sql, "a write while rows are open");
    if (n > DB_VALUES_MAX)
        return misuse(tx, sql, "too many values");
    return stick(tx, tx->store->ops->exec(tx, changed, sql, values, n));
}

bzt_err store_query(store_tx *tx, store_rows **out, const store_sql *sql,
                    const store_value *values, size_t n)
{
    bzt_err err;

    *out = NULL;
    if (tx->err)
        return tx->err;
    if (n > DB_VALUES_MAX)
        return misuse(tx, sql, "too many values");
    if ((err = tx->store->ops->query(tx, out, sql, values, n)))
        return stick(tx, err);
    (*out)->tx = tx;
    (*out)->next_open = tx->open;
    tx->open = *out;
    return BZT_OK;
}

bzt_err store_next(store_rows *rows)
{
    bzt_err err;

    if (rows->tx->err)
        return rows->tx->err;
    err = rows->tx->store->ops->next(rows);
    return err == BZT_ERR_NOT_FOUND ? err : stick(rows->tx, err);
}

int store_is_null(const store_rows *rows, int column)
{
    return rows->tx->store->ops->is_null(rows, column);
}

int64_t store_int(const store_rows *rows, int column)
{
    return rows->tx->store->ops->read_int(rows, column);
}

bzt_span store_bytes(const store_rows *rows, int column)
{
    return rows->tx->store->ops->read_bytes(rows, column);
}

void store_rows_done(store_rows *rows)
{
    store_rows **at;

    if (!rows)
        return;
    for (at = &rows->tx->open; *at != rows; at = &(*at)->next_open)
        assert(*at);
    *at = rows->next_open;
    rows->tx->store->ops->done(rows);
}
