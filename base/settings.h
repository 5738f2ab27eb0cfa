/* The signed installation settings (doc/api.md, Signed settings): what a
 * phone and a business system trust of an installation.  This module reads
 * and writes the payload; pki/statement verifies it. */
#ifndef BZT_BASE_SETTINGS_H
#define BZT_BASE_SETTINGS_H

#include "arena.h"
#include <bzt/err.h>
#include <bzt/span.h>

enum { SETTINGS_ROOTS_MAX = 64, SETTINGS_MAX = 512 * 1024 };

typedef struct settings {
    int64_t serial, issued_at;
    const char *name;
    const char *app, *api; /* origins, https://host[:port] */
    uint8_t transport_key[65];
    uint8_t webhook_key[65];
    uint8_t audit_key[65];
    bzt_span ca_roots[SETTINGS_ROOTS_MAX]; /* DER */
    size_t ca_roots_n;
    bzt_span rp_root; /* DER */
} settings;

BZT_MUST_USE bzt_err settings_read(settings *out, arena *a, bzt_span payload);
BZT_MUST_USE bzt_err settings_write(bzt_span *payload, arena *a,
                                    const settings *s);
/* The file and the answer of /site: {"payload", "signature"}. */
BZT_MUST_USE bzt_err settings_unwrap(bzt_span *payload, uint8_t signature[64],
                                     arena *a, bzt_span file);
BZT_MUST_USE bzt_err settings_wrap(bzt_span *file, arena *a, bzt_span payload,
                                   const uint8_t signature[64]);

#endif
