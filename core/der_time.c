/* UTCTime and GeneralizedTime of DER (X.690, 11.7 and 11.8) and RFC 5280,
 * 4.1.2.5: seconds are there, the zone is Z, no fractions. */
#include "der.h"

#define DAY_MS 86400000

/* Days from 1970-01-01 in the Gregorian calendar.  Years are counted from
 * March, so that the leap day is a year's last; 400 years have 146097 days,
 * and 719468 is the day number of 1970-01-01 counted from 0000-03-01. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    const int64_t y = month <= 2 ? year - 1 : year; /* 0 .. 9999, or -1 */
    const int64_t era = (y + 400) / 400 - 1;
    const int64_t of_era = y - era * 400;
    const int64_t m = month > 2 ? month - 3 : month + 9;
    const int64_t of_year = (153 * m + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year -
           719468;
}

static int64_t days_in(int64_t year, int64_t month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30,
                                     31, 31, 30, 31, 30, 31};
    const int is_leap = year % 4 == 0 && (year % 100 || year % 400 == 0);
    return days[month - 1] + (month == 2 && is_leap);
}

/* n decimal digits from *p on, or -1. */
static int64_t digits(const uint8_t **p, int n)
{
    int64_t v = 0;
    for (; n; n--, (*p)++) {
        if (**p < '0' || **p > '9')
            return -1;
        v = v * 10 + (**p - '0');
    }
    return v;
}

/* MMDDHHMMSSZ of a year. */
static bzt_err read_rest(int64_t *at_ms, int64_t year, const uint8_t *p)
{
    int64_t v[5];
    for (int i = 0; i < 5; i++) {
        if ((v[i] = digits(&p, 2)) < 0)
            return BZT_ERR_ENCODING;
    }
    if (v[0] < 1 || v[0] > 12 || v[1] < 1 || v[1] > days_in(year, v[0]) ||
        v[2] > 23 || v[3] > 59 || v[4] > 59 || *p != 'Z')
        return BZT_ERR_ENCODING;
    *at_ms = days_of(year, v[0], v[1]) * DAY_MS +
             ((v[2] * 60 + v[3]) * 60 + v[4]) * 1000;
    return BZT_OK;
}

bzt_err der_read_time(int64_t *at_ms, bzt_span *in)
{
    const uint8_t tag = der_peek(*in);
    const int year_digits = tag == DER_UTC_TIME ? 2 : 4;
    const uint8_t *p;
    bzt_span c;
    bzt_err err;
    int64_t year;
    *at_ms = 0;
    if (tag != DER_UTC_TIME && tag != DER_GENERALIZED_TIME)
        return tag ? BZT_ERR_ENCODING : BZT_ERR_TRUNCATED;
    if ((err = der_read(&c, in, tag)))
        return err;
    p = c.p;
    if (c.len != (size_t)year_digits + 11 ||
        (year = digits(&p, year_digits)) < 0)
        return BZT_ERR_ENCODING;
    if (tag == DER_UTC_TIME)
        year += year < 50 ? 2000 : 1900;
    return read_rest(at_ms, year, p);
}

static void put_digits(uint8_t *p, int n, int64_t v)
{
    for (; n; n--, v /= 10)
        p[n - 1] = (uint8_t)('0' + v % 10);
}

typedef struct date {
    int64_t year, month, day;
} date;

/* The inverse of days_of, for 0000-03-01 and later. */
static date date_of(int64_t days)
{
    const int64_t z = days + 719468;
    const int64_t era = z / 146097;
    const int64_t d = z % 146097; /* day of the era */
    const int64_t y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
    const int64_t of_year = d - (365 * y + y / 4 - y / 100);
    const int64_t m = (5 * of_year + 2) / 153;
    return (date){
        .year = era * 400 + y + (m >= 10),
        .month = m < 10 ? m + 3 : m - 9,
        .day = of_year - (153 * m + 2) / 5 + 1,
    };
}

enum { FORM_SHORTEST, FORM_GENERALIZED };

static void write_time(der_writer *w, int64_t at_ms, int form)
{
    /* From 0001-01-01 on, before 10000-01-01. */
    const int64_t first = -62135596800000, end = 253402300800000;
    uint8_t text[15];
    int64_t days, second;
    int is_utc;
    date d;
    if (at_ms < first || at_ms >= end) {
        if (!w->err)
            w->err = BZT_ERR_RANGE;
        return;
    }
    days = (at_ms - first) / DAY_MS; /* so the division rounds down */
    second = (at_ms - first) % DAY_MS / 1000;
    d = date_of(days + first / DAY_MS);
    is_utc = form == FORM_SHORTEST && d.year >= 1950 && d.year < 2050;
    put_digits(text, 4, d.year);
    put_digits(text + 4, 2, d.month);
    put_digits(text + 6, 2, d.day);
    put_digits(text + 8, 2, second / 3600);
    put_digits(text + 10, 2, second / 60 % 60);
    put_digits(text + 12, 2, second % 60);
    text[14] = 'Z';
    if (is_utc)
        der_write(w, DER_UTC_TIME, (bzt_span){text + 2, 13});
    else
        der_write(w, DER_GENERALIZED_TIME, (bzt_span){text, 15});
}

void der_write_time(der_writer *w, int64_t at_ms)
{
    write_time(w, at_ms, FORM_SHORTEST);
}

void der_write_generalized_time(der_writer *w, int64_t at_ms)
{
    write_time(w, at_ms, FORM_GENERALIZED);
}
