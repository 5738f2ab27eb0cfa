#include "load.h"
#include "base/file.h"
#include "base/rng.h"
#include "core/text.h"
#include "core/wipe.h"
#include "sdk/site.h"
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX = 1 << 20, PAGE_MAX = 1 << 16, PAGE_TIMEOUT_MS = 8000 };

/* --- the plan ------------------------------------------------------------ */

static bzt_err read_file(bzt_span *out, arena *a, const char *path)
{
    uint8_t *bytes;
    size_t len;
    bzt_err err = file_read(&bytes, &len, path, FILE_MAX);

    *out = (bzt_span){NULL, 0};
    if (err)
        return err;
    uint8_t *kept = arena_alloc(a, len + 1);
    if (kept) {
        memcpy(kept, bytes, len);
        *out = (bzt_span){kept, len};
    }
    free(bytes);
    return kept ? BZT_OK : BZT_ERR_MEMORY;
}

static bzt_err read_lists(load_plan *plan, const json *o)
{
    const json *list;
    bzt_err err;

    if ((err = json_array_at(&list, o, "phones", LOAD_PHONES_MAX)))
        return err;
    plan->phones_n = (int)json_array_n(list);
    for (int i = 0; i < plan->phones_n; i++) {
        plan->phones[i] = json_text_item(list, (size_t)i);
        if (!plan->phones[i])
            return BZT_ERR_BAD_FIELD;
    }
    if ((err = json_array_at(&list, o, "processes", LOAD_PROCESSES_MAX)))
        return err;
    plan->processes_n = (int)json_array_n(list);
    for (int i = 0; i < plan->processes_n; i++) {
        int64_t pid;
        if ((err = json_int_item(&pid, list, (size_t)i, 1, INT32_MAX)))
            return err;
        plan->processes[i] = (int)pid;
    }
    return BZT_OK;
}

static bzt_err read_secrets(load_plan *plan, const json *o)
{
    const char *key, *settings, *site, *pin;
    bzt_span d;
    bzt_err err;

    if ((err = json_text(&key, o, "rp_key", 1, 1000)) ||
        (err = json_text(&settings, o, "settings", 1, 1000)) ||
        (err = json_text(&site, o, "site_key", 1, 1000)) ||
        (err = json_text(&pin, o, "pin", 6, 6)) ||
        (err = bzt_pin_read(&plan->pin, text_span(pin))) ||
        (err = read_file(&d, plan->memory, key)) ||
        (err = read_file(&plan->settings, plan->memory, settings)) ||
        (err = site_public_read(plan->site_key, site)))
        return err;
    if (d.len != sizeof(plan->rp_key.d))
        return BZT_ERR_RANGE;
    memcpy(plan->rp_key.d, d.p, d.len);
    return BZT_OK;
}

bzt_err load_plan_read(load_plan *out, const char *path)
{
    json *o = NULL;
    bzt_span file;
    bzt_err err;

    *out = (load_plan){.memory = arena_new(FILE_MAX * 8)};
    if (!out->memory)
        return BZT_ERR_MEMORY;
    if ((err = read_file(&file, out->memory, path)) ||
        (err = json_parse(&o, out->memory, file)) ||
        (err = json_text(&out->rp_id, o, "rp_id", 1, 40)) ||
        (err = json_text(&out->domain, o, "domain", 1, 300)) ||
        (err = json_text(&out->api, o, "api", 1, 300)) ||
        (err = json_text(&out->tls_roots, o, "tls_roots", 1, 1000)) ||
        (err = read_secrets(out, o)))
        return err;
    return read_lists(out, o);
}

void load_plan_free(load_plan *plan)
{
    bzt_sm2_key_wipe(&plan->rp_key);
    bzt_pin_wipe(&plan->pin);
    arena_free(plan->memory);
    *plan = (load_plan){0};
}

/* --- the business system ------------------------------------------------- */

bzt_err load_rp_open(load_rp *out, const load_plan *plan)
{
    const bzt_client_options options = {.rp_id = plan->rp_id,
                                        .key = &plan->rp_key,
                                        .domain = plan->domain,
                                        .settings = plan->settings,
                                        .site_key = plan->site_key,
                                        .tls_roots = plan->tls_roots};
    bzt_err err;

    *out = (load_rp){.plan = plan};
    if ((err = bzt_client_new(&out->client, &options)))
        return err;
    out->page = curl_easy_init();
    return out->page ? rng_bytes(out->browser, 32) : BZT_ERR_MEMORY;
}

void load_rp_close(load_rp *rp)
{
    bzt_client_free(rp->client);
    curl_easy_cleanup(rp->page);
    *rp = (load_rp){0};
}

bzt_err load_request(bzt_request *out, load_rp *rp, const char *key)
{
    bzt_request_options options = {.kind = BZT_REQUEST_LOGIN,
                                   .title = "登录演示平台",
                                   .idempotency_key = key};

    memcpy(options.browser, rp->browser, 32);
    return bzt_client_request(out, rp->client, &options);
}

/* --- its page ------------------------------------------------------------ */

typedef struct stream_text {
    char text[PAGE_MAX];
    size_t len;
    char *qr;
} stream_text;

/* The text of the first QR event that is there as a whole. */
static int find_qr(stream_text *s)
{
    static const char before[] = "\"text\":\"";
    const char *event = strstr(s->text, "event: qr");
    const char *begin = event ? strstr(event, before) : NULL;
    const char *end;

    if (!begin)
        return 0;
    begin += sizeof(before) - 1;
    end = strchr(begin, '"');
    if (!end || end - begin >= LOAD_QR_SIZE)
        return 0;
    memcpy(s->qr, begin, (size_t)(end - begin));
    s->qr[end - begin] = 0;
    return 1;
}

/* Less than was given ends the transfer: the page is closed. */
static size_t on_page(char *data, size_t size, size_t n, void *self)
{
    stream_text *s = self;
    size_t len = size * n;

    if (len >= sizeof(s->text) - s->len)
        return 0;
    memcpy(s->text + s->len, data, len);
    s->len += len;
    s->text[s->len] = 0;
    return find_qr(s) ? 0 : len;
}

static bzt_err read_page(stream_text *s, load_rp *rp, const char *url,
                         struct curl_slist *headers)
{
    CURL *h = rp->page;
    CURLcode e = CURLE_OK;

    e |= curl_easy_setopt(h, CURLOPT_URL, url);
    e |= curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    e |= curl_easy_setopt(h, CURLOPT_CAINFO, rp->plan->tls_roots);
    e |= curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    e |= curl_easy_setopt(h, CURLOPT_PROXY, "");
    e |= curl_easy_setopt(h, CURLOPT_FAILONERROR, 1L);
    e |= curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)PAGE_TIMEOUT_MS);
    e |= curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, on_page);
    e |= curl_easy_setopt(h, CURLOPT_WRITEDATA, s);
    if (e)
        return BZT_ERR_MEMORY;
    curl_easy_perform(h); /* always ends with an error: we stop it */
    return s->qr[0] ? BZT_OK : BZT_ERR_UNAVAILABLE;
}

bzt_err load_qr(char out[LOAD_QR_SIZE], load_rp *rp, const bzt_request *request)
{
    struct curl_slist *headers = NULL;
    stream_text *s = calloc(1, sizeof(*s));
    char url[500], origin[400];
    bzt_err err = BZT_ERR_MEMORY;

    out[0] = 0;
    if (!s)
        return err;
    s->qr = out;
    snprintf(origin, sizeof(origin), "Origin: https://%s", rp->plan->domain);
    snprintf(url, sizeof(url), "%s/rp/v1/page/events?token=%s", rp->plan->api,
             request->page_token);
    headers = curl_slist_append(NULL, origin);
    if (headers)
        err = read_page(s, rp, url, headers);
    curl_slist_free_all(headers);
    free(s);
    return err;
}

/* --- a phone in a session ------------------------------------------------ */

bzt_err load_phone_open(load_phone *out, const load_plan *plan, int which)
{
    bzt_u1 u1;
    sc m;
    bzt_err err;

    *out = (load_phone){0};
    if ((err = phone_open(&out->phone, plan->phones[which])))
        return err;
    if (out->phone->slots_n != 1)
        return BZT_ERR_NOT_FOUND;
    out->slot = &out->phone->slots[0];
    if ((err = bzt_u1_derive(&u1, &out->slot->key, &plan->pin)) ||
        (err = sc_read(&m, out->slot->key.m)) ||
        (err = sc_read(&out->f, u1.u1)))
        return err;
    sc_inv(&m, &m);
    sc_mul(&out->f, &out->f, &m);
    sc_wipe(&m);
    bzt_u1_wipe(&u1);
    return BZT_OK;
}

bzt_err load_phone_close(load_phone *p)
{
    bzt_err err = p->slot ? phone_save_key(p->phone, p->slot) : BZT_OK;

    phone_close(p->phone);
    sc_wipe(&p->f);
    *p = (load_phone){0};
    return err;
}

bzt_err load_confirm(bzt_span *message, load_phone *p, const char *request)
{
    arena *a = p->phone->scratch;
    const json *got;
    json *o = json_new_object(a);
    const char *target =
        arena_printf(a, "/app/v1/requests/%s/confirm", request);
    bzt_err err;

    json_add_text(o, "certificate_id", p->slot->certificate);
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = phone_call(p->phone, &got, "POST", target, o)))
        return err;
    return json_span(message, a, got, "message", 1, 8192);
}

static bzt_err u1_of(bzt_u1 *out, const load_phone *p)
{
    const bzt_phone_key *key = &p->slot->key;
    sc m;
    bzt_err err = sc_read(&m, key->m);

    if (err)
        return err;
    memcpy(out->key_id, key->key_id, 16);
    out->g = key->g;
    sc_mul(&m, &m, &p->f);
    sc_write(out->u1, &m);
    sc_wipe(&m);
    return BZT_OK;
}

static json *operation(arena *a, const uint8_t op_id[16], uint64_t g)
{
    json *o = json_new_object(a);

    json_add_id(o, "op_id", "op", op_id);
    json_add_int(o, "g", (int64_t)g);
    return o;
}

static void add(json *o, arena *a, const char *name, const uint8_t *p,
                size_t len)
{
    json_add_bytes(o, a, name, (bzt_span){p, len});
}

static bzt_err send_open(load_phone *p, bzt_open_answer *out,
                         const bzt_open_request *r, const char *request)
{
    arena *a = p->phone->scratch;
    const json *got;
    json *o = operation(a, r->op_id, r->g);
    const char *target = phone_key_target(p->phone, r->key_id, "open");
    bzt_err err;

    json_add_text(o, "for", request);
    json_add_bytes(o, a, "message", r->message);
    add(o, a, "mac", r->mac, 32);
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = phone_call(p->phone, &got, "POST", target, o)) ||
        (err = json_id(out->op_id, got, "op_id", "op")) ||
        (err = json_bytes(out->Qs, 65, got, "Qs")) ||
        (err = json_bytes(out->A, 65, got, "A")))
        return err;
    return json_bytes(out->z, 32, got, "z");
}

static void send_sign(load_phone *p, bzt_key_answer *out,
                      const bzt_sign_request *r)
{
    arena *a = p->phone->scratch;
    json *o = operation(a, r->op_id, r->g);

    add(o, a, "rho", r->rho, 32);
    add(o, a, "Qs", r->Qs, 65);
    add(o, a, "r", r->r, 32);
    add(o, a, "p2", r->p2, 32);
    add(o, a, "p3", r->p3, 32);
    add(o, a, "mac", r->mac, 32);
    phone_call_key(p->phone, out, phone_key_target(p->phone, r->key_id, "sign"),
                   o);
}

bzt_err load_sign(load_phone *p, bzt_span message, const char *request)
{
    const bzt_phone *device = &p->phone->device;
    bzt_phone_key *key = &p->slot->key;
    bzt_phone_random random;
    bzt_phone_op op = {0};
    bzt_u1 u1 = {0};
    bzt_open_request ask;
    bzt_open_answer opened;
    bzt_sign_request half;
    bzt_key_answer answer;
    bzt_sm2_signature signature;
    bzt_told told;
    bzt_err err;

    if ((err = phone_draw(&random)) || (err = u1_of(&u1, p)) ||
        (err = bzt_phone_open(&op, &ask, device, key, message, &random)) ||
        (err = send_open(p, &opened, &ask, request)) ||
        (err = bzt_phone_sign(&op, key, &half, device, &opened, &u1, &random)))
        goto out;
    send_sign(p, &answer, &half);
    if ((err = bzt_phone_settle(key, &told, &op, &answer)))
        goto out;
    err = bzt_phone_sign_result(&signature, &op, &answer);
out:
    wipe(&random, sizeof(random));
    wipe(&half, sizeof(half));
    bzt_u1_wipe(&u1);
    bzt_phone_op_wipe(&op);
    return err;
}
