/* A complete phone in a folder, without a screen: for scripts, integrators,
 * load, and tests.  It runs the same key protocol as the app and trusts the
 * same thing: the signed settings of its installation.
 *
 *   phone.json      installation, pinned site key, highest serial seen
 *   device.bin      bzt_phone: device key, device secret, job
 *   keys/key_….bin  bzt_phone_key; key_….json what it is for, certificate;
 *                   key_….csr the certificate request that was sent
 *   session.json, cookies, transfer.bin (while a transfer is open)
 *
 * Everything is written durably before the next step (cosign.h).  One
 * process at a time: phone_open takes a lock.  The files are as secret as a
 * phone's storage: they do not contain the PIN.
 */
#ifndef BZT_SDK_PHONE_H
#define BZT_SDK_PHONE_H

#include "base/arena.h"
#include "base/description.h"
#include "base/json.h"
#include "base/settings.h"
#include <bzt/cosign.h>

typedef struct phone phone;

typedef struct phone_setup {
    const char *app;         /* origin: https://localhost:8443 */
    const uint8_t *site_key; /* 65 bytes, pinned for ever */
    const char *tls_roots;   /* PEM file, or NULL */
    const char *name;        /* "clerk's test phone" */
} phone_setup;

/* Make the folder and fetch the settings.  BZT_ERR_CONFLICT: it holds a
 * phone already.  BZT_ERR_SETTINGS. */
BZT_MUST_USE bzt_err phone_init(const char *folder, const phone_setup *setup);
/* BZT_ERR_NOT_FOUND; BZT_ERR_BUSY: another process has it open. */
BZT_MUST_USE bzt_err phone_open(phone **out, const char *folder);
void phone_close(phone *p); /* wipes; NULL is allowed */

/* Memory of answers: valid until the next phone_… call on this phone. */
arena *phone_arena(phone *p);
/* After a failed call: the problem+json of the server, or NULL. */
const json *phone_problem(const phone *p);
/* Fetch the settings anew; refuses a lower serial. */
BZT_MUST_USE bzt_err phone_refresh(phone *p);
const settings *phone_settings(const phone *p);

/* --- account ------------------------------------------------------------ */

BZT_MUST_USE bzt_err phone_sms(phone *p, const char *number);
/* Both register this phone as a device if it is none yet. */
BZT_MUST_USE bzt_err phone_login_code(phone *p, const char *number,
                                      const char *code);
BZT_MUST_USE bzt_err phone_login_password(phone *p, const char *number,
                                          const char *password);
BZT_MUST_USE bzt_err phone_set_password(phone *p, const char *password,
                                        const char *old);
BZT_MUST_USE bzt_err phone_real_name(phone *p, const char *provider,
                                     const char *name, const char *id_number);

typedef struct phone_claim_input {
    const char *name, *uscc, *legal_name, *legal_id;
} phone_claim_input;
/* *enterprise: "ent_…". */
BZT_MUST_USE bzt_err phone_claim(phone *p, const char **enterprise,
                                 const phone_claim_input *in);
/* enterprise may be NULL.  *application: "app_…". */
BZT_MUST_USE bzt_err phone_apply(phone *p, const char **application,
                                 const char *catalogue, const char *enterprise);
/* GET below /app/v1: lists for showing. */
BZT_MUST_USE bzt_err phone_get(phone *p, const json **answer,
                               const char *target);

/* --- certificates ------------------------------------------------------- */

/* Make the key with this PIN, have its request signed, fetch and check the
 * certificate.  Goes on where it was cut off.  *entry: "etr_…". */
BZT_MUST_USE bzt_err phone_download(phone *p, const char **entry,
                                    const char *application,
                                    const bzt_pin *pin);

/* A certificate on this phone. */
typedef struct phone_certificate {
    uint8_t key[16];
    const char *entry, *id; /* "etr_…", "crt_…" */
    bzt_span der;
} phone_certificate;
BZT_MUST_USE bzt_err phone_certificates(phone *p, phone_certificate **out,
                                        size_t *n);

/* --- requests of business systems --------------------------------------- */

/* What was scanned, verified: certificate, signature, domain, time. */
typedef struct phone_request {
    char id[32]; /* "req_…" */
    uint8_t request_id[16];
    description what;
    bzt_span described; /* the exact signed bytes */
    const char *rp_name, *origin;
    int numbers_n, numbers[3];
    int64_t decide_until;
} phone_request;

/* text: of a QR code, or 8 characters of a short code.
 * BZT_ERR_CERT_PATH, BZT_ERR_RP_DOMAIN, BZT_ERR_SIGNATURE: the business
 * system is not what it says; nothing may be shown. */
BZT_MUST_USE bzt_err phone_scan(phone *p, phone_request *out, const char *text);
BZT_MUST_USE bzt_err phone_request_get(phone *p, phone_request *out,
                                       const char *id);
BZT_MUST_USE bzt_err phone_refuse(phone *p, const char *id);

typedef struct phone_decision {
    const phone_request *request;
    const char *entry; /* "etr_…"; NULL: the only one */
    int number;        /* 0: none was asked for */
    const bzt_pin *pin;
} phone_decision;

/* What an operation told besides its result. */
typedef struct phone_told {
    uint32_t tries_left, wait_seconds; /* wrong PIN */
    uint32_t foreign; /* wrong PINs on this key that were not typed here */
} phone_told;

/* Confirm and sign.  BZT_ERR_MESSAGE: the server's message is not what was
 * shown.  BZT_ERR_WRONG_PIN with *told. */
BZT_MUST_USE bzt_err phone_confirm(phone *p, phone_told *told,
                                   const phone_decision *decision);

/* --- PIN, locks, other phones ------------------------------------------- */

/* What became of every open intent; also finishes arriving keys. */
BZT_MUST_USE bzt_err phone_recover(phone *p, int *recovered);
BZT_MUST_USE bzt_err phone_change_pin(phone *p, phone_told *told,
                                      const char *entry, const bzt_pin *old_pin,
                                      const bzt_pin *new_pin);
/* Ask to lift PIN locks that a reviewer has permitted. */
BZT_MUST_USE bzt_err phone_unlock(phone *p, int *unlocked);
/* New phone: the text of its QR code. */
BZT_MUST_USE bzt_err phone_show_transfer(phone *p, const char **code);
/* Old phone: every key; all entries here have this PIN. */
BZT_MUST_USE bzt_err phone_move(phone *p, phone_told *told, const char *code,
                                const bzt_pin *pin);
/* New phone: fetch what is waiting; *n keys have arrived. */
BZT_MUST_USE bzt_err phone_arrive(phone *p, int *n);

#endif
