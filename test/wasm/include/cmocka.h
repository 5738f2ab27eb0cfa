/* As much of cmocka as the unit tests use, for WebAssembly, where
 * there is no C library.  A failed assertion leaves its text and traps;
 * test_units.mjs runs every test in a fresh instance. */
#ifndef BZT_TEST_WASM_CMOCKA_H
#define BZT_TEST_WASM_CMOCKA_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*run)(void **state);
};

#define cmocka_unit_test(f) ((struct CMUnitTest){#f, f})
#define cmocka_run_group_tests(tests, setup, teardown)                         \
    ((void)(setup), (void)(teardown),                                          \
     unit_group(tests, sizeof(tests) / sizeof((tests)[0])))

int unit_tests(void); /* the test file's main */
int unit_group(const struct CMUnitTest *tests, size_t n);
_Noreturn void unit_fail(const char *text, const char *file, int line);

#define unit_require(holds, text)                                              \
    do {                                                                       \
        if (!(holds))                                                          \
            unit_fail(text, __FILE__, __LINE__);                               \
    } while (0)

#define assert_true(c)     unit_require(c, #c)
#define assert_false(c)    unit_require(!(c), "not " #c)
#define assert_null(p)     unit_require(!(p), #p " is not NULL")
#define assert_non_null(p) unit_require(p, #p " is NULL")
#define assert_int_equal(a, b)                                                 \
    unit_require((uint64_t)(a) == (uint64_t)(b), #a " != " #b)
#define assert_int_not_equal(a, b)                                             \
    unit_require((uint64_t)(a) != (uint64_t)(b), #a " == " #b)
#define assert_ptr_equal(a, b)                                                 \
    unit_require((const void *)(a) == (const void *)(b), #a " != " #b)
#define assert_memory_equal(a, b, n)                                           \
    unit_require(!memcmp(a, b, n), #a " differs from " #b)
#define assert_memory_not_equal(a, b, n)                                       \
    unit_require(memcmp(a, b, n), #a " equals " #b)
#define assert_ptr_not_equal(a, b)                                             \
    unit_require((const void *)(a) != (const void *)(b), #a " == " #b)
#define assert_in_range(v, low, high)                                          \
    unit_require((uint64_t)(v) >= (uint64_t)(low) &&                           \
                     (uint64_t)(v) <= (uint64_t)(high),                        \
                 #v " is not in " #low " .. " #high)
#define assert_not_in_range(v, low, high)                                      \
    unit_require((uint64_t)(v) < (uint64_t)(low) ||                            \
                     (uint64_t)(v) > (uint64_t)(high),                         \
                 #v " is in " #low " .. " #high)
#define assert_string_equal(a, b)                                              \
    unit_require(!strcmp(a, b), #a " differs from " #b)
#define assert_string_not_equal(a, b)                                          \
    unit_require(strcmp(a, b), #a " equals " #b)
#define fail()             unit_fail("fail", __FILE__, __LINE__)
#define fail_msg(...)      unit_fail("fail_msg", __FILE__, __LINE__)
#define print_message(...) ((void)0)
#define skip()             return

#endif
