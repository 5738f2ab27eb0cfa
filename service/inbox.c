/* Messages (inbox.h). */
#include "inbox.h"
#include "base/rng.h"
#include <string.h>

bzt_err inbox_tell(store_tx *tx, int64_t now_ms, const inbox_note *note)
{
    message_row row = {.kind = note->kind,
                       .body = note->body ? note->body : "{}",
                       .has_subject = note->subject != NULL,
                       .created_at = now_ms};
    bzt_err err;

    if ((err = rng_id(row.id)))
        return err;
    memcpy(row.person, note->person, 16);
    if (note->subject)
        memcpy(row.subject, note->subject, 16);
    if ((err = message_insert(tx, &row)))
        return err;
    store_touch(tx, note->person);
    return BZT_OK;
}

typedef struct page_args {
    inbox_page *out;
    arena *a;
    const uint8_t *person, *after;
    int64_t since;
} page_args;

static bzt_err read_op(store_tx *tx, void *arg)
{
    page_args *in = arg;
    bzt_err err;

    if ((err = message_list(tx, &in->out->rows, &in->out->n, INBOX_PAGE + 1,
                            in->a, in->person, in->after)))
        return err;
    in->out->has_more = in->out->n > INBOX_PAGE;
    if (in->out->has_more)
        in->out->n = INBOX_PAGE;
    return message_count_unread(tx, &in->out->unread, in->person);
}

bzt_err inbox_read(service *s, inbox_page *out, arena *a,
                   const uint8_t person[16], const uint8_t *after)
{
    page_args in = {.out = out, .a = a, .person = person, .after = after};

    *out = (inbox_page){0};
    return store_read(s->store, read_op, &in);
}

static bzt_err read_new_op(store_tx *tx, void *arg)
{
    page_args *in = arg;

    return message_list_new(tx, &in->out->rows, &in->out->n, INBOX_PAGE, in->a,
                            in->person, in->after, in->since);
}

bzt_err inbox_read_new(service *s, inbox_page *out, arena *a,
                       const uint8_t person[16], const uint8_t *last,
                       int64_t since)
{
    page_args in = {
        .out = out, .a = a, .person = person, .after = last, .since = since};

    *out = (inbox_page){0};
    return store_read(s->store, read_new_op, &in);
}

typedef struct mark_args {
    const uint8_t *person, *message;
    int64_t now_ms;
} mark_args;

static bzt_err mark_op(store_tx *tx, void *arg)
{
    mark_args *in = arg;

    return message_update_read(tx, in->person, in->message, in->now_ms);
}

bzt_err inbox_mark(service *s, const uint8_t person[16],
                   const uint8_t message[16], int64_t now_ms)
{
    mark_args in = {person, message, now_ms};

    return store_write(s->store, mark_op, &in);
}
