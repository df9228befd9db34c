import LinuxSystem
import Synchronization
package import Transport

/// A server's slots for connections that have not logged in yet: a limited number at a time, each for a limited time.
///
/// A connection has ``limit`` from ``enter(_:)`` until ``LoginSlot/leave()``, whatever bytes it sends in the meantime.
/// When all slots are taken, a new connection evicts the one that has made the least progress. A login step that at
/// most a fifth of all slots have reached is passed over, so that a peer that holds many connections at a late step
/// cannot confine all others to the first one. Within a step, the connection that reached it first is evicted, but none
/// before it has spent ``leastStay`` there: until then the new one waits in the kernel's queue. Addresses play no part:
/// behind a proxy, all peers share one.
///
/// ## Concurrency model
/// `state` is used by the accepting threads, the connections' threads, and the thread that runs ``watch()``.
package final class LoginSlots: Sendable {
    /// How far a connection's login has progressed.
    package enum Progress: Int, CaseIterable, Comparable, Sendable {
        /// The connection was accepted and has sent nothing.
        case accepted
        /// The peer has sent bytes.
        case started
        /// The TLS handshake is done.
        case secured
        /// The client has sent its greeting.
        case greeted
        /// The client has named a module and was sent a challenge.
        case challenged

        /// The order of the steps.
        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// Why a connection was closed before it had logged in.
    package enum EndReason: Equatable, Sendable {
        /// It had not logged in within the time limit.
        case tooSlow
        /// Another connection needed its slot.
        case evicted
        /// The server is shutting down.
        case closing
    }

    struct Entry {
        let stream: any ByteStream
        let deadline: ContinuousClock.Instant
        var progress = Progress.accepted
        /// A counter across all entries, taken again at each step.
        var order: UInt64
        var stepBegan: ContinuousClock.Instant
        /// Whether it has authenticated by a certificate or a key, so that only its deadline ends it.
        var isProven = false
        var endReason: EndReason?
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var nextNumber = 0
        var nextOrder: UInt64 = 0
        var isClosed = false
    }

    /// The time allowed between connection and login.
    package let limit: Duration
    private let capacity: Int
    private let leastStay: Duration
    private let state = Mutex(State())
    private let closed = BoundedQueue<Never>(capacity: 1, name: "end of the slots before login")

    /// Creates the slots.
    ///
    /// - Parameters:
    ///   - capacity: The most connections before login at a time, and as many again that have authenticated by TLS; at
    ///     least 5.
    ///   - limit: The time allowed between connection and login.
    ///   - leastStay: The least time at a step before a connection may be evicted.
    package init(capacity: Int = 384, limit: Duration, leastStay: Duration = .milliseconds(250)) {
        precondition(capacity >= Progress.allCases.count)
        self.capacity = capacity
        self.limit = limit
        self.leastStay = leastStay
    }

    /// Gives a new connection a slot, evicting another connection if none is free; may block.
    ///
    /// - Parameter stream: The connection; closed when its time is up or its slot is needed.
    /// - Returns: The slot; nil when the slots are closed.
    package func enter(_ stream: any ByteStream) -> LoginSlot? {
        while true {
            let now = ContinuousClock.now
            var evicted: (any ByteStream)?
            var wait = Duration.zero
            let number: Int? = state.withLock { state in
                guard !state.isClosed else { return nil }
                if let victim = Self.victim(among: &state.entries, capacity: capacity) {
                    let age = state.entries[victim].map { now - $0.stepBegan } ?? leastStay
                    guard age >= leastStay else {
                        wait = leastStay - age
                        return nil
                    }
                    evicted = state.entries[victim]?.stream
                    state.entries[victim]?.endReason = .evicted
                }
                state.nextNumber += 1
                state.nextOrder += 1
                state.entries[state.nextNumber] = Entry(
                    stream: stream,
                    deadline: now + limit,
                    order: state.nextOrder,
                    stepBegan: now
                )
                return state.nextNumber
            }
            evicted?.close()
            if let number { return LoginSlot(number, of: self) }
            guard wait > .zero, case .timedOut = closed.pop(within: wait) else { return nil }
        }
    }

    /// Selects the connection to evict for a new one.
    ///
    /// - Parameters:
    ///   - entries: All connections; the steps of those that have sent their first bytes are brought up to date.
    ///   - capacity: The most connections at a time.
    /// - Returns: Its number; nil while there is a free slot.
    static func victim(among entries: inout [Int: Entry], capacity: Int) -> Int? {
        let candidates = entries.filter { $0.value.endReason == nil && !$0.value.isProven }
        guard candidates.count >= capacity else { return nil }
        var steps = [Int](repeating: 0, count: Progress.allCases.count)
        for (number, entry) in candidates {
            if entry.progress == .accepted, entry.stream.activity.bytesRead > 0 { entries[number]?.progress = .started }
            steps[(entries[number]?.progress ?? entry.progress).rawValue] += 1
        }
        // With the new connection there are more than fit, so at least one step holds more than its share.
        steps[Progress.accepted.rawValue] += 1
        let crowded = steps.firstIndex { $0 > capacity / steps.count }
        let ofStep = candidates.keys.filter { entries[$0]?.progress.rawValue == crowded }
        return ofStep.min { (entries[$0]?.order ?? 0) < (entries[$1]?.order ?? 0) }
    }

    /// Closes connections whose time has run out, until ``close()``; blocks the calling thread.
    package func watch() {
        var next = ContinuousClock.now + limit
        // Whatever enters during this sleep has a deadline later than the sleep's end.
        while case .timedOut = closed.pop(within: max(.zero, next - .now)) {
            let now = ContinuousClock.now
            var late: [any ByteStream] = []
            next = now + limit
            state.withLock { state in
                for (number, entry) in state.entries where entry.endReason == nil {
                    if entry.deadline <= now {
                        state.entries[number]?.endReason = .tooSlow
                        late.append(entry.stream)
                    } else {
                        next = min(next, entry.deadline)
                    }
                }
            }
            for stream in late { stream.close() }
        }
    }

    /// Stops giving slots, and closes the connections that have one.
    package func close() {
        let streams = state.withLock { state in
            state.isClosed = true
            let numbers = state.entries.filter { $0.value.endReason == nil }.keys
            for number in numbers { state.entries[number]?.endReason = .closing }
            return numbers.compactMap { state.entries[$0]?.stream }
        }
        for stream in streams { stream.close() }
        closed.close()
    }

    fileprivate func advance(_ number: Int, to progress: Progress) {
        state.withLock { state in
            guard let entry = state.entries[number], entry.progress < progress else { return }
            state.nextOrder += 1
            state.entries[number]?.progress = progress
            state.entries[number]?.order = state.nextOrder
            state.entries[number]?.stepBegan = .now
        }
    }

    fileprivate func prove(_ number: Int) -> Bool {
        state.withLock { state in
            guard state.entries.values.lazy.filter(\.isProven).count < capacity else { return false }
            state.entries[number]?.isProven = true
            return true
        }
    }

    fileprivate func endReason(_ number: Int) -> EndReason? { state.withLock { $0.entries[number]?.endReason } }

    fileprivate func leave(_ number: Int) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[number], entry.endReason == nil else { return false }
            state.entries[number] = nil
            return true
        }
    }

    fileprivate func end(_ number: Int) { state.withLock { $0.entries[number] = nil } }
}

/// A connection's slot before its login; released with the last reference to it.
package final class LoginSlot: Sendable {
    private let number: Int
    private let slots: LoginSlots

    fileprivate init(_ number: Int, of slots: LoginSlots) {
        self.number = number
        self.slots = slots
    }

    deinit { slots.end(number) }

    /// Records a step of the login.
    package func advance(to progress: LoginSlots.Progress) { slots.advance(number, to: progress) }

    /// Records that the peer has authenticated by a certificate or a key: it is no longer evicted for another.
    ///
    /// - Returns: False when the limit of such connections is reached.
    package func prove() -> Bool { slots.prove(number) }

    /// Why the connection was closed; nil if it was not.
    package var endReason: LoginSlots.EndReason? { slots.endReason(number) }

    /// Ends the time before the login.
    ///
    /// - Returns: False when the connection was closed, or had left already.
    package func leave() -> Bool { slots.leave(number) }
}
