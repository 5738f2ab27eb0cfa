/* Shared by the cosign_*.c files of this service: one operation's rows, and
 * the one way in which an effect is committed. */
#ifndef BZT_SERVICE_COSIGN_INTERNAL_H
#define BZT_SERVICE_COSIGN_INTERNAL_H

#include "cosign.h"
#include "cosign/server.h"
#include "store/key.h"

/* --- live nonces (nonces.c) --- */
void nonce_table_put(struct nonce_table *t, cosign_nonce *nonce,
                     const cosign_for *what, int64_t now_ms);
/* BZT_ERR_NONCE_GONE as cosign_nonces_take. */
BZT_MUST_USE bzt_err nonce_table_take(cosign_nonce *nonce, cosign_for *what,
                                      struct nonce_table *t,
                                      const bzt_sign_request *request,
                                      int64_t now_ms);

/* --- one operation --- */
typedef struct operation {
    const cosign_caller *by;
    const char *kind; /* for the audit trail: "sign", … */
    uint8_t key_id[16];
    uint8_t op_id[16];
    int has_op; /* 0: key making */
    int64_t now_ms;
    /* Read in the same transaction, if the key exists; or NULL.  Like any
     * operation of the store it may run again. */
    store_op also;
    void *also_arg;

    /* loaded */
    int exists;
    key_row key;
    cosign_row row;
    cosign_share share;   /* secret */
    cosign_device device; /* secret: the session's phone */
    int64_t device_failures;

    /* what the transaction adds */
    cosign_effect effect;
    bzt_span blob;            /* of a move */
    const cosign_for *for_it; /* completed by a success */
    bzt_err answer;           /* the step's verdict */
} operation;

/* Read key, device and time; unseal.  A key that does not exist is no
 * error: exists is 0 then, and the effect names the operation. */
BZT_MUST_USE bzt_err operation_load(operation *op);
/* Commit what the step (op->effect, op->answer) wants and return the answer:
 * op->answer, BZT_ERR_BUSY, or an error of the store.  Fills reply. */
BZT_MUST_USE bzt_err operation_finish(operation *op, cosign_reply *reply);
void operation_wipe(operation *op);

#endif
