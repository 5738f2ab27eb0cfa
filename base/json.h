/* JSON (RFC 8259) over cJSON in an arena.
 *
 * A tree lives in its arena and dies with it.  Names compare exactly; text
 * is valid UTF-8 without U+0000; duplicate names are refused; bytes travel
 * as base64url without padding; ids as `kind_` + 26 base32 characters.
 */
#ifndef BZT_BASE_JSON_H
#define BZT_BASE_JSON_H

#include "arena.h"
#include <bzt/err.h>
#include <bzt/span.h>
#include <stdint.h>

typedef struct cJSON json;

/* BZT_ERR_BAD_JSON, BZT_ERR_BAD_UTF8, BZT_ERR_MEMORY. */
BZT_MUST_USE bzt_err json_parse(json **out, arena *a, bzt_span text);
/* Compact; a loan from the arena. */
BZT_MUST_USE bzt_err json_write(bzt_span *out, arena *a, const json *j);

/* Readers.  BZT_ERR_BAD_FIELD: missing, of another type, or out of bounds
 * (lengths in bytes).  `_optional` leaves *out as NULL/0/empty when the name
 * is absent or null. */
const json *json_get(const json *object, const char *name); /* or NULL */
BZT_MUST_USE bzt_err json_object_at(const json **out, const json *o,
                                    const char *name);
BZT_MUST_USE bzt_err json_array_at(const json **out, const json *o,
                                   const char *name, size_t max_n);
size_t json_array_n(const json *array);
const json *json_array_item(const json *array, size_t i);
/* Item i as text, or NULL when it is none. */
const char *json_text_item(const json *array, size_t i);
/* Item i as a whole number.  BZT_ERR_BAD_FIELD. */
BZT_MUST_USE bzt_err json_int_item(int64_t *out, const json *array, size_t i,
                                   int64_t min, int64_t max);
BZT_MUST_USE bzt_err json_text(const char **out, const json *o,
                               const char *name, size_t min, size_t max);
BZT_MUST_USE bzt_err json_text_optional(const char **out, const json *o,
                                        const char *name, size_t max);
BZT_MUST_USE bzt_err json_int(int64_t *out, const json *o, const char *name,
                              int64_t min, int64_t max);
BZT_MUST_USE bzt_err json_int_optional(int64_t *out, const json *o,
                                       const char *name, int64_t min,
                                       int64_t max);
BZT_MUST_USE bzt_err json_bool(int *out, const json *o, const char *name);
/* base64url of exactly len bytes. */
BZT_MUST_USE bzt_err json_bytes(uint8_t *out, size_t len, const json *o,
                                const char *name);
/* base64url of min..max bytes, into the arena. */
BZT_MUST_USE bzt_err json_span(bzt_span *out, arena *a, const json *o,
                               const char *name, size_t min, size_t max);
/* Item i of an array as base64url of min..max bytes, into the arena. */
BZT_MUST_USE bzt_err json_span_item(bzt_span *out, arena *a, const json *array,
                                    size_t i, size_t min, size_t max);
/* `kind_…`: 16 bytes. */
BZT_MUST_USE bzt_err json_id(uint8_t out[16], const json *o, const char *name,
                             const char *kind);

/* Builders.  Adding to NULL does nothing and returns NULL where something
 * is returned; json_write of a tree that could not be built gives
 * BZT_ERR_MEMORY. */
json *json_new_object(arena *a);
json *json_new_array(arena *a);
json *json_add_object(json *o, const char *name);
json *json_add_array(json *o, const char *name);
json *json_append_object(json *array);
void json_append_text(json *array, const char *text);
void json_append_bytes(json *array, arena *a, bzt_span bytes);
void json_append_int(json *array, int64_t v);
void json_append(json *array, json *child);            /* adopts child */
void json_add(json *o, const char *name, json *child); /* adopts child */
void json_add_text(json *o, const char *name,
                   const char *text); /* NULL: null */
void json_add_int(json *o, const char *name, int64_t v);
void json_add_bool(json *o, const char *name, int v);
void json_add_null(json *o, const char *name);
void json_add_bytes(json *o, arena *a, const char *name, bzt_span bytes);
void json_add_id(json *o, const char *name, const char *kind,
                 const uint8_t id[16]);

#endif
