/* Certificates: parse, and everything that walks what was parsed. */
#include "core/der.h"
#include "pki/path.h"
#include "pki/x509.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const bzt_span der = {data, len};
    x509_cert c;
    x509_holder holder;
    x509_name name;
    bzt_span host, value, cursor;
    path p;
    if (x509_read(&c, der)) {
        if (c.whole.len)
            abort(); /* something was handed out */
        return 0;
    }
    x509_holder_read(&holder, &c);
    if (x509_name_read(&name, c.issuer) && name.common_name.len)
        abort();
    if (!x509_name_is_equal(c.subject, c.subject))
        abort();
    cursor = c.san;
    while (x509_next_host(&host, &cursor))
        if (host.p < data || host.p + host.len > data + len)
            abort();
    if (!x509_extension(&value, &c, BZT_SPAN_LIT("\x55\x1d\x0f")) &&
        !c.has_key_usage)
        abort();
    const path_input in = {.leaf = &c,
                           .others = &c,
                           .others_n = 1,
                           .roots = &c,
                           .roots_n = 1,
                           .at = c.not_before,
                           .purpose = PATH_SIGNING};
    if (path_check(&p, &in) && p.n)
        abort();
    return 0;
}
