#include "log.h"
#include "clock.h"
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A line is one write(2) of at most PIPE_BUF bytes, so that lines of several
 * threads and processes never mix. */
enum { LINE_MAX_LEN = 4096, TEXT_MAX_LEN = 1024 };

static _Atomic int most_level = LOG_INFO;

void log_set_level(log_level most)
{
    most_level = (int)most;
}

static const char *level_name(log_level level)
{
    switch (level) {
    case LOG_ERROR:
        return "error";
    case LOG_WARN:
        return "warn";
    case LOG_INFO:
        return "info";
    default:
        return "debug";
    }
}

/* Everything but printable ASCII becomes \u00xx of its byte: a line is JSON
 * whatever was in the text.  Log texts are English. */
static size_t escape(char *out, size_t cap, const char *text)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;

    for (; *text && n + 7 < cap; text++) {
        unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (c < 0x20 || c >= 0x7f) {
            memcpy(out + n, "\\u00", 4);
            out[n + 4] = hex[c >> 4];
            out[n + 5] = hex[c & 15];
            n += 6;
        } else {
            out[n++] = (char)c;
        }
    }
    out[n] = 0;
    return n;
}

static void write_line(const char *line, size_t len)
{
    while (len) {
        ssize_t n = write(STDERR_FILENO, line, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nobody to tell */
        line += n;
        len -= (size_t)n;
    }
}

void log_event(log_level level, const char *event, const char *fmt, ...)
{
    char text[TEXT_MAX_LEN], safe[3 * TEXT_MAX_LEN], name[128];
    char line[LINE_MAX_LEN], at[21];
    int saved = errno, len;
    va_list args;

    if ((int)level > most_level)
        return;
    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = 0;
    va_end(args);
    escape(safe, sizeof safe, text);
    escape(name, sizeof name, event);
    clock_iso(at, clock_now_ms());
    len = snprintf(line, sizeof line,
                   "<%d>{\"at\":\"%s\",\"level\":\"%s\",\"event\":\"%s\","
                   "\"text\":\"%s\"}\n",
                   (int)level, at, level_name(level), name, safe);
    if (len > 0 && (size_t)len < sizeof line)
        write_line(line, (size_t)len);
    errno = saved;
}
