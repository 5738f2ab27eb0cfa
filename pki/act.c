/* Texts that `authorise` permits (message.h).  Pure. */
#include "core/text.h"
#include "message.h"

#include <string.h>

static const struct {
    const char *verb;
    bool has_id;
} acts[] = {
    [ACT_NONE] = {"", false},
    [ACT_CHANGE_PIN] = {"change pin", false},
    [ACT_CHECK_PIN] = {"check pin", false},
    [ACT_REVOKE_CERTIFICATE] = {"revoke certificate ", true},
    [ACT_APPROVE_MEMBER] = {"approve member ", true},
    [ACT_REMOVE_MEMBER] = {"remove member ", true},
    [ACT_LIFT_LOCK] = {"lift lock ", true},
};
enum { ACTS_N = sizeof acts / sizeof acts[0] };

/* prefix "_" base32, of any prefix. */
static bool is_id(bzt_span text)
{
    char prefix[ID_PREFIX_MAX + 1] = {0};
    uint8_t id[ID_LEN];
    size_t n = 0;
    while (n < text.len && n < ID_PREFIX_MAX && text.p[n] >= 'a' &&
           text.p[n] <= 'z') {
        prefix[n] = (char)text.p[n];
        n++;
    }
    return n && !id_read(id, prefix, text);
}

static bool fits(act *out, act_kind kind, bzt_span text)
{
    size_t n = strlen(acts[kind].verb);
    if (text.len < n || memcmp(text.p, acts[kind].verb, n) != 0)
        return false;
    bzt_span id = {text.p + n, text.len - n};
    if (acts[kind].has_id ? !is_id(id) : id.len != 0)
        return false;
    out->kind = kind;
    out->id = acts[kind].has_id ? id : (bzt_span){0, 0};
    return true;
}

bzt_err act_read(act *out, bzt_span text)
{
    memset(out, 0, sizeof *out);
    if (!text.len)
        return BZT_ERR_MESSAGE;
    for (int k = ACT_NONE + 1; k < ACTS_N; k++)
        if (fits(out, (act_kind)k, text))
            return BZT_OK;
    return BZT_ERR_MESSAGE;
}

bzt_err act_write(char out[ACT_SIZE_MAX], const act *a)
{
    memset(out, 0, ACT_SIZE_MAX);
    if (a->kind <= ACT_NONE || (int)a->kind >= ACTS_N)
        return BZT_ERR_MESSAGE;
    if (acts[a->kind].has_id ? !is_id(a->id) : a->id.len != 0)
        return BZT_ERR_MESSAGE;
    size_t n = strlen(acts[a->kind].verb);
    memcpy(out, acts[a->kind].verb, n);
    if (a->id.len)
        memcpy(out + n, a->id.p, a->id.len);
    return BZT_OK;
}
