/* One line of JSON to stderr for each event, with the journal's <N> prefix.
 * Never secrets, never personal data: ids, counts, error codes. */
#ifndef BZT_BASE_LOG_H
#define BZT_BASE_LOG_H

typedef enum log_level {
    LOG_ERROR = 3,
    LOG_WARN = 4,
    LOG_INFO = 6,
    LOG_DEBUG = 7
} log_level;

void log_set_level(log_level most);
/* event: a short name, "request_failed"; fmt: free text after it. */
__attribute__((format(printf, 3, 4))) void
log_event(log_level level, const char *event, const char *fmt, ...);
#endif
