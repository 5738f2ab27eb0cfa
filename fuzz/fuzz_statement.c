/* The Authorization header, PEM, and text forms: one text for each value. */
#include "core/text.h"
#include "pki/pem.h"
#include "pki/statement.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void header(bzt_span text)
{
    char again[STATEMENT_HTTP_HEADER_MAX];
    statement_http h = {0};
    uint8_t sig[64];
    if (statement_http_read(&h, sig, text))
        return;
    if (statement_http_write(again, &h, sig) || !text_is(text, again))
        abort();
}

static void pem(bzt_span text)
{
    uint8_t *buf = malloc(text.len ? text.len : 1);
    bzt_span der;
    if (!buf)
        return;
    while (!pem_read(&der, buf, text.len, &text, "CERTIFICATE"))
        if (der.p != buf)
            abort();
    free(buf);
}

static void base64(bzt_span text)
{
    uint8_t bytes[64];
    char again[BASE64URL_LEN(64) + 1];
    size_t n;
    if (base64url_read(bytes, &n, sizeof bytes, text))
        return;
    base64url_write(again, (bzt_span){bytes, n});
    if (!text_is(text, again))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const bzt_span in = {data, len};
    header(in);
    pem(in);
    base64(in);
    if (text_is_plain(in) && !text_is_utf8(in))
        abort();
    return 0;
}
