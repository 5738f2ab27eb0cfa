/* The PIN: its form, its weakness, its factor.  Pure. */
#include "pin.h"
#include "core/ct.h"
#include "core/sm3.h"
#include "core/wipe.h"
#include <string.h>

void pin_factor(sc *out, const bzt_pin *pin, const uint8_t device_secret[32],
                const uint8_t key_id[16])
{
    uint8_t salt[56], wide[48];
    memcpy(salt, "bzt-pin", 8); /* with its zero */
    memcpy(salt + 8, device_secret, 32);
    memcpy(salt + 40, key_id, 16);
    pbkdf2_sm3(wide, sizeof wide, (bzt_span){pin->digits, 6},
               (bzt_span){salt, sizeof salt}, BZT_PIN_ITERATIONS);
    sc_from_wide(out, wide);
    wipe(salt, sizeof salt);
    wipe(wide, sizeof wide);
}

void bzt_pin_wipe(bzt_pin *pin)
{
    wipe(pin, sizeof *pin);
}

/* 1 when '0' <= c <= '9', without a branch. */
static uint32_t is_digit(uint8_t c)
{
    return ((uint32_t)c - '0' < 10u) & 1u;
}

bzt_err bzt_pin_read(bzt_pin *out, bzt_span text)
{
    memset(out, 0, sizeof *out);
    if (text.len != sizeof out->digits)
        return BZT_ERR_ENCODING;
    uint32_t ok = 1;
    for (size_t i = 0; i < text.len; i++)
        ok &= is_digit(text.p[i]);
    ct_public(ok); /* a typing error: the page shows it */
    if (!ok)
        return BZT_ERR_ENCODING;
    memcpy(out->digits, text.p, sizeof out->digits);
    return BZT_OK;
}

/* One pattern of `period` digits, repeated: 111111, 121212, 123123. */
static uint32_t repeats(const uint8_t d[6], size_t period)
{
    return ct_is_equal(d, d + period, 6 - period);
}

/* Each digit is the one before it plus step, modulo ten. */
static uint32_t climbs(const uint8_t d[6], uint32_t step)
{
    uint32_t all = 1;
    for (int i = 1; i < 6; i++) {
        uint32_t want = (uint32_t)d[i - 1] - '0' + step;
        want -= 10 & ct_mask32((9u - want) >> 31);
        all &= ct_is_equal32((uint32_t)d[i] - '0', want);
    }
    return all;
}

static uint32_t stands_in(const uint8_t d[6], bzt_span number)
{
    uint32_t any = 0;
    for (size_t i = 0; i + 6 <= number.len; i++)
        any |= ct_is_equal(d, number.p + i, 6);
    return any;
}

bzt_err bzt_pin_check(const bzt_pin *pin, const bzt_span *numbers,
                      size_t numbers_n)
{
    const uint8_t *d = pin->digits;
    uint32_t weak = repeats(d, 1) | repeats(d, 2) | repeats(d, 3) |
                    climbs(d, 1) | climbs(d, 9);
    for (size_t i = 0; i < numbers_n; i++)
        weak |= stands_in(d, numbers[i]);
    ct_public(weak); /* a weak PIN is not taken, and the page says so */
    return weak ? BZT_ERR_WEAK_PIN : BZT_OK;
}
