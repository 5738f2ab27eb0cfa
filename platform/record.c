/* Records (record.h). */
#include "record.h"
#include "base/file.h"
#include "core/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { RECORD_FILE_MAX = 256 * 1024, NAME_LEN_MAX = 80 };

static bzt_err folder_of(const char **out, arena *a, const char *folder,
                         const char *login)
{
    *out = arena_printf(a, "%s/records/%s", folder, login);
    return *out ? BZT_OK : BZT_ERR_MEMORY;
}

static bzt_err make_folders(arena *a, const char *folder, const char *of_login)
{
    const char *parent = arena_printf(a, "%s/records", folder);

    if (!parent)
        return BZT_ERR_MEMORY;
    if ((mkdir(parent, 0700) && errno != EEXIST) ||
        (mkdir(of_login, 0700) && errno != EEXIST))
        return BZT_ERR_IO;
    return BZT_OK;
}

static void add_holder(json *o, const bzt_holder *h)
{
    char hex[HEX_LEN(32) + 1];
    json *holder = json_add_object(o, "holder");

    hex_write(hex, (bzt_span){h->certificate, 32});
    json_add_text(holder, "name", h->name);
    json_add_text(holder, "organisation", h->organisation);
    json_add_text(holder, "uscc", h->uscc);
    json_add_text(holder, "certificate_sm3", hex);
    json_add_int(holder, "not_after", h->not_after);
    json_add_int(holder, "signed_at", h->signed_at);
}

static json *describe(arena *a, const record *r)
{
    json *o = json_new_object(a);

    json_add_int(o, "v", 1);
    json_add_text(o, "kind",
                  r->request->kind == BZT_REQUEST_BIND ? "bind" : "login");
    json_add_text(o, "login", r->login);
    json_add_text(o, "domain", r->domain);
    json_add_int(o, "at", r->at);
    json_add_text(o, "request", r->request->id);
    json_add_text(o, "operation", r->result->operation);
    json_add_text(o, "algorithm", "SM2-with-SM3");
    add_holder(o, r->holder);
    json_add_bytes(o, a, "message", r->result->message);
    json_add_bytes(o, a, "signature", r->result->signature);
    json_add_bytes(o, a, "certificate", r->result->certificate);
    json *chain = json_add_array(o, "chain");
    for (size_t i = 0; i < r->result->chain_n; i++) {
        json_append_bytes(chain, a, r->result->chain[i]);
    }
    return o;
}

bzt_err record_add(const char *folder, arena *a, const record *r)
{
    const char *of_login, *path;
    bzt_span text;
    bzt_err err;

    if ((err = folder_of(&of_login, a, folder, r->login)) ||
        (err = make_folders(a, folder, of_login)) ||
        (err = json_write(&text, a, describe(a, r))))
        return err;
    path = arena_printf(a, "%s/%014lld-%s.json", of_login, (long long)r->at,
                        r->request->id);
    return path ? file_write(path, text, 0600) : BZT_ERR_MEMORY;
}

/* --- listing ------------------------------------------------------------- */

static int is_record(const struct dirent *e)
{
    size_t n = strlen(e->d_name);

    return n > 5 && n < NAME_LEN_MAX && e->d_name[0] != '.' &&
           !strcmp(e->d_name + n - 5, ".json");
}

static bzt_err append(json *list, arena *a, const char *of_login,
                      const char *name)
{
    const char *path = arena_printf(a, "%s/%s", of_login, name);
    uint8_t *text = NULL;
    size_t len;
    json *o = NULL;
    bzt_err err;

    if (!path)
        return BZT_ERR_MEMORY;
    if ((err = file_read(&text, &len, path, RECORD_FILE_MAX)))
        return err;
    err = json_parse(&o, a, (bzt_span){text, len});
    free(text);
    if (!err)
        json_append(list, o);
    return err;
}

/* names are in descending order. */
static bzt_err fill(json *list, const char **next, arena *a,
                    const char *of_login, struct dirent **names, int n,
                    const char *before)
{
    int taken = 0;

    for (int i = 0; i < n; i++) {
        const char *name = names[i]->d_name;
        size_t len = strlen(name) - 5;
        if (before && (strncmp(name, before, len) >= 0))
            continue;
        if (taken++ == RECORDS_PAGE)
            return BZT_OK;
        bzt_err err = append(list, a, of_login, name);
        if (err)
            return err;
        *next = arena_text(a, (bzt_span){(const uint8_t *)name, len});
        if (i == n - 1)
            *next = NULL;
    }
    return BZT_OK;
}

static int descending(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*b)->d_name, (*a)->d_name);
}

bzt_err record_list(json **out, const char **next, arena *a, const char *folder,
                    const char *login, const char *before)
{
    struct dirent **names = NULL;
    const char *of_login;
    int n;
    bzt_err err;

    *next = NULL;
    *out = json_new_array(a);
    if ((err = folder_of(&of_login, a, folder, login)))
        return err;
    n = scandir(of_login, &names, is_record, descending);
    if (n < 0)
        return errno == ENOENT ? BZT_OK : BZT_ERR_IO;
    err = fill(*out, next, a, of_login, names, n, before);
    while (n) {
        free(names[--n]);
    }
    free(names);
    return err;
}
