/* Check digits of organisations and people, with published examples. */
#include "world.h"

#include "pki/identity.h"

static void uscc_accepts_known_codes(void **state)
{
    (void)state;
    assert_int_equal(uscc_check(S("91350100M000100Y43")), BZT_OK);
    assert_int_equal(uscc_check(S("91110000600037341L")), BZT_OK);
    assert_int_equal(uscc_check(S("911100001000050097")), BZT_ERR_USCC);
}

static void uscc_rejects_each_single_change(void **state)
{
    static const char digits[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    (void)state;
    for (size_t i = 0; i < 18; i++) {
        char code[] = USCC;
        for (size_t d = 0; digits[d]; d++) {
            code[i] = digits[d];
            bzt_err want = digits[d] == USCC[i] ? BZT_OK : BZT_ERR_USCC;
            assert_int_equal(uscc_check(text_span(code)), want);
        }
    }
}

static void uscc_rejects_other_characters_and_lengths(void **state)
{
    (void)state;
    assert_int_equal(uscc_check(S("")), BZT_ERR_USCC);
    assert_int_equal(uscc_check(S("91350100M000100Y4")), BZT_ERR_USCC);
    assert_int_equal(uscc_check(S("91350100M000100Y430")), BZT_ERR_USCC);
    assert_int_equal(uscc_check(S("91350100m000100y43")), BZT_ERR_USCC);
    assert_int_equal(uscc_check(S("9135010IM000100Y43")), BZT_ERR_USCC);
    assert_int_equal(uscc_check(S("91350100M000100Y4 ")), BZT_ERR_USCC);
}

static void id_number_accepts_the_examples_of_the_standard(void **state)
{
    (void)state;
    assert_int_equal(id_number_check(S("11010519491231002X")), BZT_OK);
    assert_int_equal(id_number_check(S("440524188001010014")), BZT_OK);
    assert_int_equal(id_number_check(S("11010519491231002x")),
                     BZT_ERR_ID_NUMBER);
}

static void id_number_rejects_each_single_change(void **state)
{
    static const char digits[] = "0123456789X";
    static const char good[] = "11010519491231002X";
    (void)state;
    for (size_t i = 0; i < 18; i++) {
        char number[] = "11010519491231002X";
        for (size_t d = 0; digits[d]; d++) {
            number[i] = digits[d];
            if (digits[d] == good[i])
                continue;
            assert_int_equal(id_number_check(text_span(number)),
                             BZT_ERR_ID_NUMBER);
        }
    }
}

/* The check digit that fits, so that only the date can be wrong. */
static bzt_err with_date(const char *date)
{
    char number[19] = "110105YYYYMMDD002?";
    memcpy(number + 6, date, 8);
    for (const char *c = "0123456789X"; *c; c++) {
        number[17] = *c;
        if (!id_number_check(text_span(number)))
            return BZT_OK;
    }
    return BZT_ERR_ID_NUMBER;
}

static void id_number_needs_a_date_that_exists(void **state)
{
    (void)state;
    assert_int_equal(with_date("20000229"), BZT_OK);
    assert_int_equal(with_date("20240229"), BZT_OK);
    assert_int_equal(with_date("19000229"), BZT_ERR_ID_NUMBER);
    assert_int_equal(with_date("20230229"), BZT_ERR_ID_NUMBER);
    assert_int_equal(with_date("20231301"), BZT_ERR_ID_NUMBER);
    assert_int_equal(with_date("20230001"), BZT_ERR_ID_NUMBER);
    assert_int_equal(with_date("20230431"), BZT_ERR_ID_NUMBER);
    assert_int_equal(with_date("20230100"), BZT_ERR_ID_NUMBER);
    assert_int_equal(with_date("17990101"), BZT_ERR_ID_NUMBER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uscc_accepts_known_codes),
        cmocka_unit_test(uscc_rejects_each_single_change),
        cmocka_unit_test(uscc_rejects_other_characters_and_lengths),
        cmocka_unit_test(id_number_accepts_the_examples_of_the_standard),
        cmocka_unit_test(id_number_rejects_each_single_change),
        cmocka_unit_test(id_number_needs_a_date_that_exists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
