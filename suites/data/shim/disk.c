/* A disk that loses everything that was not synced, for tests that pull the plug.
 *
 * Preloaded into the program under test. Every change of a file or a name below MAG_DISK_FOLDER is
 * done as asked, and what it replaced is noted in MAG_DISK_NOTES before. After a kill the test reads
 * the notes and puts back whatever no sync had covered: bytes, lengths, and names whose folder was
 * not synced. A sync itself only writes a note, so that rounds are short.
 *
 * MAG_DISK_CONTROL is a file of six numbers that the test may change at any moment:
 *   0  every so many writes fail (0: none)       1  with this error
 *   2  every so many syncs fail  (0: none)       3  nothing may grow: no space (0 or 1)
 *   4  microseconds that a sync takes            5  counts the faults that were made
 * A sync that failed has lost what it should have kept: a later one does not bring it back.
 *
 * Never: threads of its own, memory that grows, a change of what a call answers when nothing fails.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

enum { DATA = 1, CUT, SYNCED, SYNC_FAILED, MADE, RENAMED, REMOVED, FOLDER_MADE, FOLDER_REMOVED, FOLDER_SYNCED };

struct head {
    uint32_t magic, kind;
    uint64_t number, inode, offset, size_before;
    uint32_t path, second, before, after; /* lengths of what follows */
};

static char folder[PATH_MAX], side[PATH_MAX];
static size_t folder_length;
static int notes = -1;
static volatile int64_t *control;
static uint64_t number, saved, writes, syncs;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int (*raw_open)(const char *, int, ...);
static int (*raw_openat)(int, const char *, int, ...);
static ssize_t (*raw_write)(int, const void *, size_t);
static ssize_t (*raw_pwrite)(int, const void *, size_t, off_t);
static int (*raw_ftruncate)(int, off_t);
static int (*raw_rename)(const char *, const char *);
static int (*raw_unlink)(const char *);
static int (*raw_mkdir)(const char *, mode_t);
static int (*raw_rmdir)(const char *);
static int (*raw_posix_fallocate)(int, off_t, off_t);
static int (*raw_fsync)(int);
static int (*raw_fdatasync)(int);

__attribute__((constructor)) static void begin(void) {
    raw_open = dlsym(RTLD_NEXT, "open64");
    raw_openat = dlsym(RTLD_NEXT, "openat64");
    raw_write = dlsym(RTLD_NEXT, "write");
    raw_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    raw_ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    raw_rename = dlsym(RTLD_NEXT, "rename");
    raw_unlink = dlsym(RTLD_NEXT, "unlink");
    raw_mkdir = dlsym(RTLD_NEXT, "mkdir");
    raw_rmdir = dlsym(RTLD_NEXT, "rmdir");
    raw_posix_fallocate = dlsym(RTLD_NEXT, "posix_fallocate64");
    raw_fsync = dlsym(RTLD_NEXT, "fsync");
    raw_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    const char *below = getenv("MAG_DISK_FOLDER"), *at = getenv("MAG_DISK_NOTES");
    const char *turned = getenv("MAG_DISK_CONTROL"), *kept = getenv("MAG_DISK_SIDE");
    if (!below || !at || !turned || !kept) return;
    /* Programs that this one starts are not under test. */
    unsetenv("LD_PRELOAD");
    snprintf(folder, sizeof folder, "%s/", below);
    snprintf(side, sizeof side, "%s", kept);
    folder_length = strlen(folder);
    int turn = raw_open(turned, O_RDWR | O_CLOEXEC);
    if (turn < 0) abort();
    control = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, turn, 0);
    if (control == MAP_FAILED) abort();
    close(turn);
    notes = raw_open(at, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (notes < 0) abort();
}

/* Whether a path is one of those that the disk under test holds. The shared memory of SQLite is not:
 * it is changed through a map, and is made anew by whoever opens the file after a crash. */
static int ours(const char *path) {
    if (notes < 0 || strncmp(path, folder, folder_length) != 0) return 0;
    size_t length = strlen(path);
    return !(length > 4 && strcmp(path + length - 4, "-shm") == 0);
}

/* The path of an open regular file or folder of ours. */
static int held(int fd, char *path, struct stat *about) {
    if (notes < 0) return 0;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0 || path[0] != '/') return 0;
    path[length] = 0;
    if (fstat(fd, about) != 0) return 0;
    if (S_ISDIR(about->st_mode)) {
        return strncmp(path, folder, folder_length - 1) == 0;
    }
    return S_ISREG(about->st_mode) && about->st_nlink > 0 && ours(path);
}

/* A path as it would be after the current folder and links in front of the last name. */
static int whole(int at, const char *path, char *out) {
    char joined[PATH_MAX * 2];
    if (path[0] == '/') {
        snprintf(joined, sizeof joined, "%s", path);
    } else {
        char base[PATH_MAX], link[64];
        ssize_t length;
        if (at == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
            length = (ssize_t)strlen(base);
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            length = readlink(link, base, sizeof base - 1);
        }
        if (length <= 0) return 0;
        base[length] = 0;
        snprintf(joined, sizeof joined, "%s/%s", base, path);
    }
    char *last = strrchr(joined, '/');
    char name[NAME_MAX + 1], parent[PATH_MAX];
    if (!last || !last[1]) return 0;
    snprintf(name, sizeof name, "%s", last + 1);
    *last = 0;
    if (!realpath(joined[0] ? joined : "/", parent)) return 0;
    if (strlen(parent) + strlen(name) + 2 > PATH_MAX) return 0;
    strcpy(out, parent);
    strcat(out, "/");
    strcat(out, name);
    return 1;
}

static void note(uint32_t kind, uint64_t inode, uint64_t offset, uint64_t size_before, const char *path,
                 const char *second, const void *before, size_t before_length, const void *after,
                 size_t after_length) {
    struct head head = {0x4b534944, kind, ++number, inode, offset, size_before, (uint32_t)strlen(path),
                        (uint32_t)strlen(second), (uint32_t)before_length, (uint32_t)after_length};
    size_t length = sizeof head + head.path + head.second + before_length + after_length;
    char *record = malloc(length), *end = record;
    if (!record) abort();
    end = mempcpy(end, &head, sizeof head);
    end = mempcpy(end, path, head.path);
    end = mempcpy(end, second, head.second);
    if (before_length) end = mempcpy(end, before, before_length);
    if (after_length) mempcpy(end, after, after_length);
    if (raw_write(notes, record, length) != (ssize_t)length) abort();
    free(record);
}

/* Fails as often as the test has asked for. */
static int write_fails(int grows) {
    if (control[3] && grows) {
        control[5]++;
        errno = ENOSPC;
        return 1;
    }
    if (control[0] > 0 && ++writes % (uint64_t)control[0] == 0) {
        control[5]++;
        errno = (int)control[1];
        return 1;
    }
    return 0;
}

static ssize_t put(int fd, const void *bytes, size_t count, off_t offset, int positioned) {
    char path[PATH_MAX];
    struct stat about;
    if (!count || !held(fd, path, &about)) {
        return positioned ? raw_pwrite(fd, bytes, count, offset) : raw_write(fd, bytes, count);
    }
    pthread_mutex_lock(&lock);
    fstat(fd, &about);
    int appends = fcntl(fd, F_GETFL) & O_APPEND;
    off_t at = offset;
    if (!positioned) at = appends ? about.st_size : lseek(fd, 0, SEEK_CUR);
    ssize_t done = -1;
    if (!write_fails(at + (off_t)count > about.st_size)) {
        size_t there = 0;
        char *before = NULL;
        if (at < about.st_size) {
            there = (size_t)(about.st_size - at) < count ? (size_t)(about.st_size - at) : count;
            before = malloc(there);
            char reading[64];
            snprintf(reading, sizeof reading, "/proc/self/fd/%d", fd);
            int reader = raw_open(reading, O_RDONLY | O_CLOEXEC);
            ssize_t read = reader < 0 ? -1 : pread(reader, before, there, at);
            if (read != (ssize_t)there) abort();
            close(reader);
        }
        note(DATA, about.st_ino, (uint64_t)at, (uint64_t)about.st_size, path, "", before, there, bytes, count);
        free(before);
        done = positioned ? raw_pwrite(fd, bytes, count, offset) : raw_write(fd, bytes, count);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t count) { return put(fd, bytes, count, 0, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) { return put(fd, bytes, count, at, 1); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) { return put(fd, bytes, count, at, 1); }

static ssize_t gather(int fd, const struct iovec *pieces, int count, off_t at, int positioned) {
    size_t length = 0;
    for (int n = 0; n < count; n++) length += pieces[n].iov_len;
    char *all = malloc(length + 1), *end = all;
    if (!all) abort();
    for (int n = 0; n < count; n++) end = mempcpy(end, pieces[n].iov_base, pieces[n].iov_len);
    ssize_t done = put(fd, all, length, at, positioned);
    int error = errno;
    free(all);
    errno = error;
    return done;
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    char path[PATH_MAX];
    struct stat about;
    if (!held(fd, path, &about)) {
        REAL(writev);
        return real(fd, pieces, count);
    }
    return gather(fd, pieces, count, 0, 0);
}
ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at) { return gather(fd, pieces, count, at, 1); }
ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t at) { return gather(fd, pieces, count, at, 1); }

/* Files that are copied inside the kernel would pass by: the caller copies by hand instead. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t count, unsigned flags) {
    char path[PATH_MAX];
    struct stat about;
    if (held(out, path, &about)) {
        errno = ENOSYS;
        return -1;
    }
    REAL(copy_file_range);
    return real(in, in_at, out, out_at, count, flags);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t count) {
    char path[PATH_MAX];
    struct stat about;
    if (held(out, path, &about)) {
        errno = ENOSYS;
        return -1;
    }
    ssize_t (*real)(int, int, off64_t *, size_t) = dlsym(RTLD_NEXT, "sendfile64");
    return real(out, in, at, count);
}

/* What is cut off is noted whole. */
static void note_cut(int fd, const char *path, const struct stat *about, off_t length) {
    size_t gone = about->st_size > length ? (size_t)(about->st_size - length) : 0;
    char *before = malloc(gone + 1);
    if (gone) {
        int reader = raw_open(path, O_RDONLY | O_CLOEXEC);
        if (reader < 0 || pread(reader, before, gone, length) != (ssize_t)gone) abort();
        close(reader);
    }
    (void)fd;
    note(CUT, about->st_ino, (uint64_t)length, (uint64_t)about->st_size, path, "", before, gone, NULL, 0);
    free(before);
}

int ftruncate64(int fd, off64_t length) {
    char path[PATH_MAX];
    struct stat about;
    if (!held(fd, path, &about)) return raw_ftruncate(fd, length);
    pthread_mutex_lock(&lock);
    fstat(fd, &about);
    int done = -1;
    if (!write_fails(length > about.st_size)) {
        note_cut(fd, path, &about, length);
        done = raw_ftruncate(fd, length);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int posix_fallocate64(int fd, off64_t at, off64_t length) {
    char path[PATH_MAX];
    struct stat about;
    if (!held(fd, path, &about)) return raw_posix_fallocate(fd, at, length);
    if (at + length <= about.st_size) return 0;
    return ftruncate64(fd, at + length) == 0 ? 0 : errno;
}
int posix_fallocate(int fd, off_t at, off_t length) { return posix_fallocate64(fd, at, length); }
int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    char path[PATH_MAX];
    struct stat about;
    if (held(fd, path, &about)) {
        errno = EOPNOTSUPP;
        return -1;
    }
    int (*real)(int, int, off64_t, off64_t) = dlsym(RTLD_NEXT, "fallocate64");
    return real(fd, mode, at, length);
}
int fallocate(int fd, int mode, off_t at, off_t length) { return fallocate64(fd, mode, at, length); }

static int keep(int fd, int (*real)(int)) {
    char path[PATH_MAX];
    struct stat about;
    if (!held(fd, path, &about)) return real(fd);
    pthread_mutex_lock(&lock);
    uint64_t upto = number;
    int fails = control[2] > 0 && ++syncs % (uint64_t)control[2] == 0;
    pthread_mutex_unlock(&lock);
    if (control[4] > 0) {
        struct timespec takes = {control[4] / 1000000, (control[4] % 1000000) * 1000};
        nanosleep(&takes, NULL);
    }
    pthread_mutex_lock(&lock);
    int is_folder = S_ISDIR(about.st_mode);
    uint32_t kind = is_folder ? FOLDER_SYNCED : SYNCED;
    if (fails) {
        control[5]++;
        kind = SYNC_FAILED;
    }
    note(kind, about.st_ino, upto, 0, path, "", NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    if (!fails) return 0;
    errno = EIO;
    return -1;
}
int fsync(int fd) { return keep(fd, raw_fsync); }
int fdatasync(int fd) { return keep(fd, raw_fdatasync); }

/* The folder that a name is in: a sync of it makes the name stay. */
static uint64_t parent(const char *path) {
    char above[PATH_MAX];
    struct stat about;
    strcpy(above, path);
    char *last = strrchr(above, '/');
    if (last) *last = 0;
    return stat(above[0] ? above : "/", &about) == 0 ? about.st_ino : 0;
}

static int enter(int at, const char *given, int flags, mode_t mode) {
    char path[PATH_MAX];
    int changes = flags & (O_CREAT | O_TRUNC);
    if (notes < 0 || !changes || (flags & O_TMPFILE) == O_TMPFILE || !whole(at, given, path) || !ours(path)) {
        return raw_openat(at, given, flags, mode);
    }
    pthread_mutex_lock(&lock);
    struct stat about;
    int there = stat(path, &about) == 0, fd = -1;
    if (!there && (flags & O_CREAT) && control[3]) {
        control[5]++;
        errno = ENOSPC;
    } else {
        if (there && (flags & O_TRUNC) && S_ISREG(about.st_mode) && !(flags & O_EXCL)) {
            note_cut(-1, path, &about, 0);
        } else if (!there && (flags & O_CREAT)) {
            note(MADE, parent(path), 0, 0, path, "", NULL, 0, NULL, 0);
        }
        fd = raw_openat(at, given, flags, mode);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE(flags)                                   \
    mode_t mode = 0;                                  \
    if ((flags) & (O_CREAT | O_TMPFILE)) {            \
        va_list rest;                                 \
        va_start(rest, flags);                        \
        mode = va_arg(rest, mode_t);                  \
        va_end(rest);                                 \
    }
int open(const char *path, int flags, ...) { MODE(flags) return enter(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return enter(AT_FDCWD, path, flags | O_LARGEFILE, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return enter(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return enter(at, path, flags | O_LARGEFILE, mode); }
int creat64(const char *path, mode_t mode) { return enter(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

/* A second name beside the disk, under which what a name led to can be found again. */
static void save(const char *path, char *out) {
    struct stat about;
    out[0] = 0;
    if (lstat(path, &about) != 0 || !S_ISREG(about.st_mode)) return;
    int length = snprintf(out, PATH_MAX, "%s/%llu", side, (unsigned long long)++saved);
    if (length < 0 || length >= PATH_MAX) abort();
    if (link(path, out) != 0) abort();
}

static int move_name(int from_at, const char *given_from, int to_at, const char *given_to) {
    char from[PATH_MAX], to[PATH_MAX], kept[PATH_MAX];
    int known = notes >= 0 && whole(from_at, given_from, from) && whole(to_at, given_to, to);
    if (!known || !ours(to)) {
        int (*real)(int, const char *, int, const char *) = dlsym(RTLD_NEXT, "renameat");
        return real(from_at, given_from, to_at, given_to);
    }
    pthread_mutex_lock(&lock);
    save(to, kept);
    struct stat about;
    uint64_t file = lstat(from, &about) == 0 ? about.st_ino : 0;
    note(RENAMED, parent(to), 0, file, from, to, kept, strlen(kept), NULL, 0);
    int done = raw_rename(from, to);
    int error = errno;
    if (done != 0) note(RENAMED, 0, 1, 0, from, to, NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int rename(const char *from, const char *to) { return move_name(AT_FDCWD, from, AT_FDCWD, to); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return move_name(from_at, from, to_at, to); }
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    if (flags == 0) return move_name(from_at, from, to_at, to);
    int (*real)(int, const char *, int, const char *, unsigned) = dlsym(RTLD_NEXT, "renameat2");
    return real(from_at, from, to_at, to, flags);
}

static int take_name(int at, const char *given) {
    char path[PATH_MAX], kept[PATH_MAX];
    if (notes < 0 || !whole(at, given, path) || !ours(path)) {
        int (*real)(int, const char *, int) = dlsym(RTLD_NEXT, "unlinkat");
        return real(at, given, 0);
    }
    pthread_mutex_lock(&lock);
    save(path, kept);
    if (kept[0]) note(REMOVED, parent(path), 0, 0, path, kept, NULL, 0, NULL, 0);
    int done = raw_unlink(path);
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}

static int make_folder(int at, const char *given, mode_t mode) {
    char path[PATH_MAX];
    if (notes < 0 || !whole(at, given, path) || !ours(path)) {
        int (*real)(int, const char *, mode_t) = dlsym(RTLD_NEXT, "mkdirat");
        return real(at, given, mode);
    }
    pthread_mutex_lock(&lock);
    struct stat about;
    int done = -1;
    if (control[3]) {
        control[5]++;
        errno = ENOSPC;
    } else {
        if (lstat(path, &about) != 0) note(FOLDER_MADE, parent(path), 0, 0, path, "", NULL, 0, NULL, 0);
        done = raw_mkdir(path, mode);
    }
    int error = errno;
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int mkdir(const char *path, mode_t mode) { return make_folder(AT_FDCWD, path, mode); }
int mkdirat(int at, const char *path, mode_t mode) { return make_folder(at, path, mode); }

static int take_folder(const char *given) {
    char path[PATH_MAX];
    if (notes < 0 || !whole(AT_FDCWD, given, path) || !ours(path)) return raw_rmdir(given);
    pthread_mutex_lock(&lock);
    int done = raw_rmdir(path);
    int error = errno;
    if (done == 0) note(FOLDER_REMOVED, parent(path), 0, 0, path, "", NULL, 0, NULL, 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return done;
}
int rmdir(const char *path) { return take_folder(path); }
int unlink(const char *path) { return take_name(AT_FDCWD, path); }
int unlinkat(int at, const char *path, int flags) {
    if (flags & AT_REMOVEDIR) {
        int (*real)(int, const char *, int) = dlsym(RTLD_NEXT, "unlinkat");
        return real(at, path, flags);
    }
    return take_name(at, path);
}
int remove(const char *path) {
    struct stat about;
    if (lstat(path, &about) == 0 && S_ISDIR(about.st_mode)) return take_folder(path);
    return take_name(AT_FDCWD, path);
}
