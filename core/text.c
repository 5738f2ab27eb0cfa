/* Bytes as text (text.h).  Pure.
 *
 * An alphabet is a few ranges of characters with consecutive values, looked
 * through whole and without a table: keys travel as text, and neither a
 * branch nor an index depends on them.  Which text is refused is public.
 */
#include "core/text.h"

#include "core/ct.h"
#include "core/wipe.h"

typedef struct range {
    uint8_t first; /* its first character */
    uint8_t value; /* and the value of that */
    uint8_t n;
} range;

typedef struct alphabet {
    unsigned bits;
    unsigned write_n; /* ranges that are written */
    unsigned read_n;  /* ranges that are read */
    range ranges[5];
} alphabet;

static const alphabet base64url = {
    6,
    5,
    5,
    {{'A', 0, 26}, {'a', 26, 26}, {'0', 52, 10}, {'-', 62, 1}, {'_', 63, 1}}};
static const alphabet base64 = {
    6,
    5,
    5,
    {{'A', 0, 26}, {'a', 26, 26}, {'0', 52, 10}, {'+', 62, 1}, {'/', 63, 1}}};
static const alphabet base32 = {5, 2, 2, {{'a', 0, 26}, {'2', 26, 6}}};
static const alphabet hex = {
    4, 2, 3, {{'0', 0, 10}, {'a', 10, 6}, {'A', 10, 6}}};

/* All ones when first <= v < first + n; all numbers below 2^31. */
static uint32_t in_range(uint32_t v, uint32_t first, uint32_t n)
{
    return ct_mask32(((first - 1 - v) & (v - first - n)) >> 31);
}

static char digit_write(const alphabet *a, uint32_t value)
{
    uint32_t c = 0;
    for (unsigned i = 0; i < a->write_n; i++) {
        const range *r = &a->ranges[i];
        c |= in_range(value, r->value, r->n) & (r->first + value - r->value);
    }
    return (char)c;
}

/* 0x100 for what is no digit. */
static uint32_t digit_read(const alphabet *a, uint32_t c)
{
    uint32_t value = 0x100;
    for (unsigned i = 0; i < a->read_n; i++) {
        const range *r = &a->ranges[i];
        value +=
            in_range(c, r->first, r->n) & (c - r->first + r->value - 0x100);
    }
    return value;
}

/* Most significant bits first; the last digit is filled with zero bits. */
static size_t digits_write(char *out, const alphabet *a, bzt_span bytes)
{
    uint32_t mask = (1u << a->bits) - 1;
    uint32_t acc = 0;
    unsigned have = 0;
    size_t n = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        acc = (acc << 8 | bytes.p[i]) & 0xffff;
        have += 8;
        while (have >= a->bits) {
            have -= a->bits;
            out[n++] = digit_write(a, acc >> have & mask);
        }
    }
    if (have)
        out[n++] = digit_write(a, acc << (a->bits - have) & mask);
    out[n] = 0;
    return n;
}

static bzt_err digits_read(uint8_t *out, size_t *len, size_t cap,
                           const alphabet *a, bzt_span text)
{
    *len = 0;
    if (text.len > SIZE_MAX / 8)
        return BZT_ERR_ENCODING;
    size_t n = text.len * a->bits / 8;
    if (text.len * a->bits % 8 >= a->bits)
        return BZT_ERR_ENCODING; /* a digit that holds no bit of a byte */
    if (n > cap)
        return BZT_ERR_SPACE;
    uint32_t acc = 0, bad = 0;
    unsigned have = 0;
    size_t k = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint32_t v = digit_read(a, text.p[i]);
        bad |= v & 0x100;
        acc = (acc << a->bits | (v & 0xff)) & 0xffff;
        have += a->bits;
        if (have >= 8) {
            have -= 8;
            out[k++] = (uint8_t)(acc >> have);
        }
    }
    bad |= acc & ((1u << have) - 1); /* spare bits are zero */
    ct_public(bad); /* whether a text is well formed is no secret */
    if (bad) {
        wipe(out, n);
        return BZT_ERR_ENCODING;
    }
    *len = n;
    return BZT_OK;
}

void base64url_write(char *out, bzt_span bytes)
{
    digits_write(out, &base64url, bytes);
}

void base64_write(char *out, bzt_span bytes)
{
    size_t n = digits_write(out, &base64, bytes);
    while (n % 4)
        out[n++] = '=';
    out[n] = 0;
}

void base32_write(char *out, bzt_span bytes)
{
    digits_write(out, &base32, bytes);
}

void hex_write(char *out, bzt_span bytes)
{
    digits_write(out, &hex, bytes);
}

bzt_err base64url_read(uint8_t *out, size_t *len, size_t cap, bzt_span text)
{
    return digits_read(out, len, cap, &base64url, text);
}

bzt_err base64_read(uint8_t *out, size_t *len, size_t cap, bzt_span text)
{
    *len = 0;
    if (text.len % 4)
        return BZT_ERR_ENCODING;
    for (int i = 0; i < 2 && text.len && text.p[text.len - 1] == '='; i++)
        text.len--;
    return digits_read(out, len, cap, &base64, text);
}

bzt_err base32_read(uint8_t *out, size_t *len, size_t cap, bzt_span text)
{
    return digits_read(out, len, cap, &base32, text);
}

bzt_err hex_read(uint8_t *out, size_t *len, size_t cap, bzt_span text)
{
    return digits_read(out, len, cap, &hex, text);
}

bzt_err base64url_read_n(uint8_t *out, size_t n, bzt_span text)
{
    size_t len;
    if (text.len != BASE64URL_LEN(n)) {
        wipe(out, n);
        return BZT_ERR_ENCODING;
    }
    return digits_read(out, &len, n, &base64url, text);
}

void id_write(char out[ID_TEXT_SIZE], const char *prefix,
              const uint8_t id[ID_LEN])
{
    size_t n = 0;
    while (n < ID_PREFIX_MAX && prefix[n]) {
        out[n] = prefix[n];
        n++;
    }
    out[n++] = '_';
    base32_write(out + n, (bzt_span){id, ID_LEN});
}

bzt_err id_read(uint8_t id[ID_LEN], const char *prefix, bzt_span text)
{
    size_t n = 0, len;
    while (n < text.len && prefix[n] && text.p[n] == (uint8_t)prefix[n])
        n++;
    if (prefix[n] || text.len != n + 1 + ID_TEXT_LEN || text.p[n] != '_') {
        wipe(id, ID_LEN);
        return BZT_ERR_ENCODING;
    }
    return base32_read(id, &len, ID_LEN,
                       (bzt_span){text.p + n + 1, ID_TEXT_LEN});
}

/* Bytes that follow the first byte of a sequence, and the least code point
 * that needs them; 0xff: no first byte. */
static unsigned followers(uint32_t *least, uint32_t *bits, uint8_t first)
{
    if (first < 0x80) {
        *least = 0;
        *bits = first;
        return 0;
    }
    if ((first & 0xe0) == 0xc0) {
        *least = 0x80;
        *bits = first & 0x1f;
        return 1;
    }
    if ((first & 0xf0) == 0xe0) {
        *least = 0x800;
        *bits = first & 0x0f;
        return 2;
    }
    if ((first & 0xf8) == 0xf0) {
        *least = 0x10000;
        *bits = first & 0x07;
        return 3;
    }
    return 0xff;
}

/* Next code point; false at the end and, with *bad set, for bad bytes. */
static bool next_point(uint32_t *point, bzt_span *text, bool *bad)
{
    uint32_t least = 0, bits = 0;
    if (!text->len)
        return false;
    *bad = true;
    unsigned n = followers(&least, &bits, text->p[0]);
    if (n == 0xff || n >= text->len)
        return false;
    for (unsigned i = 1; i <= n; i++) {
        if ((text->p[i] & 0xc0) != 0x80)
            return false;
        bits = bits << 6 | (text->p[i] & 0x3f);
    }
    if (bits < least || bits > 0x10ffff || (bits >= 0xd800 && bits <= 0xdfff))
        return false;
    *bad = false;
    *point = bits;
    text->p += n + 1;
    text->len -= n + 1;
    return true;
}

bool text_is_utf8(bzt_span text)
{
    uint32_t point;
    bool bad = false;
    while (next_point(&point, &text, &bad)) {
    }
    return !bad;
}

/* What no reader sees, or what moves its neighbours. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001f},   /* C0 controls */
    {0x007f, 0x009f},   /* DEL, C1 controls */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x034f, 0x034f},   /* combining grapheme joiner */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels */
    {0x180b, 0x180f},   /* Mongolian selectors */
    {0x200b, 0x200f},   /* zero width, direction marks */
    {0x2028, 0x202e},   /* separators, embeddings, overrides */
    {0x2060, 0x206f},   /* joiner, invisible operators, isolates */
    {0x2800, 0x2800},   /* blank Braille */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xfe00, 0xfe0f},   /* variation selectors */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xffa0, 0xffa0},   /* half-width filler */
    {0xfdd0, 0xfdef},   /* noncharacters */
    {0xfff0, 0xfffb},   /* unassigned, interlinear annotation */
    {0xe0000, 0xe0fff}, /* tags, more selectors */
};

static bool is_hidden(uint32_t point)
{
    if ((point & 0xfffe) == 0xfffe)
        return true; /* the last two of every plane are noncharacters */
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
        if (point >= hidden[i].first && point <= hidden[i].last)
            return true;
    return false;
}

bool text_is_plain(bzt_span text)
{
    uint32_t point;
    bool bad = false;
    while (next_point(&point, &text, &bad))
        if (is_hidden(point))
            return false;
    return !bad;
}

bzt_span text_span(const char *s)
{
    size_t n = 0;
    while (s && s[n])
        n++;
    return (bzt_span){(const uint8_t *)s, n};
}

bool text_is(bzt_span text, const char *s)
{
    size_t n = 0;
    while (n < text.len && s[n] && text.p[n] == (uint8_t)s[n])
        n++;
    return n == text.len && !s[n];
}
