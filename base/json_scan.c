#include "json_scan.h"
#include "core/text.h"
#include <stdbool.h>
#include <string.h>

enum { NUMBER_LEN_MAX = 60 };

/* Every step returns false where the text leaves the grammar. */
typedef struct cursor {
    const uint8_t *p, *end;
    int depth;
} cursor;

static bool value(cursor *c);

static int peek(const cursor *c)
{
    return c->p < c->end ? *c->p : -1;
}

static bool take(cursor *c, int byte)
{
    if (peek(c) != byte)
        return false;
    c->p++;
    return true;
}

static void space(cursor *c)
{
    while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\n' ||
           peek(c) == '\r')
        c->p++;
}

static bool word(cursor *c, const char *text)
{
    size_t len = strlen(text);

    if ((size_t)(c->end - c->p) < len || memcmp(c->p, text, len) != 0)
        return false;
    c->p += len;
    return true;
}

static bool is_digit(int byte)
{
    return byte >= '0' && byte <= '9';
}

static bool digits(cursor *c)
{
    if (!is_digit(peek(c)))
        return false;
    while (is_digit(peek(c)))
        c->p++;
    return true;
}

static bool number_form(cursor *c)
{
    take(c, '-');
    if (!take(c, '0') && !digits(c))
        return false;
    if (take(c, '.') && !digits(c))
        return false;
    if (!take(c, 'e') && !take(c, 'E'))
        return true;
    if (!take(c, '+'))
        take(c, '-');
    return digits(c);
}

/* cJSON silently cuts a number at 63 characters. */
static bool number(cursor *c)
{
    const uint8_t *start = c->p;

    return number_form(c) && c->p - start <= NUMBER_LEN_MAX;
}

static int hex_digit(int byte)
{
    if (is_digit(byte))
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static bool hex4(cursor *c, unsigned *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(peek(c));

        if (digit < 0)
            return false;
        *out = *out << 4 | (unsigned)digit;
        c->p++;
    }
    return true;
}

/* After the backslash. U+0000 would end a C string early. */
static bool escape(cursor *c)
{
    int byte = peek(c);
    unsigned unit, low;

    if (byte < 0)
        return false;
    c->p++;
    if (byte != 'u')
        return byte && strchr("\"\\/bfnrt", byte);
    if (!hex4(c, &unit) || unit == 0 || (unit >= 0xdc00 && unit <= 0xdfff))
        return false;
    if (unit < 0xd800 || unit > 0xdbff)
        return true;
    return take(c, '\\') && take(c, 'u') && hex4(c, &low) && low >= 0xdc00 &&
           low <= 0xdfff;
}

static bool string(cursor *c)
{
    if (!take(c, '"'))
        return false;
    for (;;) {
        int byte = peek(c);

        if (byte < 0x20) /* also the end, -1 */
            return false;
        c->p++;
        if (byte == '"')
            return true;
        if (byte == '\\' && !escape(c))
            return false;
    }
}

static bool member(cursor *c)
{
    space(c);
    if (!string(c))
        return false;
    space(c);
    return take(c, ':') && value(c);
}

/* After the opening bracket. */
static bool list(cursor *c, int close, bool (*item)(cursor *))
{
    space(c);
    if (take(c, close))
        return true;
    do {
        if (!item(c))
            return false;
    } while (take(c, ','));
    return take(c, close);
}

static bool nested(cursor *c, int close, bool (*item)(cursor *))
{
    bool ok;

    c->p++;
    if (++c->depth > JSON_DEPTH_MAX)
        return false;
    ok = list(c, close, item);
    c->depth--;
    return ok;
}

static bool bare(cursor *c)
{
    switch (peek(c)) {
    case '{':
        return nested(c, '}', member);
    case '[':
        return nested(c, ']', value);
    case '"':
        return string(c);
    case 't':
        return word(c, "true");
    case 'f':
        return word(c, "false");
    case 'n':
        return word(c, "null");
    default:
        return number(c);
    }
}

static bool value(cursor *c)
{
    space(c);
    if (!bare(c))
        return false;
    space(c);
    return true;
}

bzt_err json_scan(bzt_span text)
{
    cursor c = {text.p, text.p + text.len, 0};

    if (!text.len)
        return BZT_ERR_BAD_JSON;
    if (!text_is_utf8(text))
        return BZT_ERR_BAD_UTF8;
    return value(&c) && c.p == c.end ? BZT_OK : BZT_ERR_BAD_JSON;
}
