/* Reading DER (X.690, 8 and 10).  One cursor, no recursion; every length is
 * compared with what is left before anything is added to it. */
#include "der.h"

#include <string.h>

enum {
    LONG_TAG = 0x1f, /* 8.1.2.4: more bytes of tag follow; nobody needs it */
    LONG_LENGTH = 0x80,
    LENGTH_MAX_BYTES = 4
};
#define LENGTH_MAX 0x80000000u

static const bzt_span nothing = {0, 0};

/* 10.1: definite, in as few bytes as possible.  at: of the first length
 * byte in, moved behind the last. */
static bzt_err read_length(uint32_t *len, size_t *at, bzt_span in)
{
    const uint8_t first = in.p[(*at)++];
    const size_t n = first & 0x7f;
    uint32_t v = 0;
    *len = first;
    if (first < LONG_LENGTH)
        return BZT_OK;
    if (!n || n > LENGTH_MAX_BYTES)
        return BZT_ERR_ENCODING;
    if (in.len - *at < n)
        return BZT_ERR_TRUNCATED;
    for (size_t i = 0; i < n; i++)
        v = v << 8 | in.p[*at + i];
    if (v < LONG_LENGTH || !in.p[*at] || v > LENGTH_MAX)
        return BZT_ERR_ENCODING;
    *at += n;
    *len = v;
    return BZT_OK;
}

bzt_err der_read_any(uint8_t *tag, bzt_span *content, bzt_span *whole,
                     bzt_span *in)
{
    const bzt_span from = *in;
    size_t at = 1;
    uint32_t len;
    bzt_err err;
    if (tag)
        *tag = 0;
    if (whole)
        *whole = nothing;
    if (from.len < 2)
        return BZT_ERR_TRUNCATED;
    if (!from.p[0] || (from.p[0] & LONG_TAG) == LONG_TAG)
        return BZT_ERR_ENCODING;
    if ((err = read_length(&len, &at, from)))
        return err;
    if (from.len - at < len)
        return BZT_ERR_TRUNCATED;
    *in = (bzt_span){from.p + at + len, from.len - at - len};
    if (tag)
        *tag = from.p[0];
    if (whole)
        *whole = (bzt_span){from.p, at + len};
    if (content)
        *content = (bzt_span){from.p + at, len};
    return BZT_OK;
}

/* As der_read_any; content and cursor may be the same span, which descends
 * into the element. */
static bzt_err read_tagged(bzt_span *content, bzt_span *whole, bzt_span *in,
                           uint8_t tag)
{
    if (!in->len)
        return BZT_ERR_TRUNCATED;
    if (in->p[0] != tag)
        return BZT_ERR_ENCODING;
    return der_read_any(0, content, whole, in);
}

bzt_err der_read(bzt_span *content, bzt_span *in, uint8_t tag)
{
    bzt_span c = nothing;
    const bzt_err err = read_tagged(&c, 0, in, tag);
    *content = c;
    return err;
}

bzt_err der_read_whole(bzt_span *whole, bzt_span *in, uint8_t tag)
{
    bzt_span w = nothing;
    const bzt_err err = read_tagged(0, &w, in, tag);
    *whole = w;
    return err;
}

uint8_t der_peek(bzt_span in)
{
    return in.len ? in.p[0] : 0;
}

bzt_err der_end(bzt_span in)
{
    return in.len ? BZT_ERR_TRAILING : BZT_OK;
}

bzt_err der_read_uint(bzt_span *magnitude, bzt_span *in)
{
    bzt_span c;
    bzt_err err;
    *magnitude = nothing;
    if ((err = der_read(&c, in, DER_INTEGER)))
        return err;
    if (!c.len || c.p[0] & 0x80)
        return BZT_ERR_ENCODING; /* none, or negative */
    if (c.len > 1 && !c.p[0]) {
        if (!(c.p[1] & 0x80))
            return BZT_ERR_ENCODING; /* 8.3.2: not the shortest form */
        c.p++;
        c.len--;
    }
    *magnitude = c;
    return BZT_OK;
}

bzt_err der_read_u64(uint64_t *out, bzt_span *in)
{
    bzt_span m;
    bzt_err err;
    uint64_t v = 0;
    *out = 0;
    if ((err = der_read_uint(&m, in)))
        return err;
    if (m.len > sizeof(v))
        return BZT_ERR_RANGE;
    for (size_t i = 0; i < m.len; i++)
        v = v << 8 | m.p[i];
    *out = v;
    return BZT_OK;
}

bzt_err der_read_uint256(uint8_t out[32], bzt_span *in)
{
    bzt_span m;
    bzt_err err;
    memset(out, 0, 32);
    if ((err = der_read_uint(&m, in)))
        return err;
    if (m.len > 32)
        return BZT_ERR_RANGE;
    memcpy(out + 32 - m.len, m.p, m.len);
    return BZT_OK;
}

bzt_err der_read_bool(uint32_t *out, bzt_span *in)
{
    bzt_span c;
    bzt_err err;
    *out = 0;
    if ((err = der_read(&c, in, DER_BOOLEAN)))
        return err;
    if (c.len != 1)
        return BZT_ERR_ENCODING;
    *out = c.p[0] != 0;
    return BZT_OK;
}

bzt_err der_read_null(bzt_span *in)
{
    bzt_span c;
    const bzt_err err = der_read(&c, in, DER_NULL);
    if (err)
        return err;
    return c.len ? BZT_ERR_ENCODING : BZT_OK;
}

/* 8.6.2: the first byte counts the unused bits of the last one. */
static bzt_err read_bit_string(uint8_t *unused, bzt_span *bytes, bzt_span *in)
{
    bzt_span c;
    bzt_err err;
    if ((err = der_read(&c, in, DER_BIT_STRING)))
        return err;
    if (!c.len || c.p[0] > 7 || (c.len == 1 && c.p[0]))
        return BZT_ERR_ENCODING;
    *unused = c.p[0];
    *bytes = (bzt_span){c.p + 1, c.len - 1};
    return BZT_OK;
}

bzt_err der_read_bits(bzt_span *bytes, bzt_span *in)
{
    uint8_t unused;
    bzt_span b;
    bzt_err err;
    *bytes = nothing;
    if ((err = read_bit_string(&unused, &b, in)))
        return err;
    if (unused)
        return BZT_ERR_ENCODING;
    *bytes = b;
    return BZT_OK;
}

bzt_err der_read_named_bits(uint32_t *out, bzt_span *in)
{
    uint8_t unused;
    bzt_span b;
    bzt_err err;
    uint32_t v = 0;
    *out = 0;
    if ((err = read_bit_string(&unused, &b, in)))
        return err;
    if (b.len > 4)
        return BZT_ERR_ENCODING;
    /* Trailing zero bits that DER would drop, and bits set where the count
     * says unused, both occur in certificates: the count decides. */
    for (size_t i = 0; i < 8 * b.len - (b.len ? unused : 0); i++) {
        if (b.p[i / 8] & 0x80 >> i % 8)
            v |= (uint32_t)1 << i;
    }
    *out = v;
    return BZT_OK;
}

uint32_t der_is_equal(bzt_span a, bzt_span b)
{
    if (a.len != b.len)
        return 0;
    for (size_t i = 0; i < a.len; i++) {
        if (a.p[i] != b.p[i])
            return 0;
    }
    return 1;
}
