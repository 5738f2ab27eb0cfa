/* Who waits for which object: long polls and event streams, by 16-byte id.
 *
 * A commit may come between a handler's look at the store and its waiting.
 * So every touch leaves a mark: a waiter that read before the mark is woken
 * at once.  Marks are kept for buckets of ids: a false wake does no harm, a
 * lost one would.
 */
#ifndef BZT_SERVER_WAIT_H
#define BZT_SERVER_WAIT_H

#include <bzt/err.h>
#include <stddef.h>
#include <stdint.h>

typedef struct waiter {
    struct waiter *next, **link; /* link NULL: not in the table */
    uint8_t id[16];
    int64_t version; /* last seen by the poll of other nodes; -1: none yet */
    void (*wake)(struct waiter *w);
} waiter;

typedef struct waits waits;

/* notify is called from any thread when waits_deliver has work. */
BZT_MUST_USE bzt_err waits_new(waits **out, void (*notify)(void *self),
                               void *self);
void waits_free(waits *t);

/* From any thread: id was changed by a commit. */
void waits_touch(waits *t, const uint8_t id[16]);
/* From any thread: the time of a look at the store, taken before it. */
uint64_t waits_mark(const waits *t);

/* The rest is for the event thread. */

/* Put w (id and wake are set) into the table.  1: its object may have
 * changed since `mark`, so look again; w is in the table all the same. */
int waits_add(waits *t, waiter *w, uint64_t mark);
void waits_remove(waits *t, waiter *w);
/* Wake the waiters of what was touched. */
void waits_deliver(waits *t);
/* A poll found this version of id: wake those who have not seen it. */
void waits_saw(waits *t, const uint8_t id[16], int64_t version);
/* Call fn for every waiter; fn may remove the one that it is given. */
void waits_each(waits *t, void (*fn)(waiter *w, void *arg), void *arg);
size_t waits_n(const waits *t);

#endif
