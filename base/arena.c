#include "arena.h"
#include "core/wipe.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MIN = 4096, BLOCK_MAX = 1 << 18 };

/* Pieces come out of `bytes` in order; the newest block is the first. */
typedef struct block {
    struct block *next;
    size_t cap, used;
    _Alignas(16) unsigned char bytes[];
} block;

struct arena {
    block *blocks;
    size_t max, taken; /* of all pieces, each rounded up to 16 */
};

static block *block_new(size_t cap)
{
    block *b = calloc(1, sizeof *b + cap);

    if (b)
        b->cap = cap;
    return b;
}

static void block_free(block *b)
{
    wipe(b->bytes, b->used);
    free(b);
}

arena *arena_new(size_t max)
{
    arena *a = calloc(1, sizeof *a);

    if (a)
        a->max = max;
    return a;
}

void arena_reset(arena *a)
{
    block *kept = a->blocks;

    if (kept) {
        while (kept->next) {
            block *next = kept->next;

            kept->next = next->next;
            block_free(next);
        }
        wipe(kept->bytes, kept->used);
        /* wipe may leave a pattern behind; pieces are promised as zero. */
        memset(kept->bytes, 0, kept->used);
        kept->used = 0;
    }
    a->taken = 0;
}

void arena_free(arena *a)
{
    if (!a)
        return;
    while (a->blocks) {
        block *next = a->blocks->next;

        block_free(a->blocks);
        a->blocks = next;
    }
    free(a);
}

/* The next block doubles, so that the number of blocks stays small. */
static block *block_for(arena *a, size_t len)
{
    block *b = a->blocks;
    size_t cap = BLOCK_MIN;

    if (b && b->cap - b->used >= len)
        return b;
    if (b)
        cap = b->cap < BLOCK_MAX ? b->cap * 2 : BLOCK_MAX;
    if (cap < len)
        cap = len;
    b = block_new(cap);
    if (!b)
        return NULL;
    b->next = a->blocks;
    a->blocks = b;
    return b;
}

void *arena_alloc(arena *a, size_t len)
{
    block *b;
    void *out;

    if (len > a->max)
        return NULL;
    len = len ? (len + 15) & ~(size_t)15 : 16;
    if (len > a->max - a->taken)
        return NULL;
    b = block_for(a, len);
    if (!b)
        return NULL;
    out = b->bytes + b->used;
    b->used += len;
    a->taken += len;
    return out;
}

char *arena_text(arena *a, bzt_span bytes)
{
    char *out;

    if (bytes.len >= a->max)
        return NULL;
    out = arena_alloc(a, bytes.len + 1);
    if (out && bytes.len)
        memcpy(out, bytes.p, bytes.len);
    return out;
}

bzt_span arena_copy(arena *a, bzt_span bytes)
{
    uint8_t *p = arena_alloc(a, bytes.len);

    if (!p)
        return (bzt_span){NULL, 0};
    if (bytes.len)
        memcpy(p, bytes.p, bytes.len);
    return (bzt_span){p, bytes.len};
}

char *arena_printf(arena *a, const char *fmt, ...)
{
    va_list args, again;
    char *out = NULL;
    int len;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    if (len >= 0)
        out = arena_alloc(a, (size_t)len + 1);
    if (out)
        vsnprintf(out, (size_t)len + 1, fmt, again);
    va_end(again);
    va_end(args);
    return out;
}
