/* The business system's page: rotating QR, states, short code.  It holds
 * only the token of one request and lives on the RP's own origin. */
#include "api.h"
#include "core/text.h"
#include "service/qr.h"
#include "service/request.h"
#include <stdlib.h>
#include <string.h>

static bzt_err page_of(call *c, request_row *row)
{
    const char *token = call_query(c, "token");
    bzt_err err;

    if (!token)
        return BZT_ERR_NOT_FOUND;
    if ((err = request_page_open(c->service, row, c->arena, token, c->origin,
                                 c->agent)))
        return err;
    call_allow_origin(c, c->origin);
    return BZT_OK;
}

/* --- the stream --------------------------------------------------------- */

struct page {
    uint8_t id[16];
    int64_t version; /* last state sent */
    int64_t second;  /* last QR sent */
};

static bzt_err send_state(struct stream *s, arena *a, const request_row *row)
{
    json *o = json_new_object(a);
    bzt_span line;
    bzt_err err;

    json_add_text(o, "state", request_state_text(row->state));
    json_add_text(o, "reason", row->reason);
    if (row->number)
        json_add_int(o, "number", row->number);
    else
        json_add_null(o, "number");
    json_add_int(o, "decide_until", row->decide_until);
    if ((err = json_write(&line, a, o)))
        return err;
    stream_send(s, "state", line);
    return BZT_OK;
}

static bzt_err send_qr(struct stream *s, arena *a, const request_row *row,
                       service *svc, int64_t second)
{
    char text[QR_TEXT_MAX + 1];
    const char *modules;
    description d;
    bzt_span line;
    int size;
    bzt_err err;

    if ((err = description_read(&d, NULL, a, row->description)) ||
        (err = qr_write(text, svc->site.app_origin, row, d.title, second)) ||
        (err = qr_modules(&modules, &size, a, text)))
        return err;
    json *o = json_new_object(a);
    json_add_text(o, "text", text);
    json_add_int(o, "size", size);
    json_add_text(o, "modules", modules);
    if ((err = json_write(&line, a, o)))
        return err;
    stream_send(s, "qr", line);
    return BZT_OK;
}

static bzt_err run_page(struct stream *s, void *state, arena *a, service *svc,
                        int64_t now_ms)
{
    struct page *page = state;
    request_row row;
    bzt_err err;

    if ((err = request_page_get(svc, &row, a, page->id)))
        return err;
    if (row.version != page->version) {
        page->version = row.version;
        if ((err = send_state(s, a, &row)))
            return err;
    }
    if (request_is_ended(row.state)) {
        stream_end(s);
        return BZT_OK;
    }
    if (row.state != REQUEST_CREATED || now_ms / 1000 == page->second)
        return BZT_OK;
    page->second = now_ms / 1000;
    return send_qr(s, a, &row, svc, page->second);
}

bzt_err page_events_get(call *c)
{
    struct page *page;
    request_row row;
    bzt_err err;

    if ((err = page_of(c, &row)))
        return err;
    if (!(page = calloc(1, sizeof(*page))))
        return BZT_ERR_MEMORY;
    memcpy(page->id, row.id, 16);
    stream_options options = {
        .tick_ms = 1000, .run = run_page, .state = page, .free_state = free};
    memcpy(options.id, row.id, 16);
    return call_stream(c, &options);
}

/* --- the short code ----------------------------------------------------- */

bzt_err page_code_post(call *c)
{
    char code[SHORT_CODE_LEN + 1];
    int64_t expires_at;
    request_row row;
    bzt_err err;

    if ((err = page_of(c, &row)) ||
        (err = request_page_code(c->service, code, &expires_at, row.id)))
        return err;
    json *o = call_answer(c);
    json_add_text(o, "short_code", code);
    json_add_int(o, "expires_at", expires_at);
    return BZT_OK;
}
