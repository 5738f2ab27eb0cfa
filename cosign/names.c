/* Names on the wire of uses and outcomes.  Pure. */
#include "core/text.h"
#include <bzt/cosign.h>

static const char *const uses[] = {NULL, "sign", "decrypt"};
static const char *const outcomes[] = {
    NULL, "wrong", "void", "sign", "decrypt", "authorise", "move", "arrive"};
enum {
    USES = sizeof uses / sizeof uses[0],
    OUTCOMES = sizeof outcomes / sizeof outcomes[0]
};

static int index_of(const char *const *names, int n, const char *name)
{
    for (int i = 1; i < n; i++) {
        if (text_is(text_span(name), names[i]))
            return i;
    }
    return 0;
}

const char *bzt_key_use_name(bzt_key_use use)
{
    return (unsigned)use < USES ? uses[use] : NULL;
}

bzt_key_use bzt_key_use_by_name(const char *name)
{
    return (bzt_key_use)index_of(uses, USES, name);
}

const char *bzt_outcome_name(bzt_outcome outcome)
{
    return (unsigned)outcome < OUTCOMES ? outcomes[outcome] : NULL;
}

bzt_outcome bzt_outcome_by_name(const char *name)
{
    return (bzt_outcome)index_of(outcomes, OUTCOMES, name);
}
