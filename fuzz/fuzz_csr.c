/* Certificate requests: what is accepted is signed by the key inside. */
#include "pki/csr.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    csr c;
    bzt_err err = csr_read(&c, (bzt_span){data, len});
    if (err && c.whole.len)
        abort();
    if (!err && bzt_sm2_verify_vartime(c.pub, c.info, &c.sig))
        abort();
    if (csr_info_read(&c, (bzt_span){data, len}) && c.info.len)
        abort();
    return 0;
}
