/* Key making, the phone's side (protocol.md, Making a key).  Pure. */
#include "core/ct.h"
#include "core/wipe.h"
#include "phone.h"
#include "pin.h"
#include <string.h>

void bzt_phone_making_wipe(bzt_phone_making *making)
{
    wipe(making, sizeof *making);
}

bzt_err bzt_phone_new(bzt_new_request *out, const bzt_phone *phone,
                      bzt_key_use use)
{
    wire w;
    memset(out, 0, sizeof *out);
    if (!bzt_key_use_name(use))
        return BZT_ERR_RANGE;
    memcpy(out->device_id, phone->device_id, 16);
    out->use = use;
    wire_init(&w, WIRE_NEW, NULL);
    wire_set(&w, WIRE_DEVICE_ID, out->device_id, 16);
    wire_set_use(&w, use);
    wire_mac_device(out->mac, &w, &phone->device_key);
    return BZT_OK;
}

/* u1, hedged by `secret`: device_secret, or d on import. */
static void draw_u1(sc *u1, const uint8_t secret[32], const uint8_t key_id[16],
                    const uint8_t random[48])
{
    hedge h;
    hedge_init(&h, "bzt-u1", random, secret);
    hedge_add(&h, key_id, 16);
    hedge_final(&h, u1);
}

/* V1 = u1^-1 * G, and its proof over w. */
static bzt_err prove_v1(uint8_t A[65], uint8_t z[32], uint8_t V1[65],
                        const wire *w, const sc *u1, const uint8_t random[48])
{
    ge point;
    sc v1;
    sc_inv(&v1, u1);
    ge_mul_base(&point, &v1);
    bzt_err err = ge_write(V1, &point);
    const proof p = {"bzt-keygen-phone", wire_base, V1, w};
    if (!err)
        proof_make(A, z, &p, &v1, random);
    /* They are sent. */
    ct_public_bytes(A, 65);
    ct_public_bytes(z, 32);
    sc_wipe(&v1);
    ge_wipe(&point);
    return err;
}

static void describe(wire *w, const bzt_phone_making *making,
                     const bzt_phone *phone)
{
    wire_init(w, making->P[0] ? WIRE_IMPORT : WIRE_KEYGEN, making->key_id);
    wire_set(w, WIRE_DEVICE_ID, phone->device_id, 16);
    wire_set_use(w, making->use);
    wire_set(w, WIRE_P, making->P, 65);
}

static bzt_err ask_keygen(bzt_phone_making *making, bzt_keygen_request *out,
                          const bzt_phone *phone, const sc *u1,
                          const uint8_t random[48])
{
    wire w;
    memcpy(out->key_id, making->key_id, 16);
    describe(&w, making, phone);
    bzt_err err = prove_v1(out->A, out->z, making->V1, &w, u1, random);
    if (err)
        return err;
    memcpy(out->V1, making->V1, 65);
    ct_public_bytes(out->V1, 65); /* it is sent */
    wire_set(&w, WIRE_V1, out->V1, 65);
    wire_set(&w, WIRE_A, out->A, 65);
    wire_set(&w, WIRE_Z, out->z, 32);
    wire_mac_device(out->mac, &w, &phone->device_key);
    return BZT_OK;
}

bzt_err bzt_phone_keygen(bzt_phone_making *making, bzt_keygen_request *out,
                         const bzt_phone *phone, const uint8_t key_id[16],
                         bzt_key_use use, const bzt_phone_random *random)
{
    sc u1;
    memset(making, 0, sizeof *making);
    memset(out, 0, sizeof *out);
    if (!bzt_key_use_name(use))
        return BZT_ERR_RANGE;
    memcpy(making->key_id, key_id, 16);
    making->use = use;
    draw_u1(&u1, phone->device_secret, key_id, random->nonce);
    sc_write(making->u1, &u1);
    bzt_err err = ask_keygen(making, out, phone, &u1, random->proof);
    sc_wipe(&u1);
    if (err)
        bzt_phone_making_wipe(making);
    return err;
}

/* ---- the answer --------------------------------------------------------- */

/* P + G.  BZT_ERR_POINT: P is not a point, or P + G is infinity. */
static bzt_err add_base(uint8_t out[65], const uint8_t P[65])
{
    ge point, base;
    bzt_err err = ge_read(&point, P);
    if (err)
        return err;
    ge_set_base(&base);
    ge_add(&point, &point, &base);
    return ge_write(out, &point);
}

/* m = u1 * F(PIN)^-1 */
static bzt_err make_key(bzt_phone_key *out, const bzt_phone_making *making,
                        const bzt_phone *phone, const uint8_t P[65],
                        const bzt_pin *pin)
{
    sc u1, f;
    bzt_err err = sc_read(&u1, making->u1);
    if (err)
        return err;
    memcpy(out->key_id, making->key_id, 16);
    memcpy(out->P, P, 65);
    memcpy(out->device_secret, phone->device_secret, 32);
    pin_factor(&f, pin, out->device_secret, out->key_id);
    sc_inv(&f, &f);
    sc_mul(&u1, &u1, &f);
    sc_write(out->m, &u1);
    sc_wipe(&u1);
    sc_wipe(&f);
    return BZT_OK;
}

bzt_err bzt_phone_keygen_result(bzt_phone_key *out,
                                const bzt_phone_making *making,
                                const bzt_phone *phone,
                                const bzt_keygen_answer *answer,
                                const bzt_pin *pin)
{
    wire w;
    uint8_t PG[65];
    memset(out, 0, sizeof *out);
    if (memcmp(answer->key_id, making->key_id, 16) != 0)
        return BZT_ERR_REFUSED;
    bzt_err err = add_base(PG, answer->P);
    if (err)
        return err;
    describe(&w, making, phone);
    const proof p = {"bzt-keygen-server", making->V1, PG, &w};
    if (proof_check(&p, answer->A, answer->z))
        return BZT_ERR_PROOF;
    return make_key(out, making, phone, answer->P, pin);
}

/* ---- import ------------------------------------------------------------- */

/* d in [1, n-2] and d*G = P. */
static bzt_err check_pair(const bzt_import_input *in)
{
    uint8_t pub[65];
    bzt_err err = bzt_sm2_public(pub, in->d);
    if (err)
        return err;
    ct_public_bytes(pub, sizeof pub); /* a public key */
    err = bzt_sm2_point_check(in->P);
    if (err)
        return err;
    return memcmp(pub, in->P, 65) == 0 ? BZT_OK : BZT_ERR_KEY_MISMATCH;
}

/* u2 = ((1 + d) * u1)^-1 */
static void split(sc *u2, const sc *d, const sc *u1)
{
    sc one;
    sc_set_small(&one, 1);
    sc_add(u2, d, &one);
    sc_mul(u2, u2, u1);
    sc_inv(u2, u2);
}

/* u2 || key_id, sealed for the transport key. */
static bzt_err seal_share(uint8_t out[BZT_SEALED_SIZE], const sc *u2,
                          const bzt_import_input *in, const uint8_t random[48])
{
    uint8_t plain[48];
    hedge h;
    sc k;
    sc_write(plain, u2);
    memcpy(plain + 32, in->key_id, 16);
    hedge_init_sc(&h, "bzt-seal", random, u2);
    hedge_add(&h, in->transport, 65);
    hedge_add(&h, in->key_id, 16);
    hedge_final(&h, &k);
    bzt_err err = seal(out, in->transport, (bzt_span){plain, 48}, &k);
    ct_public_bytes(out, BZT_SEALED_SIZE); /* it is sent */
    wipe(plain, sizeof plain);
    sc_wipe(&k);
    return err;
}

static bzt_err ask_import(bzt_phone_making *making, bzt_import_request *out,
                          const bzt_phone *phone, const sc *u1,
                          const uint8_t random[48])
{
    wire w;
    memcpy(out->key_id, making->key_id, 16);
    memcpy(out->P, making->P, 65);
    describe(&w, making, phone);
    bzt_err err = prove_v1(out->A, out->z, making->V1, &w, u1, random);
    wire_set(&w, WIRE_SEALED, out->sealed, sizeof out->sealed);
    wire_set(&w, WIRE_A, out->A, 65);
    wire_set(&w, WIRE_Z, out->z, 32);
    if (!err)
        wire_mac_device(out->mac, &w, &phone->device_key);
    return err;
}

static bzt_err split_key(bzt_phone_making *making, bzt_import_request *out,
                         const bzt_phone *phone, const bzt_import_input *in,
                         const bzt_phone_random *random)
{
    sc d, u1, u2;
    bzt_err err = sc_read(&d, in->d->d);
    if (err)
        return err;
    draw_u1(&u1, in->d->d, in->key_id, random->nonce);
    split(&u2, &d, &u1);
    sc_write(making->u1, &u1);
    err = seal_share(out->sealed, &u2, in, random->seal);
    if (!err)
        err = ask_import(making, out, phone, &u1, random->proof);
    sc_wipe(&d);
    sc_wipe(&u1);
    sc_wipe(&u2);
    return err;
}

bzt_err bzt_phone_import(bzt_phone_making *making, bzt_import_request *out,
                         const bzt_phone *phone, const bzt_import_input *in,
                         const bzt_phone_random *random)
{
    memset(making, 0, sizeof *making);
    memset(out, 0, sizeof *out);
    bzt_err err = check_pair(in);
    if (err)
        return err;
    memcpy(making->key_id, in->key_id, 16);
    memcpy(making->P, in->P, 65);
    making->use = BZT_USE_DECRYPT;
    err = split_key(making, out, phone, in, random);
    if (err) {
        bzt_phone_making_wipe(making);
        wipe(out, sizeof *out);
    }
    return err;
}

bzt_err bzt_phone_import_result(bzt_phone_key *out,
                                const bzt_phone_making *making,
                                const bzt_phone *phone,
                                const bzt_key_answer *answer,
                                const bzt_pin *pin)
{
    memset(out, 0, sizeof *out);
    if (answer->err)
        return answer->err;
    if (!answer->has_id || memcmp(answer->id, making->key_id, 16) != 0)
        return BZT_ERR_REFUSED;
    return make_key(out, making, phone, making->P, pin);
}
