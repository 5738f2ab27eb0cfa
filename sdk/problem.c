/* An answer that is no success. */
#include "problem.h"
#include <stdio.h>

bzt_err problem_err(const json *o, int status)
{
    const char *code = NULL;

    if (!o || json_text_optional(&code, o, "code", 60) || !code)
        return status >= 500 ? BZT_ERR_UNAVAILABLE : BZT_ERR_INTERNAL;
    const bzt_err_info *info = bzt_err_by_code(code);
    return info ? info->err : BZT_ERR_INTERNAL;
}

bzt_err problem_text(char out[PROBLEM_TEXT_MAX], const json *o)
{
    const char *zh = NULL, *en = NULL;

    out[0] = 0;
    if (json_text_optional(&zh, o, "title_zh", 180) ||
        json_text_optional(&en, o, "title", 180))
        return BZT_ERR_BAD_FIELD;
    snprintf(out, PROBLEM_TEXT_MAX, "%s / %s", zh ? zh : "", en ? en : "");
    return BZT_OK;
}
