/* Time-based one-time passwords (RFC 6238, RFC 4226, RFC 2104). */
#include "totp.h"
#include "core/bytes.h"
#include "core/ct.h"
#include "core/wipe.h"
#include "sha1.h"
#include <string.h>

enum { BLOCK = 64, STEP_MS = 30000 };

static void hmac_sha1(uint8_t out[20], bzt_span key, const uint8_t counter[8])
{
    uint8_t inner[BLOCK + 8] = {0}, outer[BLOCK + 20] = {0};

    memcpy(inner, key.p, key.len);
    memcpy(outer, key.p, key.len);
    for (int i = 0; i < BLOCK; i++) {
        inner[i] ^= 0x36;
        outer[i] ^= 0x5c;
    }
    memcpy(inner + BLOCK, counter, 8);
    sha1_digest(outer + BLOCK, (bzt_span){inner, sizeof(inner)});
    sha1_digest(out, (bzt_span){outer, sizeof(outer)});
    wipe(inner, sizeof(inner));
    wipe(outer, sizeof(outer));
}

void totp_code(char out[TOTP_DIGITS + 1], bzt_span secret, int64_t step)
{
    uint8_t counter[8], mac[20];
    uint32_t value;

    store_be64(counter, (uint64_t)step);
    hmac_sha1(mac, secret, counter);
    value = load_be32(mac + (mac[19] & 15)) & 0x7fffffff;
    for (int i = TOTP_DIGITS - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
    out[TOTP_DIGITS] = 0;
    wipe(mac, sizeof(mac));
}

int64_t totp_step(int64_t now_ms)
{
    return now_ms / STEP_MS;
}

bzt_err totp_check(int64_t *step, bzt_span secret, const char *code,
                   int64_t last, int64_t now_ms)
{
    char right[TOTP_DIGITS + 1];
    bzt_err err = BZT_ERR_TOTP;

    *step = 0;
    if (secret.len != TOTP_SECRET_LEN || strlen(code) != TOTP_DIGITS)
        return BZT_ERR_TOTP;
    for (int64_t i = totp_step(now_ms) - 1; i <= totp_step(now_ms) + 1; i++) {
        totp_code(right, secret, i);
        if (i > last && ct_is_equal(right, code, TOTP_DIGITS)) {
            *step = i;
            err = BZT_OK;
            break;
        }
    }
    wipe(right, sizeof(right));
    return err;
}
