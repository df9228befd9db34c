import CLinux
import Glibc

/// The result of a wait with a time limit.
package enum QueueAnswer<Element> {
    /// The oldest element.
    case element(Element)
    /// The queue is closed and empty: no more elements will arrive.
    case closed
    /// No element arrived within the limit.
    case timedOut
}

/// A first-in first-out queue between threads that holds at most a fixed weight.
///
/// A full queue blocks the pusher, an empty one the popper; `close()` releases both. An item costs 2–6 µs when the
/// other side sleeps, so queue buffers or batches rather than single tokens.
///
/// ## Concurrency model
/// All variables are accessed only with `lock` held.
package final class BoundedQueue<Element>: @unchecked Sendable {
    private let lock = QueueLock()
    private var items: [(element: Element, weight: Int)] = []
    private var head = 0
    private var weight = 0
    private var isClosed = false
    private let capacity: Int
    /// What the queue carries, for reports such as "waiting for requests for 5 s".
    package let name: String

    /// Creates an empty queue.
    ///
    /// - Parameters:
    ///   - capacity: The total weight that it can hold; a single item is always accepted, whatever its weight.
    ///   - name: What it carries.
    package init(capacity: Int, name: String) {
        precondition(capacity > 0)
        self.capacity = capacity
        self.name = name
    }

    /// Adds an element, waiting while the queue is full.
    ///
    /// - Parameters:
    ///   - element: The element to add.
    ///   - itemWeight: Its share of the capacity; at least 1.
    /// - Returns: False if the queue is closed, in which case the element is dropped.
    @discardableResult
    package func push(_ element: sending Element, weight itemWeight: Int = 1) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        while !isClosed, weight > 0, weight + itemWeight > capacity { lock.wait(for: .notFull) }
        guard !isClosed else { return false }
        items.append((element, itemWeight))
        weight += itemWeight
        lock.signal(.notEmpty)
        return true
    }

    /// Adds an element if there is space for it; never blocks.
    ///
    /// - Parameters:
    ///   - element: The element to add.
    ///   - itemWeight: Its share of the capacity; at least 1.
    /// - Returns: False if the queue is full or closed, in which case the element is dropped.
    package func tryPush(_ element: sending Element, weight itemWeight: Int = 1) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard !isClosed, weight == 0 || weight + itemWeight <= capacity else { return false }
        items.append((element, itemWeight))
        weight += itemWeight
        lock.signal(.notEmpty)
        return true
    }

    /// Adds an element of no weight without waiting, however full the queue is.
    ///
    /// - Parameter element: What to hand over.
    /// - Returns: False when the queue is closed; the element is dropped then.
    package func pushAtOnce(_ element: sending Element) -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard !isClosed else { return false }
        items.append((element, 0))
        lock.signal(.notEmpty)
        return true
    }

    /// Takes the oldest element, waiting while the queue is empty.
    ///
    /// - Returns: Nil if the queue is closed and empty.
    package func pop() -> sending Element? {
        lock.lock()
        defer { lock.unlock() }
        while head == items.count, !isClosed { lock.wait(for: .notEmpty) }
        return takeFirst()
    }

    /// Takes the oldest element, waiting at most this long.
    package func pop(within limit: Duration) -> sending QueueAnswer<Element> {
        let now = clockTime(CLOCK_MONOTONIC)
        var deadline = timespec(tv_sec: Int(now.seconds), tv_nsec: now.nanoseconds)
        let (seconds, attoseconds) = limit.components
        deadline.tv_sec += Int(seconds)
        deadline.tv_nsec += Int(attoseconds / 1_000_000_000)
        if deadline.tv_nsec >= 1_000_000_000 {
            deadline.tv_sec += 1
            deadline.tv_nsec -= 1_000_000_000
        }
        lock.lock()
        defer { lock.unlock() }
        while head == items.count, !isClosed {
            guard lock.wait(for: .notEmpty, until: deadline) else { break }
        }
        if let element = takeFirst() { return .element(element) }
        return isClosed ? .closed : .timedOut
    }

    /// Takes the oldest element if there is one; never blocks.
    package func tryPop() -> sending Element? {
        lock.lock()
        defer { lock.unlock() }
        return takeFirst()
    }

    /// The total weight of the elements that it currently holds.
    package var waitingWeight: Int {
        lock.lock()
        defer { lock.unlock() }
        return weight
    }

    /// Closes the queue: pushes are refused from now on, pops drain what is left.
    package func close() {
        lock.lock()
        isClosed = true
        lock.broadcast(.notEmpty)
        lock.broadcast(.notFull)
        lock.unlock()
    }

    /// Closes the queue and drops its elements.
    package func cancel() {
        lock.lock()
        let dropped = items
        items = []
        head = 0
        weight = 0
        isClosed = true
        lock.broadcast(.notEmpty)
        lock.broadcast(.notFull)
        lock.unlock()
        _ = dropped  // released after the lock: an element's deinit may be slow
    }

    /// Takes the first element; called with the lock held.
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
        // Removing a heavy item may make space for several.
        if item.weight > 1 { lock.broadcast(.notFull) } else { lock.signal(.notFull) }
        return surrender(item.element)
    }
}
