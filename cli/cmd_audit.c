/* bzt audit: fetching and verifying the audit trail. */
#include "base/file.h"
#include "base/settings.h"
#include "cmd.h"
#include "pki/statement.h"
#include "sdk/audit_copy.h"
#include "sdk/site.h"
#include "sdk/staff.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COPY_MAX = 1 << 30 };

/* --- fetching ----------------------------------------------------------- */

struct copy {
    uint8_t *p;
    size_t len, cap;
};

static bzt_err append(struct copy *c, bzt_span bytes)
{
    if (c->len + bytes.len > c->cap) {
        size_t cap = (c->len + bytes.len) * 2;
        uint8_t *p = cap <= COPY_MAX ? realloc(c->p, cap) : NULL;
        if (!p)
            return BZT_ERR_MEMORY;
        c->p = p;
        c->cap = cap;
    }
    memcpy(c->p + c->len, bytes.p, bytes.len);
    c->len += bytes.len;
    return BZT_OK;
}

static size_t lines_in(bzt_span text)
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        n += text.p[i] == '\n';
    }
    return n;
}

static bzt_span without_first_line(bzt_span text)
{
    const uint8_t *end = memchr(text.p, '\n', text.len);
    size_t skip = end ? (size_t)(end - text.p) + 1 : text.len;

    return (bzt_span){text.p + skip, text.len - skip};
}

/* Pages follow one another; each begins with the head of its moment, and
 * the last head, which covers them all, goes first in the copy. */
static bzt_err fetch(struct copy *leaves, bzt_span *head, staff *s,
                     char head_buf[1024])
{
    size_t from = 0, n = 0;
    bzt_span page;
    bzt_err err;

    do {
        char target[80];
        arena_reset(staff_arena(s));
        snprintf(target, sizeof(target), "/staff/v1/audit?from=%zu", from);
        if ((err = signed_call_bytes(&page, staff_arena(s), staff_call(s),
                                     target)))
            return err;
        bzt_span rest = without_first_line(page);
        head->len = page.len - rest.len;
        if (head->len > 1024)
            return BZT_ERR_BAD_JSON;
        memcpy(head_buf, page.p, head->len);
        head->p = (const uint8_t *)head_buf;
        n = lines_in(rest);
        from += n;
        if ((err = append(leaves, rest)))
            return err;
    } while (n);
    return BZT_OK;
}

int cmd_audit_fetch(const args *a)
{
    struct copy leaves = {0}, all = {0};
    char head_buf[1024];
    staff *s = NULL;
    bzt_span head;
    bzt_err err = staff_open(&s, arg(a, "dir", NULL));

    if (!err)
        err = fetch(&leaves, &head, s, head_buf);
    if (!err)
        err = append(&all, head);
    if (!err)
        err = append(&all, (bzt_span){leaves.p, leaves.len});
    if (!err)
        err = file_write(arg(a, "out", NULL), (bzt_span){all.p, all.len}, 0644);
    if (err)
        fail(err, s ? staff_call(s)->detail : NULL);
    free(leaves.p);
    free(all.p);
    staff_close(s);
    return err ? 1 : 0;
}

/* --- verifying ---------------------------------------------------------- */

/* The audit key of settings that the site's pinned key has signed. */
static bzt_err audit_key(uint8_t out[65], const args *args_)
{
    uint8_t *file = NULL, site_key[65], signature[64];
    arena *a = arena_new(4 << 20);
    settings site;
    bzt_span payload;
    size_t len = 0;
    bzt_err err = BZT_ERR_MEMORY;

    if (!a)
        goto out;
    if ((err = site_public_read(site_key, arg(args_, "site-key", NULL))) ||
        (err = file_read(&file, &len, arg(args_, "settings", NULL),
                         SETTINGS_MAX)))
        goto out;
    err = BZT_ERR_SETTINGS;
    if (settings_unwrap(&payload, signature, a, (bzt_span){file, len}) ||
        statement_verify((bzt_span){signature, 64}, STATEMENT_SETTINGS,
                         site_key, payload) ||
        settings_read(&site, a, payload))
        goto out;
    memcpy(out, site.audit_key, 65);
    err = BZT_OK;
out:
    free(file);
    arena_free(a);
    return err;
}

static bzt_err check_file(audit_copy *out, const char *path,
                          const uint8_t key[65])
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    bzt_err err = file_read(&bytes, &len, path, COPY_MAX);

    *out = (audit_copy){0};
    if (!err)
        err = audit_copy_check(out, (bzt_span){bytes, len}, key);
    free(bytes);
    return err;
}

static int fail_at(bzt_err err, const char *path, const audit_copy *c)
{
    char where[400];

    snprintf(where, sizeof(where), "%.300s, 第 %lld 行 / line %lld", path,
             (long long)c->line, (long long)c->line);
    return fail(err, where);
}

int cmd_audit_verify(const args *a)
{
    const char *earlier = arg(a, "earlier", NULL);
    audit_copy copy = {0}, old = {0};
    uint8_t key[65];
    bzt_err err;
    int status = 1;

    if ((err = audit_key(key, a))) {
        fail(err, NULL);
        goto out;
    }
    if ((err = check_file(&copy, a->words[0], key))) {
        fail_at(err, a->words[0], &copy);
        goto out;
    }
    if (earlier && (err = check_file(&old, earlier, key))) {
        fail_at(err, earlier, &old);
        goto out;
    }
    if (earlier && (err = audit_copy_is_prefix(&old, &copy))) {
        fail(err, "不是同一棵树的开头 / not how this tree began");
        goto out;
    }
    printf("{\"size\":%lld,\"records\":%lld,\"at\":%lld}\n",
           (long long)copy.size, (long long)copy.records, (long long)copy.at);
    status = 0;
out:
    audit_copy_free(&copy);
    audit_copy_free(&old);
    return status;
}
