/* Revocation lists: what is accepted can be walked to its end. */
#include "pki/crl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    crl list;
    crl_entry e;
    if (crl_read(&list, (bzt_span){data, len})) {
        if (list.whole.len)
            abort();
        return 0;
    }
    bzt_span cursor = list.entries;
    while (crl_next(&e, &cursor))
        if (!e.serial.len)
            abort();
    if (cursor.len)
        abort();
    return 0;
}
