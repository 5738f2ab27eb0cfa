/* JSON: what the scan accepts cJSON reads too, and what is written from it
 * reads back to the same text. */
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void read_as_everything(arena *a, const json *o)
{
    const json *child;
    const char *text;
    uint8_t bytes[32];
    bzt_span span;
    int64_t v;
    int flag;

    if (!json_int(&v, o, "a", INT64_MIN, INT64_MAX))
        require(v >= -9007199254740991 && v <= 9007199254740991);
    if (!json_text(&text, o, "a", 2, 5))
        require(strlen(text) >= 2 && strlen(text) <= 5);
    if (!json_span(&span, a, o, "a", 1, 8))
        require(span.len >= 1 && span.len <= 8);
    if (json_bytes(bytes, 32, o, "a"))
        require(bytes[0] == 0 && bytes[31] == 0);
    if (json_id(bytes, o, "a", "req"))
        require(bytes[0] == 0);
    if (!json_array_at(&child, o, "a", 3))
        require(json_array_n(child) <= 3);
    if (!json_object_at(&child, o, "a"))
        read_as_everything(a, child);
    if (json_bool(&flag, o, "a"))
        require(flag == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    arena *a = arena_new(64 << 20);
    json *j, *again;
    bzt_span first, second;
    bzt_err err;

    require(a != NULL);
    err = json_parse(&j, a, (bzt_span){data, len});
    require(err != BZT_ERR_MEMORY);
    require((j == NULL) == (err != BZT_OK));
    if (!err) {
        read_as_everything(a, j);
        require(!json_write(&first, a, j));
        require(!json_parse(&again, a, first));
        require(!json_write(&second, a, again));
        require(first.len == second.len &&
                !memcmp(first.p, second.p, first.len));
    }
    arena_free(a);
    return 0;
}
