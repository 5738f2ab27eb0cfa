/* The platform's own JSON API, and its routes. */
#ifndef BZT_PLATFORM_API_H
#define BZT_PLATFORM_API_H

#include "http.h"

#define SESSION_COOKIE "__Host-platform"
#define BROWSER_COOKIE "__Host-platform-browser"

extern const route api_routes[];
extern const size_t api_routes_n;

#endif
