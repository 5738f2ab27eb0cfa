/* The table of errors. */
#include "unit.h"

#include <bzt/err.h>

static const bzt_err all[] = {
#define BZT_ERROR(name, number, code, http, act, retryable, zh, en)            \
    BZT_ERR_##name,
#include <bzt/errors.def>
#undef BZT_ERROR
};
enum { ALL_N = sizeof(all) / sizeof(all[0]) };

static void err_every_number_has_its_own_row(void **state)
{
    (void)state;
    for (int i = 0; i < ALL_N; i++) {
        const bzt_err_info *row = bzt_err_describe(all[i]);
        assert_int_equal(row->err, all[i]);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(all[i], all[j]);
    }
}

static void err_every_code_leads_back_to_its_row(void **state)
{
    (void)state;
    for (int i = 0; i < ALL_N; i++) {
        const bzt_err_info *row = bzt_err_describe(all[i]);
        assert_ptr_equal(bzt_err_by_code(row->code), row);
    }
}

static void err_rows_are_whole(void **state)
{
    (void)state;
    for (int i = 0; i < ALL_N; i++) {
        const bzt_err_info *row = bzt_err_describe(all[i]);
        assert_true(row->http >= 400 && row->http < 600);
        assert_true(row->zh[0] && row->en[0] && row->code[0]);
        for (const char *p = row->code; *p; p++)
            assert_true((*p >= 'a' && *p <= 'z') || *p == '_' ||
                        (*p >= '0' && *p <= '9'));
    }
}

static void err_unknown_number_is_internal(void **state)
{
    (void)state;
    assert_int_equal(bzt_err_describe((bzt_err)9999)->err, BZT_ERR_INTERNAL);
    assert_int_equal(bzt_err_describe(BZT_OK)->err, BZT_ERR_INTERNAL);
}

static void err_unknown_code_is_null(void **state)
{
    (void)state;
    assert_null(bzt_err_by_code("no_such_code"));
    assert_null(bzt_err_by_code(""));
    assert_null(bzt_err_by_code("wrong_pi"));
    assert_null(bzt_err_by_code("wrong_pin2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(err_every_number_has_its_own_row),
        cmocka_unit_test(err_every_code_leads_back_to_its_row),
        cmocka_unit_test(err_rows_are_whole),
        cmocka_unit_test(err_unknown_number_is_internal),
        cmocka_unit_test(err_unknown_code_is_null),
    };
    return cmocka_run_group_tests(tests, 0, 0);
}
