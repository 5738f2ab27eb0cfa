/* From an approved application to a certificate on this phone. */
#include "base/clock.h"
#include "core/text.h"
#include "core/wipe.h"
#include "phone_internal.h"
#include "pki/csr.h"
#include "pki/path.h"
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 8, CERT_MAX = 16384 };

/* --- the key ------------------------------------------------------------ */

static bzt_err ask_key_id(phone *p, uint8_t key_id[16], bzt_key_use use)
{
    bzt_new_request request;
    const json *got;
    bzt_err err = bzt_phone_new(&request, &p->device, use);

    if (err)
        return err;
    json *o = json_new_object(p->scratch);
    json_add_id(o, "device_id", "dev", request.device_id);
    json_add_text(o, "use", bzt_key_use_name(request.use));
    json_add_bytes(o, p->scratch, "mac", (bzt_span){request.mac, 32});
    if ((err = phone_call(p, &got, "POST", "/app/v1/keys", o)))
        return err;
    return json_id(key_id, got, "key_id", "key");
}

static bzt_err send_keygen(phone *p, bzt_keygen_answer *answer,
                           const bzt_keygen_request *r)
{
    const json *got;
    bzt_err err;

    json *o = json_new_object(p->scratch);
    json_add_bytes(o, p->scratch, "V1", (bzt_span){r->V1, 65});
    json_add_bytes(o, p->scratch, "A", (bzt_span){r->A, 65});
    json_add_bytes(o, p->scratch, "z", (bzt_span){r->z, 32});
    json_add_bytes(o, p->scratch, "mac", (bzt_span){r->mac, 32});
    const char *target = phone_key_target(p, r->key_id, "keygen");
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = phone_call(p, &got, "POST", target, o)))
        return err;
    if ((err = json_id(answer->key_id, got, "key_id", "key")) ||
        (err = json_bytes(answer->P, 65, got, "P")) ||
        (err = json_bytes(answer->A, 65, got, "A")))
        return err;
    return json_bytes(answer->z, 32, got, "z");
}

static bzt_err make_key(phone *p, phone_slot **out, const char *application,
                        const bzt_pin *pin)
{
    bzt_phone_making making = {0};
    bzt_phone_random random;
    bzt_keygen_request request;
    bzt_keygen_answer answer;
    bzt_phone_key key = {0};
    uint8_t key_id[16];
    bzt_err err;

    if ((err = phone_draw(&random)))
        return err;
    if ((err = ask_key_id(p, key_id, BZT_USE_SIGN)) ||
        (err = bzt_phone_keygen(&making, &request, &p->device, key_id,
                                BZT_USE_SIGN, &random)) ||
        (err = send_keygen(p, &answer, &request)) ||
        (err = bzt_phone_keygen_result(&key, &making, &p->device, &answer,
                                       pin)) ||
        (err = phone_add_slot(out, p, &key)))
        goto out;
    strcpy((*out)->application, application);
    if ((err = phone_save_facts(p, *out)))
        goto out;
    err = phone_save_key(p, *out);
out:
    wipe(&random, sizeof(random));
    wipe(&answer, sizeof(answer));
    bzt_phone_making_wipe(&making);
    bzt_phone_key_wipe(&key);
    return err;
}

static phone_slot *find_application(phone *p, const char *application)
{
    for (size_t i = 0; i < p->slots_n; i++) {
        if (!strcmp(p->slots[i].application, application))
            return &p->slots[i];
    }
    return NULL;
}

/* --- the request -------------------------------------------------------- */

static bzt_err text_of(bzt_span *out, const json *o, const char *name)
{
    const char *text = NULL;
    bzt_err err = json_text_optional(&text, o, name, 300);

    *out = text_span(text);
    return err;
}

static bzt_err fetch_subject(phone *p, x509_name *subject,
                             const char *application)
{
    const json *got, *s;
    bzt_err err;

    const char *target =
        arena_printf(p->scratch, "/app/v1/applications/%s", application);
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = phone_call(p, &got, "GET", target, NULL)))
        return err;
    if (json_object_at(&s, got, "subject"))
        return BZT_ERR_NOT_REVIEWED;
    *subject = (x509_name){0};
    if ((err = text_of(&subject->country, s, "c")) ||
        (err = text_of(&subject->organisation, s, "o")) ||
        (err = text_of(&subject->unit, s, "ou")) ||
        (err = text_of(&subject->common_name, s, "cn")))
        return err;
    return text_of(&subject->serial, s, "serial_number");
}

static bzt_err make_csr(phone *p, bzt_span *csr, phone_slot *slot,
                        const x509_name *subject, const bzt_pin *pin)
{
    uint8_t *info_buf = arena_alloc(p->scratch, CSR_INFO_SIZE_MAX);
    uint8_t *csr_buf = arena_alloc(p->scratch, CSR_SIZE_MAX);
    bzt_sm2_signature signature;
    phone_told told = {0};
    bzt_span info;
    bzt_err err;

    if (!info_buf || !csr_buf)
        return BZT_ERR_MEMORY;
    if ((err = csr_info_write(&info, info_buf, CSR_INFO_SIZE_MAX, subject,
                              slot->key.P)) ||
        (err = phone_cosign(p, &signature, &told, slot, info, slot->application,
                            pin)))
        return err;
    return csr_write(csr, csr_buf, CSR_SIZE_MAX, info, &signature);
}

/* --- the certificate ---------------------------------------------------- */

static bzt_err read_chain(phone *p, x509_cert chain[CHAIN_MAX], size_t *n,
                          const json *entry)
{
    const json *list;
    bzt_err err = json_array_at(&list, entry, "chain", CHAIN_MAX);

    if (err)
        return err;
    *n = json_array_n(list);
    for (size_t i = 0; i < *n; i++) {
        bzt_span der;
        if (json_span_item(&der, p->scratch, list, i, 1, CERT_MAX) ||
            x509_read(&chain[i], der))
            return BZT_ERR_CERT_PATH;
    }
    return BZT_OK;
}

/* Ours, for this key, for this subject, and from a root that we trust. */
static bzt_err check_certificate(phone *p, const phone_slot *slot,
                                 const json *entry, bzt_span der,
                                 const x509_name *subject)
{
    x509_cert *chain = arena_alloc(p->scratch, CHAIN_MAX * sizeof(*chain));
    x509_cert *roots =
        arena_alloc(p->scratch, (p->site.ca_roots_n + 1) * sizeof(*roots));
    uint8_t name_buf[1024];
    x509_cert cert;
    bzt_span name;
    path found;
    size_t chain_n = 0;
    bzt_err err;

    if (!chain || !roots)
        return BZT_ERR_MEMORY;
    if (x509_read(&cert, der) || memcmp(cert.pub, slot->key.P, 65))
        return BZT_ERR_CERT_INVALID;
    if ((err = x509_name_write(&name, name_buf, sizeof(name_buf), subject)))
        return err;
    if (!x509_name_is_equal(name, cert.subject))
        return BZT_ERR_CERT_INVALID;
    if ((err = read_chain(p, chain, &chain_n, entry)))
        return err;
    for (size_t i = 0; i < p->site.ca_roots_n; i++) {
        if (x509_read(&roots[i], p->site.ca_roots[i]))
            return BZT_ERR_SETTINGS;
    }
    const path_input in = {.leaf = &cert,
                           .others = chain,
                           .others_n = chain_n,
                           .roots = roots,
                           .roots_n = p->site.ca_roots_n,
                           .at = clock_now_ms(),
                           .purpose = PATH_SIGNING};
    return path_check(&found, &in);
}

/* The one certificate of the entry that is for this key. */
static bzt_err find_certificate(phone *p, bzt_span *der, const char **id,
                                const json *entry, const phone_slot *slot)
{
    const json *list;
    bzt_err err = json_array_at(&list, entry, "certificates", 100);

    if (err)
        return err;
    for (size_t i = 0; i < json_array_n(list); i++) {
        const json *item = json_array_item(list, i);
        uint8_t key_id[16];
        if (json_id(key_id, item, "key_id", "key") ||
            memcmp(key_id, slot->key.key_id, 16))
            continue;
        if ((err = json_span(der, p->scratch, item, "der", 64, 16384)))
            return err;
        return json_text(id, item, "id", 1, 31);
    }
    return BZT_ERR_CERT_INVALID;
}

static bzt_err keep(phone *p, phone_slot *slot, bzt_span der, const char *id,
                    const char *entry)
{
    uint8_t *copy = malloc(der.len);

    if (!copy)
        return BZT_ERR_MEMORY;
    memcpy(copy, der.p, der.len);
    free((void *)slot->der.p);
    slot->der = (bzt_span){copy, der.len};
    strcpy(slot->certificate, id);
    strcpy(slot->entry, entry);
    return phone_save_facts(p, slot);
}

static bzt_err take_certificate(phone *p, const char **entry_id,
                                phone_slot *slot, const json *entry,
                                const x509_name *subject)
{
    const char *id;
    bzt_span der;
    bzt_err err;

    if ((err = json_text(entry_id, entry, "id", 1, 31)) ||
        (err = find_certificate(p, &der, &id, entry, slot)) ||
        (err = check_certificate(p, slot, entry, der, subject)))
        return err;
    return keep(p, slot, der, id, *entry_id);
}

bzt_err phone_download(phone *p, const char **entry, const char *application,
                       const bzt_pin *pin)
{
    phone_slot *slot;
    x509_name subject;
    bzt_span csr;
    const json *got;
    bzt_err err;

    phone_begin(p);
    *entry = NULL;
    if (strlen(application) >= sizeof(slot->application))
        return BZT_ERR_BAD_FIELD;
    if ((err = fetch_subject(p, &subject, application)))
        return err;
    slot = find_application(p, application);
    if (!slot && (err = make_key(p, &slot, application, pin)))
        return err;
    if ((err = make_csr(p, &csr, slot, &subject, pin)))
        return err;
    if ((err = phone_save_csr(p, slot, csr)))
        return err;
    json *o = json_new_object(p->scratch);
    json_add_id(o, "key_id", "key", slot->key.key_id);
    json_add_bytes(o, p->scratch, "csr", csr);
    const char *target = arena_printf(
        p->scratch, "/app/v1/applications/%s/certificate", application);
    if (!target)
        return BZT_ERR_MEMORY;
    if ((err = phone_call(p, &got, "POST", target, o)))
        return err;
    return take_certificate(p, entry, slot, got, &subject);
}

bzt_err phone_certificates(phone *p, phone_certificate **out, size_t *n)
{
    phone_begin(p);
    *n = 0;
    *out = arena_alloc(p->scratch, (p->slots_n + 1) * sizeof(**out));
    if (!*out)
        return BZT_ERR_MEMORY;
    for (size_t i = 0; i < p->slots_n; i++) {
        const phone_slot *slot = &p->slots[i];
        if (!slot->certificate[0])
            continue;
        phone_certificate *c = &(*out)[(*n)++];
        memcpy(c->key, slot->key.key_id, 16);
        c->entry = slot->entry;
        c->id = slot->certificate;
        c->der = slot->der;
    }
    return BZT_OK;
}
