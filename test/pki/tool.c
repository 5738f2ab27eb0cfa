/* Hands what we make to programs that we did not write, and reads what they
 * make.
 *
 *   tool make FOLDER                   the world, as DER files
 *   tool answer REQUEST RESPONSE       OCSP: good for the holder, revoked
 *                                      for the person
 *   tool cert FILE ISSUER              read and verify one of theirs
 *   tool csr|crl|ocsp FILE ...         the same
 */
#include "world.h"

#include "pki/csr.h"
#include "pki/message.h"
#include "pki/ocsp.h"
#include "pki/pem.h"
#include "pki/statement.h"

#include <stdio.h>
#include <stdlib.h>

static uint8_t files[4][65536];

static bzt_span load(int slot, const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    size_t n = fread(files[slot], 1, sizeof files[slot], f);
    fclose(f);
    return (bzt_span){files[slot], n};
}

static void save(const char *path, bzt_span bytes)
{
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes.p, 1, bytes.len, f) != bytes.len || fclose(f)) {
        perror(path);
        exit(1);
    }
}

static const char *save_folder;

static void save_as(const char *name, bzt_span bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", save_folder, name);
    save(path, bytes);
}

static void save_pem(const char *name, const char *label, bzt_span der)
{
    static char text[PEM_SIZE(65536)];
    bzt_span out;
    assert_int_equal(pem_write(&out, text, sizeof text, label, der), BZT_OK);
    save_as(name, out);
}

static void save_signature(const char *name, const bzt_sm2_signature *sig)
{
    uint8_t der[BZT_SM2_SIGNATURE_DER_MAX];
    size_t len;
    bzt_sm2_signature_write(der, &len, sig);
    save_as(name, (bzt_span){der, len});
}

static void make_csr(const world *w)
{
    const x509_name name = {.country = S("CN"),
                            .organisation = S(ORGANISATION),
                            .common_name = S(ORGANISATION),
                            .serial = S(USCC)};
    uint8_t info_buf[CSR_INFO_SIZE_MAX], buf[CSR_SIZE_MAX];
    bzt_sm2_signature sig;
    bzt_span info, der;
    assert_int_equal(
        csr_info_write(&info, info_buf, sizeof info_buf, &name, w->holder.pub),
        BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &w->holder.key, info, random48()),
                     BZT_OK);
    assert_int_equal(csr_write(&der, buf, sizeof buf, info, &sig), BZT_OK);
    save_as("csr.der", der);
    save_as("csr_info.der", info);
    save_pem("csr.pem", "CERTIFICATE REQUEST", der);
}

static void make_crl(const world *w)
{
    const crl_entry entries[] = {
        {w->person.cert.serial, NOW - DAY, PKI_KEY_COMPROMISE},
        {S("\xff\x01"), NOW - 2 * DAY, PKI_UNSPECIFIED}};
    const crl_template t = {42, NOW, NOW + 3650 * DAY, entries, 2};
    const pki_signer by = {&w->issuing.cert, &w->issuing.key, random48()};
    uint8_t buf[CRL_SIZE_MAX(2)];
    bzt_span der;
    assert_int_equal(crl_issue(&der, buf, sizeof buf, &t, &by), BZT_OK);
    save_as("crl.der", der);
    save_pem("crl.pem", "X509 CRL", der);
}

static void make_message(const world *w)
{
    message m = {.kind = MESSAGE_BIND,
                 .rp_name = S("trade"),
                 .domain = S("trade.example.cn:8443"),
                 .title = S("\xe7\xbb\x91\xe5\xae\x9a"),
                 .organisation = S(ORGANISATION),
                 .uscc = S(USCC),
                 .user = S("zhang3"),
                 .created_at = NOW,
                 .expires_at = NOW + 180000};
    uint8_t buf[MESSAGE_SIZE_MAX];
    bzt_sm2_signature sig;
    bzt_span der;
    fill(m.request_id, 16, 1);
    x509_fingerprint(m.certificate, &w->holder.cert);
    assert_int_equal(message_write(&der, buf, sizeof buf, &m), BZT_OK);
    assert_int_equal(bzt_sm2_sign(&sig, &w->holder.key, der, random48()),
                     BZT_OK);
    save_as("message.der", der);
    save_signature("message.sig", &sig);
}

static void make_statement(const world *w)
{
    static const bzt_span payload = S("{\"v\":1}");
    bzt_sm2_signature sig;
    uint8_t raw[64];
    assert_int_equal(statement_sign(raw, STATEMENT_DESCRIPTION, &w->rp.key,
                                    payload, random48()),
                     BZT_OK);
    memcpy(sig.r, raw, 32);
    memcpy(sig.s, raw + 32, 32);
    save_as("statement.bin", S("bzt-description-1\0{\"v\":1}"));
    save_signature("statement.sig", &sig);
}

static void make_ocsp_requests(const world *w)
{
    uint8_t buf[OCSP_REQUEST_SIZE_MAX];
    ocsp_question q = {&w->holder.cert, &w->issuing.cert, OCSP_SM3,
                       S("0123456789abcdef")};
    bzt_span der;
    assert_int_equal(ocsp_request_write(&der, buf, sizeof buf, &q), BZT_OK);
    save_as("request_sm3.der", der);
    q.hash = OCSP_SHA1;
    q.cert = &w->person.cert;
    assert_int_equal(ocsp_request_write(&der, buf, sizeof buf, &q), BZT_OK);
    save_as("request_sha1.der", der);
}

/* SubjectPublicKeyInfo: the last 91 bytes of a PKCS#10's key field are the
 * same; it is cut from the certificate. */
static void save_key(const char *name, const party *p)
{
    bzt_span spki = {p->cert.pub_bits.p - 26, 26 + 65};
    assert_int_equal(spki.p[0], 0x30);
    save_pem(name, "PUBLIC KEY", spki);
}

static int make(const char *folder)
{
    const world *w = &the_world;
    const struct {
        const char *der, *pem;
        const party *p;
    } all[] = {{"root.der", "root.pem", &w->root},
               {"issuing.der", "issuing.pem", &w->issuing},
               {"ocsp.der", "ocsp.pem", &w->ocsp},
               {"holder.der", "holder.pem", &w->holder},
               {"person.der", "person.pem", &w->person},
               {"rp_root.der", "rp_root.pem", &w->rp_root},
               {"rp.der", "rp.pem", &w->rp}};
    save_folder = folder;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        save_as(all[i].der, all[i].p->span);
        save_pem(all[i].pem, "CERTIFICATE", all[i].p->span);
    }
    save_key("holder_key.pem", &w->holder);
    save_key("rp_key.pem", &w->rp);
    make_csr(w);
    make_crl(w);
    make_message(w);
    make_statement(w);
    make_ocsp_requests(w);
    return 0;
}

static ocsp_single answer_of(const world *w, const ocsp_cert_id *id)
{
    ocsp_single s = {.id = *id,
                     .status = OCSP_UNKNOWN,
                     .this_update = NOW,
                     .next_update = NOW + 3650 * DAY};
    if (!ocsp_id_is_of(id, &w->issuing.cert))
        return s;
    if (der_is_equal(id->serial, w->holder.cert.serial)) {
        s.status = OCSP_GOOD;
    } else if (der_is_equal(id->serial, w->person.cert.serial)) {
        s.status = OCSP_REVOKED;
        s.revoked_at = NOW - DAY;
        s.reason = PKI_KEY_COMPROMISE;
    }
    return s;
}

static int answer(const char *request, const char *response)
{
    static uint8_t buf[OCSP_RESPONSE_SIZE_MAX(OCSP_IDS_MAX)];
    const world *w = &the_world;
    ocsp_single singles[OCSP_IDS_MAX];
    ocsp_request r;
    ocsp_cert_id id;
    bzt_span out;
    size_t n = 0;
    assert_int_equal(ocsp_request_read(&r, load(0, request)), BZT_OK);
    for (bzt_span c = r.list; ocsp_request_next(&id, &c); n++)
        singles[n] = answer_of(w, &id);
    const ocsp_template t = {NOW, singles, n, r.nonce};
    const pki_signer by = {&w->ocsp.cert, &w->ocsp.key, random48()};
    assert_int_equal(ocsp_response_issue(&out, buf, sizeof buf, &t, &by),
                     BZT_OK);
    save(response, out);
    return 0;
}

static int said(bzt_err err)
{
    printf("%s\n", err ? bzt_err_describe(err)->code : "ok");
    return err != BZT_OK;
}

static int check_cert(const char *file, const char *issuer)
{
    x509_cert c, ca;
    bzt_err err = x509_read(&c, load(0, file));
    if (!err)
        err = x509_read(&ca, load(1, issuer));
    return said(err ? err : x509_verify(&c, ca.pub));
}

static int check_csr(const char *file)
{
    csr c;
    return said(csr_read(&c, load(0, file)));
}

static int check_crl(const char *file, const char *cert, const char *issuer)
{
    x509_cert c, ca;
    crl list;
    bzt_err err = crl_read(&list, load(0, file));
    if (!err)
        err = x509_read(&c, load(1, cert));
    if (!err)
        err = x509_read(&ca, load(2, issuer));
    const crl_question q = {&c, &ca, list.this_update, 0};
    return said(err ? err : crl_check(NULL, &list, &q));
}

static int check_ocsp(const char *file, const char *cert, const char *issuer)
{
    x509_cert c, ca;
    ocsp_response r;
    bzt_err err = ocsp_response_read(&r, load(0, file));
    if (!err)
        err = x509_read(&c, load(1, cert));
    if (!err)
        err = x509_read(&ca, load(2, issuer));
    const ocsp_question q = {&c, &ca, OCSP_SM3, {0, 0}};
    return said(err ? err : ocsp_check(NULL, &r, &q, r.produced_at, DAY));
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    world_make(&the_world);
    if (argc == 3 && !strcmp(verb, "make"))
        return make(argv[2]);
    if (argc == 4 && !strcmp(verb, "answer"))
        return answer(argv[2], argv[3]);
    if (argc == 4 && !strcmp(verb, "cert"))
        return check_cert(argv[2], argv[3]);
    if (argc == 3 && !strcmp(verb, "csr"))
        return check_csr(argv[2]);
    if (argc == 5 && !strcmp(verb, "crl"))
        return check_crl(argv[2], argv[3], argv[4]);
    if (argc == 5 && !strcmp(verb, "ocsp"))
        return check_ocsp(argv[2], argv[3], argv[4]);
    fprintf(stderr, "usage: see the head of tool.c\n");
    return 2;
}
