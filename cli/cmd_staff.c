/* bzt staff, bzt ca: operators and reviewers. */
#include "base/file.h"
#include "cmd.h"
#include "sdk/staff.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int cmd_staff_setup(const args *a)
{
    const staff_account account = {
        .api = arg(a, "api", NULL),
        .tls_roots = arg(a, "tls-roots", NULL),
        .code = arg(a, "code", NULL),
        .login = arg(a, "login", NULL),
        .password = arg(a, "password", NULL),
        .key_name = arg(a, "key-name", "bzt"),
    };
    char problem[PROBLEM_TEXT_MAX];
    bzt_err err = staff_setup_account(arg(a, "dir", NULL), &account, problem);

    return err ? fail(err, problem) : 0;
}

/* Open, call, print the answer. */
static int run(const args *a, const char *method, const char *target,
               json *(*body)(arena *, const args *))
{
    const json *answer = NULL;
    staff *s = NULL;
    bzt_span line;
    bzt_err err = staff_open(&s, arg(a, "dir", NULL));

    if (!err)
        err = signed_call_json(&answer, staff_arena(s), staff_call(s), method,
                               target, body ? body(staff_arena(s), a) : NULL,
                               NULL);
    if (err) {
        json *problem = s ? staff_call(s)->problem : NULL;
        fail(err, s ? staff_call(s)->detail : arg(a, "dir", NULL));
        if (problem && !json_write(&line, staff_arena(s), problem))
            fprintf(stderr, "%.*s\n", (int)line.len, (const char *)line.p);
    } else if (answer && !json_write(&line, staff_arena(s), answer)) {
        printf("%.*s\n", (int)line.len, (const char *)line.p);
    }
    staff_close(s);
    return err ? 1 : 0;
}

static const char *below(char out[300], const char *before, const char *id,
                         const char *after)
{
    snprintf(out, 300, "/staff/v1/%s%.100s%s", before, id, after);
    return out;
}

int cmd_staff_get(const args *a)
{
    char target[300];

    return run(a, "GET", below(target, "", a->words[0], ""), NULL);
}

static json *invite_body(arena *m, const args *a)
{
    json *o = json_new_object(m);

    json_add_text(o, "roles", arg(a, "roles", NULL));
    return o;
}

int cmd_staff_invite(const args *a)
{
    return run(a, "POST", "/staff/v1/staff", invite_body);
}

static json *rp_body(arena *m, const args *a)
{
    uint8_t *der = NULL;
    size_t len = 0;

    if (file_read(&der, &len, arg(a, "cert", NULL), 8192))
        return NULL;
    json *o = json_new_object(m);
    json_add_bytes(o, m, "certificate", (bzt_span){der, len});
    json_add_text(o, "webhook_url", arg(a, "webhook", NULL));
    free(der);
    return o;
}

int cmd_staff_rp(const args *a)
{
    uint8_t *der = NULL;
    size_t len = 0;
    bzt_err err = file_read(&der, &len, arg(a, "cert", NULL), 8192);

    free(der);
    if (err)
        return fail(err, arg(a, "cert", NULL));
    return run(a, "POST", "/staff/v1/rps", rp_body);
}

static json *unlock_body(arena *m, const args *a)
{
    json *o = json_new_object(m);

    json_add_bool(o, "approved", !strcmp(arg(a, "approved", "no"), "yes"));
    return o;
}

int cmd_staff_unlock(const args *a)
{
    char target[300];

    return run(a, "POST", below(target, "keys/", a->words[0], "/unlock"),
               unlock_body);
}

int cmd_ca_list(const args *a)
{
    char target[300];

    return run(
        a, "GET",
        below(target, "applications?state=", arg(a, "state", "submitted"), ""),
        NULL);
}

int cmd_ca_show(const args *a)
{
    char target[300];

    return run(a, "GET", below(target, "applications/", a->words[0], ""), NULL);
}

static json *review_body(arena *m, const args *a)
{
    json *o = json_new_object(m);

    json_add_text(o, "decision", arg(a, "decision", NULL));
    if (arg(a, "reason", NULL))
        json_add_text(o, "reason", arg(a, "reason", NULL));
    return o;
}

int cmd_ca_review(const args *a)
{
    char target[300];

    return run(a, "POST",
               below(target, "applications/", a->words[0], "/review"),
               review_body);
}

static json *revoke_body(arena *m, const args *a)
{
    json *o = json_new_object(m);

    json_add_int(o, "reason", arg_int(a, "reason", 0, 0, 10));
    return o;
}

int cmd_ca_revoke(const args *a)
{
    char target[300];

    return run(a, "POST",
               below(target, "certificates/", a->words[0], "/revoke"),
               revoke_body);
}
