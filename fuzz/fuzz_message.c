/* Messages and acts: what is read is exactly what the builder writes. */
#include "core/der.h"
#include "pki/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void message_is_rebuilt(bzt_span bytes)
{
    uint8_t buf[MESSAGE_SIZE_MAX];
    message m;
    bzt_span again;
    if (message_read(&m, bytes)) {
        if (m.kind != MESSAGE_NONE)
            abort();
        return;
    }
    if (m.kind == MESSAGE_CSR)
        return;
    if (message_write(&again, buf, sizeof buf, &m) ||
        !der_is_equal(again, bytes))
        abort();
}

static void act_is_rebuilt(bzt_span text)
{
    char buf[ACT_SIZE_MAX];
    act a;
    if (act_read(&a, text))
        return;
    if (act_write(buf, &a) || strlen(buf) != text.len ||
        memcmp(buf, text.p, text.len) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    message_is_rebuilt((bzt_span){data, len});
    act_is_rebuilt((bzt_span){data, len});
    return 0;
}
