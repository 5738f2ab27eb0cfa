/* The signed settings file. */
#include "site.h"
#include "base/file.h"
#include <stdlib.h>

bzt_err site_file(service *s, bzt_span *out, arena *a)
{
    uint8_t *bytes = NULL;
    size_t len = 0;
    bzt_err err;

    *out = (bzt_span){NULL, 0};
    if (!s->site.settings_path)
        return BZT_ERR_UNAVAILABLE;
    err = file_read(&bytes, &len, s->site.settings_path, SETTINGS_MAX * 2);
    if (err == BZT_ERR_NOT_FOUND)
        return BZT_ERR_UNAVAILABLE;
    if (err)
        return err;
    *out = arena_copy(a, (bzt_span){bytes, len});
    free(bytes);
    return out->p ? BZT_OK : BZT_ERR_MEMORY;
}

bzt_err site_settings(service *s, settings *out, arena *a)
{
    uint8_t signature[64];
    bzt_span file, payload;
    bzt_err err;

    if ((err = site_file(s, &file, a)))
        return err;
    if ((err = settings_unwrap(&payload, signature, a, file)))
        return err;
    return settings_read(out, a, payload);
}
