/* PEM (pem.h), RFC 7468.  Pure. */
#include "pem.h"

#include "core/text.h"

#include <stdbool.h>
#include <string.h>

static bool is_at(bzt_span text, size_t at, const char *s)
{
    size_t n = strlen(s);
    return text.len - at >= n && !memcmp(text.p + at, s, n);
}

/* Place of "-----" verb label "-----" from `at` on, or text.len; *end is
 * behind it. */
static size_t line_find(size_t *end, bzt_span text, size_t at, const char *verb,
                        const char *label)
{
    size_t n = strlen(verb), m = strlen(label);
    for (; at < text.len; at++) {
        if (!is_at(text, at, verb) || !is_at(text, at + n, label) ||
            !is_at(text, at + n + m, "-----"))
            continue;
        *end = at + n + m + 5;
        return at;
    }
    *end = text.len;
    return text.len;
}

/* Base64 without the line ends and blanks between. */
static bzt_err compact(uint8_t *buf, size_t *n, size_t cap, bzt_span in)
{
    *n = 0;
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.p[i];
        if (c == '\n' || c == '\r' || c == ' ' || c == '\t')
            continue;
        if (*n == cap)
            return BZT_ERR_SPACE;
        buf[(*n)++] = c;
    }
    return BZT_OK;
}

bzt_err pem_read(bzt_span *der, uint8_t *buf, size_t cap, bzt_span *text,
                 const char *label)
{
    size_t begin, end, behind, n, len;
    bzt_err err;
    *der = (bzt_span){0, 0};
    if (line_find(&begin, *text, 0, "-----BEGIN ", label) == text->len)
        return BZT_ERR_NOT_FOUND;
    end = line_find(&behind, *text, begin, "-----END ", label);
    if (end == text->len)
        return BZT_ERR_TRUNCATED;
    bzt_span body = {text->p + begin, end - begin};
    if ((err = compact(buf, &n, cap, body)))
        return err;
    /* in place: a byte is written only behind the digits it came from */
    if ((err = base64_read(buf, &len, cap, (bzt_span){buf, n})))
        return err;
    text->p += behind;
    text->len -= behind;
    *der = (bzt_span){buf, len};
    return BZT_OK;
}

typedef struct page {
    char *p;
    size_t cap, len;
} page;

static bzt_err put(page *o, const char *s)
{
    size_t n = strlen(s);
    if (o->cap - o->len <= n)
        return BZT_ERR_SPACE;
    memcpy(o->p + o->len, s, n + 1);
    o->len += n;
    return BZT_OK;
}

static bzt_err line_put(page *o, const char *verb, const char *label)
{
    bzt_err err;
    if ((err = put(o, verb)) || (err = put(o, label)))
        return err;
    return put(o, "-----\n");
}

bzt_err pem_write(bzt_span *out, char *buf, size_t cap, const char *label,
                  bzt_span der)
{
    page o = {buf, cap, 0};
    char digits[BASE64_LEN(48) + 1];
    bzt_err err;
    *out = (bzt_span){0, 0};
    if ((err = line_put(&o, "-----BEGIN ", label)))
        return err;
    for (size_t at = 0; at < der.len; at += 48) {
        size_t n = der.len - at < 48 ? der.len - at : 48;
        base64_write(digits, (bzt_span){der.p + at, n});
        if ((err = put(&o, digits)) || (err = put(&o, "\n")))
            return err;
    }
    if ((err = line_put(&o, "-----END ", label)))
        return err;
    *out = (bzt_span){(const uint8_t *)buf, o.len};
    return BZT_OK;
}
