/* Erase secrets where the optimiser cannot drop it.  Debug builds fill with
 * a pattern under Valgrind or ASan so that a later read is caught. */
#ifndef BZT_CORE_WIPE_H
#define BZT_CORE_WIPE_H

#include <stddef.h>

void wipe(void *p, size_t len);

#endif
