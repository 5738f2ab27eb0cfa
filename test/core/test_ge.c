/* Points: the additions among themselves, and the three multiplications
 * against additions, with every exceptional case. */
#include "core/base.h"
#include "core/fe.h"
#include "core/ge.h"
#include "slow.h"

static void assert_same(const ge *a, const ge *b)
{
    assert_int_equal(ge_is_equal(a, b), 1);
}

static sc from_num(const num a)
{
    sc out;
    assert_int_equal(sc_read_or_zero(&out, a), BZT_OK);
    return out;
}

static sc small(int v)
{
    sc out;
    sc_set_small(&out, (uint32_t)(v < 0 ? -v : v));
    if (v < 0)
        sc_neg(&out, &out);
    return out;
}

static sc random_scalar(uint64_t *state)
{
    num a;
    slow_edge(a, state, slow_n);
    return from_num(a);
}

static ge random_point(uint64_t *state)
{
    uint8_t wide[48];
    ge out, base;
    sc k;
    unit_fill(wide, 48, unit_next(state));
    sc_from_wide(&k, wide);
    ge_set_base(&base);
    ge_mul(&out, &k, &base);
    return out;
}

/* k P by doubling and the complete addition alone. */
static void plain_mul(ge *out, const sc *k, const ge *p)
{
    num bytes;
    sc_write(bytes, k);
    ge sum;
    ge_set_infinity(&sum);
    for (int i = 0; i < 256; i++) {
        ge_double(&sum, &sum);
        if (bytes[i / 8] >> (7 - i % 8) & 1)
            ge_add(&sum, &sum, p);
    }
    *out = sum;
}

static void ge_base_is_the_standard_one_and_has_order_n(void **state)
{
    static const uint8_t right[65] =
        "\x04\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94"
        "\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7\xbc"
        "\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9"
        "\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";
    uint8_t bytes[65];
    ge g, r, minus;
    (void)state;
    ge_set_base(&g);
    assert_int_equal(ge_write(bytes, &g), BZT_OK);
    assert_memory_equal(bytes, right, 65);
    const sc last = small(-1);
    plain_mul(&r, &last, &g);
    ge_neg(&minus, &g);
    assert_same(&r, &minus);
    ge_add(&r, &r, &g);
    assert_int_equal(ge_is_infinity(&r), 1);
}

static void ge_table_has_the_multiples_it_claims(void **state)
{
    ge row, twice, p;
    (void)state;
    ge_set_base(&row);
    for (int i = 0; i < BASE_N; i++) {
        ge_double(&twice, &row);
        p = row;
        for (int j = 0; j < BASE_ROW; j++) {
            const ge entry = {base_table[i][j].x, base_table[i][j].y, fe_one};
            assert_same(&entry, &p);
            ge_add(&p, &p, &twice);
        }
        for (int j = 0; j < BASE_BITS; j++)
            ge_double(&row, &row);
    }
}

static void ge_add_knows_infinity_negatives_and_equals(void **state)
{
    uint64_t seed = 21;
    ge o, r, minus;
    (void)state;
    ge_set_infinity(&o);
    ge_add(&r, &o, &o);
    assert_int_equal(ge_is_infinity(&r), 1);
    ge_double(&r, &o);
    assert_int_equal(ge_is_infinity(&r), 1);
    for (int i = 0; i < 20; i++) {
        const ge p = random_point(&seed), q = random_point(&seed);
        ge s, t;
        ge_add(&r, &p, &o);
        assert_same(&r, &p);
        ge_add(&r, &o, &p);
        assert_same(&r, &p);
        ge_neg(&minus, &p);
        ge_add(&r, &p, &minus);
        assert_int_equal(ge_is_infinity(&r), 1);
        assert_int_equal(ge_is_equal(&r, &o), 1);
        assert_int_equal(ge_is_equal(&r, &p), 0);
        ge_add(&r, &p, &p);
        ge_double(&s, &p);
        assert_same(&r, &s);
        ge_add(&r, &r, &minus);
        assert_same(&r, &p);
        ge_add(&r, &p, &q); /* (p + q) + p = p + (q + p) */
        ge_add(&s, &q, &p);
        assert_same(&r, &s);
        ge_add(&t, &r, &p);
        ge_add(&r, &p, &s);
        assert_same(&r, &t);
    }
}

static void check_three_ways(const sc *k, const ge *p, const ge *right)
{
    ge r;
    const sc zero = small(0);
    ge_mul(&r, k, p);
    assert_same(&r, right);
    ge_mul2_vartime(&r, &zero, k, p);
    assert_same(&r, right);
}

static void check_base(const sc *k, const ge *right)
{
    ge r, g;
    const sc zero = small(0);
    ge_set_base(&g);
    ge_mul_base(&r, k);
    assert_same(&r, right);
    ge_mul2_vartime(&r, k, &zero, &g);
    assert_same(&r, right);
}

/* 0 ... 2000 and their negatives: with n - 2 |d| for each digit d, where the
 * last addition meets equal points, and 0, where it meets opposite ones. */
static void ge_mul_is_right_for_small_scalars_and_their_negatives(void **state)
{
    ge g, sum, minus;
    (void)state;
    ge_set_base(&g);
    ge_set_infinity(&sum);
    for (int i = 0; i <= 2000; i++) {
        const sc k = small(i), negative = small(-i);
        ge_neg(&minus, &sum);
        check_base(&k, &sum);
        check_base(&negative, &minus);
        if (i < 300 || i % 8 == 0) {
            check_three_ways(&k, &g, &sum);
            check_three_ways(&negative, &g, &minus);
        }
        ge_add(&sum, &sum, &g);
    }
}

/* 2^i - 1, 2^i, 2^i + 1: every border of a window. */
static void ge_mul_is_right_around_powers_of_two(void **state)
{
    uint64_t seed = 22;
    const ge p = random_point(&seed);
    const sc one = small(1);
    sc k = small(1), near;
    ge power = p, base, minus, r;
    (void)state;
    ge_set_base(&base);
    ge_neg(&minus, &p);
    ge base_minus;
    ge_neg(&base_minus, &base);
    for (int i = 0; i < 256; i++) {
        check_three_ways(&k, &p, &power);
        check_base(&k, &base);
        ge g;
        ge_set_base(&g);
        sc_add(&near, &k, &one);
        ge_add(&r, &power, &p);
        check_three_ways(&near, &p, &r);
        ge_add(&r, &base, &g);
        check_base(&near, &r);
        sc_sub(&near, &k, &one);
        ge_add(&r, &power, &minus);
        check_three_ways(&near, &p, &r);
        ge_add(&r, &base, &base_minus);
        check_base(&near, &r);
        sc_add(&k, &k, &k);
        ge_double(&power, &power);
        ge_double(&base, &base);
    }
}

static void ge_mul_agrees_with_double_and_add(void **state)
{
    uint64_t seed = 23;
    ge g, right;
    (void)state;
    ge_set_base(&g);
    for (int i = 0; i < 60; i++) {
        const ge p = random_point(&seed);
        const sc k = random_scalar(&seed);
        plain_mul(&right, &k, &p);
        check_three_ways(&k, &p, &right);
        plain_mul(&right, &k, &g);
        check_base(&k, &right);
        ge r = p; /* out may be the input */
        plain_mul(&right, &k, &p);
        ge_mul(&r, &k, &r);
        assert_same(&r, &right);
    }
}

static void ge_mul_of_infinity_is_infinity(void **state)
{
    uint64_t seed = 24;
    ge o, r, right;
    (void)state;
    ge_set_infinity(&o);
    for (int i = 0; i < 20; i++) {
        const sc k = random_scalar(&seed), s = random_scalar(&seed);
        ge_mul(&r, &k, &o);
        assert_int_equal(ge_is_infinity(&r), 1);
        ge_add(&r, &r, &r); /* and a sound one */
        assert_int_equal(ge_is_infinity(&r), 1);
        ge_mul2_vartime(&r, &s, &k, &o);
        ge_mul_base(&right, &s);
        assert_same(&r, &right);
    }
}

/* s G + t P for P = d G with small d: sums that double, cancel, and pass
 * through infinity on the way. */
static void ge_mul2_is_right_where_sums_meet(void **state)
{
    (void)state;
    for (int d = -5; d <= 5; d++) {
        const sc point = small(d);
        ge p, r, right;
        ge_mul_base(&p, &point);
        for (int s = -20; s <= 20; s++) {
            for (int t = -20; t <= 20; t++) {
                const sc ss = small(s), tt = small(t), k = small(s + t * d);
                ge_mul2_vartime(&r, &ss, &tt, &p);
                ge_mul_base(&right, &k);
                assert_same(&r, &right);
            }
        }
    }
}

static void ge_mul2_agrees_with_two_multiplications(void **state)
{
    uint64_t seed = 25;
    ge a, b, r;
    (void)state;
    for (int i = 0; i < 100; i++) {
        const ge p = random_point(&seed);
        const sc s = random_scalar(&seed), t = random_scalar(&seed);
        ge_mul_base(&a, &s);
        ge_mul(&b, &t, &p);
        ge_add(&a, &a, &b);
        ge_mul2_vartime(&r, &s, &t, &p);
        assert_same(&r, &a);
    }
}

static void ge_bytes_come_back(void **state)
{
    uint64_t seed = 26;
    (void)state;
    for (int i = 0; i < 50; i++) {
        uint8_t bytes[65], packed[33];
        const ge p = random_point(&seed);
        ge r;
        assert_int_equal(ge_write(bytes, &p), BZT_OK);
        assert_int_equal(ge_read(&r, bytes), BZT_OK);
        assert_same(&r, &p);
        assert_int_equal(ge_write_compressed(packed, &p), BZT_OK);
        assert_memory_equal(packed + 1, bytes + 1, 32);
        assert_int_equal(packed[0], 2 | (bytes[64] & 1));
        assert_int_equal(ge_read_compressed(&r, packed), BZT_OK);
        assert_same(&r, &p);
        packed[0] ^= 1;
        assert_int_equal(ge_read_compressed(&r, packed), BZT_OK);
        ge_neg(&r, &r);
        assert_same(&r, &p);
    }
}

static void assert_refused(const uint8_t bytes[65])
{
    ge r;
    assert_int_equal(ge_read(&r, bytes), BZT_ERR_POINT);
    assert_int_equal(ge_is_infinity(&r), 1);
}

static void ge_read_refuses_what_is_no_point(void **state)
{
    uint64_t seed = 27;
    uint8_t bytes[65], bad[65] = {4};
    const ge p = random_point(&seed);
    ge o;
    (void)state;
    assert_int_equal(ge_write(bytes, &p), BZT_OK);
    for (int first = 0; first < 256; first++) {
        memcpy(bad, bytes, 65);
        bad[0] = (uint8_t)first;
        if (first != 4)
            assert_refused(bad);
    }
    for (int bit = 0; bit < 512; bit++) {
        memcpy(bad, bytes, 65);
        bad[1 + bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_refused(bad);
    }
    memset(bad + 1, 0, 64); /* (0, 0) */
    assert_refused(bad);
    memcpy(bad + 1, slow_p, 32); /* (p, sqrt b): x = 0 in another dress */
    fe y;
    fe_sqrt(&y, &fe_b);
    fe_write(bad + 33, &y);
    assert_refused(bad);
    memset(bad + 1, 0, 32); /* (0, sqrt b) itself is a point */
    assert_int_equal(ge_read(&o, bad), BZT_OK);
    ge_set_infinity(&o);
    assert_int_equal(ge_write(bytes, &o), BZT_ERR_POINT);
    assert_memory_equal(bytes, (const uint8_t[65]){0}, 65);
    assert_int_equal(ge_write_compressed(bytes, &o), BZT_ERR_POINT);
    sc x = small(5);
    assert_int_equal(ge_x_scalar(&x, &o), BZT_ERR_POINT);
    assert_int_equal(sc_is_zero(&x), 1);
    assert_int_equal(ge_x_is_vartime(&o, &x), 0);
}

static void ge_read_compressed_refuses_x_without_y(void **state)
{
    uint64_t seed = 28;
    int refused = 0;
    ge r;
    (void)state;
    for (int i = 0; i < 100; i++) {
        uint8_t bytes[33];
        unit_fill(bytes, 33, unit_next(&seed));
        bytes[0] = 2;
        bzt_err err = ge_read_compressed(&r, bytes);
        if (err) {
            assert_int_equal(err, BZT_ERR_POINT);
            assert_int_equal(ge_is_infinity(&r), 1);
            refused++;
            continue;
        }
        bytes[0] = 4;
        assert_int_equal(ge_read_compressed(&r, bytes), BZT_ERR_POINT);
        bytes[0] = 0;
        assert_int_equal(ge_read_compressed(&r, bytes), BZT_ERR_POINT);
    }
    assert_in_range(refused, 20, 80);
    uint8_t above[33] = {2};
    memcpy(above + 1, slow_p, 32);
    assert_int_equal(ge_read_compressed(&r, above), BZT_ERR_POINT);
}

/* x(a) >= n happens for one point in 2^33: a small x - n is looked for. */
static void ge_x_is_taken_mod_n(void **state)
{
    (void)state;
    for (uint8_t i = 1; i < 100; i++) {
        uint8_t bytes[33] = {2};
        num low = {0};
        ge p;
        sc x;
        low[31] = i;
        slow_add(bytes + 1, slow_n, low); /* n + i < p */
        if (ge_read_compressed(&p, bytes))
            continue;
        ge_double(&p, &p); /* another Z */
        const sc two = small(2);
        sc half;
        sc_inv(&half, &two);
        ge_mul(&p, &half, &p);
        assert_int_equal(ge_x_scalar(&x, &p), BZT_OK);
        const sc right = small(i), wrong = small(i + 1);
        assert_int_equal(sc_is_equal(&x, &right), 1);
        assert_int_equal(ge_x_is_vartime(&p, &right), 1);
        assert_int_equal(ge_x_is_vartime(&p, &wrong), 0);
    }
}

static void ge_x_is_agrees_with_x_scalar(void **state)
{
    uint64_t seed = 29;
    const sc one = small(1);
    (void)state;
    for (int i = 0; i < 50; i++) {
        const ge p = random_point(&seed);
        sc x;
        assert_int_equal(ge_x_scalar(&x, &p), BZT_OK);
        assert_int_equal(ge_x_is_vartime(&p, &x), 1);
        sc_add(&x, &x, &one);
        assert_int_equal(ge_x_is_vartime(&p, &x), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ge_base_is_the_standard_one_and_has_order_n),
        cmocka_unit_test(ge_table_has_the_multiples_it_claims),
        cmocka_unit_test(ge_add_knows_infinity_negatives_and_equals),
        cmocka_unit_test(ge_mul_is_right_for_small_scalars_and_their_negatives),
        cmocka_unit_test(ge_mul_is_right_around_powers_of_two),
        cmocka_unit_test(ge_mul_agrees_with_double_and_add),
        cmocka_unit_test(ge_mul_of_infinity_is_infinity),
        cmocka_unit_test(ge_mul2_is_right_where_sums_meet),
        cmocka_unit_test(ge_mul2_agrees_with_two_multiplications),
        cmocka_unit_test(ge_bytes_come_back),
        cmocka_unit_test(ge_read_refuses_what_is_no_point),
        cmocka_unit_test(ge_read_compressed_refuses_x_without_y),
        cmocka_unit_test(ge_x_is_taken_mod_n),
        cmocka_unit_test(ge_x_is_agrees_with_x_scalar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
