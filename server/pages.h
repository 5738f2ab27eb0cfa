/* Public pages of the server itself, and the preflight of RPs' pages. */
#ifndef BZT_SERVER_PAGES_H
#define BZT_SERVER_PAGES_H

#include "call.h"

/* GET /health: 200 when the store answers, else 503. */
bzt_err health_get(call *c);
/* GET /q: what a camera or browser that is not the app shows for a scanned
 * code.  It reads nothing of the address and makes no keys. */
bzt_err scan_page_get(call *c);
/* http_options.preflight: is c->origin a domain of the RP whose page token
 * is in the query? */
bzt_err page_preflight(call *c);

#endif
