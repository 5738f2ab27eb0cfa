/* A small world of certificates that the tests of pki share: root, issuing
 * CA, OCSP responder, holder of an enterprise, holder who is a person, a
 * business system under its own root.  Always the same bytes. */
#ifndef BZT_TEST_PKI_WORLD_H
#define BZT_TEST_PKI_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/der.h"
#include "core/text.h"
#include "pki/x509.h"

#define UNUSED __attribute__((unused))
#define S(s)   BZT_SPAN_LIT(s)

#define NOW 1790000000000LL /* 2026-09-21 */
#define DAY (24 * 3600 * 1000LL)

#define USCC "91350100M000100Y43" /* the example of GB 32100 */
#define ORGANISATION                                                           \
    "\xe6\xb5\x8b\xe8\xaf\x95\xe6\x9c\x89\xe9\x99\x90\xe5\x85\xac\xe5\x8f\xb8"
#define PERSON "\xe5\xbc\xa0\xe4\xb8\x89"

typedef struct party {
    bzt_sm2_key key;
    uint8_t pub[65];
    uint8_t der[X509_SIZE_MAX];
    bzt_span span;
    x509_cert cert;
} party;

typedef struct world {
    party root, issuing, ocsp, holder, person, rp_root, rp;
} world;

UNUSED static void fill(uint8_t *p, size_t len, uint64_t seed)
{
    uint64_t x = seed * 0x9e3779b97f4a7c15 + 1;
    for (size_t i = 0; i < len; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        p[i] = (uint8_t)(x >> 56);
    }
}

/* 48 random bytes that never repeat within one test program. */
UNUSED static const uint8_t *random48(void)
{
    static uint8_t bytes[48];
    static uint64_t n = 1000;
    fill(bytes, sizeof bytes, n++);
    return bytes;
}

UNUSED static void key_make(party *p, uint64_t seed)
{
    uint8_t bytes[48];
    fill(bytes, sizeof bytes, seed);
    assert_int_equal(bzt_sm2_key_new(&p->key, p->pub, bytes), BZT_OK);
}

UNUSED static x509_template template_of(const party *p, x509_profile profile,
                                        const char *name, uint64_t serial)
{
    x509_template t = {
        .profile = profile,
        .serial_len = 16,
        .subject = {.country = S("CN"),
                    .organisation = S("BZT Test"),
                    .common_name = text_span(name)},
        .not_before = NOW - 30 * DAY,
        .not_after = NOW + 365 * DAY,
    };
    fill(t.serial, sizeof t.serial, serial);
    memcpy(t.pub, p->pub, 65);
    return t;
}

UNUSED static void issue(party *p, const x509_template *t, const party *by)
{
    const pki_signer signer = {by ? &by->cert : NULL, by ? &by->key : &p->key,
                               random48()};
    assert_int_equal(x509_issue(&p->span, p->der, sizeof p->der, t, &signer),
                     BZT_OK);
    assert_int_equal(x509_read(&p->cert, p->span), BZT_OK);
}

UNUSED static void holders_make(world *w)
{
    x509_template t;
    t = template_of(&w->holder, X509_SIGNING, ORGANISATION, 14);
    t.subject.organisation = S(ORGANISATION);
    t.subject.serial = S(USCC);
    t.uscc = S(USCC);
    t.crl_url = S("http://ca.example.cn/ca/v1/issuing/crl");
    t.ocsp_url = S("http://ca.example.cn/ca/v1/issuing/ocsp");
    t.issuer_url = S("http://ca.example.cn/ca/v1/issuing/certificate");
    issue(&w->holder, &t, &w->issuing);
    t = template_of(&w->person, X509_SIGNING, PERSON, 15);
    t.subject.organisation = (bzt_span){0, 0};
    t.id_number = S("11010519491231002X");
    issue(&w->person, &t, &w->issuing);
}

UNUSED static void world_make(world *w)
{
    static const bzt_span hosts[] = {S("trade.example.cn"),
                                     S("*.bid.example.cn")};
    party *all[] = {&w->root,   &w->issuing, &w->ocsp, &w->holder,
                    &w->person, &w->rp_root, &w->rp};
    x509_template t;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        key_make(all[i], i + 1);
    t = template_of(&w->root, X509_ROOT, "BZT Test Root", 11);
    t.not_after = NOW + 3650 * DAY;
    issue(&w->root, &t, NULL);
    t = template_of(&w->issuing, X509_ISSUING, "BZT Test Issuing CA", 12);
    t.not_after = NOW + 1800 * DAY;
    issue(&w->issuing, &t, &w->root);
    t = template_of(&w->ocsp, X509_OCSP, "BZT Test OCSP", 13);
    issue(&w->ocsp, &t, &w->issuing);
    holders_make(w);
    t = template_of(&w->rp_root, X509_ROOT, "BZT Test RP Root", 16);
    issue(&w->rp_root, &t, NULL);
    t = template_of(&w->rp, X509_RP, "trade", 17);
    t.hosts = hosts;
    t.hosts_n = 2;
    issue(&w->rp, &t, &w->rp_root);
}

/* The world is made once for a test program. */
UNUSED static world the_world;
UNUSED static int world_setup(void **state)
{
    world_make(&the_world);
    *state = &the_world;
    return 0;
}

#endif
