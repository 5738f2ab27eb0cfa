/* Memory of one request: taken piece by piece, given back at once. */
#ifndef BZT_BASE_ARENA_H
#define BZT_BASE_ARENA_H

#include <bzt/span.h>
#include <stddef.h>

typedef struct arena arena;

/* NULL when memory is short.  max: bytes that all pieces may take. */
arena *arena_new(size_t max);
void arena_reset(arena *a); /* wipes what was given out, keeps one block */
void arena_free(arena *a);  /* wipes; NULL is allowed */

/* Zeroed, 16-byte aligned; NULL when max would be passed. */
void *arena_alloc(arena *a, size_t len);
char *arena_text(arena *a, bzt_span bytes); /* copy with a terminating zero */
bzt_span arena_copy(arena *a, bzt_span bytes); /* {NULL, 0} when full */
__attribute__((format(printf, 2, 3))) char *arena_printf(arena *a,
                                                         const char *fmt, ...);
#endif
