/* The sources get by with less; tests also search. */
#ifndef BZT_TEST_WASM_STRING_H
#define BZT_TEST_WASM_STRING_H

#include_next <string.h>

char *strstr(const char *text, const char *part);

#endif
