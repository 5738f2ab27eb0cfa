/* What this installation says of itself: the signed settings file, made
 * offline by `bzt site`, served to phones as it is. */
#ifndef BZT_SERVICE_SITE_H
#define BZT_SERVICE_SITE_H

#include "base/settings.h"
#include "service.h"

/* The file's bytes, in the arena.  BZT_ERR_UNAVAILABLE: there is none yet. */
BZT_MUST_USE bzt_err site_file(service *s, bzt_span *out, arena *a);
/* Its payload.  Not verified here: bztd does not hold the site's key, and
 * nobody need trust bztd for it. */
BZT_MUST_USE bzt_err site_settings(service *s, settings *out, arena *a);

#endif
