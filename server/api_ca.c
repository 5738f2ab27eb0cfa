/* What CAs publish (doc/api.md, Certificate authority). */
#include "api.h"
#include "service/authority.h"

static const char crl_type[] = "application/pkix-crl";
static const char cert_type[] = "application/pkix-cert";
static const char ocsp_type[] = "application/ocsp-response";

static bzt_err certificate(call *c, const char *role)
{
    bzt_span der;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "ca")))
        return err;
    if ((err = authority_certificate(c->service, &der, c->arena, id, role)))
        return err;
    call_answer_bytes(c, cert_type, der);
    return BZT_OK;
}

bzt_err ca_certificate_get(call *c)
{
    return certificate(c, "issuing");
}

bzt_err ca_root_get(call *c)
{
    return certificate(c, "root");
}

bzt_err ca_crl_get(call *c)
{
    bzt_span der;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "ca")))
        return err;
    if ((err = authority_list(c->service, &der, c->arena, id, c->now_ms)))
        return err;
    call_answer_bytes(c, crl_type, der);
    return BZT_OK;
}

bzt_err ca_ocsp_post(call *c)
{
    bzt_span der;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "ca")))
        return err;
    if ((err =
             authority_ocsp(c->service, &der, c->arena, id, c->raw, c->now_ms)))
        return err;
    call_answer_bytes(c, ocsp_type, der);
    return BZT_OK;
}

bzt_err ca_ocsp_get(call *c)
{
    bzt_span der;
    uint8_t id[16];
    bzt_err err;

    if ((err = call_id(id, c, 0, "ca")))
        return err;
    if ((err = authority_ocsp_text(c->service, &der, c->arena, id, c->params[1],
                                   c->now_ms)))
        return err;
    call_answer_bytes(c, ocsp_type, der);
    return BZT_OK;
}
