/* Signed JSON calls to an outside party (vendor.h, doc/connectors.md). */
#include "vendor.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/http_client.h"
#include "base/rng.h"
#include "core/ct.h"
#include "core/sm3.h"
#include "core/text.h"
#include "core/wipe.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDLE_MAX = 8, DEFAULT_TIMEOUT_MS = 5000, ANSWER_MAX = 64 * 1024 };

struct vendor {
    char *url, *id, *ca_file;
    int timeout_ms;
    uint8_t key[32];
    pthread_mutex_t lock;
    http_client *idle[IDLE_MAX]; /* a client serves one thread at a time */
    size_t idle_n;
};

static bzt_err read_key(uint8_t key[32], const char *path)
{
    uint8_t *text = NULL;
    size_t len = 0, n = 0;
    bzt_err err;

    if ((err = file_read(&text, &len, path, 256)))
        return BZT_ERR_CONFIG;
    n = len && text[len - 1] == '\n' ? len - 1 : len;
    err = hex_read(key, &n, 32, (bzt_span){text, n});
    if (!err && n != 32)
        err = BZT_ERR_CONFIG;
    wipe(text, len);
    free(text);
    return err ? BZT_ERR_CONFIG : BZT_OK;
}

bzt_err vendor_new(vendor **out, const vendor_options *options)
{
    vendor *v = NULL;
    bzt_err err;

    *out = NULL;
    if (!options->url || !options->id || !options->key_file ||
        strncmp(options->url, "http", 4) || strpbrk(options->id, ",= \n"))
        return BZT_ERR_CONFIG;
    v = calloc(1, sizeof(*v));
    if (!v)
        return BZT_ERR_MEMORY;
    pthread_mutex_init(&v->lock, NULL);
    v->timeout_ms =
        options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
    v->url = strdup(options->url);
    v->id = strdup(options->id);
    v->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
    err = v->url && v->id && (v->ca_file || !options->ca_file)
              ? read_key(v->key, options->key_file)
              : BZT_ERR_MEMORY;
    if (err) {
        vendor_free(v);
        return err;
    }
    *out = v;
    return BZT_OK;
}

void vendor_free(vendor *v)
{
    if (!v)
        return;
    for (size_t i = 0; i < v->idle_n; i++)
        http_client_free(v->idle[i]);
    pthread_mutex_destroy(&v->lock);
    free(v->url);
    free(v->id);
    free(v->ca_file);
    wipe(v, sizeof(*v));
    free(v);
}

static bzt_err client_take(http_client **out, vendor *v)
{
    *out = NULL;
    pthread_mutex_lock(&v->lock);
    if (v->idle_n)
        *out = v->idle[--v->idle_n];
    pthread_mutex_unlock(&v->lock);
    if (*out)
        return BZT_OK;
    return http_client_new(out, &(http_options){.ca_file = v->ca_file,
                                                .timeout_ms = v->timeout_ms,
                                                .max_answer = ANSWER_MAX});
}

static void client_give(vendor *v, http_client *c)
{
    pthread_mutex_lock(&v->lock);
    if (v->idle_n < IDLE_MAX) {
        v->idle[v->idle_n++] = c;
        c = NULL;
    }
    pthread_mutex_unlock(&v->lock);
    http_client_free(c);
}

/* The path of a URL: what stands behind the host. */
static const char *path_of(const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;

    return path ? path : "/";
}

static void line(hmac_sm3 *h, const char *text)
{
    hmac_sm3_update(h, text, strlen(text));
    hmac_sm3_update(h, "\n", 1);
}

typedef struct signed_parts {
    char at[24];
    char nonce[BASE64URL_LEN(16) + 1];
    char mac[BASE64URL_LEN(32) + 1];
} signed_parts;

static bzt_err sign(signed_parts *out, const vendor *v, const char *url,
                    bzt_span body)
{
    uint8_t nonce[16], digest[32];
    char hex[HEX_LEN(32) + 1];
    hmac_sm3 h;
    bzt_err err;

    if ((err = rng_bytes(nonce, sizeof(nonce))))
        return err;
    snprintf(out->at, sizeof(out->at), "%lld", (long long)clock_now_ms());
    base64url_write(out->nonce, (bzt_span){nonce, 16});
    sm3_digest(digest, body);
    hex_write(hex, (bzt_span){digest, 32});
    hmac_sm3_init(&h, (bzt_span){v->key, 32});
    line(&h, "POST");
    line(&h, path_of(url));
    line(&h, v->id);
    line(&h, out->at);
    line(&h, out->nonce);
    line(&h, hex);
    hmac_sm3_final(&h, digest);
    base64url_write(out->mac, (bzt_span){digest, 32});
    return BZT_OK;
}

/* {payload, mac} whose MAC fits our nonce: the parsed payload. */
static bzt_err open_answer(json **out, arena *a, const vendor *v,
                           const signed_parts *parts, bzt_span body)
{
    json *j = NULL;
    const char *payload = NULL;
    uint8_t mac[32], ours[32];
    hmac_sm3 h;

    if (json_parse(&j, a, body) ||
        json_text(&payload, j, "payload", 2, ANSWER_MAX) ||
        json_bytes(mac, 32, j, "mac"))
        return BZT_ERR_UNAVAILABLE;
    hmac_sm3_init(&h, (bzt_span){v->key, 32});
    line(&h, "answer");
    line(&h, parts->nonce);
    line(&h, payload);
    hmac_sm3_final(&h, ours);
    if (!ct_is_equal(mac, ours, 32) || json_parse(out, a, text_span(payload)))
        return BZT_ERR_UNAVAILABLE;
    return BZT_OK;
}

static bzt_err call(http_answer *answer, signed_parts *parts, arena *a,
                    vendor *v, const char *url, bzt_span body)
{
    http_client *client = NULL;
    char *authorization;
    bzt_err err;

    if ((err = sign(parts, v, url, body)))
        return err;
    authorization = arena_printf(a, "BZT-HMAC-SM3 id=%s,at=%s,nonce=%s,mac=%s",
                                 v->id, parts->at, parts->nonce, parts->mac);
    if (!authorization)
        return BZT_ERR_MEMORY;
    if ((err = client_take(&client, v)))
        return err;
    err = http_call(answer, a, client,
                    &(http_request){.method = "POST",
                                    .url = url,
                                    .content_type = "application/json",
                                    .body = body,
                                    .headers = &(http_header){"Authorization",
                                                              authorization},
                                    .headers_n = 1});
    client_give(v, client);
    return err;
}

bzt_err vendor_call(json **answer, int *status, arena *a, vendor *v,
                    const char *path, const json *body)
{
    const char *url = arena_printf(a, "%s%s", v->url, path);
    signed_parts parts;
    http_answer raw = {0};
    bzt_span bytes;
    bzt_err err;

    *answer = NULL;
    *status = 0;
    if (!url)
        return BZT_ERR_MEMORY;
    if ((err = json_write(&bytes, a, body)))
        return err;
    if ((err = call(&raw, &parts, a, v, url, bytes)))
        return err;
    *status = raw.status;
    return open_answer(answer, a, v, &parts, raw.body);
}
