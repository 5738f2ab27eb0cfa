/* Sessions and their cookies (session.h). */
#include "session.h"
#include "base/rng.h"
#include "core/ct.h"
#include "core/sm3.h"
#include "core/wipe.h"
#include <string.h>

bzt_err secret_new(char out[SECRET_TEXT_LEN + 1])
{
    uint8_t random[SECRET_LEN];
    bzt_err err = rng_bytes(random, sizeof(random));

    out[0] = 0;
    if (!err)
        base64url_write(out, (bzt_span){random, sizeof(random)});
    wipe(random, sizeof(random));
    return err;
}

static session *free_slot(sessions *all)
{
    session *best = &all->slots[0];

    for (int i = 1; i < SESSION_SLOTS; i++) {
        if (all->slots[i].expires_at < best->expires_at)
            best = &all->slots[i];
    }
    return best;
}

bzt_err session_open(session *out, char cookie[SECRET_TEXT_LEN + 1],
                     sessions *all, const char *login, int64_t now_ms)
{
    session s = {.expires_at = now_ms + SESSION_MS,
                 .idle_at = now_ms + SESSION_IDLE_MS};
    bzt_err err;

    *out = (session){.expires_at = 0};
    if ((err = secret_new(cookie)))
        return err;
    if ((err = secret_new(s.csrf))) {
        wipe(cookie, SECRET_TEXT_LEN + 1);
        return err;
    }
    sm3_digest(s.id, text_span(cookie));
    strncpy(s.login, login, LOGIN_MAX);
    *free_slot(all) = s;
    *out = s;
    return BZT_OK;
}

static session *slot_of(sessions *all, const uint8_t id[32])
{
    for (int i = 0; i < SESSION_SLOTS; i++) {
        session *s = &all->slots[i];
        if (s->expires_at && ct_is_equal(s->id, id, 32))
            return s;
    }
    return NULL;
}

bzt_err session_find(session *out, sessions *all, const char *cookie,
                     int64_t now_ms)
{
    uint8_t id[32];
    session *s;

    *out = (session){.expires_at = 0};
    if (!cookie || !*cookie)
        return BZT_ERR_UNAUTHENTICATED;
    sm3_digest(id, text_span(cookie));
    s = slot_of(all, id);
    if (!s)
        return BZT_ERR_UNAUTHENTICATED;
    if (now_ms >= s->expires_at || now_ms >= s->idle_at) {
        wipe(s, sizeof(*s));
        s->expires_at = 0;
        return BZT_ERR_UNAUTHENTICATED;
    }
    s->idle_at = now_ms + SESSION_IDLE_MS;
    *out = *s;
    return BZT_OK;
}

void session_close(sessions *all, const uint8_t id[32])
{
    session *s = slot_of(all, id);

    if (s)
        *s = (session){.expires_at = 0};
}

bzt_err session_check_csrf(const session *s, const char *token)
{
    if (!token || strlen(token) != SECRET_TEXT_LEN ||
        !ct_is_equal(token, s->csrf, SECRET_TEXT_LEN))
        return BZT_ERR_CSRF;
    return BZT_OK;
}

static bzt_err copy_secret(char out[SECRET_TEXT_LEN + 1], bzt_span value)
{
    uint8_t raw[SECRET_LEN];
    bzt_err err = base64url_read_n(raw, sizeof(raw), value);

    if (!err) {
        memcpy(out, value.p, SECRET_TEXT_LEN);
        out[SECRET_TEXT_LEN] = 0;
    }
    wipe(raw, sizeof(raw));
    return err ? BZT_ERR_NOT_FOUND : BZT_OK;
}

bzt_err cookie_find(char out[SECRET_TEXT_LEN + 1], const char *header,
                    const char *name)
{
    size_t name_len = strlen(name);
    bzt_span found = {NULL, 0};
    int n = 0;

    out[0] = 0;
    for (const char *p = header ? header : ""; *p;) {
        size_t len = strcspn(p, ";");
        if (len > name_len && p[name_len] == '=' &&
            !strncmp(p, name, name_len)) {
            found = (bzt_span){(const uint8_t *)p + name_len + 1,
                               len - name_len - 1};
            n++;
        }
        p += len;
        p += strspn(p, "; ");
    }
    if (n != 1)
        return BZT_ERR_NOT_FOUND;
    return copy_secret(out, found);
}
