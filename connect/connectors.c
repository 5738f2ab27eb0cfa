/* Every outside party of an installation (connectors.h). */
#include "connectors.h"
#include "realname_http.h"
#include "sms_http.h"
#include <stdlib.h>
#include <string.h>

/* A vendor whose URL is configured; *out stays NULL without one. */
static bzt_err open_vendor(vendor **out, conf *c, const char *url,
                           const char *id, const char *key_file)
{
    *out = NULL;
    if (!conf_text(c, url, NULL))
        return BZT_OK;
    return vendor_new(
        out, &(vendor_options){.url = conf_text(c, url, NULL),
                               .id = conf_text(c, id, "bzt"),
                               .key_file = conf_text(c, key_file, NULL),
                               .ca_file = conf_text(c, "outside.ca_file", NULL),
                               .timeout_ms =
                                   (int)conf_int(c, "outside.timeout_ms", 0)});
}

bzt_err connectors_new(connectors **out, conf *c,
                       const ca_builtin_options *builtin)
{
    connectors *n = calloc(1, sizeof(*n));
    bzt_err err;

    *out = NULL;
    if (!n)
        return BZT_ERR_MEMORY;
    if ((err = open_vendor(&n->vendors[0], c, "sms.url", "sms.id",
                           "sms.key_file")))
        goto out;
    if ((err = open_vendor(&n->vendors[1], c, "realname.police_url",
                           "realname.police_id", "realname.police_key_file")))
        goto out;
    if (n->vendors[0])
        n->sms = sms_http(n->vendors[0]);
    if (n->vendors[1])
        n->realname[REALNAME_POLICE] = realname_http(n->vendors[1]);
    if ((err = hook_http_new(&n->hook, conf_text(c, "outside.ca_file", NULL),
                             (int)conf_int(c, "outside.timeout_ms", 0))))
        goto out;
    if ((err = ca_builtin_new(&n->builtin, builtin)))
        goto out;
    n->ca_builtin_functions = ca_builtin_connector(n->builtin);
    *out = n;
    n = NULL;
out:
    connectors_free(n);
    return err;
}

void connectors_free(connectors *c)
{
    if (!c)
        return;
    ca_builtin_free(c->builtin);
    hook_http_free(&c->hook);
    vendor_free(c->vendors[0]);
    vendor_free(c->vendors[1]);
    free(c);
}

const ca_connector *connectors_ca(const connectors *c, const char *name)
{
    return strcmp(name, "builtin") ? NULL : &c->ca_builtin_functions;
}

const realname_provider *connectors_realname(const connectors *c,
                                             const char *name)
{
    static const char *const names[REALNAME_KINDS] = {
        [REALNAME_ALIPAY] = "alipay",
        [REALNAME_POLICE] = "police",
        [REALNAME_BANKCARD] = "bankcard",
    };

    for (int i = 0; i < REALNAME_KINDS; i++)
        if (!strcmp(names[i], name))
            return c->realname[i].check ? &c->realname[i] : NULL;
    return NULL;
}
