/* Signed HTTP requests: their lines and their header (statement.h).  Pure. */
#include "core/sm3.h"
#include "core/text.h"
#include "parts.h"
#include "statement.h"

#include <string.h>

/* A text that is put together; too long sticks. */
typedef struct line {
    char *p;
    size_t cap, len;
    bool is_full;
} line;

static void put(line *l, const void *p, size_t n)
{
    if (l->is_full || l->cap - l->len < n) {
        l->is_full = true;
        return;
    }
    if (n)
        memcpy(l->p + l->len, p, n);
    l->len += n;
}

static void put_text(line *l, const char *s)
{
    put(l, s, strlen(s));
}

static void put_number(line *l, int64_t v)
{
    char digits[20];
    size_t n = sizeof digits;
    do {
        digits[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    put(l, digits + n, sizeof digits - n);
}

static bool is_visible(bzt_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.len != 0;
}

/* Lower-case letters and digits of an id; so neither comma nor blank. */
static bool is_id_text(bzt_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') &&
            !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '_')
            return false;
    return s.len && s.len < ID_TEXT_SIZE;
}

bzt_err statement_http_payload(bzt_span *out, uint8_t *buf, size_t cap,
                               const statement_http *h)
{
    line l = {(char *)buf, cap, 0, false};
    char nonce[BASE64URL_LEN(16) + 1], body[HEX_LEN(32) + 1];
    uint8_t d[32];
    *out = (bzt_span){0, 0};
    if (!is_visible(h->method) || !is_visible(h->target) ||
        !is_id_text(h->id) || h->at < 0)
        return BZT_ERR_BAD_FIELD;
    sm3_digest(d, h->body);
    hex_write(body, (bzt_span){d, sizeof d});
    base64url_write(nonce, (bzt_span){h->nonce, sizeof h->nonce});
    put(&l, h->method.p, h->method.len);
    put_text(&l, "\n");
    put(&l, h->target.p, h->target.len);
    put_text(&l, "\n");
    put(&l, h->id.p, h->id.len);
    put_text(&l, "\n");
    put_number(&l, h->at);
    put_text(&l, "\n");
    put_text(&l, nonce);
    put_text(&l, "\n");
    put_text(&l, body);
    put_text(&l, "\n");
    if (l.is_full)
        return BZT_ERR_SPACE;
    *out = (bzt_span){buf, l.len};
    return BZT_OK;
}

bzt_err statement_http_write(char out[STATEMENT_HTTP_HEADER_MAX],
                             const statement_http *h, const uint8_t sig[64])
{
    line l = {out, STATEMENT_HTTP_HEADER_MAX - 1, 0, false};
    char nonce[BASE64URL_LEN(16) + 1], text[BASE64URL_LEN(64) + 1];
    memset(out, 0, STATEMENT_HTTP_HEADER_MAX);
    if (!is_id_text(h->id) || h->at < 0)
        return BZT_ERR_BAD_FIELD;
    base64url_write(nonce, (bzt_span){h->nonce, sizeof h->nonce});
    base64url_write(text, (bzt_span){sig, 64});
    put_text(&l, "BZT-SM2 id=");
    put(&l, h->id.p, h->id.len);
    put_text(&l, ",at=");
    put_number(&l, h->at);
    put_text(&l, ",nonce=");
    put_text(&l, nonce);
    put_text(&l, ",sig=");
    put_text(&l, text);
    return l.is_full ? BZT_ERR_SPACE : BZT_OK;
}

/* ---- reading ---- */

static bool skip(bzt_span *in, const char *text)
{
    size_t n = strlen(text);
    if (in->len < n || memcmp(in->p, text, n) != 0)
        return false;
    in->p += n;
    in->len -= n;
    return true;
}

/* What stands before the next comma, or the rest. */
static bzt_span next_value(bzt_span *in)
{
    size_t n = 0;
    while (n < in->len && in->p[n] != ',')
        n++;
    bzt_span v = {in->p, n};
    in->p += n;
    in->len -= n;
    return v;
}

/* Decimal without leading zeros, at most 15 digits. */
static bool number_read(int64_t *out, bzt_span s)
{
    int64_t v = 0;
    if (!s.len || s.len > 15 || (s.p[0] == '0' && s.len > 1))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    *out = v;
    return true;
}

static bool header_read(statement_http *h, uint8_t sig[64], bzt_span in)
{
    if (!skip(&in, "BZT-SM2 id="))
        return false;
    h->id = next_value(&in);
    if (!is_id_text(h->id) || !skip(&in, ",at="))
        return false;
    if (!number_read(&h->at, next_value(&in)) || !skip(&in, ",nonce="))
        return false;
    if (base64url_read_n(h->nonce, sizeof h->nonce, next_value(&in)) ||
        !skip(&in, ",sig="))
        return false;
    return !base64url_read_n(sig, 64, next_value(&in)) && !in.len;
}

bzt_err statement_http_read(statement_http *h, uint8_t sig[64], bzt_span value)
{
    statement_http got = {0};
    memset(sig, 0, 64);
    if (!header_read(&got, sig, value)) {
        memset(sig, 0, 64);
        return BZT_ERR_UNAUTHENTICATED;
    }
    h->id = got.id;
    h->at = got.at;
    memcpy(h->nonce, got.nonce, sizeof h->nonce);
    return BZT_OK;
}
