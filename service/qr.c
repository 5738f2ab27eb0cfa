/* The QR text of a request. */
#include "qr.h"
#include "core/bytes.h"
#include "core/sm3.h"
#include "core/text.h"
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void qr_mac(uint8_t out[QR_MAC_LEN], const request_row *r,
                   const char *title, int64_t seconds)
{
    uint8_t full[32], digest[32], s[8];
    hmac_sm3 h;

    store_be64(s, (uint64_t)seconds);
    sm3_digest(digest, r->description);
    hmac_sm3_init(&h, (bzt_span){r->qr_secret, 32});
    hmac_sm3_field(&h, text_span(r->kind));
    hmac_sm3_field(&h, (bzt_span){digest, 32});
    hmac_sm3_field(&h, (bzt_span){r->rp, 16});
    hmac_sm3_field(&h, text_span(r->domain));
    hmac_sm3_field(&h, text_span(title));
    hmac_sm3_field(&h, (bzt_span){r->browser, 32});
    hmac_sm3_field(&h, (bzt_span){s, 8});
    hmac_sm3_final(&h, full);
    memcpy(out, full, QR_MAC_LEN);
}

bzt_err qr_write(char out[QR_TEXT_MAX + 1], const char *app_origin,
                 const request_row *request, const char *title, int64_t seconds)
{
    char token[BASE64URL_LEN(16) + 1], mac_text[BASE64URL_LEN(QR_MAC_LEN) + 1];
    uint8_t mac[QR_MAC_LEN];

    qr_mac(mac, request, title, seconds);
    base64url_write(token, (bzt_span){request->qr_token, 16});
    base64url_write(mac_text, (bzt_span){mac, QR_MAC_LEN});
    int n = snprintf(out, QR_TEXT_MAX + 1, "%s/q?t=%s&s=%lld&m=%s", app_origin,
                     token, (long long)seconds, mac_text);
    if (n > 0 && n <= QR_TEXT_MAX)
        return BZT_OK;
    out[0] = 0;
    return BZT_ERR_SPACE;
}

/* Consume `name=` and the value up to & or the end. */
static int take(bzt_span *value, const char **cursor, const char *name)
{
    size_t n = strlen(name);

    if (strncmp(*cursor, name, n) || (*cursor)[n] != '=')
        return 0;
    const char *start = *cursor + n + 1;
    size_t len = strcspn(start, "&");
    *value = (bzt_span){(const uint8_t *)start, len};
    *cursor = start + len + (start[len] == '&');
    return 1;
}

static int read_seconds(int64_t *out, bzt_span digits)
{
    *out = 0;
    if (digits.len < 1 || digits.len > 12 || digits.p[0] == '0')
        return 0;
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return 0;
        *out = *out * 10 + (digits.p[i] - '0');
    }
    return 1;
}

bzt_err qr_read(qr_text *out, const char *text, const char *app_origin)
{
    size_t origin = strlen(app_origin);
    bzt_span token, seconds, mac;

    *out = (qr_text){0};
    if (strlen(text) > QR_TEXT_MAX || strncmp(text, app_origin, origin) ||
        strncmp(text + origin, "/q?", 3))
        return BZT_ERR_QR_INVALID;
    const char *cursor = text + origin + 3;
    if (!take(&token, &cursor, "t") || !take(&seconds, &cursor, "s") ||
        !take(&mac, &cursor, "m") || *cursor)
        return BZT_ERR_QR_INVALID;
    if (base64url_read_n(out->token, 16, token) ||
        base64url_read_n(out->mac, QR_MAC_LEN, mac) ||
        !read_seconds(&out->seconds, seconds))
        return BZT_ERR_QR_INVALID;
    return BZT_OK;
}

bzt_err qr_check(const qr_text *qr, const request_row *request,
                 const char *title, int64_t now_ms)
{
    uint8_t mac[QR_MAC_LEN];
    unsigned differ = 0;

    qr_mac(mac, request, title, qr->seconds);
    for (int i = 0; i < QR_MAC_LEN; i++) {
        differ |= (unsigned)(mac[i] ^ qr->mac[i]);
    }
    if (differ)
        return BZT_ERR_QR_INVALID;
    /* One second ahead: nodes' clocks differ a little. */
    int64_t now = now_ms / 1000;
    if (qr->seconds > now + 1 || now - qr->seconds > QR_LIVE_S)
        return BZT_ERR_QR_EXPIRED;
    return BZT_OK;
}

bzt_err qr_modules(const char **bits, int *size, arena *a, const char *text)
{
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    bzt_err err = BZT_ERR_MEMORY;

    *bits = NULL;
    *size = 0;
    if (!code)
        goto out;
    size_t n = (size_t)code->width * (size_t)code->width;
    uint8_t *packed = arena_alloc(a, (n + 7) / 8);
    char *encoded = arena_alloc(a, BASE64URL_LEN((n + 7) / 8) + 1);
    if (!packed || !encoded)
        goto out;
    for (size_t i = 0; i < n; i++) {
        packed[i / 8] |= (uint8_t)((code->data[i] & 1) << (7 - i % 8));
    }
    base64url_write(encoded, (bzt_span){packed, (n + 7) / 8});
    *bits = encoded;
    *size = code->width;
    err = BZT_OK;
out:
    QRcode_free(code);
    return err;
}
