/* Every outside party of an installation, wired from its configuration. */
#ifndef BZT_CONNECT_CONNECTORS_H
#define BZT_CONNECT_CONNECTORS_H

#include "base/conf.h"
#include "ca.h"
#include "ca_builtin.h"
#include "hook.h"
#include "realname.h"
#include "sms.h"
#include "vendor.h"

/* Names in the configuration file. */
#define CONNECTORS_CONF                                                        \
    "sms.url", "sms.id", "sms.key_file", "realname.police_url",                \
        "realname.police_id", "realname.police_key_file", "outside.ca_file",   \
        "outside.timeout_ms"

typedef struct connectors {
    sms_gateway sms; /* send is NULL: not configured */
    realname_provider realname[REALNAME_KINDS];
    ca_connector ca_builtin_functions;
    ca_builtin *builtin; /* for its lists and OCSP answers */
    hook_sender hook;
    vendor *vendors[2]; /* kept for the two above */
} connectors;

/* BZT_ERR_CONFIG: a value is missing or malformed. */
BZT_MUST_USE bzt_err connectors_new(connectors **out, conf *c,
                                    const ca_builtin_options *builtin);
void connectors_free(connectors *c);

/* The functions of a CA by the connector's name in its row ("builtin");
 * NULL: there is none of that name. */
const ca_connector *connectors_ca(const connectors *c, const char *name);
/* "alipay", "police", "bankcard"; NULL: unknown or not configured. */
const realname_provider *connectors_realname(const connectors *c,
                                             const char *name);

#endif
