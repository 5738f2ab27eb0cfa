/* Operations that are run with secret inputs under Valgrind (run.sh).
 *
 * A case marks its secrets with ct_secret_bytes, calls the operation, and
 * ends with ct_public_bytes on what it compares.  Valgrind then reports each
 * branch and each address that depends on a secret.  Another module adds a
 * file ct_<module>.c with its own table, and a line in ct_main.c.
 */
#ifndef BZT_TEST_CT_CASE_H
#define BZT_TEST_CT_CASE_H

#include "core/ct.h"

typedef struct ct_case {
    const char *name;
    void (*run)(void);
} ct_case;

/* Tables end with a NULL name. */
extern const ct_case ct_core_cases[];
extern const ct_case ct_cosign_cases[];

/* For preparations and results that are wrong: ends the program. */
void ct_must(int ok, const char *what);

/* The same bytes in each run, not secret. */
void ct_fill(void *out, unsigned long len, unsigned seed);

#endif
