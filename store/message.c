/* Messages to holders (table message). */
#include "message.h"
#include "columns.h"

#define COLUMNS   "id, person_id, kind, body, subject_id, read_at, created_at"
#define OF_PERSON "SELECT " COLUMNS " FROM message WHERE person_id = $1 "
#define PLACE     "(SELECT created_at, id FROM message WHERE id = $2)"

static const store_sql insert_sql = {
    "INSERT INTO message (id, person_id, kind, body, subject_id, created_at) "
    "VALUES ($1, $2, $3, $4, $5, $6)"};
static const store_sql list_sql = {OF_PERSON
                                   "ORDER BY created_at DESC, id DESC"};
static const store_sql after_sql = {OF_PERSON
                                    "AND (created_at, id) < " PLACE
                                    " ORDER BY created_at DESC, id DESC"};
static const store_sql new_sql = {OF_PERSON "AND (created_at, id) > " PLACE
                                            " ORDER BY created_at, id"};
static const store_sql since_sql = {OF_PERSON "AND created_at >= $2 "
                                              "ORDER BY created_at, id"};
static const store_sql unread_sql = {
    "SELECT count(*) FROM message WHERE person_id = $1 AND read_at IS NULL"};
static const store_sql read_sql = {
    "UPDATE message SET read_at = coalesce(read_at, $3) "
    "WHERE person_id = $1 AND id = $2"};

static void decode(columns *c, void *out)
{
    message_row *r = out;

    column_fixed(c, r->id, 16);
    column_fixed(c, r->person, 16);
    column_text(c, &r->kind);
    column_text(c, &r->body);
    r->has_subject = column_fixed_optional(c, r->subject, 16);
    r->read_at = column_int(c);
    r->created_at = column_int(c);
}

static void decode_count(columns *c, void *out)
{
    *(int64_t *)out = column_int(c);
}

bzt_err message_insert(store_tx *tx, const message_row *row)
{
    const store_value values[] = {sv_id(row->id),
                                  sv_id(row->person),
                                  sv_text(row->kind),
                                  sv_text(row->body),
                                  sv_id(row->has_subject ? row->subject : NULL),
                                  sv_int(row->created_at)};

    return store_exec(tx, NULL, &insert_sql, values, 6);
}

bzt_err message_list(store_tx *tx, message_row **out, size_t *n, size_t max,
                     arena *a, const uint8_t person[16], const uint8_t *after)
{
    const store_value values[] = {sv_id(person), sv_id(after)};

    return columns_list(tx, (void **)out, n, max, a,
                        &(columns_query){after ? &after_sql : &list_sql, values,
                                         after ? 2 : 1, decode, sizeof(**out)});
}

bzt_err message_list_new(store_tx *tx, message_row **out, size_t *n, size_t max,
                         arena *a, const uint8_t person[16],
                         const uint8_t *last, int64_t since)
{
    const store_value values[] = {sv_id(person),
                                  last ? sv_id(last) : sv_int(since)};

    return columns_list(tx, (void **)out, n, max, a,
                        &(columns_query){last ? &new_sql : &since_sql, values,
                                         2, decode, sizeof(**out)});
}

bzt_err message_count_unread(store_tx *tx, int64_t *n, const uint8_t person[16])
{
    const store_value key = sv_id(person);

    return columns_one(
        tx, n, NULL,
        &(columns_query){&unread_sql, &key, 1, decode_count, sizeof(*n)});
}

bzt_err message_update_read(store_tx *tx, const uint8_t person[16],
                            const uint8_t id[16], int64_t at)
{
    return columns_change(tx, &read_sql,
                          (store_value[]){sv_id(person), sv_id(id), sv_int(at)},
                          3);
}
