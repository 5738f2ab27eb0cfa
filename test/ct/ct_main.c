/* usage: ct_main [--leak-branch | --leak-index | NAME ...]
 *
 * Runs the cases (all, or those named).  The two leaks are controls: under
 * Valgrind they must be reported, or the whole test shows nothing.
 */
#include "ct_case.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ct_case *const tables[] = {
    ct_core_cases,
#ifdef BZT_CT_COSIGN /* run.sh found ct_cosign.c */
    ct_cosign_cases,
#endif
};

void ct_must(int ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "ct: %s went wrong\n", what);
    exit(3);
}

void ct_fill(void *out, unsigned long len, unsigned seed)
{
    uint8_t *p = (uint8_t *)out;
    uint32_t x = seed * 2654435761u + 12345;
    for (unsigned long i = 0; i < len; i++) {
        x = x * 1664525 + 1013904223;
        p[i] = (uint8_t)(x >> 24);
    }
}

static int leak_branch(void)
{
    volatile int bits = 0;
    uint8_t secret[32];
    ct_fill(secret, sizeof secret, 1);
    ct_secret_bytes(secret, sizeof secret);
    for (int i = 0; i < 256; i++) {
        if (secret[i / 8] >> (i % 8) & 1)
            bits = bits + 1;
    }
    return 0;
}

static int leak_index(void)
{
    static volatile uint8_t table[256];
    volatile uint8_t sum = 0;
    uint8_t secret[32];
    ct_fill(secret, sizeof secret, 1);
    ct_secret_bytes(secret, sizeof secret);
    for (int i = 0; i < 32; i++)
        sum = (uint8_t)(sum + table[secret[i]]);
    return 0;
}

static int is_wanted(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], name))
            return 1;
    }
    return argc == 1;
}

int main(int argc, char **argv)
{
    int ran = 0;
    if (argc == 2 && !strcmp(argv[1], "--leak-branch"))
        return leak_branch();
    if (argc == 2 && !strcmp(argv[1], "--leak-index"))
        return leak_index();
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        for (const ct_case *c = tables[i]; c->name; c++) {
            if (!is_wanted(c->name, argc, argv))
                continue;
            c->run();
            ran++;
        }
    }
    ct_must(ran > 0, "the choice of cases");
    printf("%d operations\n", ran);
    return 0;
}
