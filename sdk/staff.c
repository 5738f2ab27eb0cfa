/* Staff at the command line. */
#include "staff.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/rng.h"
#include "core/text.h"
#include "core/wipe.h"
#include "pki/totp.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ARENA_MAX = 64 << 20, FILE_MAX = 1 << 16 };

struct staff {
    arena *a;    /* one call */
    arena *keep; /* texts of staff.json */
    http_client *http;
    bzt_sm2_key key; /* secret */
    signed_call call;
};

/* --- setting up --------------------------------------------------------- */

struct setup {
    const char *folder;
    const staff_account *account;
    arena *a;
    http_client *http;
    char *problem; /* PROBLEM_TEXT_MAX bytes */
    char csrf[64];
    uint8_t secret[TOTP_SECRET_LEN];
    bzt_sm2_key key; /* secret */
    uint8_t pub[65];
};

/* A plain call of the setting-up, with the session's cookie and CSRF. */
static bzt_err post(struct setup *s, const json **answer, const char *target,
                    const json *body)
{
    const http_header csrf = {"X-BZT-CSRF", s->csrf};
    http_request request = {.method = "POST",
                            .content_type = "application/json",
                            .headers = &csrf,
                            .headers_n = s->csrf[0] ? 1 : 0};
    http_answer got;
    json *parsed = NULL;
    bzt_err err;

    *answer = NULL;
    request.url = arena_printf(s->a, "%s%s", s->account->api, target);
    if (!request.url)
        return BZT_ERR_MEMORY;
    if ((err = json_write(&request.body, s->a, body)) ||
        (err = http_call(&got, s->a, s->http, &request)))
        return err;
    if (got.body.len && json_parse(&parsed, s->a, got.body))
        return BZT_ERR_UNAVAILABLE;
    *answer = parsed;
    if (got.status >= 200 && got.status <= 299)
        return BZT_OK;
    if (!parsed || !json_get(parsed, "code") ||
        problem_text(s->problem, parsed))
        return BZT_ERR_UNAVAILABLE;
    return problem_err(parsed, got.status);
}

/* A code works once: the setting-up takes that of this step, the log-in
 * right after it that of the next. */
static void code_of(char out[TOTP_DIGITS + 1], const struct setup *s, int ahead)
{
    totp_code(out, (bzt_span){s->secret, sizeof(s->secret)},
              totp_step(clock_now_ms()) + ahead);
}

static bzt_err make_account(struct setup *s)
{
    char code[TOTP_DIGITS + 1];
    const json *got;

    code_of(code, s, 0);
    json *o = json_new_object(s->a);
    json_add_text(o, "code", s->account->code);
    json_add_text(o, "login", s->account->login);
    json_add_text(o, "password", s->account->password);
    json_add_bytes(o, s->a, "totp_secret",
                   (bzt_span){s->secret, sizeof(s->secret)});
    json_add_text(o, "totp", code);
    return post(s, &got, "/staff/v1/setup", o);
}

static bzt_err log_in(struct setup *s)
{
    char code[TOTP_DIGITS + 1];
    const char *csrf;
    const json *got;
    bzt_err err;

    code_of(code, s, 1);
    json *o = json_new_object(s->a);
    json_add_text(o, "login", s->account->login);
    json_add_text(o, "password", s->account->password);
    json_add_text(o, "totp", code);
    if ((err = post(s, &got, "/staff/v1/login", o)) ||
        (err = json_text(&csrf, got, "csrf", 1, sizeof(s->csrf) - 1)))
        return err;
    memcpy(s->csrf, csrf, strlen(csrf) + 1);
    return BZT_OK;
}

static bzt_err register_key(struct setup *s, const char **key_id)
{
    const json *got;
    bzt_err err;

    json *o = json_new_object(s->a);
    json_add_text(o, "name", s->account->key_name);
    json_add_bytes(o, s->a, "public_key", (bzt_span){s->pub, 65});
    if ((err = post(s, &got, "/staff/v1/keys", o)))
        return err;
    return json_text(key_id, got, "id", 1, 40);
}

static const char *path_in(struct setup *s, const char *name)
{
    return arena_printf(s->a, "%s/%s", s->folder, name);
}

static bzt_err save(struct setup *s, const char *key_id)
{
    char base32[BASE32_LEN(TOTP_SECRET_LEN) + 2];
    const char *facts = path_in(s, "staff.json"),
               *key = path_in(s, "staff.key"), *totp = path_in(s, "totp.txt");
    bzt_span text;
    bzt_err err;

    if (!facts || !key || !totp)
        return BZT_ERR_MEMORY;
    base32_write(base32, (bzt_span){s->secret, sizeof(s->secret)});
    strcat(base32, "\n");
    json *o = json_new_object(s->a);
    json_add_text(o, "api", s->account->api);
    json_add_text(o, "tls_roots", s->account->tls_roots);
    json_add_text(o, "login", s->account->login);
    json_add_text(o, "key_id", key_id);
    if ((err = json_write(&text, s->a, o)) ||
        (err = file_write(key, (bzt_span){s->key.d, 32}, 0600)) ||
        (err = file_write(totp, text_span(base32), 0600)))
        return err;
    return file_write(facts, text, 0600);
}

static bzt_err prepare(struct setup *s)
{
    const http_options options = {.ca_file = s->account->tls_roots};
    const char *facts;
    uint8_t random[48];
    bzt_err err;

    s->a = arena_new(ARENA_MAX);
    if (!s->a || !(facts = path_in(s, "staff.json")))
        return BZT_ERR_MEMORY;
    if (mkdir(s->folder, 0700) && errno != EEXIST)
        return BZT_ERR_IO;
    if (!access(facts, F_OK))
        return BZT_ERR_CONFLICT;
    if ((err = rng_bytes(s->secret, sizeof(s->secret))) ||
        (err = rng_bytes(random, sizeof(random))) ||
        (err = bzt_sm2_key_new(&s->key, s->pub, random)))
        goto out;
    err = http_client_new(&s->http, &options);
out:
    wipe(random, sizeof(random));
    return err;
}

bzt_err staff_setup_account(const char *folder, const staff_account *account,
                            char problem[PROBLEM_TEXT_MAX])
{
    struct setup s = {.folder = folder, .account = account, .problem = problem};
    const char *key_id;
    bzt_err err;

    problem[0] = 0;
    if ((err = prepare(&s)) || (err = make_account(&s)) || (err = log_in(&s)) ||
        (err = register_key(&s, &key_id)))
        goto out;
    err = save(&s, key_id);
out:
    http_client_free(s.http);
    arena_free(s.a);
    wipe(&s, sizeof(s));
    return err;
}

/* --- using -------------------------------------------------------------- */

static bzt_err read_all(staff *s, const char *folder)
{
    const char *facts = arena_printf(s->keep, "%s/staff.json", folder);
    const char *key = arena_printf(s->keep, "%s/staff.key", folder);
    const char *tls_roots;
    uint8_t *bytes = NULL;
    json *o = NULL;
    size_t len = 0;
    bzt_err err;

    if (!facts || !key)
        return BZT_ERR_MEMORY;
    if ((err = file_read(&bytes, &len, facts, FILE_MAX)))
        return err;
    bzt_span text = arena_copy(s->keep, (bzt_span){bytes, len});
    free(bytes);
    if ((err = json_parse(&o, s->keep, text)) ||
        (err = json_text(&s->call.origin, o, "api", 9, 300)) ||
        (err = json_text(&s->call.id, o, "key_id", 1, 40)) ||
        (err = json_text_optional(&tls_roots, o, "tls_roots", 1000)))
        return err;
    if ((err = file_read(&bytes, &len, key, 64)))
        return err;
    if (len == 32)
        memcpy(s->key.d, bytes, 32);
    wipe(bytes, len);
    free(bytes);
    if (len != 32)
        return BZT_ERR_IO;
    const http_options options = {.ca_file = tls_roots, .max_answer = 32 << 20};
    return http_client_new(&s->http, &options);
}

bzt_err staff_open(staff **out, const char *folder)
{
    staff *s = calloc(1, sizeof(*s));
    bzt_err err = BZT_ERR_MEMORY;

    *out = NULL;
    if (!s)
        return err;
    s->a = arena_new(ARENA_MAX);
    s->keep = arena_new(1 << 20);
    if (!s->a || !s->keep || (err = read_all(s, folder))) {
        staff_close(s);
        return err;
    }
    s->call.http = s->http;
    s->call.key = &s->key;
    *out = s;
    return BZT_OK;
}

void staff_close(staff *s)
{
    if (!s)
        return;
    bzt_sm2_key_wipe(&s->key);
    http_client_free(s->http);
    arena_free(s->a);
    arena_free(s->keep);
    free(s);
}

arena *staff_arena(staff *s)
{
    return s->a;
}

signed_call *staff_call(staff *s)
{
    return &s->call;
}
