/* Users and bindings (user.h). */
#include "user.h"
#include "base/file.h"
#include "base/json.h"
#include "core/text.h"
#include "password.h"
#include <bzt/pki.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 16384 };

static int is_login(const char *s)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz0123456789";
    static const char all[] = "abcdefghijklmnopqrstuvwxyz0123456789._-@";
    size_t n = strlen(s);

    return n >= 1 && n <= LOGIN_MAX && strspn(s, first) > 0 &&
           strspn(s, all) == n;
}

static const char *user_path(arena *a, const char *folder, const char *login)
{
    return arena_printf(a, "%s/users/%s.json", folder, login);
}

static const char *binding_path(arena *a, const char *folder,
                                const uint8_t certificate[32])
{
    char hex[HEX_LEN(32) + 1];

    hex_write(hex, (bzt_span){certificate, 32});
    return arena_printf(a, "%s/bindings/%s.json", folder, hex);
}

static bzt_err make_folder(const char *path)
{
    return path && (!mkdir(path, 0700) || errno == EEXIST) ? BZT_OK
                                                           : BZT_ERR_IO;
}

bzt_err users_prepare(const char *folder)
{
    arena *a = arena_new(16384);
    bzt_err err = BZT_ERR_MEMORY;

    if (!a)
        return err;
    if ((err = make_folder(folder)) ||
        (err = make_folder(arena_printf(a, "%s/users", folder))) ||
        (err = make_folder(arena_printf(a, "%s/bindings", folder))))
        goto out;
out:
    arena_free(a);
    return err;
}

/* --- files --------------------------------------------------------------- */

static bzt_err read_json(json **out, arena *a, const char *path)
{
    uint8_t *text = NULL;
    size_t len;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = file_read(&text, &len, path, FILE_MAX)))
        return err;
    err = json_parse(out, a, (bzt_span){text, len});
    free(text);
    return err == BZT_ERR_MEMORY || !err ? err : BZT_ERR_IO;
}

static bzt_err write_json(const char *path, arena *a, const json *o)
{
    bzt_span text;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = json_write(&text, a, o)))
        return err;
    return file_write(path, text, 0600);
}

static bzt_err read_certificate(user *u, const json *o)
{
    const json *c = json_get(o, "certificate");
    bzt_err err;

    if (!json_get(c, "sm3"))
        return BZT_OK;
    if ((err = json_bytes(u->certificate, 32, c, "sm3")) ||
        (err = json_text(&u->holder, c, "holder", 0, 300)) ||
        (err = json_int(&u->not_after, c, "not_after", 0, INT64_C(1) << 50)) ||
        (err = json_int(&u->bound_at, c, "bound_at", 0, INT64_C(1) << 50)))
        return err;
    u->is_bound = 1;
    return BZT_OK;
}

static bzt_err read_user(user *u, const json *o)
{
    int64_t version;
    bzt_err err;

    if ((err = json_int(&version, o, "v", 1, 1)) ||
        (err = json_text(&u->login, o, "login", 1, LOGIN_MAX)) ||
        (err = json_text(&u->organisation, o, "organisation", 1,
                         ORGANISATION_MAX)) ||
        (err = json_text(&u->uscc, o, "uscc", USCC_LEN, USCC_LEN)) ||
        (err = json_text(&u->password, o, "password", 1, PASSWORD_HASH_MAX)) ||
        (err = json_int(&u->created_at, o, "created_at", 0, INT64_C(1) << 50)))
        return err;
    return read_certificate(u, o);
}

static bzt_err write_user(const char *folder, arena *a, const user *u)
{
    json *o = json_new_object(a);

    json_add_int(o, "v", 1);
    json_add_text(o, "login", u->login);
    json_add_text(o, "organisation", u->organisation);
    json_add_text(o, "uscc", u->uscc);
    json_add_text(o, "password", u->password);
    json_add_int(o, "created_at", u->created_at);
    if (u->is_bound) {
        json *c = json_add_object(o, "certificate");
        json_add_bytes(c, a, "sm3", (bzt_span){u->certificate, 32});
        json_add_text(c, "holder", u->holder);
        json_add_int(c, "not_after", u->not_after);
        json_add_int(c, "bound_at", u->bound_at);
    } else {
        json_add_null(o, "certificate");
    }
    return write_json(user_path(a, folder, u->login), a, o);
}

/* --- users --------------------------------------------------------------- */

bzt_err user_get(user *out, arena *a, const char *folder, const char *login)
{
    json *o = NULL;
    user u = {.login = NULL};
    bzt_err err;

    *out = u;
    if (!is_login(login))
        return BZT_ERR_NOT_FOUND;
    if ((err = read_json(&o, a, user_path(a, folder, login))))
        return err;
    if (read_user(&u, o) || strcmp(u.login, login))
        return BZT_ERR_IO; /* the file was tampered with */
    *out = u;
    return BZT_OK;
}

bzt_err user_add(const char *folder, arena *a, const user *u)
{
    bzt_span organisation = text_span(u->organisation);
    bzt_err err;

    if (!is_login(u->login) || !organisation.len ||
        organisation.len > ORGANISATION_MAX || !text_is_plain(organisation))
        return BZT_ERR_BAD_FIELD;
    if ((err = bzt_uscc_check(text_span(u->uscc))))
        return err;
    const char *path = user_path(a, folder, u->login);
    if (!path)
        return BZT_ERR_MEMORY;
    if (!access(path, F_OK))
        return BZT_ERR_DUPLICATE;
    return write_user(folder, a, u);
}

/* --- bindings ------------------------------------------------------------ */

bzt_err user_find_certificate(user *out, arena *a, const char *folder,
                              const uint8_t certificate[32])
{
    json *o = NULL;
    const char *login;
    user u;
    bzt_err err;

    *out = (user){.login = NULL};
    if ((err = read_json(&o, a, binding_path(a, folder, certificate))))
        return err;
    if (json_text(&login, o, "login", 1, LOGIN_MAX))
        return BZT_ERR_IO;
    if ((err = user_get(&u, a, folder, login)))
        return err;
    if (!u.is_bound || memcmp(u.certificate, certificate, 32))
        return BZT_ERR_NOT_FOUND;
    *out = u;
    return BZT_OK;
}

bzt_err user_bind(const char *folder, arena *a, const user *u)
{
    json *o = json_new_object(a);
    user owner;
    bzt_err err;

    err = user_find_certificate(&owner, a, folder, u->certificate);
    if (err && err != BZT_ERR_NOT_FOUND)
        return err;
    if (!err && strcmp(owner.login, u->login))
        return BZT_ERR_CONFLICT;
    json_add_text(o, "login", u->login);
    if ((err = write_json(binding_path(a, folder, u->certificate), a, o)))
        return err;
    return write_user(folder, a, u);
}
