/* Delivering a webhook over HTTP(S). */
#include "base/http_client.h"
#include "hook.h"

enum { DEFAULT_TIMEOUT_MS = 10000, ANSWER_MAX = 16384 };

static bzt_err send(void *self, arena *a, const char *url, bzt_span body)
{
    const http_request request = {.method = "POST",
                                  .url = url,
                                  .content_type = "application/json",
                                  .body = body};
    http_answer answer;
    bzt_err err = http_call(&answer, a, self, &request);

    if (err)
        return err;
    return answer.status >= 200 && answer.status < 300 ? BZT_OK
                                                       : BZT_ERR_UNAVAILABLE;
}

bzt_err hook_http_new(hook_sender *out, const char *ca_file, int timeout_ms)
{
    http_client *client = NULL;
    const http_options options = {.ca_file = ca_file,
                                  .timeout_ms = timeout_ms ? timeout_ms
                                                           : DEFAULT_TIMEOUT_MS,
                                  .max_answer = ANSWER_MAX};
    bzt_err err = http_client_new(&client, &options);

    *out = (hook_sender){.self = client, .send = err ? NULL : send};
    return err;
}

void hook_http_free(hook_sender *s)
{
    http_client_free(s->self);
    *s = (hook_sender){0};
}
