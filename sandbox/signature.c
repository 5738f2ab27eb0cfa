/* The vendor's side of signed calls (signature.h). */
#include "signature.h"
#include "base/file.h"
#include "base/json.h"
#include "core/ct.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SKEW_MS = 300000 };

bzt_err customer_init(customer *c, const char *id, const char *key_file)
{
    uint8_t *text = NULL;
    size_t len = 0, n = 0;
    bzt_err err;

    memset(c, 0, sizeof(*c));
    if (!id || !key_file || strlen(id) >= sizeof(c->id))
        return BZT_ERR_CONFIG;
    memcpy(c->id, id, strlen(id));
    if (file_read(&text, &len, key_file, 256))
        return BZT_ERR_CONFIG;
    n = len && text[len - 1] == '\n' ? len - 1 : len;
    err = hex_read(c->key, &n, 32, (bzt_span){text, n});
    if (err || n != 32)
        err = BZT_ERR_CONFIG;
    wipe(text, len);
    free(text);
    return err;
}

void customer_wipe(customer *c)
{
    wipe(c, sizeof(*c));
}

/* "id=…,at=…,nonce=…,mac=…" after the scheme, in this order. */
typedef struct header {
    char id[64], at[24], nonce[32], mac[64];
} header;

static int take(char *out, size_t cap, const char **text, const char *name)
{
    size_t n = strlen(name), len;

    if (strncmp(*text, name, n) || (*text)[n] != '=')
        return 0;
    *text += n + 1;
    len = strcspn(*text, ",");
    if (!len || len >= cap)
        return 0;
    memcpy(out, *text, len);
    out[len] = 0;
    *text += len;
    if (**text == ',')
        ++*text;
    return 1;
}

static bzt_err read_header(header *h, const char *text)
{
    static const char scheme[] = "BZT-HMAC-SM3 ";

    if (!text || strncmp(text, scheme, strlen(scheme)))
        return BZT_ERR_UNAUTHENTICATED;
    text += strlen(scheme);
    if (!take(h->id, sizeof(h->id), &text, "id") ||
        !take(h->at, sizeof(h->at), &text, "at") ||
        !take(h->nonce, sizeof(h->nonce), &text, "nonce") ||
        !take(h->mac, sizeof(h->mac), &text, "mac") || *text)
        return BZT_ERR_UNAUTHENTICATED;
    return BZT_OK;
}

static void line(hmac_sm3 *h, const char *text)
{
    hmac_sm3_update(h, text, strlen(text));
    hmac_sm3_update(h, "\n", 1);
}

static void request_mac(uint8_t out[32], const customer *c, const header *h,
                        const signed_call *call)
{
    char hex[HEX_LEN(32) + 1];
    hmac_sm3 mac;

    sm3_digest(out, call->body);
    hex_write(hex, (bzt_span){out, 32});
    hmac_sm3_init(&mac, (bzt_span){c->key, 32});
    line(&mac, "POST");
    line(&mac, call->path);
    line(&mac, h->id);
    line(&mac, h->at);
    line(&mac, h->nonce);
    line(&mac, hex);
    hmac_sm3_final(&mac, out);
}

static int was_used(const customer *c, const uint8_t nonce[16])
{
    size_t n = c->nonces_n < NONCES_KEPT ? c->nonces_n : NONCES_KEPT;

    for (size_t i = 0; i < n; i++)
        if (!memcmp(c->nonces[i], nonce, 16))
            return 1;
    return 0;
}

bzt_err customer_check(const char **nonce, arena *a, customer *c,
                       const signed_call *call)
{
    header h = {0};
    uint8_t ours[32], theirs[32], raw[16];
    long long at;
    char *end;
    bzt_err err;

    *nonce = NULL;
    if ((err = read_header(&h, call->authorization)))
        return err;
    at = strtoll(h.at, &end, 10);
    if (*end || strcmp(h.id, c->id) ||
        base64url_read_n(theirs, 32, text_span(h.mac)) ||
        base64url_read_n(raw, 16, text_span(h.nonce)))
        return BZT_ERR_UNAUTHENTICATED;
    request_mac(ours, c, &h, call);
    if (!ct_is_equal(ours, theirs, 32))
        return BZT_ERR_SIGNATURE;
    if (at < call->now_ms - SKEW_MS || at > call->now_ms + SKEW_MS)
        return BZT_ERR_SKEW;
    if (was_used(c, raw))
        return BZT_ERR_REPLAY;
    memcpy(c->nonces[c->nonces_n++ % NONCES_KEPT], raw, 16);
    *nonce = arena_text(a, text_span(h.nonce));
    return *nonce ? BZT_OK : BZT_ERR_MEMORY;
}

bzt_err customer_answer(bzt_span *out, arena *a, const customer *c,
                        const char *nonce, const char *payload)
{
    json *o = json_new_object(a);
    uint8_t mac[32];
    hmac_sm3 h;

    hmac_sm3_init(&h, (bzt_span){c->key, 32});
    line(&h, "answer");
    line(&h, nonce);
    line(&h, payload);
    hmac_sm3_final(&h, mac);
    json_add_text(o, "payload", payload);
    json_add_bytes(o, a, "mac", (bzt_span){mac, 32});
    return json_write(out, a, o);
}
