/* Sending text messages: one function, whoever the vendor is. */
#ifndef BZT_CONNECT_SMS_H
#define BZT_CONNECT_SMS_H

#include <bzt/err.h>

typedef struct sms_message {
    const char *phone;    /* 11 digits */
    const char *text_id;  /* the text that the vendor has approved: "login" */
    const char *code;     /* its one variable */
    const char *language; /* zh, en */
} sms_message;

typedef struct sms_gateway {
    void *self;
    /* BZT_ERR_LIMITED: the vendor sends no more to this number for now.
     * BZT_ERR_UNAVAILABLE: not taken, or nobody knows. */
    bzt_err (*send)(void *self, const sms_message *m);
} sms_gateway;

#endif
