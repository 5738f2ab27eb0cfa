/* Runs one test of a unit at a time, as test_units.mjs asks. */
#include <cmocka.h>

enum { TESTS_MAX = 200, NONE = -1 };

static const char *names[TESTS_MAX];
static int names_n;
static int wanted = NONE;
static char message[400];

int unit_count(void);
const char *unit_name(int i);
void unit_run(int i);
const char *unit_message(void);

int unit_group(const struct CMUnitTest *tests, size_t n)
{
    void *state = 0;
    for (size_t i = 0; i < n && i < TESTS_MAX; i++)
        names[i] = tests[i].name;
    names_n = (int)n;
    if (wanted != NONE)
        tests[wanted].run(&state);
    return 0;
}

int unit_count(void)
{
    unit_tests();
    return names_n < TESTS_MAX ? names_n : TESTS_MAX;
}

const char *unit_name(int i)
{
    return names[i];
}

void unit_run(int i)
{
    wanted = i;
    unit_tests();
}

const char *unit_message(void)
{
    return message;
}

static size_t append(size_t at, const char *s)
{
    while (*s && at + 1 < sizeof(message))
        message[at++] = *s++;
    return at;
}

char *strstr(const char *text, const char *part)
{
    const size_t n = strlen(part);
    for (; strlen(text) >= n; text++) {
        if (!memcmp(text, part, n))
            return (char *)text;
    }
    return 0;
}

void unit_fail(const char *text, const char *file, int line)
{
    char digits[12] = "";
    size_t at = append(0, file), i = sizeof(digits) - 1;
    for (; line; line /= 10)
        digits[--i] = (char)('0' + line % 10);
    at = append(at, ":");
    at = append(at, digits + i);
    at = append(at, ": ");
    append(at, text);
    __builtin_trap();
}
