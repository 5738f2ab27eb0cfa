/* Every pair of points of small groups, through the very code of ge.c.
 *
 * The groups lie on curves y^2 = x^3 - 3x + b over the same field with
 * another b, so that ge.c is compiled here with that b.  The orders are odd,
 * which is what the complete formula needs.  The multiplications are not
 * run here: their proof (ge_mul.c) is for order n, and test_ge goes through
 * all its exceptions.
 */
#define fe_b (*small_b)
#include "core/ge.c"
#undef fe_b
#include "unit.h"

const fe *small_b;

typedef struct group {
    unsigned order;
    const char *b, *x, *y;
} group;

/* b, x, y: from Tate's normal form, made with a computer algebra script. */
static const group groups[] = {
    {3,
     "\x66\x66\x66\x65\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
     "\xff\xff\xff\xff\x99\x99\x99\x99\xff\xff\xff\xff\xff\xff\xff\xe8",
     "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05",
     "\x7b\x71\x9e\x13\xbc\x18\xe9\x6d\x7f\x2c\x34\x64\x74\xaf\x8c\xf1"
     "\xd4\x6c\xa4\x51\x12\x90\xc1\x93\xa4\xf0\xeb\x84\x50\x99\x8a\xf2"},
    {5, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x08\x02",
     "\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
     "\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xf8",
     "\x59\x00\x11\x7e\x21\x3a\x2a\x1f\x97\x82\xbb\x1d\xd5\x06\xca\xaa"
     "\x84\x0a\xac\x7e\x37\xad\x91\xc1\x99\x83\xf6\xd7\x76\x6d\x62\x65"},
    {7,
     "\x44\xaa\x2b\x49\x9e\xf9\x48\x65\x81\x1e\x99\xbf\xd0\x3b\xb5\x5d"
     "\x4b\x61\xc5\xc8\x80\x5f\x88\x95\x8a\x13\x67\xbe\x52\x19\x62\xfa",
     "\x24\x92\x49\x24\x6d\xb6\xdb\x6d\xb6\xdb\x6d\xb6\xdb\x6d\xb6\xdb"
     "\x6d\xb6\xdb\x6d\x92\x49\x24\x92\x6d\xb6\xdb\x6d\xb6\xdb\x6d\xb0",
     "\xc7\x9b\x80\xa7\xce\xc9\x6d\x85\x8f\x2d\x72\xbf\xf4\x6c\x79\x47"
     "\xb8\xf8\xc5\x3d\x70\x47\xd2\xcf\xc8\xd3\x94\x0b\x1a\xe8\x36\x2d"},
    {9,
     "\x48\x19\x17\xcf\xc6\x84\xd0\x8e\x59\x2a\xa6\x4f\x79\xa2\x10\x4c"
     "\x20\x8d\x6e\x25\xd0\x65\x8a\xff\xcd\x06\x78\xe7\x01\x0f\x30\xbd",
     "\x40\xef\x22\xbe\x1a\xbe\xb6\x70\x76\x68\xf2\xe5\x62\x6d\xb9\x94"
     "\x6e\x5c\x05\xe9\xd1\x83\x24\x35\x20\x26\xd9\x1a\xdd\xaf\x0c\x88",
     "\xfa\x18\xca\xb5\xa7\xd8\xed\x24\xa7\x06\xd6\xcd\xfe\xff\x71\xd2"
     "\xfc\x8b\x9e\x2d\xba\xce\x9e\xd4\x75\xca\x7e\x62\x12\x6b\x19\xde"}};

static void scale(ge *out, const ge *a, const fe *by)
{
    fe_mul(&out->x, &a->x, by);
    fe_mul(&out->y, &a->y, by);
    fe_mul(&out->z, &a->z, by);
}

static void check_group(const group *g)
{
    ge multiple[9], a, b, sum;
    fe coefficient, factor = fe_one;
    assert_int_equal(fe_read(&coefficient, (const uint8_t *)g->b), 1);
    small_b = &coefficient;
    ge_set_infinity(&multiple[0]);
    assert_int_equal(fe_read(&multiple[1].x, (const uint8_t *)g->x), 1);
    assert_int_equal(fe_read(&multiple[1].y, (const uint8_t *)g->y), 1);
    multiple[1].z = fe_one;
    for (unsigned i = 2; i < g->order; i++) {
        ge_add(&multiple[i], &multiple[i - 1], &multiple[1]);
        assert_int_equal(ge_is_infinity(&multiple[i]), 0);
    }
    for (unsigned i = 0; i < g->order; i++) {
        for (unsigned j = 0; j < g->order; j++) {
            assert_int_equal(ge_is_equal(&multiple[i], &multiple[j]), i == j);
            fe_add(&factor, &factor, &fe_one);
            scale(&a, &multiple[i], &factor);
            fe_sqr(&factor, &factor);
            scale(&b, &multiple[j], &factor);
            ge_add(&sum, &a, &b);
            assert_int_equal(ge_is_equal(&sum, &multiple[(i + j) % g->order]),
                             1);
            assert_int_equal(ge_is_infinity(&sum), (i + j) % g->order == 0);
        }
        ge_double(&sum, &multiple[i]);
        assert_int_equal(ge_is_equal(&sum, &multiple[2 * i % g->order]), 1);
        ge_neg(&sum, &multiple[i]);
        assert_int_equal(
            ge_is_equal(&sum, &multiple[(g->order - i) % g->order]), 1);
    }
}

static void ge_add_is_complete_on_small_groups(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        check_group(&groups[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ge_add_is_complete_on_small_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
