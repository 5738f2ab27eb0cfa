#include "session.h"
#include "base/clock.h"
#include "base/rng.h"
#include "core/ct.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include "signed.h"
#include "store/http_nonce.h"
#include <string.h>

enum { TOKEN_LEN = 32 };

static int64_t idle_ms(int is_staff)
{
    return is_staff ? SESSION_STAFF_IDLE_MS : SESSION_APP_IDLE_MS;
}

bzt_err session_new(char token[SESSION_TOKEN_SIZE], session_row *row,
                    int64_t now_ms)
{
    uint8_t secret[TOKEN_LEN];
    bzt_err err;

    memset(token, 0, SESSION_TOKEN_SIZE);
    if ((err = rng_bytes(secret, sizeof secret)))
        return err;
    if ((err = rng_bytes(row->csrf, sizeof row->csrf)))
        goto out;
    base64url_write(token, (bzt_span){secret, sizeof secret});
    sm3_digest(row->token_hash, text_span(token));
    row->created_at = row->seen_at = now_ms;
    row->expires_at =
        now_ms + (row->is_staff ? SESSION_STAFF_MAX_MS : SESSION_APP_MAX_MS);
out:
    wipe(secret, sizeof secret);
    return err;
}

/* --- finding ------------------------------------------------------------ */

typedef struct find {
    session_row *out;
    uint8_t hash[32];
    int64_t now_ms;
} find;

static bzt_err find_op(store_tx *tx, void *arg)
{
    find *f = arg;

    return session_get(tx, f->out, f->hash);
}

static bzt_err seen_op(store_tx *tx, void *arg)
{
    const find *f = arg;

    return session_update_seen(tx, f->hash, f->now_ms);
}

static int is_live(const session_row *row, int is_staff, int64_t now_ms)
{
    return row->is_staff == is_staff && now_ms < row->expires_at &&
           now_ms < row->seen_at + idle_ms(is_staff) &&
           (!is_staff || row->staff_is_active);
}

/* A write for each request would be waste: the time of the last use may be
 * late by a tenth of what it is for. */
static bzt_err mark_seen(service *s, find *f)
{
    session_row *row = f->out;

    if (f->now_ms < row->seen_at + idle_ms(row->is_staff) / 10)
        return BZT_OK;
    row->seen_at = f->now_ms;
    return store_write(s->store, seen_op, f);
}

bzt_err session_find(session_row *out, service *s, const char *token,
                     int is_staff, int64_t now_ms)
{
    find f = {.out = out, .now_ms = now_ms};
    bzt_err err;

    memset(out, 0, sizeof *out);
    if (!token || strlen(token) != SESSION_TOKEN_SIZE - 1)
        return BZT_ERR_UNAUTHENTICATED;
    sm3_digest(f.hash, text_span(token));
    err = store_read(s->store, find_op, &f);
    if (!err && !is_live(out, is_staff, now_ms))
        err = BZT_ERR_NOT_FOUND;
    if (!err)
        err = mark_seen(s, &f);
    if (err)
        memset(out, 0, sizeof *out);
    return err == BZT_ERR_NOT_FOUND ? BZT_ERR_UNAUTHENTICATED : err;
}

bzt_err session_csrf_check(const session_row *row, const char *header)
{
    uint8_t given[SESSION_CSRF_LEN];
    uint32_t is_equal;

    if (!header || base64url_read_n(given, sizeof given, text_span(header)))
        return BZT_ERR_CSRF;
    is_equal = ct_is_equal(given, row->csrf, sizeof given);
    ct_public(is_equal); /* the answer says it */
    return is_equal ? BZT_OK : BZT_ERR_CSRF;
}

/* --- sweeping ----------------------------------------------------------- */

static bzt_err sweep_op(store_tx *tx, void *arg)
{
    const int64_t now = *(const int64_t *)arg;
    int64_t n;
    bzt_err err;

    if ((err = session_sweep(tx, &n, 0, now, now - idle_ms(0))))
        return err;
    if ((err = session_sweep(tx, &n, 1, now, now - idle_ms(1))))
        return err;
    return http_nonce_sweep(tx, &n, now - SIGNED_NONCE_MS);
}

bzt_err session_task(service *s, int *more)
{
    int64_t now = clock_now_ms();

    (void)more;
    return store_write(s->store, sweep_op, &now);
}
