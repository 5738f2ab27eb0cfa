#include "client.h"
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };

static void *serve(void *arg)
{
    engine *e = arg;

    if (http_run(e->http, e->service))
        abort();
    return NULL;
}

void engine_start(engine *e, http_options *o)
{
    static int number;
    const char *folder = getenv("TMPDIR");

    snprintf(e->socket, sizeof e->socket, "%s/bzt-test-%d-%d.sock",
             folder ? folder : "/tmp", (int)getpid(), number++);
    o->socket = e->socket;
    o->quiet = 1;
    if (http_new(&e->http, o))
        abort();
    if (pthread_create(&e->thread, NULL, serve, e))
        abort();
}

void engine_stop(engine *e)
{
    http_stop(e->http);
    pthread_join(e->thread, NULL);
    http_free(e->http);
}

int dial(const engine *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    strcpy(at.sun_path, e->socket);
    if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof at))
        abort();
    return fd;
}

void send_bytes(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

        if (n <= 0)
            return; /* what comes back is what counts */
        p += n;
        len -= (size_t)n;
    }
}

void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

/* Bytes read, 0 at the end or when nothing comes. */
static size_t read_some(int fd, char *buffer, size_t cap)
{
    struct pollfd p = {fd, POLLIN, 0};
    ssize_t n;

    if (poll(&p, 1, PATIENCE_MS) <= 0)
        return 0;
    n = read(fd, buffer, cap);
    return n > 0 ? (size_t)n : 0;
}

int receive_until(int fd, char *buffer, size_t cap, const char *text)
{
    size_t len = 0, n;

    buffer[0] = 0;
    while (len + 1 < cap && !strstr(buffer, text)) {
        if (!(n = read_some(fd, buffer + len, cap - len - 1)))
            return 0;
        len += n;
        buffer[len] = 0;
    }
    return strstr(buffer, text) != NULL;
}

/* One byte at a time up to the end of the head: what follows is left. */
static int read_head(reply *r, int fd)
{
    size_t len = 0;

    while (len + 1 < sizeof r->head && read_some(fd, r->head + len, 1)) {
        r->head[++len] = 0;
        if (len >= 4 && !memcmp(r->head + len - 4, "\r\n\r\n", 4))
            return 1;
    }
    return 0;
}

void receive(reply *r, int fd)
{
    const char *length;
    size_t want = sizeof r->body - 1, n;

    memset(r, 0, sizeof *r);
    if (!read_head(r, fd))
        return;
    r->status = atoi(r->head + 9);
    length = strcasestr(r->head, "\r\nContent-Length:");
    if (length)
        want = strtoul(length + 17, NULL, 10);
    if (r->status == 204)
        want = 0;
    assert(want < sizeof r->body);
    while (r->body_len < want &&
           (n = read_some(fd, r->body + r->body_len, want - r->body_len)))
        r->body_len += n;
    r->body[r->body_len] = 0;
}

void ask(reply *r, const engine *e, const char *bytes)
{
    int fd = dial(e);

    send_text(fd, bytes);
    receive(r, fd);
    close(fd);
}

void post(reply *r, const engine *e, const char *path, const char *lines,
          const char *body)
{
    char head[4096];
    int fd = dial(e);

    snprintf(head, sizeof head,
             "POST %s HTTP/1.1\r\nHost: x\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n",
             path, strlen(body), lines);
    send_text(fd, head);
    send_text(fd, body);
    receive(r, fd);
    close(fd);
}

int has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}
