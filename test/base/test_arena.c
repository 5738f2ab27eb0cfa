#include "base/arena.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void arena_gives_zeroed_aligned_pieces(void **state)
{
    arena *a = arena_new(1 << 20);

    (void)state;
    for (size_t len = 0; len < 9000; len += 37) {
        unsigned char *p = arena_alloc(a, len);

        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        for (size_t i = 0; i < len; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xee, len);
        if (len % 3 == 0)
            arena_reset(a);
    }
    arena_free(a);
}

static void arena_refuses_more_than_its_maximum(void **state)
{
    arena *a = arena_new(1000);

    (void)state;
    assert_null(arena_alloc(a, 1001));
    assert_null(arena_alloc(a, SIZE_MAX));
    assert_null(arena_alloc(a, SIZE_MAX - 8));
    assert_non_null(arena_alloc(a, 900));
    assert_null(arena_alloc(a, 100));
    assert_non_null(arena_alloc(a, 80));
    assert_null(arena_alloc(a, 1000));
    arena_reset(a);
    assert_non_null(arena_alloc(a, 992));
    assert_null(arena_alloc(a, 1));
    arena_free(a);
}

static void arena_holds_nothing_when_its_maximum_is_zero(void **state)
{
    arena *a = arena_new(0);

    (void)state;
    assert_null(arena_alloc(a, 0));
    assert_null(arena_text(a, (bzt_span){NULL, 0}));
    arena_free(a);
    arena_free(NULL);
}

static void arena_copies_text_and_bytes(void **state)
{
    arena *a = arena_new(4096);
    bzt_span copy = arena_copy(a, BZT_SPAN_LIT("a\0b"));

    (void)state;
    assert_string_equal(arena_text(a, BZT_SPAN_LIT("标证通")), "标证通");
    assert_int_equal(copy.len, 3);
    assert_memory_equal(copy.p, "a\0b", 3);
    assert_string_equal(arena_printf(a, "%d-%s", 7, "x"), "7-x");
    assert_null(arena_printf(a, "%5000d", 1));
    copy = arena_copy(a, (bzt_span){(const uint8_t *)"", 1 << 20});
    assert_null(copy.p);
    assert_int_equal(copy.len, 0);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_pieces),
        cmocka_unit_test(arena_refuses_more_than_its_maximum),
        cmocka_unit_test(arena_holds_nothing_when_its_maximum_is_zero),
        cmocka_unit_test(arena_copies_text_and_bytes),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
