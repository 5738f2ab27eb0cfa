/* SMS gateway and public-security check (parties.h, doc/connectors.md). */
#include "parties.h"
#include "core/text.h"
#include "pki/identity.h"
#include <stdio.h>
#include <string.h>

outcome outcome_read(const char *text)
{
    static const char *const words[OUTCOMES] = {"ok", "refuse", "slow", "down",
                                                "half"};
    int i = 0;

    while (i < OUTCOMES && strcmp(words[i], text))
        i++;
    return (outcome)i;
}

static bzt_err say(json **answer, int *status, arena *a, int code,
                   const char *result)
{
    *answer = json_new_object(a);
    *status = code;
    json_add_text(*answer, "result", result);
    return *answer ? BZT_OK : BZT_ERR_MEMORY;
}

static int is_phone(const char *s)
{
    return strlen(s) == 11 && s[0] == '1' && strspn(s, "0123456789") == 11;
}

bzt_err sms_take(json **answer, int *status, arena *a, inbox *in,
                 const json *body, int refuse, int64_t now_ms)
{
    const char *phone, *text_id, *code, *language;
    sent_message *m;

    if (json_text(&phone, body, "phone", 11, 11) ||
        json_text(&text_id, body, "template", 1, 31) ||
        json_text(&code, body, "code", 4, 8) ||
        json_text(&language, body, "language", 2, 2) || !is_phone(phone))
        return say(answer, status, a, 400, "malformed");
    if (refuse)
        return say(answer, status, a, 422, "refused");
    m = &in->kept[in->n++ % INBOX_KEPT];
    snprintf(m->phone, sizeof(m->phone), "%s", phone);
    snprintf(m->text_id, sizeof(m->text_id), "%s", text_id);
    snprintf(m->code, sizeof(m->code), "%s", code);
    snprintf(m->language, sizeof(m->language), "%s", language);
    m->at = now_ms;
    return say(answer, status, a, 200, "sent");
}

/* What the holder would read on the phone. */
static const char *text_of(arena *a, const sent_message *m)
{
    if (!strcmp(m->language, "en"))
        return arena_printf(a,
                            "[BZT] Your code is %s. It works for 5 minutes. "
                            "Tell it to nobody.",
                            m->code);
    return arena_printf(a, "【标证通】验证码 %s，5 分钟内有效。请勿告知他人。",
                        m->code);
}

bzt_err inbox_show(json **out, arena *a, const inbox *in, const char *phone)
{
    size_t n = in->n < INBOX_KEPT ? in->n : INBOX_KEPT;
    json *list;

    *out = json_new_object(a);
    list = json_add_array(*out, "messages");
    for (size_t i = 0; i < n; i++) {
        const sent_message *m = &in->kept[(in->n - 1 - i) % INBOX_KEPT];
        json *o;

        if (phone && strcmp(phone, m->phone))
            continue;
        o = json_append_object(list);
        json_add_text(o, "phone", m->phone);
        json_add_text(o, "template", m->text_id);
        json_add_text(o, "code", m->code);
        json_add_text(o, "text", text_of(a, m));
        json_add_int(o, "at", m->at);
    }
    return *out ? BZT_OK : BZT_ERR_MEMORY;
}

bzt_err identity_check(json **answer, int *status, arena *a, const json *body,
                       int refuse)
{
    const char *operation, *name, *number, *result = "match";
    bzt_err err;

    if (json_text(&operation, body, "operation", 1, 64) ||
        json_text(&name, body, "name", 2, 120) ||
        json_text(&number, body, "id_number", 18, 18) ||
        id_number_check(text_span(number)))
        return say(answer, status, a, 400, "malformed");
    if (refuse || strstr(name, "拒"))
        result = "mismatch";
    else if (strstr(name, "无"))
        result = "unknown";
    if ((err = say(answer, status, a, 200, result)))
        return err;
    json_add_text(*answer, "operation", operation);
    return BZT_OK;
}
