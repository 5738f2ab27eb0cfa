/* Command lines: `bzt GROUP COMMAND --name value … [word …]`. */
#ifndef BZT_CLI_ARGS_H
#define BZT_CLI_ARGS_H

#include <bzt/err.h>
#include <stddef.h>

enum { ARGS_MAX = 32 };

typedef struct args {
    const char *names[ARGS_MAX], *values[ARGS_MAX];
    size_t n;
    const char *words[ARGS_MAX];
    size_t words_n;
} args;

/* One command: what it takes is checked before it runs. */
typedef struct command {
    const char *group, *name;
    const char *needs;  /* "dir phone": options that must be there */
    const char *allows; /* "code password": that may be */
    const char *words;  /* "QR": a word that must follow, or NULL */
    const char *help;
    int (*run)(const args *a); /* exit status */
} command;

/* Value of an option, or fallback. */
const char *arg(const args *a, const char *name, const char *fallback);
/* All values of an option that may be repeated; *n of at most max. */
void arg_all(const char **out, size_t *n, size_t max, const args *a,
             const char *name);
/* Whole number; exits with usage when it is none. */
long arg_int(const args *a, const char *name, long fallback, long min,
             long max);

/* Parse, find, check, run; prints usage and returns 2 when it does not fit. */
int args_run(int argc, char **argv, const command *commands, size_t n);

/* "bzt: <zh> / <en> (code) detail" on stderr; returns 1. */
int fail(bzt_err err, const char *detail);

#endif
