/* Key derivation from one SM3 state and a counter: the KDF of GB/T 32918.4,
 * 5.4.3, and the labelled one of the key protocol (doc/protocol/protocol.md,
 * Notation). */
#include "sm3.h"

#include "bytes.h"
#include "wipe.h"

#include <string.h>

/* SM3(what is in prefix || i32be), i = 1, 2, ...; wipes prefix. */
static void expand(uint8_t *out, size_t out_len, sm3 *prefix)
{
    uint8_t block[32];
    for (uint32_t i = 1; out_len; i++) {
        uint8_t counter[4];
        const size_t n = out_len < sizeof(block) ? out_len : sizeof(block);
        sm3 s = *prefix;
        store_be32(counter, i);
        sm3_update(&s, counter, sizeof(counter));
        sm3_final(&s, block);
        memcpy(out, block, n);
        out += n;
        out_len -= n;
    }
    wipe(block, sizeof(block));
    wipe(prefix, sizeof(*prefix));
}

void kdf_sm3(uint8_t *out, size_t out_len, bzt_span z)
{
    sm3 s;
    sm3_init(&s);
    sm3_update(&s, z.p, z.len);
    expand(out, out_len, &s);
}

void xof_init(xof *x, const char *label)
{
    size_t n = 0;
    while (label[n])
        n++;
    sm3_init(&x->prefix);
    sm3_update(&x->prefix, label, n + 1); /* with its zero byte */
}

void xof_update(xof *x, const void *data, size_t len)
{
    sm3_update(&x->prefix, data, len);
}

void xof_final(xof *x, uint8_t *out, size_t out_len)
{
    expand(out, out_len, &x->prefix);
}

void xof_sm3(uint8_t *out, size_t out_len, const char *label, bzt_span data)
{
    xof x;
    xof_init(&x, label);
    xof_update(&x, data.p, data.len);
    xof_final(&x, out, out_len);
}
