/* The pages, embedded when the program was built (web/platform). */
#ifndef BZT_PLATFORM_PAGES_H
#define BZT_PLATFORM_PAGES_H

#include "http.h"

/* A page or a file of /assets/; everything else is not found. */
BZT_MUST_USE bzt_err pages_get(call *c, bzt_client *client);

#endif
