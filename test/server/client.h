/* A client of raw bytes on a unix socket, and an engine in a thread. */
#ifndef BZT_TEST_SERVER_CLIENT_H
#define BZT_TEST_SERVER_CLIENT_H

#include "server/http.h"
#include <pthread.h>

typedef struct reply {
    int status; /* 0: the connection closed without an answer */
    char head[8192];
    char body[65536];
    size_t body_len;
} reply;

typedef struct engine {
    http *http;
    pthread_t thread;
    char socket[108];
    struct service *service; /* for the handlers; may be NULL */
} engine;

/* Starts an engine with these options (the socket is made up). */
void engine_start(engine *e, http_options *o);
/* Stops and frees it. */
void engine_stop(engine *e);

int dial(const engine *e);
void send_bytes(int fd, const void *bytes, size_t len);
void send_text(int fd, const char *text);
/* One whole answer. */
void receive(reply *r, int fd);
/* Until the text is there, or time is up: 0. */
int receive_until(int fd, char *buffer, size_t cap, const char *text);
/* Dial, send, receive, close. */
void ask(reply *r, const engine *e, const char *bytes);
/* POST of JSON with more header lines (each ended by CRLF) or "". */
void post(reply *r, const engine *e, const char *path, const char *lines,
          const char *body);
int has(const char *text, const char *part);

#endif
