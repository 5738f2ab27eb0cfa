/* Delivering a webhook to a business system. */
#ifndef BZT_CONNECT_HOOK_H
#define BZT_CONNECT_HOOK_H

#include "base/arena.h"
#include <bzt/err.h>
#include <bzt/span.h>

typedef struct hook_sender {
    void *self;
    /* POST a JSON body.  BZT_ERR_UNAVAILABLE: no answer, or not a 2xx. */
    bzt_err (*send)(void *self, arena *a, const char *url, bzt_span body);
} hook_sender;

/* Over HTTP(S); ca_file as in http_options.  One sender serves one thread at
 * a time: the webhook task. */
BZT_MUST_USE bzt_err hook_http_new(hook_sender *out, const char *ca_file,
                                   int timeout_ms);
void hook_http_free(hook_sender *s);

#endif
