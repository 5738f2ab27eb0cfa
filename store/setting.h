/* Installation values (table setting). */
#ifndef BZT_STORE_SETTING_H
#define BZT_STORE_SETTING_H

#include "base/arena.h"
#include "store.h"

BZT_MUST_USE bzt_err setting_get(store_tx *tx, bzt_span *out, arena *a,
                                 const char *name);
/* Insert or replace. */
BZT_MUST_USE bzt_err setting_put(store_tx *tx, const char *name,
                                 bzt_span value);
BZT_MUST_USE bzt_err setting_delete(store_tx *tx, const char *name);

#endif
