/* What every operation of the server shares: who asks, what is admitted, and
 * how it ends (protocol.md, One operation). */
#ifndef BZT_COSIGN_SERVER_STEP_H
#define BZT_COSIGN_SERVER_STEP_H

#include "proof.h"
#include "server.h"
#include "wire.h"

/* One request at one row. */
typedef struct step {
    cosign_effect *effect;
    const cosign_row *row;
    const uint8_t *op_id;
    uint64_t g;
    int64_t now_ms;
} step;

/* An effect that changes nothing and names `answer_id`. */
void step_begin(cosign_effect *effect, const cosign_row *row,
                const uint8_t answer_id[16]);

/* BZT_ERR_REFUSED unless device is the row's and tag its MAC over w. */
BZT_MUST_USE bzt_err step_authentic(const cosign_row *row,
                                    const cosign_device *device, const wire *w,
                                    const uint8_t tag[32]);

typedef enum step_with { STEP_WITHOUT_PIN, STEP_WITH_PIN } step_with;

/* Remembered, live, generation, wait, in this order. */
BZT_MUST_USE bzt_err step_admit(const step *s, step_with pin);

/* The PIN was right: roll, move on, clear. */
BZT_MUST_USE bzt_err step_finish(const step *s, bzt_outcome kind,
                                 const cosign_share *share, const sc *rho);
/* The PIN was wrong: count.  Returns BZT_ERR_WRONG_PIN. */
BZT_MUST_USE bzt_err step_fail(const step *s);
/* g moves on with this outcome; what `finish` and others build on. */
void step_move_on(const step *s, bzt_outcome kind);
/* u2 <- u2 * rho.  BZT_ERR_INTERNAL: the row is damaged. */
BZT_MUST_USE bzt_err step_roll(cosign_effect *effect, const cosign_share *share,
                               const sc *rho);

/* Tries left and seconds to wait, of this row, into the effect. */
void step_tell_tries(cosign_effect *effect, const cosign_row *row,
                     int64_t now_ms);

/* The proof that the PIN was right: BZT_OK, BZT_ERR_PROOF (wrong), or
 * BZT_ERR_INTERNAL (the row is damaged).  A and z have been checked. */
BZT_MUST_USE bzt_err step_pin_proof(const cosign_row *row,
                                    const cosign_share *share, const wire *w,
                                    const uint8_t A[65], const uint8_t z[32]);
/* Is A a point and z in [1, n-1]? */
BZT_MUST_USE bzt_err step_proof_form(const uint8_t A[65], const uint8_t z[32]);
/* V1 = u2 * (P + G): never stored, never sent. */
BZT_MUST_USE bzt_err step_phone_point(uint8_t V1[65], const uint8_t P[65],
                                      const cosign_share *share);

#endif
