/* Personal data as screens show it. */
#include "mask.h"
#include <string.h>

/* All but the first `head` and the last `tail` bytes. */
static const char *mask_middle(arena *a, bzt_span text, size_t head,
                               size_t tail)
{
    char *out = arena_text(a, text);

    if (out && text.len > head + tail)
        memset(out + head, '*', text.len - head - tail);
    return out;
}

const char *mask_phone(arena *a, bzt_span phone)
{
    return mask_middle(a, phone, 3, 4);
}

const char *mask_number(arena *a, bzt_span number)
{
    return mask_middle(a, number, 3, 4);
}

const char *mask_name(arena *a, bzt_span name)
{
    char *out = arena_alloc(a, name.len + 2);
    size_t n = 0, i = 0;

    if (!out || !name.len)
        return out;
    do
        out[n++] = (char)name.p[i++];
    while (i < name.len && (name.p[i] & 0xc0) == 0x80);
    for (; i < name.len; i++)
        if ((name.p[i] & 0xc0) != 0x80)
            out[n++] = '*';
    return out;
}
