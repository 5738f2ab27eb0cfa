/* Scalars against arithmetic bit by bit. */
#include "core/sc.h"
#include "slow.h"

static sc in(const num a)
{
    sc out;
    assert_int_equal(sc_read_or_zero(&out, a), BZT_OK);
    return out;
}

static void assert_sc(const sc *a, const num right)
{
    num bytes;
    sc_write(bytes, a);
    assert_memory_equal(bytes, right, 32);
}

static void sc_agrees_with_long_arithmetic(void **state)
{
    static const num zero;
    uint64_t seed = 11;
    (void)state;
    for (int i = 0; i < 600; i++) {
        num a, b, right;
        sc r;
        slow_edge(a, &seed, slow_n);
        slow_edge(b, &seed, slow_n);
        const sc x = in(a), y = in(b);
        assert_sc(&x, a);
        slow_mul_mod(right, a, b, slow_n);
        sc_mul(&r, &x, &y);
        assert_sc(&r, right);
        slow_add_mod(right, a, b, slow_n);
        sc_add(&r, &x, &y);
        assert_sc(&r, right);
        slow_sub_mod(right, a, b, slow_n);
        sc_sub(&r, &x, &y);
        assert_sc(&r, right);
        slow_sub_mod(right, zero, a, slow_n);
        sc_neg(&r, &x);
        assert_sc(&r, right);
        assert_int_equal(sc_is_equal(&x, &y), !memcmp(a, b, 32));
        assert_int_equal(sc_is_zero(&x), !memcmp(a, zero, 32));
    }
}

static void sc_out_may_alias_inputs(void **state)
{
    uint64_t seed = 12;
    num a, b;
    (void)state;
    slow_edge(a, &seed, slow_n);
    slow_edge(b, &seed, slow_n);
    const sc x = in(a), y = in(b);
    sc r, s;
#define ALIAS(op)                                                              \
    op(&r, &x, &y);                                                            \
    s = x, op(&s, &s, &y);                                                     \
    assert_int_equal(sc_is_equal(&r, &s), 1);                                  \
    s = y, op(&s, &x, &s);                                                     \
    assert_int_equal(sc_is_equal(&r, &s), 1)
    ALIAS(sc_mul);
    ALIAS(sc_add);
    ALIAS(sc_sub);
    sc_inv(&r, &x);
    s = x, sc_inv(&s, &s);
    assert_int_equal(sc_is_equal(&r, &s), 1);
    sc_neg(&r, &x);
    s = x, sc_neg(&s, &s);
    assert_int_equal(sc_is_equal(&r, &s), 1);
}

static void sc_inv_inverts(void **state)
{
    uint64_t seed = 13;
    sc one, r;
    (void)state;
    sc_set_small(&one, 1);
    for (int i = 0; i < 300; i++) {
        num a;
        slow_edge(a, &seed, slow_n);
        const sc x = in(a);
        sc_inv(&r, &x);
        sc_mul(&r, &r, &x);
        assert_int_equal(sc_is_equal(&r, &one), sc_is_zero(&x) ^ 1);
        assert_int_equal(sc_is_zero(&r), sc_is_zero(&x));
    }
}

static void sc_read_refuses_zero_and_n_and_above(void **state)
{
    num a = {0};
    sc x;
    (void)state;
    assert_int_equal(sc_read(&x, a), BZT_ERR_RANGE);
    assert_int_equal(sc_read_or_zero(&x, a), BZT_OK);
    a[31] = 1;
    assert_int_equal(sc_read(&x, a), BZT_OK);
    slow_sub(a, slow_n, a);
    assert_int_equal(sc_read(&x, a), BZT_OK);
    assert_sc(&x, a);
    assert_int_equal(sc_read(&x, slow_n), BZT_ERR_RANGE);
    assert_int_equal(sc_is_zero(&x), 1);
    memset(a, 0xff, 32);
    assert_int_equal(sc_read(&x, a), BZT_ERR_RANGE);
    assert_int_equal(sc_read_or_zero(&x, a), BZT_ERR_RANGE);
    assert_int_equal(sc_is_zero(&x), 1);
    for (int bit = 0; bit < 224; bit++) { /* n + 2^bit */
        num one = {0};
        one[31 - bit / 8] = (uint8_t)(1 << bit % 8);
        slow_add(a, slow_n, one);
        assert_int_equal(sc_read(&x, a), BZT_ERR_RANGE);
    }
}

static void sc_reduce_takes_any_bytes(void **state)
{
    uint64_t seed = 14;
    num a, right;
    sc x;
    (void)state;
    memset(a, 0xff, 32);
    slow_mod(right, a, 32, slow_n);
    sc_reduce(&x, a);
    assert_sc(&x, right);
    sc_reduce(&x, slow_n);
    assert_int_equal(sc_is_zero(&x), 1);
    for (int i = 0; i < 300; i++) {
        unit_fill(a, 32, unit_next(&seed));
        memset(a, 0xff, (size_t)i % 24);
        slow_mod(right, a, 32, slow_n);
        sc_reduce(&x, a);
        assert_sc(&x, right);
    }
}

static void assert_wide(const uint8_t wide[48])
{
    num one = {0}, less, right;
    sc x;
    one[31] = 1;
    slow_sub(less, slow_n, one);
    slow_mod(right, wide, 48, less);
    slow_add(right, right, one);
    sc_from_wide(&x, wide);
    assert_sc(&x, right);
}

/* Multiples of n - 1 and their neighbours meet the last subtraction. */
static void sc_from_wide_is_mod_n_less_one_plus_one(void **state)
{
    uint64_t seed = 15;
    uint8_t wide[48];
    (void)state;
    memset(wide, 0, 48);
    assert_wide(wide);
    memset(wide, 0xff, 48);
    assert_wide(wide);
    for (int i = 0; i < 400; i++) {
        unit_fill(wide, 48, unit_next(&seed));
        if (i % 4 == 1)
            memset(wide, 0xff, (size_t)i % 49);
        if (i % 4 == 2)
            memset(wide, 0, (size_t)i % 49);
        assert_wide(wide);
    }
    for (int shift = 0; shift < 16; shift++) {
        for (int delta = -2; delta <= 2; delta++) {
            int carry = delta - 1;
            memset(wide, 0, 48);
            memcpy(wide + 16 - shift, slow_n, 32);
            for (int i = 47; i >= 0; i--) {
                carry += wide[i];
                wide[i] = (uint8_t)carry;
                carry >>= 8;
            }
            assert_wide(wide);
        }
    }
}

static void sc_set_small_and_cmov(void **state)
{
    num right = {0};
    sc a, b;
    (void)state;
    sc_set_small(&a, 0x89abcdef);
    memcpy(right + 28, "\x89\xab\xcd\xef", 4);
    assert_sc(&a, right);
    sc_set_small(&b, 7);
    sc_cmov(&a, &b, 0);
    assert_sc(&a, right);
    sc_cmov(&a, &b, 1);
    assert_int_equal(sc_is_equal(&a, &b), 1);
    sc_wipe(&a);
    assert_int_equal(sc_is_zero(&a), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sc_agrees_with_long_arithmetic),
        cmocka_unit_test(sc_out_may_alias_inputs),
        cmocka_unit_test(sc_inv_inverts),
        cmocka_unit_test(sc_read_refuses_zero_and_n_and_above),
        cmocka_unit_test(sc_reduce_takes_any_bytes),
        cmocka_unit_test(sc_from_wide_is_mod_n_less_one_plus_one),
        cmocka_unit_test(sc_set_small_and_cmov),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
