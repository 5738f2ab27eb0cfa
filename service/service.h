/* Everything that a handler may use, wired by server/main.c.
 *
 * A service function decides and owns its transaction; it takes plain
 * values, returns bzt_err, and knows nothing of HTTP.  Each area has its own
 * header (account.h, device.h, application.h, staff.h, cosign.h, request.h,
 * audit.h …); this one holds only what they share.
 */
#ifndef BZT_SERVICE_SERVICE_H
#define BZT_SERVICE_SERVICE_H

#include "store/store.h"
#include <stdint.h>

struct vault;       /* service/vault.h: sealing under the master key */
struct connectors;  /* connect/connectors.h: SMS, real name, CAs, webhooks */
struct nonce_table; /* service/cosign.c: live nonces of this node */

typedef struct site_config {
    const char *app_origin; /* https://localhost:8443 */
    const char *api_origin;
    const char *settings_path; /* signed installation settings */
    int64_t head_period_ms;    /* of signed tree heads */
} site_config;

typedef struct service {
    store *store;
    struct vault *vault;
    struct connectors *connect;
    struct nonce_table *nonces;
    site_config site;
    const struct limits *limits; /* service/limits.h; NULL: the defaults */
    int is_shared;               /* other nodes write to this store too */
} service;

#endif
