/* What lives as long as the platform. */
#ifndef BZT_PLATFORM_APP_H
#define BZT_PLATFORM_APP_H

#include "pending.h"
#include "session.h"
#include "throttle.h"
#include <pthread.h>

struct http;

typedef struct app {
    const char *name;   /* of the platform, as people read it */
    const char *domain; /* host[:port], as the RP's certificate has it */
    const char *origin; /* https://domain */
    const char *api;    /* origin of bztd's API, from the signed settings */
    const char *folder; /* of users, bindings, records */
    struct http *http;

    pthread_mutex_t lock; /* of everything below, and of the folder */
    throttle throttle;
    sessions sessions;
    pendings pendings;
} app;

#endif
