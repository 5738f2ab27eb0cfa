/* Hedged nonces and Schnorr proofs (protocol.md, Notation).  Pure. */
#include "proof.h"
#include "core/bytes.h"
#include "core/ct.h"
#include "core/text.h"
#include "core/wipe.h"
#include "must.h"

void hedge_init(hedge *h, const char *label, const uint8_t random[48],
                const uint8_t secret[32])
{
    xof_init(&h->x, label);
    wire_feed(&h->x, random, 48);
    wire_feed(&h->x, secret, 32);
}

void hedge_init_sc(hedge *h, const char *label, const uint8_t random[48],
                   const sc *secret)
{
    uint8_t bytes[32];
    sc_write(bytes, secret);
    hedge_init(h, label, random, bytes);
    wipe(bytes, sizeof bytes);
}

void hedge_add(hedge *h, const void *p, size_t len)
{
    wire_feed(&h->x, p, len);
}

void hedge_add_u64(hedge *h, uint64_t v)
{
    uint8_t bytes[8];
    store_be64(bytes, v);
    wire_feed(&h->x, bytes, sizeof bytes);
}

void hedge_final(hedge *h, sc *out)
{
    uint8_t wide[48];
    xof_final(&h->x, wide, sizeof wide);
    sc_from_wide(out, wide);
    wipe(wide, sizeof wide);
}

static void challenge(sc *c, const proof *p, const uint8_t A[65])
{
    uint8_t wide[48];
    xof x;
    xof_init(&x, p->label);
    xof_update(&x, p->B, 65);
    xof_update(&x, p->V, 65);
    xof_update(&x, A, 65);
    wire_feed_context(&x, p->about);
    xof_final(&x, wide, sizeof wide);
    sc_from_wide(c, wide);
    wipe(wide, sizeof wide);
}

static void make_nonce(sc *k, const proof *p, const sc *v,
                       const uint8_t random[48])
{
    hedge h;
    hedge_init_sc(&h, "bzt-schnorr", random, v);
    bzt_span label = text_span(p->label);
    hedge_add(&h, label.p, label.len);
    hedge_add(&h, p->B, 65);
    hedge_add(&h, p->V, 65);
    wire_feed_context_part(&h.x, p->about);
    hedge_final(&h, k);
}

/* k*B, where B is known to be a point. */
static bzt_err multiply(uint8_t out[65], const proof *p, const sc *k)
{
    ge point;
    bzt_err err = BZT_OK;
    if (p->B == wire_base) {
        ge_mul_base(&point, k);
    } else {
        err = ge_read(&point, p->B);
        if (!err)
            ge_mul(&point, k, &point);
    }
    if (!err)
        err = ge_write(out, &point);
    ge_wipe(&point);
    return err;
}

void proof_make(uint8_t A[65], uint8_t z[32], const proof *p, const sc *v,
                const uint8_t random[48])
{
    sc k, c, zs;
    make_nonce(&k, p, v, random);
    /* k is in [1, n-1] and B is a point, so A is one. */
    bzt_err err = multiply(A, p, &k);
    must(err == BZT_OK);
    challenge(&c, p, A);
    sc_mul(&zs, &c, v);
    sc_add(&zs, &zs, &k);
    sc_write(z, &zs);
    sc_wipe(&k);
    sc_wipe(&c);
    sc_wipe(&zs);
}

/* z*B - c*V == A */
static uint32_t holds(const proof *p, const ge *B, const ge *V, const ge *A,
                      const sc *z, const sc *c)
{
    ge left, right;
    sc minus;
    sc_neg(&minus, c);
    if (p->B == wire_base) {
        ge_mul2_vartime(&left, z, &minus, V);
    } else {
        ge_mul(&left, z, B);
        ge_mul(&right, &minus, V);
        ge_add(&left, &left, &right);
        ge_wipe(&right);
    }
    uint32_t ok = ge_is_equal(&left, A);
    ge_wipe(&left);
    sc_wipe(&minus);
    ct_public(ok); /* whether a proof holds is what its reader answers */
    return ok;
}

bzt_err proof_check(const proof *p, const uint8_t A[65], const uint8_t z[32])
{
    ge B, V, a;
    sc zs, c;
    bzt_err err;
    if ((err = ge_read(&a, A)) || (err = sc_read(&zs, z)) ||
        (err = ge_read(&B, p->B)) || (err = ge_read(&V, p->V)))
        return err;
    challenge(&c, p, A);
    uint32_t ok = holds(p, &B, &V, &a, &zs, &c);
    ge_wipe(&B);
    ge_wipe(&V);
    sc_wipe(&zs);
    sc_wipe(&c);
    return ok ? BZT_OK : BZT_ERR_PROOF;
}
