/* Every way in which a function of this project can fail.
 *
 * errors.def is the one table: number, wire code, HTTP status, who must act,
 * whether a retry can help, and the texts in Chinese and English.
 */
#ifndef BZT_ERR_H
#define BZT_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

#define BZT_MUST_USE __attribute__((warn_unused_result))

typedef enum bzt_err {
    BZT_OK = 0,
#define BZT_ERROR(name, number, code, http, act, retryable, zh, en)            \
    BZT_ERR_##name = number,
#include "errors.def"
#undef BZT_ERROR
} bzt_err;

/* Who must act before the same call can succeed. */
typedef enum bzt_act {
    BZT_ACT_CALLER,   /* the program that called: its input is wrong */
    BZT_ACT_PEER,     /* the party at the other end of a protocol */
    BZT_ACT_USER,     /* the person who holds the phone */
    BZT_ACT_OPERATOR, /* whoever runs the installation */
    BZT_ACT_US        /* a defect of this software */
} bzt_act;

typedef struct bzt_err_info {
    bzt_err err;
    const char *code; /* on the wire: "wrong_pin" */
    int http;         /* status of the problem+json answer */
    bzt_act act;
    int retryable; /* 1: the same request may succeed later */
    const char *zh;
    const char *en;
} bzt_err_info;

/* The row of `err`; never NULL: an unknown number gives the row INTERNAL. */
const bzt_err_info *bzt_err_describe(bzt_err err);

/* The row whose wire code is `code` (zero-terminated), or NULL. */
const bzt_err_info *bzt_err_by_code(const char *code);

#ifdef __cplusplus
}
#endif
#endif
