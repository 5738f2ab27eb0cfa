/* Inside of the phone: shared by sdk/phone_*.c. */
#ifndef BZT_SDK_PHONE_INTERNAL_H
#define BZT_SDK_PHONE_INTERNAL_H

#include "base/http_client.h"
#include "phone.h"

enum { PHONE_KEYS_MAX = BZT_JOB_KEYS_MAX, PHONE_FILE_MAX = 1 << 20 };

/* A key with what this phone knows of it. */
typedef struct phone_slot {
    bzt_phone_key key;
    bzt_key_use use;
    char application[32]; /* "app_…", or "" */
    char entry[32];       /* "etr_…", or "" */
    char certificate[32]; /* "crt_…", or "" */
    bzt_span der;         /* malloc'd */
} phone_slot;

struct phone {
    char *folder;
    int lock;
    arena *keep; /* settings: as long as they are in force */
    arena *scratch;
    http_client *http;
    char *app, *tls_roots, *name;
    uint8_t site_key[65];
    int64_t serial;
    settings site;
    char csrf[64];
    int is_device; /* registered with the server */
    bzt_phone device;
    phone_slot *slots;
    size_t slots_n;
    json *problem;
};

/* --- files (phone_files.c) --- */
const char *phone_path(phone *p, const char *name);
BZT_MUST_USE bzt_err phone_save(phone *p);         /* phone.json */
BZT_MUST_USE bzt_err phone_save_device(phone *p);  /* device.bin */
BZT_MUST_USE bzt_err phone_save_session(phone *p); /* session.json, cookies */
BZT_MUST_USE bzt_err phone_save_key(phone *p, const phone_slot *slot);
BZT_MUST_USE bzt_err phone_save_facts(phone *p, const phone_slot *slot);
/* The request that was sent, for whoever wants to look at it. */
BZT_MUST_USE bzt_err phone_save_csr(phone *p, const phone_slot *slot,
                                    bzt_span csr);
BZT_MUST_USE bzt_err phone_delete_key(phone *p, phone_slot *slot);
/* A new slot for this key, in memory. */
BZT_MUST_USE bzt_err phone_add_slot(phone_slot **out, phone *p,
                                    const bzt_phone_key *key);
phone_slot *phone_find_slot(phone *p, const uint8_t key_id[16]);
BZT_MUST_USE bzt_err phone_load_keys(phone *p);

/* --- calls (phone_call.c) --- */
/* Begin a public operation: answers of the one before are gone. */
void phone_begin(phone *p);
BZT_MUST_USE bzt_err phone_call(phone *p, const json **answer,
                                const char *method, const char *target,
                                const json *body);
/* The same for a key endpoint: whatever happened stands in answer.  POST. */
void phone_call_key(phone *p, bzt_key_answer *answer, const char *target,
                    const json *body);

/* --- operations (phone_op.c) --- */
BZT_MUST_USE bzt_err phone_draw(bzt_phone_random *out);
/* Sign M for what `purpose` ("req_…", "app_…") says. */
BZT_MUST_USE bzt_err phone_cosign(phone *p, bzt_sm2_signature *out,
                                  phone_told *told, phone_slot *slot,
                                  bzt_span message, const char *purpose,
                                  const bzt_pin *pin);
/* Ask what became of the slot's intent; *outcome NONE when there is none. */
BZT_MUST_USE bzt_err phone_recover_slot(phone *p, bzt_outcome *outcome,
                                        bzt_sm2_signature *signature,
                                        phone_slot *slot);
/* Settle an answer, write the key if it changed, then look at it. */
BZT_MUST_USE bzt_err phone_settle(phone *p, bzt_told *told, phone_slot *slot,
                                  const bzt_phone_op *op,
                                  const bzt_key_answer *answer);
/* Send a prepared authorise and settle its answer; the key must have been
 * written with its intent. */
BZT_MUST_USE bzt_err phone_send_authorise(phone *p, phone_told *told,
                                          phone_slot *slot, bzt_phone_op *op,
                                          const bzt_authorise_request *request);
const char *phone_key_target(phone *p, const uint8_t key_id[16],
                             const char *what);

#endif
