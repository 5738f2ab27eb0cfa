/* Names of X.501 as RFC 5280, 4.1.2.4 and 7.1 use them (x509.h).  Pure. */
#include "core/text.h"
#include "parts.h"

#include <string.h>

/* One row for each attribute that we read and write, in writing order.
 * max: characters, the upper bounds of X.520. */
typedef struct attribute {
    bzt_span oid;
    size_t offset; /* in x509_name */
    size_t max;
    uint8_t tag;
} attribute;

enum { ATTRIBUTES_N = 7 };

static attribute attribute_at(size_t i)
{
    const attribute all[ATTRIBUTES_N] = {
        {OID_AT_COUNTRY, offsetof(x509_name, country), 2, DER_PRINTABLE_STRING},
        {OID_AT_PROVINCE, offsetof(x509_name, province), 128, DER_UTF8_STRING},
        {OID_AT_LOCALITY, offsetof(x509_name, locality), 128, DER_UTF8_STRING},
        {OID_AT_ORG, offsetof(x509_name, organisation), 64, DER_UTF8_STRING},
        {OID_AT_UNIT, offsetof(x509_name, unit), 64, DER_UTF8_STRING},
        {OID_AT_CN, offsetof(x509_name, common_name), 64, DER_UTF8_STRING},
        {OID_AT_SERIAL, offsetof(x509_name, serial), 64, DER_PRINTABLE_STRING},
    };
    return all[i];
}

static bzt_span *value_at(x509_name *name, const attribute *a)
{
    return (bzt_span *)(void *)((char *)name + a->offset);
}

typedef struct typed_value {
    bzt_span oid, value;
    uint8_t tag;
} typed_value;

/* AttributeTypeAndValue from a SET's content. */
static bzt_err typed_value_read(typed_value *v, bzt_span *set)
{
    bzt_span pair;
    TRY(der_read(&pair, set, DER_SEQUENCE));
    TRY(der_read(&v->oid, &pair, DER_OID));
    TRY(der_read_any(&v->tag, &v->value, NULL, &pair));
    return der_end(pair);
}

/* String types whose bytes are text as we show it. */
static bool is_text(const typed_value *v)
{
    if (v->tag != DER_UTF8_STRING && v->tag != DER_PRINTABLE_STRING &&
        v->tag != DER_IA5_STRING && v->tag != DER_T61_STRING)
        return false;
    return text_is_plain(v->value); /* T61 holds GBK at times: then not */
}

static void keep(x509_name *out, const typed_value *v)
{
    if (!is_text(v))
        return;
    for (size_t i = 0; i < ATTRIBUTES_N; i++) {
        attribute a = attribute_at(i);
        bzt_span *slot = value_at(out, &a);
        if (!slot->len && der_is_equal(a.oid, v->oid))
            *slot = v->value;
    }
}

static bzt_err name_read(x509_name *out, bzt_span in)
{
    bzt_span name, set;
    typed_value v;
    TRY(der_read(&name, &in, DER_SEQUENCE));
    TRY(der_end(in));
    while (name.len) {
        TRY(der_read(&set, &name, DER_SET));
        if (!set.len)
            return BZT_ERR_ENCODING;
        while (set.len) {
            TRY(typed_value_read(&v, &set));
            keep(out, &v);
        }
    }
    return BZT_OK;
}

bzt_err x509_name_read(x509_name *out, bzt_span name_der)
{
    memset(out, 0, sizeof *out);
    bzt_err err = name_read(out, name_der);
    if (err)
        memset(out, 0, sizeof *out);
    return err;
}

/* ---- writing ---- */

static size_t characters(bzt_span utf8)
{
    size_t n = 0;
    for (size_t i = 0; i < utf8.len; i++)
        n += (utf8.p[i] & 0xc0) != 0x80;
    return n;
}

static bool is_printable_char(uint8_t c)
{
    static const char others[] = " '()+,-./:=?";
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
        (c >= 'a' && c <= 'z'))
        return true;
    for (size_t i = 0; others[i]; i++)
        if ((uint8_t)others[i] == c)
            return true;
    return false;
}

static bool is_printable(bzt_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_printable_char(s.p[i]))
            return false;
    return true;
}

static bzt_err value_check(const attribute *a, bzt_span value)
{
    if (!text_is_plain(value) || characters(value) > a->max)
        return BZT_ERR_ENCODING;
    if (a->tag == DER_PRINTABLE_STRING && !is_printable(value))
        return BZT_ERR_ENCODING;
    if (a->max == 2 && value.len != 2)
        return BZT_ERR_ENCODING;
    return BZT_OK;
}

static void value_write(der_writer *w, const attribute *a, bzt_span value)
{
    size_t set = der_begin(w, DER_SET);
    size_t pair = der_begin(w, DER_SEQUENCE);
    der_write(w, DER_OID, a->oid);
    der_write(w, a->tag, value);
    der_end_at(w, pair);
    der_end_at(w, set);
}

bzt_err x509_name_write(bzt_span *out, uint8_t *buf, size_t cap,
                        const x509_name *name)
{
    x509_name n = *name;
    der_writer w;
    *out = (bzt_span){0, 0};
    if (!n.common_name.len)
        return BZT_ERR_ENCODING;
    der_writer_init(&w, buf, cap);
    size_t mark = der_begin(&w, DER_SEQUENCE);
    for (size_t i = 0; i < ATTRIBUTES_N; i++) {
        attribute a = attribute_at(i);
        bzt_span value = *value_at(&n, &a);
        if (!value.len)
            continue;
        TRY(value_check(&a, value));
        value_write(&w, &a, value);
    }
    der_end_at(&w, mark);
    return der_writer_done(out, &w);
}

/* ---- comparing ---- */

static bool is_foldable(uint8_t tag)
{
    return tag == DER_UTF8_STRING || tag == DER_PRINTABLE_STRING ||
           tag == DER_IA5_STRING;
}

/* Next character without leading, trailing and repeated blanks, in lower
 * case; -1 at the end. */
static int next_folded(bzt_span *s, bool *has_begun)
{
    bool is_blank = false;
    while (s->len && s->p[0] == ' ') {
        s->p++;
        s->len--;
        is_blank = true;
    }
    if (!s->len)
        return -1;
    if (is_blank && *has_begun)
        return ' ';
    *has_begun = true;
    uint8_t c = s->p[0];
    s->p++;
    s->len--;
    return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool is_same_text(bzt_span a, bzt_span b)
{
    bool a_begun = false, b_begun = false;
    int x, y;
    do {
        x = next_folded(&a, &a_begun);
        y = next_folded(&b, &b_begun);
    } while (x == y && x >= 0);
    return x == y;
}

static bool is_same_value(const typed_value *a, const typed_value *b)
{
    if (!der_is_equal(a->oid, b->oid))
        return false;
    if (is_foldable(a->tag) && is_foldable(b->tag))
        return is_same_text(a->value, b->value);
    return a->tag == b->tag && der_is_equal(a->value, b->value);
}

static bool is_same_set(bzt_span a, bzt_span b)
{
    typed_value x, y;
    while (a.len && b.len) {
        if (typed_value_read(&x, &a) || typed_value_read(&y, &b))
            return false;
        if (!is_same_value(&x, &y))
            return false;
    }
    return !a.len && !b.len;
}

bool x509_name_is_equal(bzt_span a, bzt_span b)
{
    bzt_span x, y;
    if (!a.len || !b.len)
        return false;
    if (der_is_equal(a, b))
        return true;
    if (der_read(&a, &a, DER_SEQUENCE) || der_read(&b, &b, DER_SEQUENCE))
        return false;
    while (a.len && b.len) {
        if (der_read(&x, &a, DER_SET) || der_read(&y, &b, DER_SET))
            return false;
        if (!is_same_set(x, y))
            return false;
    }
    return !a.len && !b.len;
}
