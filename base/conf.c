#include "conf.h"
#include "file.h"
#include <errno.h>
#include <ini.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_LEN_MAX = 4096, FILE_LEN_MAX = 1 << 20 };

typedef struct entry {
    struct entry *next;
    char *name, *value; /* name is "section.key" */
    int line;
} entry;

struct conf {
    entry *entries;
    char *path;
    const char *const *known;
    const char *text; /* while reading: what is left of the file */
    int line;
    bzt_err err;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* inih's defaults are short lines, values over several lines and comments
 * after values; a value here is its whole line. */
static void set_dialect(void)
{
    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_allow_bom = false;
    ini_use_stack = false;
    ini_max_line = LINE_LEN_MAX;
    ini_initial_alloc = LINE_LEN_MAX;
}

static void complain(conf *c, int line, const char *name, const char *what)
{
    fprintf(stderr, "%s:%d: %s: %s\n", c->path, line, name, what);
    c->err = BZT_ERR_CONFIG;
}

static entry *find(const conf *c, const char *name)
{
    for (entry *e = c->entries; e; e = e->next)
        if (!strcmp(e->name, name))
            return e;
    return NULL;
}

static int is_known(const conf *c, const char *name)
{
    for (const char *const *k = c->known; *k; k++)
        if (!strcmp(*k, name))
            return 1;
    return 0;
}

static char *join(const char *section, const char *key)
{
    char *out;

    if (asprintf(&out, "%s%s%s", section, *section ? "." : "", key) < 0)
        return NULL;
    return out;
}

static int add(conf *c, char *name, const char *value)
{
    entry *e = calloc(1, sizeof *e);

    if (!e || !(e->value = strdup(value))) {
        free(e);
        free(name);
        c->err = BZT_ERR_MEMORY;
        return 0;
    }
    e->name = name;
    e->line = c->line;
    e->next = c->entries;
    c->entries = e;
    return 1;
}

/* 1: inih goes on, so that every fault of a file is told at once. */
static int handle(void *self, const char *section, const char *key,
                  const char *value)
{
    conf *c = self;
    char *name = join(section, key);

    if (!name) {
        c->err = BZT_ERR_MEMORY;
        return 0;
    }
    if (is_known(c, name) && !find(c, name))
        return add(c, name, value);
    complain(c, c->line, name, is_known(c, name) ? "twice" : "unknown name");
    free(name);
    return 1;
}

/* As fgets, but counts lines and refuses those that would be cut. */
static char *read_line(char *out, int cap, void *self)
{
    conf *c = self;
    const char *newline = strchr(c->text, '\n');
    size_t len = newline ? (size_t)(newline - c->text) : strlen(c->text);

    if (!*c->text)
        return NULL;
    c->line++;
    if (len + 2 > (size_t)cap) {
        complain(c, c->line, "line", "too long");
        out[0] = 0;
    } else {
        memcpy(out, c->text, len);
        out[len] = 0;
    }
    c->text += len + (newline ? 1 : 0);
    return out;
}

static bzt_err load(conf *c)
{
    uint8_t *text;
    size_t len;
    int bad_line;
    bzt_err err = file_read(&text, &len, c->path, FILE_LEN_MAX);

    if (err) {
        fprintf(stderr, "%s: %s\n", c->path, bzt_err_describe(err)->en);
        return BZT_ERR_CONFIG;
    }
    if (strlen((char *)text) != len)
        complain(c, 0, "file", "has a zero byte");
    c->text = (char *)text;
    bad_line = ini_parse_stream(read_line, c, handle, c);
    free(text);
    if (bad_line > 0 && !c->err)
        complain(c, bad_line, "line", "neither [section] nor name = value");
    return bad_line < 0 ? BZT_ERR_MEMORY : c->err;
}

bzt_err conf_read(conf **out, const char *path, const char *const *known)
{
    conf *c = calloc(1, sizeof *c);
    bzt_err err;

    *out = NULL;
    pthread_once(&once, set_dialect);
    if (!c || !(c->path = strdup(path))) {
        conf_free(c);
        return BZT_ERR_MEMORY;
    }
    c->known = known;
    if ((err = load(c))) {
        conf_free(c);
        return err;
    }
    *out = c;
    return BZT_OK;
}

void conf_free(conf *c)
{
    if (!c)
        return;
    while (c->entries) {
        entry *next = c->entries->next;

        free(c->entries->name);
        free(c->entries->value);
        free(c->entries);
        c->entries = next;
    }
    free(c->path);
    free(c);
}

const char *conf_text(const conf *c, const char *name, const char *fallback)
{
    const entry *e = find(c, name);

    return e ? e->value : fallback;
}

int64_t conf_int(conf *c, const char *name, int64_t fallback)
{
    const entry *e = find(c, name);
    long long v;
    char *end;

    if (!e)
        return fallback;
    errno = 0;
    v = strtoll(e->value, &end, 10);
    if (end == e->value || *end || errno) {
        complain(c, e->line, name, "not a whole number");
        return fallback;
    }
    return v;
}

bzt_err conf_check(const conf *c)
{
    return c->err;
}
