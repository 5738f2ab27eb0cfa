/* Applications: submitted by holders, decided by a CA's reviewers. */
#ifndef BZT_SERVICE_APPLICATION_H
#define BZT_SERVICE_APPLICATION_H

#include "base/arena.h"
#include "issue.h"
#include "service.h"
#include "store/application.h"
#include "store/catalogue.h"

enum { APPLICATION_PAGE = 50 };

/* One as its holder sees it. */
typedef struct application_view {
    application_row row;
    int has_subject; /* approved or issued: what the request must say */
    issue_subject subject;
} application_view;

/* What a reviewer checks; masked in lists.  Texts in the arena. */
typedef struct application_facts {
    application_row row;
    catalogue_row item;
    const char *name, *id_number, *phone;
    const char *enterprise, *uscc, *legal_name, *legal_id; /* or NULL */
} application_facts;

typedef struct application_order {
    uint8_t person[16], catalogue[16];
    const uint8_t *enterprise; /* exactly for items of enterprises */
} application_order;

/* BZT_ERR_NOT_FOUND   no such offer, or not a member of this enterprise
 * BZT_ERR_BAD_FIELD   enterprise missing or out of place
 * BZT_ERR_FORBIDDEN   only the administrator applies for the enterprise
 * BZT_ERR_CONFLICT    the same application is under way */
BZT_MUST_USE bzt_err application_submit(service *s, application_view *out,
                                        arena *a,
                                        const application_order *order,
                                        int64_t now_ms);
BZT_MUST_USE bzt_err application_show(service *s, application_view *out,
                                      arena *a, const uint8_t person[16],
                                      const uint8_t id[16]);
/* Newest first; *has_more: there are others after these. */
BZT_MUST_USE bzt_err application_mine(service *s, application_view **out,
                                      size_t *n, int *has_more, arena *a,
                                      const uint8_t person[16],
                                      const uint8_t *after);

typedef struct application_queue_order {
    uint8_t tenant[16];
    const char *state;
    const uint8_t *after;
} application_queue_order;
BZT_MUST_USE bzt_err application_queue(service *s, application_facts **out,
                                       size_t *n, int *has_more, arena *a,
                                       const application_queue_order *order);
/* With every fact in full.  BZT_ERR_NOT_FOUND: none of this tenant. */
BZT_MUST_USE bzt_err application_facts_get(service *s, application_facts *out,
                                           arena *a, const uint8_t tenant[16],
                                           const uint8_t id[16]);

typedef struct application_decision {
    uint8_t staff[16], tenant[16], application[16];
    int is_approved;
    const char *reason; /* needed to reject */
} application_decision;
/* The same decision again changes nothing.  BZT_ERR_CONFLICT: decided
 * otherwise.  BZT_ERR_BAD_FIELD: rejected without a reason. */
BZT_MUST_USE bzt_err application_review(service *s, application_facts *out,
                                        arena *a,
                                        const application_decision *in,
                                        int64_t now_ms);

#endif
