/* The phone's calls: session cookie, CSRF header, problems. */
#include "core/text.h"
#include "phone_internal.h"
#include "problem.h"
#include <string.h>

void phone_begin(phone *p)
{
    arena_reset(p->scratch);
    p->problem = NULL;
}

arena *phone_arena(phone *p)
{
    return p->scratch;
}

const json *phone_problem(const phone *p)
{
    return p->problem;
}

static bzt_err read_problem(phone *p, const http_answer *answer)
{
    if (json_parse(&p->problem, p->scratch, answer->body))
        p->problem = NULL;
    return problem_err(p->problem, answer->status);
}

bzt_err phone_call(phone *p, const json **answer, const char *method,
                   const char *target, const json *body)
{
    const http_header csrf = {"X-BZT-CSRF", p->csrf};
    http_request request = {.method = method, .headers = &csrf, .headers_n = 1};
    json *parsed = NULL;
    http_answer got;
    bzt_err err;

    *answer = NULL;
    p->problem = NULL;
    if (!p->csrf[0])
        request.headers_n = 0;
    if (body) {
        request.content_type = "application/json";
        if ((err = json_write(&request.body, p->scratch, body)))
            return err;
    }
    request.url = arena_printf(p->scratch, "%s%s", p->app, target);
    if (!request.url)
        return BZT_ERR_MEMORY;
    if ((err = http_call(&got, p->scratch, p->http, &request)))
        return err;
    if (got.status < 200 || got.status > 299)
        return read_problem(p, &got);
    if (!got.body.len)
        return BZT_OK;
    err = json_parse(&parsed, p->scratch, got.body);
    *answer = parsed;
    return err;
}

bzt_err phone_get(phone *p, const json **answer, const char *target)
{
    phone_begin(p);
    const char *path = arena_printf(p->scratch, "/app/v1/%s", target);
    return path ? phone_call(p, answer, "GET", path, NULL) : BZT_ERR_MEMORY;
}

const char *phone_key_target(phone *p, const uint8_t key_id[16],
                             const char *what)
{
    char id[ID_TEXT_SIZE];

    id_write(id, "key", key_id);
    return arena_printf(p->scratch, "/app/v1/keys/%s/%s", id, what);
}

/* --- key endpoints ------------------------------------------------------ */

/* Operations name their op_id. */
static void read_id(bzt_key_answer *answer, const json *o)
{
    answer->has_id = o && !json_id(answer->id, o, "op_id", "op");
}

static uint32_t small_number(const json *o, const char *name)
{
    int64_t n = 0;

    return json_int_optional(&n, o, name, 0, UINT32_MAX) ? 0 : (uint32_t)n;
}

static void read_success(bzt_key_answer *answer, const json *o)
{
    const char *outcome = NULL;

    answer->wrong = small_number(o, "wrong");
    if (!json_text_optional(&outcome, o, "outcome", 16) && outcome)
        answer->outcome = bzt_outcome_by_name(outcome);
    if (json_bytes(answer->signature.r, 32, o, "r") ||
        json_bytes(answer->signature.s, 32, o, "s"))
        memset(&answer->signature, 0, sizeof(answer->signature));
}

void phone_call_key(phone *p, bzt_key_answer *answer, const char *target,
                    const json *body)
{
    const json *got = NULL;

    *answer = (bzt_key_answer){.err = BZT_ERR_MEMORY};
    if (!target)
        return;
    answer->err = phone_call(p, &got, "POST", target, body);
    if (!answer->err && !got)
        answer->err = BZT_ERR_BAD_JSON;
    if (answer->err)
        got = p->problem;
    if (!got)
        return;
    read_id(answer, got);
    answer->tries_left = small_number(got, "tries_left");
    answer->wait_seconds = small_number(got, "wait_seconds");
    if (!answer->err)
        read_success(answer, got);
}
