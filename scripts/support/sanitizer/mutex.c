/* Tells the thread sanitizer about contended locks of Swift's Mutex; thread-sanitizer beside it preloads it in tests that
 * are built with --sanitize=thread, and in the programs that they start.
 *
 * The fast path of Mutex is inlined into our code, and the sanitizer sees its atomics. The slow path lies in
 * libswiftSynchronization, which is not instrumented: there the kernel hands the lock from one thread to the next
 * (FUTEX_UNLOCK_PI), and what the first wrote seems to race with what the second reads. These functions take the place of the
 * slow path's, call it, and say what it means. They hide nothing else: only the lock's own address is named, and only when
 * the lock was really handed over. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *self
#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

/* In the sanitizer's runtime; absent in stock programs that a test starts. */
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

SWIFT void lock_slowly(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool try_slowly(SELF) __asm__(TRY);
SWIFT void unlock_slowly(SELF) __asm__(UNLOCK);

typedef SWIFT void (*lock_function)(uint32_t thread, SELF);
typedef SWIFT bool (*try_function)(SELF);
typedef SWIFT void (*unlock_function)(SELF);

static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

SWIFT void lock_slowly(uint32_t thread, SELF) {
    ((lock_function)next(LOCK))(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT bool try_slowly(SELF) {
    bool taken = ((try_function)next(TRY))(self);
    if (taken && __tsan_acquire) __tsan_acquire(self);
    return taken;
}

SWIFT void unlock_slowly(SELF) {
    if (__tsan_release) __tsan_release(self);
    ((unlock_function)next(UNLOCK))(self);
}
