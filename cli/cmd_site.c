/* bzt site: the offline side of an installation. */
#include "cmd.h"
#include "sdk/site.h"
#include <stdio.h>

int cmd_site_init(const args *a)
{
    bzt_err err = site_init(arg(a, "dir", NULL), arg(a, "name", NULL));

    return err ? fail(err, arg(a, "dir", NULL)) : 0;
}

int cmd_site_sign(const args *a)
{
    bzt_err err = site_sign(arg(a, "dir", NULL), arg(a, "public", NULL),
                            arg(a, "out", NULL));

    return err ? fail(err, NULL) : 0;
}

int cmd_site_rp(const args *a)
{
    const char *domains[16];
    site_rp_order order = {
        .name = arg(a, "name", NULL),
        .domains = domains,
        .days = (int)arg_int(a, "days", 825, 1, 3650),
        .key_path = arg(a, "key", NULL),
        .certificate_path = arg(a, "cert", NULL),
    };
    bzt_err err;

    arg_all(domains, &order.domains_n, 16, a, "domain");
    err = site_rp(arg(a, "dir", NULL), &order);
    return err ? fail(err, NULL) : 0;
}
