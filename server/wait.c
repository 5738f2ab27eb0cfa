#include "wait.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096, TOUCHED_MAX = 65536 };

typedef struct bucket {
    _Atomic uint64_t touched; /* number of the last touch */
    _Atomic uint32_t n;       /* waiters, for waits_touch */
    waiter *first;
} bucket;

struct waits {
    _Atomic uint64_t touches;
    bucket *buckets;
    size_t n;
    void (*notify)(void *self);
    void *self;

    pthread_mutex_t lock; /* of what follows */
    uint8_t (*touched)[16];
    size_t touched_n, touched_cap;
    int all; /* too many to name */
};

/* Ids are random. */
static bucket *bucket_of(const waits *t, const uint8_t id[16])
{
    return &t->buckets[(id[0] | id[1] << 8) % BUCKETS];
}

bzt_err waits_new(waits **out, void (*notify)(void *self), void *self)
{
    waits *t = calloc(1, sizeof *t);

    *out = NULL;
    if (!t)
        return BZT_ERR_MEMORY;
    t->buckets = calloc(BUCKETS, sizeof *t->buckets);
    if (!t->buckets) {
        free(t);
        return BZT_ERR_MEMORY;
    }
    pthread_mutex_init(&t->lock, NULL);
    t->notify = notify;
    t->self = self;
    *out = t;
    return BZT_OK;
}

void waits_free(waits *t)
{
    if (!t)
        return;
    pthread_mutex_destroy(&t->lock);
    free(t->touched);
    free(t->buckets);
    free(t);
}

static int has_room(waits *t)
{
    size_t cap = t->touched_cap ? t->touched_cap * 2 : 64;
    void *p;

    if (t->touched_n < t->touched_cap)
        return 1;
    if (cap > TOUCHED_MAX)
        return 0;
    p = realloc(t->touched, cap * sizeof t->touched[0]);
    if (!p)
        return 0;
    t->touched = p;
    t->touched_cap = cap;
    return 1;
}

static void raise_to(_Atomic uint64_t *mark, uint64_t value)
{
    uint64_t old = atomic_load(mark);

    while (old < value && !atomic_compare_exchange_weak(mark, &old, value))
        ;
}

void waits_touch(waits *t, const uint8_t id[16])
{
    bucket *b = bucket_of(t, id);

    raise_to(&b->touched, atomic_fetch_add(&t->touches, 1) + 1);
    /* waits_add counts first and then looks at the mark, so one of the two
     * sees the other. */
    if (!atomic_load(&b->n))
        return;
    pthread_mutex_lock(&t->lock);
    if (has_room(t))
        memcpy(t->touched[t->touched_n++], id, 16);
    else
        t->all = 1;
    pthread_mutex_unlock(&t->lock);
    t->notify(t->self);
}

uint64_t waits_mark(const waits *t)
{
    return atomic_load(&t->touches);
}

int waits_add(waits *t, waiter *w, uint64_t mark)
{
    bucket *b = bucket_of(t, w->id);

    if (!w->link) {
        w->next = b->first;
        w->link = &b->first;
        if (w->next)
            w->next->link = &w->next;
        b->first = w;
        t->n++;
        atomic_fetch_add(&b->n, 1);
    }
    return atomic_load(&b->touched) > mark;
}

void waits_remove(waits *t, waiter *w)
{
    if (!w->link)
        return;
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    w->link = NULL;
    w->next = NULL;
    t->n--;
    atomic_fetch_sub(&bucket_of(t, w->id)->n, 1);
}

static void wake_id(waits *t, const uint8_t id[16])
{
    waiter *next;

    for (waiter *w = bucket_of(t, id)->first; w; w = next) {
        next = w->next;
        if (!memcmp(w->id, id, 16))
            w->wake(w);
    }
}

void waits_saw(waits *t, const uint8_t id[16], int64_t version)
{
    waiter *next;

    for (waiter *w = bucket_of(t, id)->first; w; w = next) {
        next = w->next;
        if (memcmp(w->id, id, 16) || w->version == version)
            continue;
        w->version = version;
        w->wake(w);
    }
}

static void wake_any(waiter *w, void *arg)
{
    (void)arg;
    w->wake(w);
}

void waits_deliver(waits *t)
{
    uint8_t(*touched)[16];
    size_t n;
    int all;

    pthread_mutex_lock(&t->lock);
    touched = t->touched;
    n = t->touched_n;
    all = t->all;
    t->touched = NULL;
    t->touched_n = t->touched_cap = 0;
    t->all = 0;
    pthread_mutex_unlock(&t->lock);
    for (size_t i = 0; i < n && !all; i++)
        wake_id(t, touched[i]);
    free(touched);
    if (all)
        waits_each(t, wake_any, NULL);
}

void waits_each(waits *t, void (*fn)(waiter *w, void *arg), void *arg)
{
    waiter *next;

    for (size_t i = 0; i < BUCKETS; i++)
        for (waiter *w = t->buckets[i].first; w; w = next) {
            next = w->next;
            fn(w, arg);
        }
}

size_t waits_n(const waits *t)
{
    return t->n;
}
