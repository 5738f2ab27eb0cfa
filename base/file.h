/* Files, whole. */
#ifndef BZT_BASE_FILE_H
#define BZT_BASE_FILE_H

#include <bzt/err.h>
#include <bzt/span.h>

/* Read a file of at most max bytes into malloc'd memory (free it), with a
 * zero byte after the end.  BZT_ERR_NOT_FOUND, BZT_ERR_TOO_LARGE, BZT_ERR_IO.
 */
BZT_MUST_USE bzt_err file_read(uint8_t **out, size_t *len, const char *path,
                               size_t max);
/* Durable and whole or not at all: temporary file, fsync, rename, fsync of
 * the folder.  mode as in chmod. */
BZT_MUST_USE bzt_err file_write(const char *path, bzt_span bytes, int mode);

#endif
