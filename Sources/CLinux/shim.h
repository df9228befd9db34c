// System calls and macros that Swift cannot import from Glibc. No logic.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static inline int dvm_openat2(int directory, const char *path, struct open_how *how, size_t size) {
    return (int)syscall(SYS_openat2, directory, path, how, size);
}
// In Swift `statx` is the name of a structure too.
static inline int dvm_statx(int directory, const char *path, int flags, unsigned mask, struct statx *status) {
    return statx(directory, path, flags, mask, status);
}
static inline long dvm_getdents64(int directory, void *buffer, size_t size) {
    return syscall(SYS_getdents64, directory, buffer, size);
}
static inline int dvm_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}
// In Swift `flock` is the name of a structure too.
#include <sys/file.h>
// A lock of the open file description, not of the process: the threads of a daemon exclude each other.
static inline int dvm_lock_range(int file, int64_t start, int64_t count) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = start, .l_len = count};
    return fcntl(file, F_OFD_SETLK, &lock);
}
static inline int dvm_flock(int descriptor, int operation) { return flock(descriptor, operation); }
static inline unsigned dvm_major(dev_t device) { return major(device); }
static inline unsigned dvm_minor(dev_t device) { return minor(device); }
static inline dev_t dvm_makedev(unsigned major, unsigned minor) { return makedev(major, minor); }
// Glibc 2.36 has no wrapper for fchmodat2 (kernel 6.6); the number is the same on every architecture.
static inline int dvm_fchmodat2(int directory, const char *path, mode_t mode, int flags) {
    return (int)syscall(452, directory, path, mode, flags);
}
// getxattrat and listxattrat (kernel 6.13) have no wrappers either; the numbers are the same on every architecture.
struct dvm_xattr_args { uint64_t value __attribute__((aligned(8))); uint32_t size; uint32_t flags; };
static inline long dvm_getxattrat(int directory, const char *path, const char *name, void *value, size_t size) {
    struct dvm_xattr_args arguments = {(uint64_t)(uintptr_t)value, (uint32_t)size, 0};
    return syscall(464, directory, path, AT_SYMLINK_NOFOLLOW, name, &arguments, sizeof arguments);
}
static inline long dvm_listxattrat(int directory, const char *path, char *list, size_t size) {
    return syscall(465, directory, path, AT_SYMLINK_NOFOLLOW, list, size);
}
// FICLONE's number is built by a macro that does not import; ioctl is variadic.
#include <linux/fs.h>
static inline int dvm_clone_file(int destination, int source) { return ioctl(destination, FICLONE, source); }
static inline int dvm_get_window_size(int terminal, struct winsize *size) { return ioctl(terminal, TIOCGWINSZ, size); }
// quotactl_fd (kernel 5.14) has no wrapper.
static inline int dvm_get_user_quota(int descriptor, unsigned user, struct dqblk *quota) {
    return (int)syscall(443, descriptor, QCMD(Q_GETQUOTA, USRQUOTA), user, quota);
}
static const unsigned dvm_QIF_BLIMITS = QIF_BLIMITS, dvm_QIF_ILIMITS = QIF_ILIMITS;
// How btrfs has divided its space: a head, and a place for each kind of chunk and the reserve.
#include <linux/btrfs.h>
#include <linux/btrfs_tree.h>
enum { DVM_BTRFS_SPACES = 32 };
struct dvm_btrfs_spaces {
    struct btrfs_ioctl_space_args head;
    struct btrfs_ioctl_space_info spaces[DVM_BTRFS_SPACES];
};
static inline int dvm_get_btrfs_spaces(int descriptor, struct dvm_btrfs_spaces *spaces) {
    spaces->head.space_slots = DVM_BTRFS_SPACES;
    return ioctl(descriptor, BTRFS_IOC_SPACE_INFO, spaces);
}
static const uint64_t dvm_BTRFS_CONTENT = BTRFS_BLOCK_GROUP_DATA, dvm_BTRFS_TREES = BTRFS_BLOCK_GROUP_METADATA,
                      dvm_BTRFS_RESERVE = BTRFS_SPACE_INFO_GLOBAL_RSV,
                      dvm_BTRFS_KINDS = BTRFS_BLOCK_GROUP_TYPE_MASK | BTRFS_SPACE_INFO_GLOBAL_RSV,
                      dvm_BTRFS_TWO_COPIES =
                          BTRFS_BLOCK_GROUP_DUP | BTRFS_BLOCK_GROUP_RAID1 | BTRFS_BLOCK_GROUP_RAID10,
                      dvm_BTRFS_THREE_COPIES = BTRFS_BLOCK_GROUP_RAID1C3,
                      dvm_BTRFS_FOUR_COPIES = BTRFS_BLOCK_GROUP_RAID1C4;
// What mkfs.xfs decided: ioctl_xfs_fsgeometry(2) of xfsprogs, in the size that every kernel with XFS version 5 knows.
struct dvm_xfs_geometry {
    uint32_t blocksize, rtextsize, agblocks, agcount, logblocks, sectsize, inodesize, imaxpct;
    uint64_t datablocks, rtblocks, rtextents, logstart;
    unsigned char uuid[16];
    uint32_t sunit, swidth;
    int32_t version;
    uint32_t flags, logsectsize, rtsectsize, dirblocksize, logsunit;
};
static inline int dvm_get_xfs_geometry(int descriptor, struct dvm_xfs_geometry *geometry) {
    return ioctl(descriptor, _IOR('X', 124, struct dvm_xfs_geometry), geometry);
}
// Landlock has no wrappers; the numbers are the same on every architecture.
#include <linux/landlock.h>
static inline int dvm_landlock_version(void) {
    return (int)syscall(444, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}
static inline int dvm_landlock_create_ruleset(uint64_t handled) {
    struct { uint64_t handled_access_fs; } attributes = { handled };
    return (int)syscall(444, &attributes, sizeof attributes, 0);
}
static inline int dvm_landlock_add_path(int ruleset, int directory, uint64_t allowed) {
    struct landlock_path_beneath_attr rule = { .allowed_access = allowed, .parent_fd = directory };
    return (int)syscall(445, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}
static inline int dvm_landlock_restrict_self(int ruleset) { return (int)syscall(446, ruleset, 0); }
static inline int dvm_forbid_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
static inline int dvm_forbid_dumps(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
#include <sys/mman.h>
#include <syslog.h>
// The text is an argument and never the format.
static inline void dvm_syslog(int priority, const char *text) { syslog(priority, "%s", text); }
// The identity of the calling thread: the C library's functions change all threads.
static inline long dvm_set_thread_user(unsigned user) { return syscall(SYS_setresuid, -1, user, -1); }
static inline long dvm_set_thread_group(unsigned group) { return syscall(SYS_setresgid, -1, group, -1); }
static inline long dvm_set_thread_groups(size_t count, const unsigned *groups) {
    return syscall(SYS_setgroups, count, groups);
}
// The capabilities of the calling thread, which have no wrappers in the C library.
#include <linux/capability.h>
struct dvm_capabilities { uint64_t effective, permitted, inheritable; };
static inline int dvm_get_capabilities(struct dvm_capabilities *held) {
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return -1;
    held->effective = data[0].effective | (uint64_t)data[1].effective << 32;
    held->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    held->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
    return 0;
}
static inline int dvm_clear_capabilities(void) {
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct data[2] = { { 0, 0, 0 }, { 0, 0, 0 } };
    return (int)syscall(SYS_capset, &header, data);
}
static inline int dvm_clear_ambient_capabilities(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); }
static inline int dvm_drop_bounding_capability(int number) { return prctl(PR_CAPBSET_DROP, number, 0, 0, 0); }
// Swift does not import fork; callers have a single thread.
static inline pid_t dvm_fork(void) { return fork(); }
