/* Embedded pages (pages.h). */
#include "pages.h"
#include "core/sm3.h"
#include "core/text.h"
#include <string.h>

typedef struct file {
    const char *name, *type;
    const uint8_t *bytes;
    size_t len;
} file;

#include "platform/pages.inc"

static const struct {
    const char *path, *file;
} pages[] = {{"/", "index.html"},
             {"/login", "index.html"},
             {"/account", "account.html"},
             {"/records", "records.html"},
             {"/favicon.ico", "mark.svg"}};

static const file *find(const char *path)
{
    static const char assets[] = "/assets/";
    const char *name = NULL;

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        if (!strcmp(pages[i].path, path))
            name = pages[i].file;
    }
    if (!strncmp(path, assets, sizeof(assets) - 1))
        name = path + sizeof(assets) - 1;
    for (size_t i = 0; name && i < sizeof(files) / sizeof(files[0]); i++) {
        if (!strcmp(files[i].name, name))
            return &files[i];
    }
    return NULL;
}

static const char *etag_of(arena *a, const file *f)
{
    uint8_t hash[32];
    char hex[HEX_LEN(16) + 1];

    sm3_digest(hash, (bzt_span){f->bytes, f->len});
    hex_write(hex, (bzt_span){hash, 16});
    return arena_printf(a, "\"%s\"", hex);
}

bzt_err pages_get(call *c, bzt_client *client)
{
    const file *f = find(c->param);

    (void)client;
    if (!f)
        return BZT_ERR_NOT_FOUND;
    c->etag = etag_of(c->arena, f);
    if (!c->etag)
        return BZT_ERR_MEMORY;
    c->type = f->type;
    if (c->if_none_match && !strcmp(c->if_none_match, c->etag)) {
        c->status = 304;
        return BZT_OK;
    }
    c->bytes = (bzt_span){f->bytes, f->len};
    return BZT_OK;
}
