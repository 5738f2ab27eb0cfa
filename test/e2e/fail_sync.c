/* Loaded before libc: fdatasync fails while the file that BZT_FAIL_SYNC names
 * exists, as on a disk that dies. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

int fdatasync(int fd)
{
    const char *sign = getenv("BZT_FAIL_SYNC");

    if (sign && !access(sign, F_OK)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}
