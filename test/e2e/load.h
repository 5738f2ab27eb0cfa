/* Many phones of one installation, driven from C: what the fault tests
 * (journeys.c) and the bench (bench/load.c) share.
 *
 * A plan is a JSON file that lab_load.py writes: where the installation is,
 * its business system, and the folders of phones that have a certificate.
 */
#ifndef BZT_E2E_LOAD_H
#define BZT_E2E_LOAD_H

#include "core/sc.h"
#include "sdk/phone_internal.h"
#include <bzt/client.h>

enum { LOAD_PHONES_MAX = 256, LOAD_PROCESSES_MAX = 64 };

typedef struct load_plan {
    arena *memory;
    const char *rp_id, *domain, *tls_roots, *api;
    bzt_sm2_key rp_key;
    bzt_span settings;
    uint8_t site_key[65];
    bzt_pin pin;
    const char *phones[LOAD_PHONES_MAX];
    int phones_n;
    int processes[LOAD_PROCESSES_MAX]; /* of the server */
    int processes_n;
} load_plan;

BZT_MUST_USE bzt_err load_plan_read(load_plan *out, const char *path);
void load_plan_free(load_plan *plan);

/* One thread's business system and browser. */
typedef struct load_rp {
    const load_plan *plan;
    bzt_client *client;
    void *page; /* CURL */
    uint8_t browser[32];
} load_rp;

BZT_MUST_USE bzt_err load_rp_open(load_rp *out, const load_plan *plan);
void load_rp_close(load_rp *rp);
/* A request for a login.  key: for idempotency, or NULL. */
BZT_MUST_USE bzt_err load_request(bzt_request *out, load_rp *rp,
                                  const char *key);
/* What its page shows first; out has QR_SIZE bytes. */
enum { LOAD_QR_SIZE = 400 };
BZT_MUST_USE bzt_err load_qr(char out[LOAD_QR_SIZE], load_rp *rp,
                             const bzt_request *request);

/* A phone whose PIN was typed once: as in a session with automatic
 * confirmation, nothing slow is left, and nothing is written to disk. */
typedef struct load_phone {
    phone *phone;
    phone_slot *slot;
    sc f; /* F(PIN) */
} load_phone;

BZT_MUST_USE bzt_err load_phone_open(load_phone *out, const load_plan *plan,
                                     int which);
/* Write the key back. */
BZT_MUST_USE bzt_err load_phone_close(load_phone *p);
/* What the server fixes for a scanned request; lives in the phone's arena. */
BZT_MUST_USE bzt_err load_confirm(bzt_span *message, load_phone *p,
                                  const char *request);
/* Open and sign. */
BZT_MUST_USE bzt_err load_sign(load_phone *p, bzt_span message,
                               const char *request);

#endif
