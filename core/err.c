/* The table of errors (include/bzt/errors.def) as data.  Pure. */
#include <bzt/err.h>

static const bzt_err_info table[] = {
#define BZT_ERROR(name, number, code, http, act, retryable, zh, en)            \
    {BZT_ERR_##name, code, http, BZT_ACT_##act, retryable, zh, en},
#include <bzt/errors.def>
#undef BZT_ERROR
};

enum { TABLE_N = sizeof(table) / sizeof(table[0]) };

const bzt_err_info *bzt_err_describe(bzt_err err)
{
    const bzt_err_info *internal = table;
    for (int i = 0; i < TABLE_N; i++) {
        if (table[i].err == err)
            return &table[i];
        if (table[i].err == BZT_ERR_INTERNAL)
            internal = &table[i];
    }
    return internal;
}

static int is_same_text(const char *a, const char *b)
{
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

const bzt_err_info *bzt_err_by_code(const char *code)
{
    for (int i = 0; i < TABLE_N; i++) {
        if (is_same_text(table[i].code, code))
            return &table[i];
    }
    return 0;
}
