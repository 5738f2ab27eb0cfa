/* GB 32100-2015 and GB 11643-1999 (identity.h).  Pure. */
#include "identity.h"

/* 31 characters; their places are their values. */
static const char uscc_digits[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static int uscc_value(uint8_t c)
{
    for (int v = 0; uscc_digits[v]; v++)
        if ((uint8_t)uscc_digits[v] == c)
            return v;
    return -1;
}

static int is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* GB 32100, 4.6: sum of value times 3^i mod 31, and its complement. */
bzt_err uscc_check(bzt_span code)
{
    int sum = 0, weight = 1;
    if (code.len != USCC_LEN)
        return BZT_ERR_USCC;
    for (int i = 0; i < USCC_LEN - 1; i++) {
        int v = uscc_value(code.p[i]);
        int is_region = i >= 2 && i < 8; /* administrative division */
        if (v < 0 || (is_region && v > 9))
            return BZT_ERR_USCC;
        sum += v * weight;
        weight = weight * 3 % 31;
    }
    if (uscc_value(code.p[USCC_LEN - 1]) != (31 - sum % 31) % 31)
        return BZT_ERR_USCC;
    return BZT_OK;
}

static int number_of(const uint8_t *p, int n)
{
    int v = 0;
    for (int i = 0; i < n; i++)
        v = v * 10 + (p[i] - '0');
    return v;
}

static int is_date(int year, int month, int day)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1800 || month < 1 || month > 12 || day < 1)
        return 0;
    int is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= days[month - 1] + (month == 2 && is_leap);
}

/* GB 11643, 4: ISO 7064 mod 11-2 over 17 digits; 10 is written X. */
bzt_err id_number_check(bzt_span number)
{
    int check = 0;
    if (number.len != ID_NUMBER_LEN)
        return BZT_ERR_ID_NUMBER;
    for (int i = 0; i < ID_NUMBER_LEN - 1; i++) {
        if (!is_digit(number.p[i]))
            return BZT_ERR_ID_NUMBER;
        check = (check + number.p[i] - '0') * 2 % 11;
    }
    if (number.p[0] == '0' ||
        !is_date(number_of(number.p + 6, 4), number_of(number.p + 10, 2),
                 number_of(number.p + 12, 2)))
        return BZT_ERR_ID_NUMBER;
    check = (12 - check) % 11;
    uint8_t want = check == 10 ? 'X' : (uint8_t)('0' + check);
    return number.p[17] == want ? BZT_OK : BZT_ERR_ID_NUMBER;
}
