#include "http_client.h"
#include "core/wipe.h"
#include "file.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TIMEOUT_MS = 30000, CONNECT_MS = 10000, COOKIES_MAX = 1 << 20 };

struct http_client {
    CURL *curl;
    char *ca_file;
    long timeout_ms;
    size_t max_answer;
};

/* The body while it arrives. */
typedef struct sink {
    uint8_t *p;
    size_t len, cap, max;
} sink;

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_curl(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

bzt_err http_client_new(http_client **out, const http_options *options)
{
    static const http_options none;
    http_client *c = calloc(1, sizeof *c);

    *out = NULL;
    if (!c)
        return BZT_ERR_MEMORY;
    if (!options)
        options = &none;
    pthread_once(&once, init_curl);
    c->timeout_ms = options->timeout_ms ? options->timeout_ms : TIMEOUT_MS;
    c->max_answer = options->max_answer ? options->max_answer : 1 << 20;
    c->curl = curl_easy_init();
    if (options->ca_file)
        c->ca_file = strdup(options->ca_file);
    if (!c->curl || (options->ca_file && !c->ca_file) ||
        /* an empty name turns the cookie jar on */
        curl_easy_setopt(c->curl, CURLOPT_COOKIEFILE, "")) {
        http_client_free(c);
        return BZT_ERR_MEMORY;
    }
    *out = c;
    return BZT_OK;
}

void http_client_free(http_client *c)
{
    if (!c)
        return;
    if (c->curl)
        curl_easy_cleanup(c->curl);
    free(c->ca_file);
    free(c);
}

static size_t receive(char *data, size_t size, size_t n, void *self)
{
    sink *s = self;
    size_t len = size * n;

    if (len > s->max - s->len)
        return 0; /* ends the call */
    if (s->len + len > s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16384;
        uint8_t *p;

        while (cap < s->len + len)
            cap *= 2;
        p = malloc(cap);
        if (!p)
            return 0;
        if (s->len)
            memcpy(p, s->p, s->len);
        wipe(s->p, s->len);
        free(s->p);
        s->p = p;
        s->cap = cap;
    }
    memcpy(s->p + s->len, data, len);
    s->len += len;
    return len;
}

static int append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (!longer)
        return -1;
    *list = longer;
    return 0;
}

static int append_header(struct curl_slist **list, const char *name,
                         const char *value)
{
    char *line;
    int failed;

    if (strpbrk(name, "\r\n") || strpbrk(value, "\r\n"))
        return -1;
    if (asprintf(&line, "%s: %s", name, value) < 0)
        return -1;
    failed = append(list, line);
    wipe(line, strlen(line));
    free(line);
    return failed;
}

static bzt_err make_headers(struct curl_slist **out, const http_request *r)
{
    *out = NULL;
    /* Some gateways never answer "Expect: 100-continue". */
    if (append(out, "Expect:"))
        return BZT_ERR_MEMORY;
    if (append_header(out, "Content-Type",
                      r->content_type ? r->content_type : ""))
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < r->headers_n; i++)
        if (append_header(out, r->headers[i].name, r->headers[i].value))
            return BZT_ERR_MEMORY;
    return BZT_OK;
}

/* A proxy named in the environment never sees calls to this machine. */
static int is_loopback(const char *url)
{
    const char *host = strstr(url, "://");
    size_t len;

    if (!host)
        return 0;
    host += 3;
    len = strcspn(host, "/?#");
    if (len >= 5 && !strncmp(host, "[::1]", 5))
        return 1;
    len = strcspn(host, ":/?#");
    return (len == 9 && !strncasecmp(host, "localhost", 9)) ||
           (len > 4 && !strncmp(host, "127.", 4));
}

static CURLcode set_method(CURL *curl, const http_request *r)
{
    CURLcode e = curl_easy_setopt(curl, CURLOPT_NOBODY, 0L);

    if (r->body.p || !strcmp(r->method, "POST") || !strcmp(r->method, "PUT") ||
        !strcmp(r->method, "PATCH")) {
        e |= curl_easy_setopt(curl, CURLOPT_POST, 1L);
        e |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                              (curl_off_t)r->body.len);
        e |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                              r->body.p ? (const char *)r->body.p : "");
    } else if (!strcmp(r->method, "HEAD")) {
        e |= curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    } else {
        e |= curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    return e | curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, r->method);
}

static CURLcode set_up(http_client *c, const http_request *r, sink *s,
                       struct curl_slist *headers)
{
    CURL *h = c->curl;
    CURLcode e = CURLE_OK;

    /* Every option is set anew for each call: curl_easy_reset of libcurl 7.88
     * leaks the cookie jar's list. */
    e |= curl_easy_setopt(h, CURLOPT_URL, r->url);
    e |= curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    e |= curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    e |= curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    e |= curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, c->timeout_ms);
    e |= curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS,
                          c->timeout_ms < CONNECT_MS ? c->timeout_ms
                                                     : (long)CONNECT_MS);
    e |= curl_easy_setopt(h, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
    e |= curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
    e |= curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
    e |= curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    e |= curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, receive);
    e |= curl_easy_setopt(h, CURLOPT_WRITEDATA, s);
    e |= curl_easy_setopt(h, CURLOPT_PROXY, is_loopback(r->url) ? "" : NULL);
    if (c->ca_file) {
        e |= curl_easy_setopt(h, CURLOPT_CAINFO, c->ca_file);
        e |= curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
    }
    return e | set_method(h, r);
}

static bzt_err read_answer(http_answer *out, arena *a, http_client *c,
                           const sink *s)
{
    const char *type = NULL;
    uint8_t *body;
    long status = 0;

    curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(c->curl, CURLINFO_CONTENT_TYPE, &type);
    body = arena_alloc(a, s->len + 1);
    if (!body)
        return BZT_ERR_MEMORY;
    if (s->len)
        memcpy(body, s->p, s->len);
    if (type) {
        out->content_type =
            arena_text(a, (bzt_span){(const uint8_t *)type, strlen(type)});
        if (!out->content_type)
            return BZT_ERR_MEMORY;
    }
    out->body = (bzt_span){body, s->len};
    out->status = (int)status;
    return BZT_OK;
}

bzt_err http_call(http_answer *out, arena *a, http_client *c,
                  const http_request *request)
{
    sink s = {.max = c->max_answer};
    struct curl_slist *headers;
    bzt_err err;

    memset(out, 0, sizeof *out);
    if ((err = make_headers(&headers, request)))
        goto out;
    err = BZT_ERR_UNAVAILABLE;
    if (set_up(c, request, &s, headers) || curl_easy_perform(c->curl))
        goto out;
    err = read_answer(out, a, c, &s);
out:
    if (err)
        memset(out, 0, sizeof *out);
    curl_slist_free_all(headers);
    wipe(s.p, s.len);
    free(s.p);
    return err;
}

static bzt_err join_lines(char **out, size_t *len, struct curl_slist *list)
{
    FILE *f = open_memstream(out, len);
    int failed;

    if (!f)
        return BZT_ERR_MEMORY;
    for (; list; list = list->next)
        fprintf(f, "%s\n", list->data);
    failed = ferror(f);
    return fclose(f) || failed ? BZT_ERR_MEMORY : BZT_OK;
}

bzt_err http_cookies_write(http_client *c, const char *path)
{
    struct curl_slist *list = NULL;
    char *text = NULL;
    size_t len = 0;
    bzt_err err;

    if (curl_easy_getinfo(c->curl, CURLINFO_COOKIELIST, &list))
        return BZT_ERR_MEMORY;
    err = join_lines(&text, &len, list);
    if (!err)
        err = file_write(path, (bzt_span){(uint8_t *)text, len}, 0600);
    if (text)
        wipe(text, len);
    free(text);
    curl_slist_free_all(list);
    return err;
}

bzt_err http_cookies_read(http_client *c, const char *path)
{
    uint8_t *text;
    size_t len;
    char *rest, *line;
    bzt_err err = file_read(&text, &len, path, COOKIES_MAX);

    if (err)
        return err;
    for (line = strtok_r((char *)text, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest))
        if (curl_easy_setopt(c->curl, CURLOPT_COOKIELIST, line))
            err = BZT_ERR_MEMORY;
    wipe(text, len);
    free(text);
    return err;
}
