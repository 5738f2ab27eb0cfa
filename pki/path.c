/* Certification paths (path.h), RFC 5280, 6.1.  Pure.
 *
 * A depth-first search without recursion: at each place of the chain the
 * candidates are tried in order, roots first.  Cheap tests come before the
 * signature, and signatures are counted, so that a bundle of look-alike
 * certificates costs no more than the budget. */
#include "path.h"

#include "core/der.h"
#include "parts.h"

#include <string.h>

enum { SIGNATURES_MAX = 64 };

typedef struct search {
    const path_input *in;
    const x509_cert *chain[PATH_DEPTH_MAX];
    size_t next[PATH_DEPTH_MAX]; /* next candidate for each place */
    size_t n;
    int signatures; /* left */
    bool ignores_time;
} search;

static bool is_valid_at(const search *s, const x509_cert *c)
{
    return s->ignores_time ||
           (s->in->at >= c->not_before && s->in->at <= c->not_after);
}

static bool may_certify(const x509_cert *c)
{
    return c->is_ca &&
           (!c->has_key_usage || (c->key_usage & X509_KEY_CERT_SIGN));
}

static bool is_self_issued(const x509_cert *c)
{
    return x509_name_is_equal(c->issuer, c->subject);
}

/* 6.1.4 (l), (m): intermediates below, self-issued ones not counted. */
static bool is_within_path_len(const search *s, const x509_cert *ca)
{
    uint32_t below = 0;
    for (size_t i = 1; i < s->n; i++)
        below += !is_self_issued(s->chain[i]);
    return !ca->has_path_len || below <= ca->path_len;
}

static bool is_in_chain(const search *s, const x509_cert *c)
{
    for (size_t i = 0; i < s->n; i++)
        if (der_is_equal(s->chain[i]->whole, c->whole))
            return true;
    return false;
}

static bool key_ids_fit(const x509_cert *child, const x509_cert *ca)
{
    return !child->aki.len || !ca->ski.len || der_is_equal(child->aki, ca->ski);
}

static bool is_signed_by(search *s, const x509_cert *child, const x509_cert *ca)
{
    if (!s->signatures)
        return false;
    s->signatures--;
    return x509_verify(child, ca->pub) == BZT_OK;
}

static bool is_issuer(search *s, const x509_cert *ca)
{
    const x509_cert *child = s->chain[s->n - 1];
    return x509_name_is_equal(child->issuer, ca->subject) &&
           key_ids_fit(child, ca) && may_certify(ca) &&
           !ca->has_unknown_critical && is_valid_at(s, ca) &&
           is_within_path_len(s, ca) && !is_in_chain(s, ca) &&
           is_signed_by(s, child, ca);
}

static bool is_trusted_itself(const path_input *in)
{
    for (size_t i = 0; i < in->roots_n; i++)
        if (der_is_equal(in->roots[i].whole, in->leaf->whole))
            return true;
    return false;
}

static const x509_cert *candidate(const path_input *in, size_t i, bool *is_root)
{
    *is_root = i < in->roots_n;
    if (*is_root)
        return &in->roots[i];
    i -= in->roots_n;
    return i < in->others_n ? &in->others[i] : NULL;
}

/* True when s->chain ends in a root. */
static bool find(search *s)
{
    bool is_root;
    s->chain[0] = s->in->leaf;
    s->next[0] = 0;
    s->n = 1;
    if (!is_valid_at(s, s->in->leaf))
        return false;
    if (is_trusted_itself(s->in))
        return true;
    while (s->n) {
        const x509_cert *c = candidate(s->in, s->next[s->n - 1]++, &is_root);
        if (!c) {
            s->n--; /* nothing left for this place: one step back */
            continue;
        }
        if ((!is_root && s->n + 1 >= PATH_DEPTH_MAX) || !is_issuer(s, c))
            continue;
        s->chain[s->n] = c;
        s->next[s->n++] = 0;
        if (is_root)
            return true;
    }
    return false;
}

static bool has_usage(const x509_cert *c, uint32_t any)
{
    return !c->has_key_usage || (c->key_usage & any);
}

static bzt_err ok_if(bool holds)
{
    return holds ? BZT_OK : BZT_ERR_CERT_INVALID;
}

static bzt_err rp_check(const x509_cert *c, bzt_span host)
{
    bzt_span cursor = c->san, first;
    if (c->is_ca || !has_usage(c, X509_DIGITAL_SIGNATURE))
        return BZT_ERR_CERT_INVALID;
    if (!x509_next_host(&first, &cursor))
        return BZT_ERR_CERT_INVALID;
    return host.len && !x509_has_host(c, host) ? BZT_ERR_RP_DOMAIN : BZT_OK;
}

static bzt_err purpose_check(const path_input *in)
{
    const x509_cert *c = in->leaf;
    if (c->has_unknown_critical)
        return BZT_ERR_CERT_INVALID;
    switch (in->purpose) {
    case PATH_SIGNING:
        return ok_if(!c->is_ca && has_usage(c, X509_DIGITAL_SIGNATURE |
                                                   X509_NON_REPUDIATION));
    case PATH_ENCRYPTION:
        return ok_if(!c->is_ca && has_usage(c, X509_KEY_ENCIPHERMENT |
                                                   X509_DATA_ENCIPHERMENT |
                                                   X509_KEY_AGREEMENT));
    case PATH_RP:
        return rp_check(c, in->host);
    case PATH_OCSP:
        return ok_if(
            !c->is_ca && (c->eku & X509_EKU_OCSP_SIGNING) &&
            has_usage(c, X509_DIGITAL_SIGNATURE | X509_NON_REPUDIATION));
    case PATH_CA:
        return ok_if(may_certify(c));
    }
    return BZT_ERR_CERT_INVALID;
}

bzt_err path_check(path *out, const path_input *in)
{
    search s = {.in = in, .signatures = SIGNATURES_MAX};
    memset(out, 0, sizeof *out);
    TRY(purpose_check(in));
    if (find(&s)) {
        out->n = s.n;
        memcpy(out->certs, s.chain, s.n * sizeof s.chain[0]);
        return BZT_OK;
    }
    s.ignores_time = true;
    return find(&s) ? BZT_ERR_CERT_EXPIRED : BZT_ERR_CERT_PATH;
}
