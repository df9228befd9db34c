import Glibc

/// A queue's mutex and its two condition variables.
///
/// ## Invariant
/// All three are on the heap from `init` to `deinit`, because their addresses must not change; they are not shared. A
/// thread that waits for a condition or signals one holds the lock.
@safe final class QueueLock: @unchecked Sendable {
    /// A condition that a thread waits for.
    enum Condition { case notEmpty, notFull }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let notEmpty = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let notFull = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        unsafe pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(notEmpty, &attributes)
        unsafe pthread_cond_init(notFull, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(notEmpty)
        unsafe pthread_cond_destroy(notFull)
        unsafe pthread_mutex_destroy(mutex)
        unsafe notEmpty.deallocate()
        unsafe notFull.deallocate()
        unsafe mutex.deallocate()
    }

    @inline(__always)
    private func pointer(_ condition: Condition) -> UnsafeMutablePointer<pthread_cond_t> {
        switch condition {
        case .notEmpty: unsafe notEmpty
        case .notFull: unsafe notFull
        }
    }

    func lock() { unsafe pthread_mutex_lock(mutex) }

    func unlock() { unsafe pthread_mutex_unlock(mutex) }

    func wait(for condition: Condition) { unsafe pthread_cond_wait(pointer(condition), mutex) }

    /// Waits at most until a time of `CLOCK_MONOTONIC`.
    ///
    /// - Returns: False if it timed out.
    func wait(for condition: Condition, until deadline: timespec) -> Bool {
        var deadline = deadline
        return unsafe pthread_cond_timedwait(pointer(condition), mutex, &deadline) != ETIMEDOUT
    }

    /// Wakes one waiting thread.
    func signal(_ condition: Condition) { unsafe pthread_cond_signal(pointer(condition)) }

    /// Wakes all waiting threads.
    func broadcast(_ condition: Condition) { unsafe pthread_cond_broadcast(pointer(condition)) }
}
