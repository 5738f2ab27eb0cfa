#include "rng.h"
#include <errno.h>
#include <string.h>
#include <sys/random.h>

bzt_err rng_bytes(void *out, size_t len)
{
    unsigned char *p = out;
    size_t done = 0;

    while (done < len) {
        ssize_t n = getrandom(p + done, len - done, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            memset(out, 0, len);
            return BZT_ERR_RANDOM;
        }
        done += (size_t)n;
    }
    return BZT_OK;
}

bzt_err rng_id(uint8_t out[16])
{
    return rng_bytes(out, 16);
}
