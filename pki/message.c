/* The messages that a holder's key may sign (message.h).  Pure. */
#include "message.h"

#include "core/text.h"
#include "csr.h"
#include "identity.h"
#include "parts.h"

#include <string.h>

static const char *const kind_texts[] = {
    [MESSAGE_LOGIN] = "bzt-login-1",
    [MESSAGE_BIND] = "bzt-bind-1",
};

const char *message_kind_name(message_kind kind)
{
    static const char *const names[] = {
        [MESSAGE_NONE] = "",
        [MESSAGE_LOGIN] = "login",
        [MESSAGE_BIND] = "bind",
        [MESSAGE_CSR] = "certificate request",
    };
    return (unsigned)kind <= MESSAGE_CSR ? names[kind] : "";
}

/* ---- what fields may hold ---- */

static bool is_text(bzt_span s, size_t min, size_t max)
{
    return s.len >= min && s.len <= max && text_is_plain(s);
}

/* 1 to 65535 without a leading zero. */
static bool is_port(bzt_span s)
{
    uint32_t v = 0;
    if (!s.len || s.len > 5 || s.p[0] == '0')
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        v = v * 10 + (s.p[i] - '0');
    }
    return v <= 65535;
}

static bool is_domain(bzt_span s)
{
    size_t n = 0;
    while (n < s.len && s.p[n] != ':')
        n++;
    if (s.len > MESSAGE_DOMAIN_MAX || !parts_is_host((bzt_span){s.p, n}))
        return false;
    return n == s.len || is_port((bzt_span){s.p + n + 1, s.len - n - 1});
}

static bool is_organisation(const message *m)
{
    if (!m->organisation.len && !m->uscc.len)
        return true;
    return is_text(m->organisation, 1, MESSAGE_ORGANISATION_MAX) &&
           !uscc_check(m->uscc);
}

/* Last second of the year 9999. */
#define TIME_MAX 253402300799000LL

static bool is_life(const message *m)
{
    int64_t from = m->created_at / 1000, to = m->expires_at / 1000;
    return m->created_at >= 0 && m->expires_at >= 0 &&
           m->expires_at <= TIME_MAX && to > from &&
           (to - from) * 1000 <= MESSAGE_LIFE_MAX_MS;
}

static bool is_well_formed(const message *m)
{
    return (m->kind == MESSAGE_LOGIN || m->kind == MESSAGE_BIND) &&
           is_text(m->rp_name, 1, MESSAGE_RP_NAME_MAX) &&
           is_domain(m->domain) && is_text(m->title, 1, MESSAGE_TITLE_MAX) &&
           is_organisation(m) && is_text(m->user, 0, MESSAGE_USER_MAX) &&
           is_life(m);
}

/* ---- writing ---- */

static void octets_write(der_writer *w, const uint8_t *p, size_t len)
{
    der_write(w, DER_OCTET_STRING, (bzt_span){p, len});
}

bzt_err message_write(bzt_span *out, uint8_t *buf, size_t cap, const message *m)
{
    der_writer w;
    *out = (bzt_span){0, 0};
    if (!is_well_formed(m))
        return BZT_ERR_MESSAGE;
    der_writer_init(&w, buf, cap);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    der_write_text(&w, DER_UTF8_STRING, kind_texts[m->kind]);
    octets_write(&w, m->request_id, 16);
    octets_write(&w, m->rp_id, 16);
    der_write(&w, DER_UTF8_STRING, m->rp_name);
    der_write(&w, DER_UTF8_STRING, m->domain);
    octets_write(&w, m->description, 32);
    der_write(&w, DER_UTF8_STRING, m->title);
    der_write(&w, DER_UTF8_STRING, m->organisation);
    der_write(&w, DER_UTF8_STRING, m->uscc);
    der_write(&w, DER_UTF8_STRING, m->user);
    octets_write(&w, m->browser, 32);
    octets_write(&w, m->certificate, 32);
    der_write_generalized_time(&w, m->created_at);
    der_write_generalized_time(&w, m->expires_at);
    der_end_at(&w, mark);
    return der_writer_done(out, &w);
}

/* ---- reading ---- */

static bzt_err octets_read(uint8_t *out, size_t len, bzt_span *in)
{
    bzt_span v;
    TRY(der_read(&v, in, DER_OCTET_STRING));
    if (v.len != len)
        return BZT_ERR_MESSAGE;
    memcpy(out, v.p, len);
    return BZT_OK;
}

static bzt_err kind_read(message_kind *kind, bzt_span *in)
{
    bzt_span text;
    TRY(der_read(&text, in, DER_UTF8_STRING));
    for (int k = MESSAGE_LOGIN; k <= MESSAGE_BIND; k++) {
        if (text_is(text, kind_texts[k])) {
            *kind = (message_kind)k;
            return BZT_OK;
        }
    }
    return BZT_ERR_MESSAGE;
}

static bzt_err fields_read(message *m, bzt_span in)
{
    TRY(kind_read(&m->kind, &in));
    TRY(octets_read(m->request_id, 16, &in));
    TRY(octets_read(m->rp_id, 16, &in));
    TRY(der_read(&m->rp_name, &in, DER_UTF8_STRING));
    TRY(der_read(&m->domain, &in, DER_UTF8_STRING));
    TRY(octets_read(m->description, 32, &in));
    TRY(der_read(&m->title, &in, DER_UTF8_STRING));
    TRY(der_read(&m->organisation, &in, DER_UTF8_STRING));
    TRY(der_read(&m->uscc, &in, DER_UTF8_STRING));
    TRY(der_read(&m->user, &in, DER_UTF8_STRING));
    TRY(octets_read(m->browser, 32, &in));
    TRY(octets_read(m->certificate, 32, &in));
    TRY(der_read_time(&m->created_at, &in));
    TRY(der_read_time(&m->expires_at, &in));
    return der_end(in);
}

/* Whatever a reader might have let pass, the builder would not have made. */
static bzt_err rebuilt_is(const message *m, bzt_span bytes)
{
    uint8_t buf[MESSAGE_SIZE_MAX];
    bzt_span again;
    TRY(message_write(&again, buf, sizeof buf, m));
    return der_is_equal(again, bytes) ? BZT_OK : BZT_ERR_MESSAGE;
}

static bzt_err request_read(message *m, bzt_span bytes)
{
    uint8_t buf[CSR_INFO_SIZE_MAX];
    x509_name subject;
    bzt_span again;
    csr c;
    TRY(csr_info_read(&c, bytes));
    TRY(x509_name_read(&subject, c.subject));
    TRY(csr_info_write(&again, buf, sizeof buf, &subject, c.pub));
    if (!der_is_equal(again, bytes))
        return BZT_ERR_MESSAGE;
    m->kind = MESSAGE_CSR;
    m->subject = c.subject;
    memcpy(m->pub, c.pub, 65);
    return BZT_OK;
}

static bzt_err any_read(message *m, bzt_span bytes)
{
    bzt_span in = bytes, fields;
    if (bytes.len > MESSAGE_SIZE_MAX)
        return BZT_ERR_MESSAGE;
    TRY(der_read(&fields, &in, DER_SEQUENCE));
    TRY(der_end(in));
    if (der_peek(fields) != DER_UTF8_STRING)
        return request_read(m, bytes);
    TRY(fields_read(m, fields));
    return rebuilt_is(m, bytes);
}

bzt_err message_read(message *out, bzt_span bytes)
{
    memset(out, 0, sizeof *out);
    if (!any_read(out, bytes))
        return BZT_OK;
    memset(out, 0, sizeof *out);
    return BZT_ERR_MESSAGE;
}

message_kind message_kind_of(bzt_span bytes)
{
    message m;
    return message_read(&m, bytes) ? MESSAGE_NONE : m.kind;
}

bzt_err message_verify(const uint8_t pub[65], bzt_span bytes,
                       const bzt_sm2_signature *sig)
{
    message m;
    TRY(message_read(&m, bytes));
    if (m.kind == MESSAGE_CSR && memcmp(m.pub, pub, 65))
        return BZT_ERR_KEY_MISMATCH;
    return bzt_sm2_verify_vartime(pub, bytes, sig);
}
