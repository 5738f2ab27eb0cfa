/* An answer that is no success (doc/api.md, Errors), as its reader sees it. */
#ifndef BZT_SDK_PROBLEM_H
#define BZT_SDK_PROBLEM_H

#include "base/json.h"

enum { PROBLEM_TEXT_MAX = 400 };

/* The error of its `code`.  Without one (o may be NULL): BZT_ERR_UNAVAILABLE
 * for a 5xx, which nginx may have answered, else BZT_ERR_INTERNAL; an unknown
 * code gives BZT_ERR_INTERNAL. */
bzt_err problem_err(const json *o, int status);
/* "zh / en" of its titles.  BZT_ERR_BAD_FIELD: one is no text, or too long;
 * out is then empty. */
BZT_MUST_USE bzt_err problem_text(char out[PROBLEM_TEXT_MAX], const json *o);

#endif
