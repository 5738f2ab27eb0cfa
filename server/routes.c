/* The whole HTTP surface, and what runs in the background. */
#include "api.h"
#include "base/clock.h"
#include "pages.h"
#include "route.h"
#include "service/cosign.h"
#include "service/session.h"
#include "service/webhook.h"
#include "task.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

const route routes[] = {
    /* --- the server itself (pages.c) ------------------------------------ */
    {"GET", "/health", WHO_ANYONE, NULL, health_get, 0, ROUTE_UNLOGGED},
    {"GET", "/q", WHO_ANYONE, NULL, scan_page_get},

    /* --- accounts, devices, certificates, staff -------------------------- */

    /* --- keys, requests, business systems, audit ------------------------- */
};
const size_t routes_n = COUNT(routes);

static bzt_err expire_nonces(struct service *s, int *more)
{
    (void)more;
    nonce_table_expire(s->nonces, clock_now_ms());
    return BZT_OK;
}

const task tasks[] = {
    {"sessions", 60 * 1000, session_task},
    {"nonces", 10 * 1000, expire_nonces},
    {"webhooks", 1000, webhook_task},
};
const size_t tasks_n = COUNT(tasks);
