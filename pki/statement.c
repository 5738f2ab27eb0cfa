/* Statements of keys that are not holders' (statement.h).  Pure. */
#include "statement.h"

#include "core/sm3.h"
#include "core/text.h"
#include "parts.h"

#include <string.h>

static const char *const labels[] = {
    [STATEMENT_DESCRIPTION] = "bzt-description-1",
    [STATEMENT_WEBHOOK] = "bzt-webhook-1",
    [STATEMENT_SETTINGS] = "bzt-settings-1",
    [STATEMENT_TREE_HEAD] = "bzt-tree-head-1",
    [STATEMENT_HTTP] = "bzt-http-1",
};
enum { LABELS_N = sizeof labels / sizeof labels[0] };

const char *statement_label_text(statement_label label)
{
    return (unsigned)label < LABELS_N ? labels[label] : "";
}

/* e = SM3(Z || label || 00 || payload) */
static bzt_err digest(uint8_t e[32], statement_label label,
                      const uint8_t pub[65], bzt_span payload)
{
    uint8_t z[32];
    sm3 s;
    if ((unsigned)label >= LABELS_N)
        return BZT_ERR_UNSUPPORTED;
    TRY(bzt_sm2_z(z, pub, BZT_SM2_DEFAULT_ID));
    sm3_init(&s);
    sm3_update(&s, z, sizeof z);
    sm3_update(&s, labels[label], strlen(labels[label]) + 1);
    sm3_update(&s, payload.p, payload.len);
    sm3_final(&s, e);
    return BZT_OK;
}

bzt_err statement_sign(uint8_t sig[STATEMENT_SIG_LEN], statement_label label,
                       const bzt_sm2_key *key, bzt_span payload,
                       const uint8_t random[48])
{
    uint8_t pub[65], e[32];
    bzt_sm2_signature s;
    memset(sig, 0, STATEMENT_SIG_LEN);
    TRY(bzt_sm2_public(pub, key));
    TRY(digest(e, label, pub, payload));
    TRY(bzt_sm2_sign_digest(&s, key, e, random));
    TRY(bzt_sm2_verify_digest_vartime(pub, e, &s)); /* faults */
    memcpy(sig, s.r, 32);
    memcpy(sig + 32, s.s, 32);
    return BZT_OK;
}

bzt_err statement_verify(bzt_span sig, statement_label label,
                         const uint8_t pub[65], bzt_span payload)
{
    bzt_sm2_signature s;
    uint8_t e[32];
    TRY(bzt_sm2_point_check(pub));
    if (sig.len != STATEMENT_SIG_LEN)
        return BZT_ERR_SIGNATURE;
    memcpy(s.r, sig.p, 32);
    memcpy(s.s, sig.p + 32, 32);
    TRY(digest(e, label, pub, payload));
    return bzt_sm2_verify_digest_vartime(pub, e, &s) ? BZT_ERR_SIGNATURE
                                                     : BZT_OK;
}
