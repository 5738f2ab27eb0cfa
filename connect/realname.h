/* Asking an authority whether a name and an ID number belong together. */
#ifndef BZT_CONNECT_REALNAME_H
#define BZT_CONNECT_REALNAME_H

#include <bzt/err.h>
#include <stdint.h>

typedef enum realname_kind {
    REALNAME_ALIPAY,
    REALNAME_POLICE,
    REALNAME_BANKCARD,
    REALNAME_KINDS
} realname_kind;

typedef struct realname_question {
    uint8_t operation[16]; /* ours; the answer repeats it */
    const char *name;
    const char *id_number; /* 18 characters, check digit right */
} realname_question;

typedef struct realname_provider {
    void *self;
    /* NULL in an installation without this provider.
     * BZT_OK: they belong together.  BZT_ERR_REALNAME_REFUSED: they do not.
     * BZT_ERR_UNAVAILABLE: no answer, or one that cannot be trusted. */
    bzt_err (*check)(void *self, const realname_question *q);
} realname_provider;

#endif
