/* The tree against the recursive definition of RFC 6962, 2.1, for every size
 * and every place up to MOST. */
#include "base/merkle.h"
#include "core/sm3.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 300 };

static uint8_t leaf[MOST][32];     /* hashes */
static uint8_t node[10][MOST][32]; /* what the sink was given */
static uint8_t has[10][MOST];
static uint8_t root[MOST + 1][32];

static bzt_err get(void *self, uint8_t out[32], int level, int64_t position)
{
    (void)self;
    assert_true(level < 10 && position < MOST && has[level][position]);
    memcpy(out, node[level][position], 32);
    return BZT_OK;
}

static bzt_err put(void *self, int level, int64_t position,
                   const uint8_t hash[32])
{
    (void)self;
    assert_false(has[level][position]);
    memcpy(node[level][position], hash, 32);
    has[level][position] = 1;
    return BZT_OK;
}

static const merkle_source source = {get, NULL};
static const merkle_sink sink = {put, NULL};

/* MTH(D[from : to]), word for word. */
static void naive(uint8_t out[32], int from, int to)
{
    uint8_t left[32], right[32], joined[65] = {1};
    int k = 1;

    if (to == from) {
        sm3_digest(out, BZT_SPAN_LIT(""));
        return;
    }
    if (to - from == 1) {
        memcpy(out, leaf[from], 32);
        return;
    }
    while (k * 2 < to - from)
        k *= 2;
    naive(left, from, from + k);
    naive(right, from + k, to);
    memcpy(joined + 1, left, 32);
    memcpy(joined + 33, right, 32);
    sm3_digest(out, (bzt_span){joined, 65});
}

/* PATH(m, D[from : to]) and PROOF, word for word. */
static void naive_path(merkle_proof *out, int m, int from, int to)
{
    int k = 1;

    if (to - from == 1)
        return;
    while (k * 2 < to - from)
        k *= 2;
    if (m < k) {
        naive_path(out, m, from, from + k);
        naive(out->hash[out->n++], from + k, to);
    } else {
        naive_path(out, m - k, from + k, to);
        naive(out->hash[out->n++], from, from + k);
    }
}

static void naive_subproof(merkle_proof *out, int m, int from, int to, int b)
{
    int k = 1;

    if (m == to - from) {
        if (!b)
            naive(out->hash[out->n++], from, to);
        return;
    }
    while (k * 2 < to - from)
        k *= 2;
    if (m <= k) {
        naive_subproof(out, m, from, from + k, b);
        naive(out->hash[out->n++], from + k, to);
    } else {
        naive_subproof(out, m - k, from + k, to, 0);
        naive(out->hash[out->n++], from, from + k);
    }
}

static int build(void **state)
{
    merkle_edge edge = {0};

    (void)state;
    for (int i = 0; i < MOST; i++) {
        uint8_t bytes[2] = {(uint8_t)i, (uint8_t)(i >> 8)};

        merkle_leaf(leaf[i], (bzt_span){bytes, 2});
    }
    for (int i = 0; i <= MOST; i++) {
        merkle_edge_root(root[i], &edge);
        if (i < MOST && merkle_append(&edge, leaf[i], &sink))
            return -1;
    }
    return 0;
}

static void merkle_leaf_is_tagged(void **state)
{
    uint8_t want[32], got[32];

    (void)state;
    sm3_digest(want, BZT_SPAN_LIT("\0abc"));
    merkle_leaf(got, BZT_SPAN_LIT("abc"));
    assert_memory_equal(got, want, 32);
}

static void merkle_roots_are_those_of_the_definition(void **state)
{
    uint8_t want[32], got[32];
    merkle_edge edge;

    (void)state;
    for (int size = 0; size <= MOST; size++) {
        naive(want, 0, size);
        assert_memory_equal(root[size], want, 32);
        assert_int_equal(merkle_root(got, size, &source), BZT_OK);
        assert_memory_equal(got, want, 32);
        assert_int_equal(merkle_edge_get(&edge, size, &source), BZT_OK);
        merkle_edge_root(got, &edge);
        assert_memory_equal(got, want, 32);
    }
}

static void merkle_proofs_are_those_of_the_definition(void **state)
{
    merkle_proof got, want;

    (void)state;
    for (int size = 1; size <= MOST; size += size < 70 ? 1 : 23)
        for (int i = 0; i < size; i++) {
            memset(&want, 0, sizeof want);
            naive_path(&want, i, 0, size);
            assert_int_equal(merkle_prove(&got, i, size, &source), BZT_OK);
            assert_memory_equal(&got, &want, sizeof want);
            memset(&want, 0, sizeof want);
            naive_subproof(&want, i + 1, 0, size, 1);
            assert_int_equal(merkle_prove_prefix(&got, i + 1, size, &source),
                             BZT_OK);
            assert_memory_equal(&got, &want, sizeof want);
        }
}

static void merkle_verifies_every_leaf_of_every_size(void **state)
{
    merkle_proof p;

    (void)state;
    for (int size = 1; size <= MOST; size++)
        for (int i = 0; i < size; i++) {
            assert_int_equal(merkle_prove(&p, i, size, &source), BZT_OK);
            assert_int_equal(merkle_verify(&p, i, size, leaf[i], root[size]),
                             BZT_OK);
            /* not another leaf, place or size (a root of another size) */
            assert_int_equal(
                merkle_verify(&p, i, size, leaf[(i + 1) % MOST], root[size]),
                BZT_ERR_AUDIT);
            if (size > 1)
                assert_int_equal(merkle_verify(&p, (i + 1) % size, size,
                                               leaf[i], root[size]),
                                 BZT_ERR_AUDIT);
            assert_int_equal(
                merkle_verify(&p, i, size, leaf[i], root[size - 1]),
                BZT_ERR_AUDIT);
        }
}

static void merkle_verifies_every_prefix_of_every_size(void **state)
{
    merkle_proof p;

    (void)state;
    for (int size = 1; size <= MOST; size++)
        for (int old = 1; old <= size; old++) {
            assert_int_equal(merkle_prove_prefix(&p, old, size, &source),
                             BZT_OK);
            assert_int_equal(
                merkle_verify_prefix(&p, old, size, root[old], root[size]),
                BZT_OK);
            assert_int_equal(
                merkle_verify_prefix(&p, old, size, root[old - 1], root[size]),
                BZT_ERR_AUDIT);
            assert_int_equal(
                merkle_verify_prefix(&p, old, size, root[old], root[size - 1]),
                BZT_ERR_AUDIT);
        }
}

static void merkle_refuses_each_altered_proof(void **state)
{
    merkle_proof p, q;

    (void)state;
    for (int size = 1; size <= 40; size++)
        for (int i = 0; i < size; i++) {
            assert_int_equal(merkle_prove(&p, i, size, &source), BZT_OK);
            for (int k = 0; k < p.n; k++) {
                q = p;
                q.hash[k][k] ^= 1;
                assert_int_equal(
                    merkle_verify(&q, i, size, leaf[i], root[size]),
                    BZT_ERR_AUDIT);
            }
            q = p;
            q.n++;
            assert_int_equal(merkle_verify(&q, i, size, leaf[i], root[size]),
                             BZT_ERR_AUDIT);
            q.n = p.n - 1; /* -1 when there was none */
            assert_int_equal(merkle_verify(&q, i, size, leaf[i], root[size]),
                             BZT_ERR_AUDIT);
            assert_int_equal(merkle_prove_prefix(&p, i + 1, size, &source),
                             BZT_OK);
            for (int k = 0; k < p.n; k++) {
                q = p;
                q.hash[k][31] ^= 0x80;
                assert_int_equal(merkle_verify_prefix(&q, i + 1, size,
                                                      root[i + 1], root[size]),
                                 BZT_ERR_AUDIT);
            }
            q = p;
            q.n++;
            assert_int_equal(
                merkle_verify_prefix(&q, i + 1, size, root[i + 1], root[size]),
                BZT_ERR_AUDIT);
        }
}

static void merkle_refuses_numbers_out_of_range(void **state)
{
    merkle_proof p = {.n = 0}, none = {.n = 0};
    uint8_t out[32];

    (void)state;
    assert_int_equal(merkle_prove(&p, 0, 0, &source), BZT_ERR_RANGE);
    assert_int_equal(merkle_prove(&p, -1, 5, &source), BZT_ERR_RANGE);
    assert_int_equal(merkle_prove(&p, 5, 5, &source), BZT_ERR_RANGE);
    assert_int_equal(merkle_prove_prefix(&p, 0, 5, &source), BZT_ERR_RANGE);
    assert_int_equal(merkle_prove_prefix(&p, 6, 5, &source), BZT_ERR_RANGE);
    assert_int_equal(merkle_root(out, -1, &source), BZT_ERR_RANGE);
    assert_int_equal(merkle_verify(&none, -1, 1, leaf[0], root[1]),
                     BZT_ERR_AUDIT);
    assert_int_equal(merkle_verify(&none, 1, 1, leaf[0], root[1]),
                     BZT_ERR_AUDIT);
    assert_int_equal(merkle_verify_prefix(&none, 0, 7, root[0], root[7]),
                     BZT_OK);
    assert_int_equal(merkle_verify_prefix(&none, 0, 7, root[1], root[7]),
                     BZT_ERR_AUDIT);
    assert_int_equal(merkle_verify_prefix(&none, 8, 7, root[8], root[7]),
                     BZT_ERR_AUDIT);
    p.n = MERKLE_PROOF_MAX + 1;
    assert_int_equal(merkle_verify(&p, 0, 1, leaf[0], root[1]), BZT_ERR_AUDIT);
}

static bzt_err run_dry(void *self, uint8_t out[32], int level, int64_t position)
{
    (void)level;
    (void)position;
    memset(out, 1, 32);
    return --*(int *)self < 0 ? BZT_ERR_IO : BZT_OK;
}

static void merkle_passes_on_each_error_of_its_source(void **state)
{
    static const merkle_proof zero;
    merkle_proof p;

    (void)state;
    for (int after = 0; after < 4; after++) {
        int left = after;
        merkle_source bad = {run_dry, &left};

        assert_int_equal(merkle_prove(&p, 5, 27, &bad), BZT_ERR_IO);
        assert_memory_equal(&p, &zero, sizeof p);
        left = after;
        assert_int_equal(merkle_prove_prefix(&p, 13, 27, &bad), BZT_ERR_IO);
        assert_memory_equal(&p, &zero, sizeof p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merkle_leaf_is_tagged),
        cmocka_unit_test(merkle_roots_are_those_of_the_definition),
        cmocka_unit_test(merkle_proofs_are_those_of_the_definition),
        cmocka_unit_test(merkle_verifies_every_leaf_of_every_size),
        cmocka_unit_test(merkle_verifies_every_prefix_of_every_size),
        cmocka_unit_test(merkle_refuses_each_altered_proof),
        cmocka_unit_test(merkle_refuses_numbers_out_of_range),
        cmocka_unit_test(merkle_passes_on_each_error_of_its_source),
    };

    return cmocka_run_group_tests_name("merkle", tests, build, NULL);
}
