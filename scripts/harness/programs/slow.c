// Makes the reads, writes, removals and hard links of a program slow: preloaded, with SLOW_READ, SLOW_WRITE, SLOW_UNLINK or
// SLOW_LINK in milliseconds for each call. Only regular files of at least 64 KiB are slow to read, only writes of at least 4 KiB are
// slow, and after SLOW_COUNT slow calls nothing is. With FAIL_SYNC, nothing reaches the disk: syncfs and fsync fail.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void nap(const char *name) {
    static int count;
    const char *limit = getenv("SLOW_COUNT"), *text = getenv(name);
    if (!text || (limit && __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED) >= atoi(limit))) return;
    int ms = atoi(text);
    struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&time, NULL);
}

static void before_read(int fd) {
    struct stat status;
    if (getenv("SLOW_READ") && !fstat(fd, &status) && S_ISREG(status.st_mode) && status.st_size >= 65536) nap("SLOW_READ");
}

static void before_write(int fd, size_t count) {
    struct stat status;
    if (getenv("SLOW_WRITE") && count >= 4096 && !fstat(fd, &status) && S_ISREG(status.st_mode)) nap("SLOW_WRITE");
}

#define WRAP(result, name, parameters, arguments, before) \
    result name parameters { \
        static result (*real) parameters; \
        if (!real) real = (result (*) parameters)dlsym(RTLD_NEXT, #name); \
        before; \
        return real arguments; \
    }

WRAP(ssize_t, read, (int fd, void *bytes, size_t count), (fd, bytes, count), before_read(fd))
WRAP(ssize_t, pread, (int fd, void *bytes, size_t count, off_t at), (fd, bytes, count, at), before_read(fd))
WRAP(ssize_t, pread64, (int fd, void *bytes, size_t count, off_t at), (fd, bytes, count, at), before_read(fd))
WRAP(ssize_t, write, (int fd, const void *bytes, size_t count), (fd, bytes, count), before_write(fd, count))
WRAP(ssize_t, pwrite, (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at), before_write(fd, count))
WRAP(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off_t at), (fd, bytes, count, at), before_write(fd, count))
WRAP(ssize_t, pwritev, (int fd, const struct iovec *pieces, int count, off_t at), (fd, pieces, count, at),
     before_write(fd, pieces[0].iov_len))
WRAP(ssize_t, pwritev64, (int fd, const struct iovec *pieces, int count, off_t at), (fd, pieces, count, at),
     before_write(fd, pieces[0].iov_len))
WRAP(int, unlink, (const char *path), (path), nap("SLOW_UNLINK"))
WRAP(int, unlinkat, (int fd, const char *path, int flags), (fd, path, flags), nap("SLOW_UNLINK"))
WRAP(int, linkat, (int from, const char *path, int to, const char *name, int flags), (from, path, to, name, flags),
     nap("SLOW_LINK"))

static int lost(void) {
    errno = EIO;
    return -1;
}

int syncfs(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "syncfs");
    return getenv("FAIL_SYNC") ? lost() : real(fd);
}

int fsync(int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    return getenv("FAIL_SYNC") ? lost() : real(fd);
}
