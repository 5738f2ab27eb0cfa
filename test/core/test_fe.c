/* The field against arithmetic bit by bit. */
#include "core/fe.h"
#include "slow.h"

static fe in(const num a)
{
    fe out;
    assert_int_equal(fe_read(&out, a), 1);
    return out;
}

static void assert_fe(const fe *a, const num right)
{
    num bytes;
    fe_write(bytes, a);
    assert_memory_equal(bytes, right, 32);
}

static void fe_agrees_with_long_arithmetic(void **state)
{
    uint64_t seed = 1;
    (void)state;
    for (int i = 0; i < 600; i++) {
        num a, b, right;
        fe r;
        slow_edge(a, &seed, slow_p);
        slow_edge(b, &seed, slow_p);
        const fe x = in(a), y = in(b);
        assert_fe(&x, a);
        slow_mul_mod(right, a, b, slow_p);
        fe_mul(&r, &x, &y);
        assert_fe(&r, right);
        slow_mul_mod(right, a, a, slow_p);
        fe_sqr(&r, &x);
        assert_fe(&r, right);
        slow_add_mod(right, a, b, slow_p);
        fe_add(&r, &x, &y);
        assert_fe(&r, right);
        slow_sub_mod(right, a, b, slow_p);
        fe_sub(&r, &x, &y);
        assert_fe(&r, right);
        fe_half(&r, &x);
        fe_add(&r, &r, &r);
        assert_fe(&r, a);
        slow_sub_mod(right, (const uint8_t[32]){0}, a, slow_p);
        fe_neg(&r, &x);
        assert_fe(&r, right);
    }
}

static void fe_out_may_alias_inputs(void **state)
{
    uint64_t seed = 2;
    (void)state;
    for (int i = 0; i < 50; i++) {
        num a, b;
        slow_edge(a, &seed, slow_p);
        slow_edge(b, &seed, slow_p);
        const fe x = in(a), y = in(b);
        fe r, s;
#define ALIAS(op)                                                              \
    op(&r, &x, &y);                                                            \
    s = x, op(&s, &s, &y);                                                     \
    assert_int_equal(fe_is_equal(&r, &s), 1);                                  \
    s = y, op(&s, &x, &s);                                                     \
    assert_int_equal(fe_is_equal(&r, &s), 1);                                  \
    op(&r, &x, &x);                                                            \
    s = x, op(&s, &s, &s);                                                     \
    assert_int_equal(fe_is_equal(&r, &s), 1)
        ALIAS(fe_mul);
        ALIAS(fe_add);
        ALIAS(fe_sub);
        fe_inv(&r, &x);
        s = x, fe_inv(&s, &s);
        assert_int_equal(fe_is_equal(&r, &s), 1);
        fe_sqrt(&r, &x);
        s = x, fe_sqrt(&s, &s);
        assert_int_equal(fe_is_equal(&r, &s), 1);
    }
}

/* Bounds of a lazily reduced backend would break here. */
static void fe_long_chains_stay_right(void **state)
{
    uint64_t seed = 3;
    num a, b, right;
    (void)state;
    slow_edge(b, &seed, slow_p);
    slow_sub_mod(a, (const uint8_t[32]){0}, b, slow_p);
    fe x = in(a);
    const fe y = in(b);
    memcpy(right, a, 32);
    for (int i = 0; i < 2000; i++) {
        switch (unit_next(&seed) >> 62) {
        case 0:
            fe_add(&x, &x, &x);
            slow_add_mod(right, right, right, slow_p);
            break;
        case 1:
            fe_sub(&x, &x, &y);
            slow_sub_mod(right, right, b, slow_p);
            break;
        case 2:
            fe_sub(&x, &y, &x);
            slow_sub_mod(right, b, right, slow_p);
            break;
        default:
            fe_add(&x, &x, &y);
            slow_add_mod(right, right, b, slow_p);
        }
        if (i % 50 == 0)
            assert_fe(&x, right);
    }
    fe_mul(&x, &x, &x);
    slow_mul_mod(right, right, right, slow_p);
    assert_fe(&x, right);
}

static void fe_sees_zero_in_each_form(void **state)
{
    uint64_t seed = 4;
    (void)state;
    for (int i = 0; i < 200; i++) {
        num a;
        fe r, minus;
        slow_edge(a, &seed, slow_p);
        const fe x = in(a);
        fe_sub(&r, &x, &x);
        assert_int_equal(fe_is_zero(&r), 1);
        fe_neg(&minus, &x);
        fe_add(&r, &x, &minus);
        assert_int_equal(fe_is_zero(&r), 1);
        assert_fe(&r, (const uint8_t[32]){0});
        fe_add(&r, &r, &r);
        fe_sub(&r, &r, &r);
        assert_int_equal(fe_is_zero(&r), 1);
        fe_mul(&r, &r, &x);
        assert_int_equal(fe_is_zero(&r), 1);
        fe_add(&r, &x, &fe_one);
        assert_int_equal(fe_is_equal(&r, &x), 0);
    }
}

static void fe_read_refuses_p_and_above(void **state)
{
    num a = {0}, top;
    fe x;
    (void)state;
    a[31] = 1;
    slow_sub(a, slow_p, a);
    assert_int_equal(fe_read(&x, a), 1); /* p - 1 */
    assert_fe(&x, a);
    assert_int_equal(fe_read(&x, slow_p), 0);
    assert_int_equal(fe_is_zero(&x), 1);
    memset(top, 0xff, 32);
    assert_int_equal(fe_read(&x, top), 0);
    for (int bit = 0; bit < 224; bit++) { /* p + 2^bit */
        num one = {0};
        one[31 - bit / 8] = (uint8_t)(1 << bit % 8);
        slow_add(a, slow_p, one);
        assert_int_equal(fe_read(&x, a), 0);
    }
}

static void fe_inv_inverts(void **state)
{
    uint64_t seed = 5;
    fe r, s;
    (void)state;
    for (int i = 0; i < 200; i++) {
        num a;
        slow_edge(a, &seed, slow_p);
        const fe x = in(a);
        fe_inv(&r, &x);
        fe_mul(&s, &r, &x);
        if (fe_is_zero(&x))
            assert_int_equal(fe_is_zero(&r), 1);
        else
            assert_int_equal(fe_is_equal(&s, &fe_one), 1);
    }
    const fe zero = {{0}};
    fe_inv(&r, &zero);
    assert_int_equal(fe_is_zero(&r), 1);
}

static void fe_sqrt_finds_a_root_of_a_or_of_its_negative(void **state)
{
    uint64_t seed = 6;
    int squares = 0;
    (void)state;
    for (int i = 0; i < 200; i++) {
        num a;
        fe r, minus;
        slow_edge(a, &seed, slow_p);
        const fe x = in(a);
        fe_sqrt(&r, &x);
        fe_sqr(&r, &r);
        fe_neg(&minus, &x);
        uint32_t is_square = fe_is_equal(&r, &x);
        squares += (int)is_square;
        assert_int_equal(is_square | fe_is_equal(&r, &minus), 1);
        fe_sqr(&r, &x); /* of a square there is one */
        fe_sqrt(&minus, &r);
        fe_sqr(&minus, &minus);
        assert_int_equal(fe_is_equal(&minus, &r), 1);
    }
    assert_in_range(squares, 50, 160);
}

static void fe_cmov_and_select_take_the_right_one(void **state)
{
    fe table[80], out[5], x = fe_one;
    (void)state;
    for (int i = 0; i < 80; i++) {
        fe_add(&x, &x, &x);
        table[i] = x;
    }
    for (uint32_t i = 0; i < 32; i++) {
        fe_select(out, 2, table, 32, i);
        assert_memory_equal(out, &table[2 * i], 2 * sizeof(fe));
    }
    for (uint32_t i = 0; i < 16; i++) {
        fe_select(out, 5, table, 16, i);
        assert_memory_equal(out, &table[5 * i], 5 * sizeof(fe));
    }
    out[0] = table[3];
    fe_cmov(&out[0], &table[4], 0);
    assert_memory_equal(&out[0], &table[3], sizeof(fe));
    fe_cmov(&out[0], &table[4], 1);
    assert_memory_equal(&out[0], &table[4], sizeof(fe));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fe_agrees_with_long_arithmetic),
        cmocka_unit_test(fe_out_may_alias_inputs),
        cmocka_unit_test(fe_long_chains_stay_right),
        cmocka_unit_test(fe_sees_zero_in_each_form),
        cmocka_unit_test(fe_read_refuses_p_and_above),
        cmocka_unit_test(fe_inv_inverts),
        cmocka_unit_test(fe_sqrt_finds_a_root_of_a_or_of_its_negative),
        cmocka_unit_test(fe_cmov_and_select_take_the_right_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
