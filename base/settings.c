/* The signed installation settings as JSON. */
#include "settings.h"
#include "json.h"
#include <string.h>

static bzt_err read_roots(settings *s, arena *a, const json *o)
{
    const json *roots;
    bzt_err err;

    if ((err = json_array_at(&roots, o, "ca_roots", SETTINGS_ROOTS_MAX)))
        return err;
    s->ca_roots_n = json_array_n(roots);
    for (size_t i = 0; i < s->ca_roots_n; i++) {
        if ((err = json_span_item(&s->ca_roots[i], a, roots, i, 1, 8192)))
            return err;
    }
    return BZT_OK;
}

bzt_err settings_read(settings *out, arena *a, bzt_span payload)
{
    json *o = NULL;
    int64_t version;
    bzt_err err;

    *out = (settings){0};
    if (payload.len > SETTINGS_MAX)
        return BZT_ERR_TOO_LARGE;
    if ((err = json_parse(&o, a, payload)) ||
        (err = json_int(&version, o, "v", 1, 1)) ||
        (err = json_int(&out->serial, o, "serial", 1, INT64_C(1) << 50)) ||
        (err =
             json_int(&out->issued_at, o, "issued_at", 1, INT64_C(1) << 50)) ||
        (err = json_text(&out->name, o, "name", 1, 200)) ||
        (err = json_text(&out->app, o, "app", 9, 300)) ||
        (err = json_text(&out->api, o, "api", 9, 300)) ||
        (err = json_bytes(out->transport_key, 65, o, "transport_key")) ||
        (err = json_bytes(out->webhook_key, 65, o, "webhook_key")) ||
        (err = json_bytes(out->audit_key, 65, o, "audit_key")) ||
        (err = json_span(&out->rp_root, a, o, "rp_root", 1, 8192)))
        return err;
    if (strncmp(out->app, "https://", 8) || strncmp(out->api, "https://", 8))
        return BZT_ERR_BAD_FIELD;
    return read_roots(out, a, o);
}

bzt_err settings_write(bzt_span *payload, arena *a, const settings *s)
{
    json *o = json_new_object(a);

    json_add_int(o, "v", 1);
    json_add_int(o, "serial", s->serial);
    json_add_int(o, "issued_at", s->issued_at);
    json_add_text(o, "name", s->name);
    json_add_text(o, "app", s->app);
    json_add_text(o, "api", s->api);
    json_add_bytes(o, a, "transport_key", (bzt_span){s->transport_key, 65});
    json_add_bytes(o, a, "webhook_key", (bzt_span){s->webhook_key, 65});
    json_add_bytes(o, a, "audit_key", (bzt_span){s->audit_key, 65});
    json *roots = json_add_array(o, "ca_roots");
    for (size_t i = 0; i < s->ca_roots_n; i++) {
        json_append_bytes(roots, a, s->ca_roots[i]);
    }
    json_add_bytes(o, a, "rp_root", s->rp_root);
    return json_write(payload, a, o);
}

bzt_err settings_unwrap(bzt_span *payload, uint8_t signature[64], arena *a,
                        bzt_span file)
{
    json *o = NULL;
    bzt_err err;

    *payload = (bzt_span){NULL, 0};
    memset(signature, 0, 64);
    if ((err = json_parse(&o, a, file)) ||
        (err = json_bytes(signature, 64, o, "signature")))
        return err;
    return json_span(payload, a, o, "payload", 2, SETTINGS_MAX);
}

bzt_err settings_wrap(bzt_span *file, arena *a, bzt_span payload,
                      const uint8_t signature[64])
{
    json *o = json_new_object(a);

    json_add_bytes(o, a, "payload", payload);
    json_add_bytes(o, a, "signature", (bzt_span){signature, 64});
    return json_write(file, a, o);
}
