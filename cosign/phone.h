/* What the files of the phone's side share. */
#ifndef BZT_COSIGN_PHONE_H
#define BZT_COSIGN_PHONE_H

#include "proof.h"
#include "wire.h"
#include <bzt/cosign.h>

/* Is the key one of the phone's job? */
uint32_t phone_has_job_for(const bzt_phone *phone, const uint8_t key_id[16]);

/* The next state takes the key's place, and is wiped. */
void phone_replace(bzt_phone_key *key, bzt_phone_key *next);

/* May an operation of this part begin?  BZT_ERR_JOB if not. */
BZT_MUST_USE bzt_err phone_may_begin(const bzt_phone *phone,
                                     const bzt_phone_key *key, bzt_part part);

/* What is asked of one operation of the key. */
typedef struct phone_begin {
    bzt_outcome kind;
    bzt_part part;
    const sc *masks; /* a factor of the next m, or NULL */
    const bzt_phone_random *random;
} phone_begin;

/* op_id, rho, and the intent in `next`, a copy of the key.  The caller puts
 * next in the key's place once the whole request is made, and wipes it. */
BZT_MUST_USE bzt_err phone_begin_op(bzt_phone_op *op, bzt_phone_key *next,
                                    const bzt_phone *phone,
                                    const bzt_phone_key *key,
                                    const phone_begin *b);

/* The intent for an op whose op_id is there already. */
BZT_MUST_USE bzt_err phone_draw_intent(bzt_phone_op *op, bzt_phone_key *next,
                                       const bzt_phone *phone,
                                       const phone_begin *b);

/* BZT_ERR_CONFLICT unless u1 is this key's at this generation. */
BZT_MUST_USE bzt_err phone_check_u1(const bzt_u1 *u1, const bzt_phone_key *key);

/* A, z: the proof that the PIN is known, over w. */
BZT_MUST_USE bzt_err phone_prove_pin(uint8_t A[65], uint8_t z[32],
                                     const wire *w, const bzt_u1 *u1,
                                     const uint8_t random[48]);

/* An authorise with its part and mask. */
typedef struct phone_act {
    bzt_span act;
    bzt_part part;
    const sc *masks;
} phone_act;
BZT_MUST_USE bzt_err phone_authorise(bzt_phone_op *op, bzt_phone_key *key,
                                     bzt_authorise_request *out,
                                     const bzt_phone *phone,
                                     const phone_act *act, const bzt_u1 *u1,
                                     const bzt_phone_random *random);

/* The intent becomes the state. */
void phone_settle_intent(bzt_phone_key *key);
void phone_drop_intent(bzt_phone_key *key);
/* Does the answer name the key's intent? */
uint32_t phone_is_named(const bzt_phone_key *key, const bzt_key_answer *answer);

#endif
