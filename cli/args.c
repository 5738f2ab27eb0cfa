/* Command lines. */
#include "args.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *arg(const args *a, const char *name, const char *fallback)
{
    for (size_t i = 0; i < a->n; i++) {
        if (!strcmp(a->names[i], name))
            return a->values[i];
    }
    return fallback;
}

void arg_all(const char **out, size_t *n, size_t max, const args *a,
             const char *name)
{
    *n = 0;
    for (size_t i = 0; i < a->n && *n < max; i++) {
        if (!strcmp(a->names[i], name))
            out[(*n)++] = a->values[i];
    }
}

long arg_int(const args *a, const char *name, long fallback, long min, long max)
{
    const char *text = arg(a, name, NULL);
    char *end;

    if (!text)
        return fallback;
    errno = 0;
    long v = strtol(text, &end, 10);
    if (!errno && *text && !*end && v >= min && v <= max)
        return v;
    fprintf(stderr, "bzt: --%s needs a whole number from %ld to %ld\n", name,
            min, max);
    exit(2);
}

int fail(bzt_err err, const char *detail)
{
    const bzt_err_info *info = bzt_err_describe(err);

    fprintf(stderr, "bzt: %s / %s (%s)%s%s\n", info->zh, info->en, info->code,
            detail && *detail ? ": " : "", detail ? detail : "");
    return 1;
}

/* Is word one of the blank-separated words of list? */
static int is_in(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = list; p && *p;) {
        size_t len = strcspn(p, " ");
        if (len == n && !memcmp(p, word, n))
            return 1;
        p += len + (p[len] == ' ');
    }
    return 0;
}

static void print_options(const char *list, const char *open, const char *close)
{
    for (const char *p = list; p && *p;) {
        size_t len = strcspn(p, " ");
        printf(" %s--%.*s …%s", open, (int)len, p, close);
        p += len + (p[len] == ' ');
    }
}

static int print_usage(const command *commands, size_t n, const char *group)
{
    puts("usage:");
    for (size_t i = 0; i < n; i++) {
        const command *c = &commands[i];
        if (group && strcmp(group, c->group))
            continue;
        printf("  bzt %s %s", c->group, c->name);
        print_options(c->needs, "", "");
        print_options(c->allows, "[", "]");
        printf("%s%s\n        %s\n", c->words ? " " : "",
               c->words ? c->words : "", c->help);
    }
    return 2;
}

static int complain(const char *what, const char *which)
{
    fprintf(stderr, "bzt: %s %s\n", what, which);
    return 0;
}

static int parse(args *a, int argc, char **argv, const command *c)
{
    for (int i = 3; i < argc; i++) {
        if (strncmp(argv[i], "--", 2)) {
            if (a->words_n == ARGS_MAX)
                return complain("too many words:", argv[i]);
            a->words[a->words_n++] = argv[i];
            continue;
        }
        const char *name = argv[i] + 2;
        if (!is_in(c->needs, name) && !is_in(c->allows, name))
            return complain("unknown option", argv[i]);
        if (i + 1 >= argc || a->n == ARGS_MAX)
            return complain("a value is missing after", argv[i]);
        a->names[a->n] = name;
        a->values[a->n++] = argv[++i];
    }
    return 1;
}

static int has_needs(const args *a, const command *c)
{
    char name[64];

    for (const char *p = c->needs; p && *p;) {
        size_t len = strcspn(p, " ");
        snprintf(name, sizeof(name), "%.*s", (int)len, p);
        if (!arg(a, name, NULL))
            return complain("this option is needed: --", name);
        p += len + (p[len] == ' ');
    }
    if (c->words && a->words_n != 1)
        return complain("this word is needed:", c->words);
    if (!c->words && a->words_n)
        return complain("unexpected word:", a->words[0]);
    return 1;
}

int args_run(int argc, char **argv, const command *commands, size_t n)
{
    args a = {.n = 0};

    if (argc < 3)
        return print_usage(commands, n, argc > 1 ? argv[1] : NULL);
    for (size_t i = 0; i < n; i++) {
        const command *c = &commands[i];
        if (strcmp(c->group, argv[1]) || strcmp(c->name, argv[2]))
            continue;
        if (!parse(&a, argc, argv, c) || !has_needs(&a, c))
            return 2;
        return c->run(&a);
    }
    return print_usage(commands, n, argv[1]);
}
