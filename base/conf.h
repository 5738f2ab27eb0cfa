/* Configuration: an ini file (inih), every key known, every value checked. */
#ifndef BZT_BASE_CONF_H
#define BZT_BASE_CONF_H

#include <bzt/err.h>
#include <stdint.h>

typedef struct conf conf;

/* known: "section.key" names, NULL-terminated; another name in the file is
 * an error that names line and key (printed to stderr, BZT_ERR_CONFIG). */
BZT_MUST_USE bzt_err conf_read(conf **out, const char *path,
                               const char *const *known);
void conf_free(conf *c);
/* fallback may be NULL. */
const char *conf_text(const conf *c, const char *name, const char *fallback);
/* A value that is not a whole number is printed to stderr and remembered:
 * ask conf_check once after the last conf_int. */
int64_t conf_int(conf *c, const char *name, int64_t fallback);
/* BZT_ERR_CONFIG when a conf_int met something else than a number. */
BZT_MUST_USE bzt_err conf_check(const conf *c);

#endif
