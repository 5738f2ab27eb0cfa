/* A whole installation in one process: a fresh database, init, and outside
 * parties that are filled structs.  BZT_TEST_DB chooses the database. */
#ifndef BZT_TEST_SERVICE_LIB_H
#define BZT_TEST_SERVICE_LIB_H

#include "../store/lib.h"
#include "base/arena.h"
#include "connect/connectors.h"
#include "service/account.h"
#include "service/application.h"
#include "service/catalogue.h"
#include "service/enterprise.h"
#include "service/issue.h"
#include "service/limits.h"
#include "service/service.h"
#include "service/staff.h"
#include "service/vault.h"
#include <bzt/sm2.h>

typedef struct world {
    service s;
    arena *a;
    connectors connect;
    limits limits;
    char folder[64], master[96], public_json[96];
    char setup_code[STAFF_CODE_SIZE];
    int64_t now; /* the tests' clock */

    /* what the gateway was given, and how it answers */
    char phone[16], code[16];
    int sms_n;
    bzt_err sms_answer;
    /* the authority: BZT_OK, or what it answers to every question */
    bzt_err realname_answer;
    int realname_n;
} world;

/* cmocka's set-up and tear-down: *state is a world. */
int world_new(void **state);
int world_drop(void **state);

/* A person who has logged in by SMS. */
void world_login(world *w, account_session *out, const char *phone);
/* … whose real name is confirmed. */
void world_person(world *w, account_session *out, const char *phone,
                  const char *name, const char *id_number);
/* … with a phone (its device key is 32 times `fill`). */
void world_device(world *w, account_session *person, uint8_t device[16],
                  uint8_t fill);
/* An operator and reviewer of the first tenant. */
void world_staff(world *w, staff_session *out);

/* The first offer for this kind of subject. */
void world_offer(world *w, uint8_t id[16], const char *subject);
/* A claimed enterprise. */
void world_claim(world *w, const uint8_t person[16], enterprise_of *out,
                 const char *name, const char *uscc);
/* An approved application for it (NULL: a personal one). */
void world_approved(world *w, application_view *out, const uint8_t person[16],
                    const uint8_t *enterprise);
/* A live signing key of a person's phone, and its request with a subject. */
typedef struct world_key {
    bzt_sm2_key key;
    uint8_t id[16], device[16], pub[65];
    uint8_t csr_buf[2048];
    bzt_span csr;
} world_key;
void world_make_key(world *w, world_key *out, const uint8_t person[16],
                    const uint8_t device[16], const uint8_t *application);
void world_make_csr(world_key *k, const issue_subject *subject);

/* Valid test numbers; i up to 99. */
const char *world_id_number(world *w, int i);
extern const char world_uscc[19], world_uscc_2[19];

/* How many rows say this in the audit trail. */
int64_t world_audits(world *w, const char *kind);

#endif
