#include "file.h"
#include "core/wipe.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bzt_err read_all(uint8_t *p, size_t *len, int fd, size_t cap)
{
    *len = 0;
    while (*len < cap) {
        ssize_t n = read(fd, p + *len, cap - *len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return BZT_ERR_IO;
        if (n == 0)
            break;
        *len += (size_t)n;
    }
    return BZT_OK;
}

/* Up to max + 1 bytes are asked for: more than max is too large, also when
 * the file grows meanwhile or has no size (a pipe). */
static bzt_err read_fd(uint8_t **out, size_t *len, int fd, size_t max)
{
    struct stat st;
    size_t cap;
    uint8_t *p;
    bzt_err err;

    if (max > SIZE_MAX - 2)
        max = SIZE_MAX - 2;
    if (fstat(fd, &st) || S_ISDIR(st.st_mode))
        return BZT_ERR_IO;
    if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > max)
        return BZT_ERR_TOO_LARGE;
    cap = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : max + 1;
    if (cap > max + 1)
        cap = max + 1;
    p = malloc(cap + 1);
    if (!p)
        return BZT_ERR_MEMORY;
    err = read_all(p, len, fd, cap);
    if (!err && *len == cap)
        err = cap == max + 1 ? BZT_ERR_TOO_LARGE : BZT_ERR_IO;
    if (err) {
        wipe(p, cap);
        free(p);
        *len = 0;
        return err;
    }
    p[*len] = 0;
    *out = p;
    return BZT_OK;
}

bzt_err file_read(uint8_t **out, size_t *len, const char *path, size_t max)
{
    int fd;
    bzt_err err;

    *out = NULL;
    *len = 0;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? BZT_ERR_NOT_FOUND
                                                   : BZT_ERR_IO;
    err = read_fd(out, len, fd, max);
    close(fd);
    return err;
}

static int write_all(int fd, bzt_span bytes)
{
    while (bytes.len) {
        ssize_t n = write(fd, bytes.p, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        bytes.p += n;
        bytes.len -= (size_t)n;
    }
    return 0;
}

static int sync_folder_of(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) + 1 : 2;
    int fd, failed;

    if (len >= sizeof folder)
        return -1;
    memcpy(folder, slash ? path : "./", len);
    folder[len] = 0;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    failed = fsync(fd);
    close(fd);
    return failed;
}

bzt_err file_write(const char *path, bzt_span bytes, int mode)
{
    char temporary[PATH_MAX];
    int fd, failed;
    int len = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);

    if (len < 0 || (size_t)len >= sizeof temporary)
        return BZT_ERR_IO;
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return BZT_ERR_IO;
    failed = fchmod(fd, (mode_t)mode) || write_all(fd, bytes) || fsync(fd);
    if (close(fd) || failed || rename(temporary, path)) {
        unlink(temporary);
        return BZT_ERR_IO;
    }
    return sync_folder_of(path) ? BZT_ERR_IO : BZT_OK;
}
