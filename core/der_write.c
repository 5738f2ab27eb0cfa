/* Writing DER (X.690) forward into a caller's buffer.
 *
 * An element is begun with room for one byte of length; when it ends and is
 * longer, its content moves up.  So a buffer must only hold the result. */
#include "der.h"

#include <string.h>

/* Room for n bytes at the end, or NULL once anything has failed. */
static uint8_t *grow(der_writer *w, size_t n)
{
    uint8_t *p;
    if (w->err)
        return 0;
    if (w->cap - w->len < n) {
        w->err = BZT_ERR_SPACE;
        return 0;
    }
    p = w->p + w->len;
    w->len += n;
    return p;
}

/* Bytes of length behind the first one (10.1). */
static size_t extra_bytes(size_t len)
{
    size_t n = 0;
    if (len < 0x80)
        return 0;
    for (; len; len >>= 8)
        n++;
    return n;
}

/* p[0 .. extra] */
static void put_length(uint8_t *p, size_t len, size_t extra)
{
    if (!extra) {
        *p = (uint8_t)len;
        return;
    }
    *p = (uint8_t)(0x80 | extra);
    for (size_t i = extra; i; i--, len >>= 8)
        p[i] = (uint8_t)len;
}

void der_writer_init(der_writer *w, uint8_t *buf, size_t cap)
{
    *w = (der_writer){.p = buf, .cap = cap};
}

size_t der_begin(der_writer *w, uint8_t tag)
{
    uint8_t *p = grow(w, 2);
    if (p) {
        p[0] = tag;
        p[1] = 0;
    }
    return w->len;
}

size_t der_begin_bits(der_writer *w)
{
    const size_t mark = der_begin(w, DER_BIT_STRING);
    uint8_t *p = grow(w, 1);
    if (p)
        *p = 0; /* no unused bits */
    return mark;
}

void der_end_at(der_writer *w, size_t mark)
{
    size_t len, extra;
    if (w->err)
        return;
    if (mark < 2 || mark > w->len)
        __builtin_trap(); /* not from der_begin */
    len = w->len - mark;
    if ((uint64_t)len > 0x80000000u) {
        w->err = BZT_ERR_SPACE;
        return;
    }
    extra = extra_bytes(len);
    if (extra) {
        if (!grow(w, extra))
            return;
        memmove(w->p + mark + extra, w->p + mark, len);
    }
    put_length(w->p + mark - 1, len, extra);
}

void der_write(der_writer *w, uint8_t tag, bzt_span content)
{
    const size_t mark = der_begin(w, tag);
    der_write_raw(w, content);
    der_end_at(w, mark);
}

void der_write_raw(der_writer *w, bzt_span whole)
{
    uint8_t *p = grow(w, whole.len);
    if (p && whole.len)
        memcpy(p, whole.p, whole.len);
}

void der_write_uint(der_writer *w, bzt_span m)
{
    const size_t mark = der_begin(w, DER_INTEGER);
    uint8_t *p;
    while (m.len && !m.p[0]) {
        m.p++;
        m.len--;
    }
    if (!m.len || m.p[0] & 0x80) {
        p = grow(w, 1);
        if (p)
            *p = 0;
    }
    der_write_raw(w, m);
    der_end_at(w, mark);
}

void der_write_u64(der_writer *w, uint64_t v)
{
    uint8_t b[8];
    for (int i = 8; i; i--, v >>= 8)
        b[i - 1] = (uint8_t)v;
    der_write_uint(w, (bzt_span){b, sizeof(b)});
}

void der_write_bool(der_writer *w, uint32_t v)
{
    const uint8_t b = v ? 0xff : 0;
    der_write(w, DER_BOOLEAN, (bzt_span){&b, 1});
}

void der_write_null(der_writer *w)
{
    der_write(w, DER_NULL, (bzt_span){0, 0});
}

void der_write_bits(der_writer *w, bzt_span bytes)
{
    const size_t mark = der_begin_bits(w);
    der_write_raw(w, bytes);
    der_end_at(w, mark);
}

void der_write_named_bits(der_writer *w, uint32_t bits, unsigned n)
{
    uint8_t b[5] = {0};
    size_t used = 0; /* 11.2.2: up to the last bit that is set */
    for (unsigned i = 0; i < n && i < 32; i++) {
        if (bits >> i & 1) {
            b[1 + i / 8] |= (uint8_t)(0x80 >> i % 8);
            used = i + 1;
        }
    }
    b[0] = (uint8_t)((8 - used % 8) % 8);
    der_write(w, DER_BIT_STRING, (bzt_span){b, 1 + (used + 7) / 8});
}

void der_write_text(der_writer *w, uint8_t tag, const char *s)
{
    size_t n = 0;
    while (s[n])
        n++;
    der_write(w, tag, (bzt_span){(const uint8_t *)s, n});
}

bzt_err der_writer_done(bzt_span *out, der_writer *w)
{
    *out = (bzt_span){0, 0};
    if (w->err)
        return w->err;
    *out = (bzt_span){w->p, w->len};
    return BZT_OK;
}
