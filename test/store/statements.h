/* Every statement of store/, collected by statements.py. */
#ifndef BZT_TEST_STORE_STATEMENTS_H
#define BZT_TEST_STORE_STATEMENTS_H

typedef struct statement {
    const char *where, *sql;
} statement;

extern const statement statements[];
extern const int statements_n;

#endif
