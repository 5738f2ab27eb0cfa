/* What other nodes have changed: versions of objects that somebody here
 * waits for.  With SQLite there is one node, and nothing to watch. */
#ifndef BZT_STORE_WATCH_H
#define BZT_STORE_WATCH_H

#include "store.h"

/* One query for n ids; versions[i] is left alone where ids[i] is not the id
 * of a request. */
BZT_MUST_USE bzt_err watch_versions(store_tx *tx, int64_t *versions,
                                    const uint8_t (*ids)[16], size_t n);

#endif
