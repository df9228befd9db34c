import Glibc

/// What a wait with a limit came back with.
public enum QueueAnswer<Element> {
    /// An element, the oldest one.
    case element(Element)
    /// The queue is closed and empty: nothing will come any more.
    case closed
    /// Nothing came within the limit.
    case timedOut
}

/// A first-in first-out queue between threads that holds at most a fixed weight.
///
/// A full queue blocks the pusher, an empty one the popper; `close()` releases both. An item costs 2–6 µs when the
/// other side sleeps, so queue buffers or batches, never single tokens.
///
/// ## Concurrency model
/// Every stored property below `lock` is touched only with the mutex held. The mutex and the conditions live on the
/// heap because their addresses must not change.
@safe public final class BoundedQueue<Element>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<pthread_mutex_t>
    private let notEmpty: UnsafeMutablePointer<pthread_cond_t>
    private let notFull: UnsafeMutablePointer<pthread_cond_t>
    private var items: [(element: Element, weight: Int)] = []
    private var head = 0
    private var weight = 0
    private var isClosed = false
    private let capacity: Int
    /// What the queue carries, for reports such as "waiting for requests since 5 s".
    public let name: String

    /// Makes an empty queue.
    ///
    /// - Parameters:
    ///   - capacity: The weight that may wait in it; one item is always let in, whatever its weight.
    ///   - name: What it carries.
    public init(capacity: Int, name: String) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.name = name
        unsafe lock = .allocate(capacity: 1)
        unsafe notEmpty = .allocate(capacity: 1)
        unsafe notFull = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
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
        unsafe pthread_mutex_destroy(lock)
        unsafe notEmpty.deallocate()
        unsafe notFull.deallocate()
        unsafe lock.deallocate()
    }

    /// Adds an element, waiting while the queue is full.
    ///
    /// - Parameters:
    ///   - element: What to hand over.
    ///   - itemWeight: Its share of the capacity; at least 1.
    /// - Returns: False when the queue is closed; the element is dropped then.
    @discardableResult
    public func push(_ element: sending Element, weight itemWeight: Int = 1) -> Bool {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while !isClosed, weight > 0, weight + itemWeight > capacity { unsafe pthread_cond_wait(notFull, lock) }
        guard !isClosed else { return false }
        items.append((element, itemWeight))
        weight += itemWeight
        unsafe pthread_cond_signal(notEmpty)
        return true
    }

    /// Takes the oldest element, waiting while the queue is empty.
    ///
    /// - Returns: Nil when the queue is closed and empty.
    public func pop() -> sending Element? {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while head == items.count, !isClosed { unsafe pthread_cond_wait(notEmpty, lock) }
        return takeFirst()
    }

    /// Takes the oldest element, waiting at most this long.
    public func pop(within limit: Duration) -> sending QueueAnswer<Element> {
        var deadline = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &deadline)
        let (seconds, attoseconds) = limit.components
        deadline.tv_sec += Int(seconds)
        deadline.tv_nsec += Int(attoseconds / 1_000_000_000)
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_sec += 1
            deadline.tv_nsec -= 1_000_000_000
        }
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        while head == items.count, !isClosed {
            guard unsafe pthread_cond_timedwait(notEmpty, lock, &deadline) != ETIMEDOUT else { break }
        }
        if let element = takeFirst() { return .element(element) }
        return isClosed ? .closed : .timedOut
    }

    /// Takes the oldest element if there is one; never waits.
    public func tryPop() -> sending Element? {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return takeFirst()
    }

    /// The weight of what waits in it at this moment.
    public var waitingWeight: Int {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return weight
    }

    /// Ends the queue: pushes are refused from now on, pops drain what is left.
    public func close() {
        unsafe pthread_mutex_lock(lock)
        isClosed = true
        unsafe pthread_cond_broadcast(notEmpty)
        unsafe pthread_cond_broadcast(notFull)
        unsafe pthread_mutex_unlock(lock)
    }

    /// Ends the queue and drops what waits in it.
    public func cancel() {
        unsafe pthread_mutex_lock(lock)
        let dropped = items
        items = []
        head = 0
        weight = 0
        isClosed = true
        unsafe pthread_cond_broadcast(notEmpty)
        unsafe pthread_cond_broadcast(notFull)
        unsafe pthread_mutex_unlock(lock)
        _ = dropped  // released after the lock: an element's deinit may be slow
    }

    /// Takes the first element; the lock is held.
    private func takeFirst() -> sending Element? {
        guard head < items.count else { return nil }
        let item = items[head]
        head += 1
        if head == items.count {
            items.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64, head * 2 >= items.count {
            items.removeFirst(head)
            head = 0
        }
        weight -= item.weight
        // A heavy item may make room for several.
        _ = unsafe item.weight > 1 ? pthread_cond_broadcast(notFull) : pthread_cond_signal(notFull)
        // The queue gave up its only reference to the element.
        nonisolated(unsafe) let element = item.element
        return unsafe element
    }
}
