import LinuxSystem
import Synchronization
package import Transport

/// The places of a server for connections that have not logged in yet: so many at a time, each for a limited time.
///
/// A connection has ``limit`` from ``enter(_:)`` until ``LoginPlace/leave()``, whatever bytes it sends meanwhile. When all places are
/// taken, a new connection puts out the one with the least progress. A step of the login that a fifth of all places or
/// fewer have reached is passed over, so that nobody who holds many connections at a late step keeps all others at the
/// first one. Within a step the connection goes that came to it first, and none before it had ``leastStay`` at its step:
/// until then the new one waits in the kernel's queue. Addresses have no part in it: behind a proxy all peers share one.
///
/// ## Concurrency model
/// `state` is touched by accepting threads, by the connections' threads, and by the thread that runs ``watch()``.
package final class LoginPlaces: Sendable {
    /// How far a connection has come.
    package enum Progress: Int, CaseIterable, Comparable, Sendable {
        /// The connection exists and has sent nothing.
        case accepted
        /// Bytes have come.
        case started
        /// The TLS handshake is done.
        case secured
        /// The client has greeted.
        case greeted
        /// The client has named a module and has a challenge to answer.
        case challenged

        /// The order of the steps.
        package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// Why a connection was closed before it had logged in.
    package enum PutOut: Equatable, Sendable {
        /// It had not logged in when its time was up.
        case tooSlow
        /// Another connection needed its place.
        case displaced
        /// The server is ending.
        case closing
    }

    struct Entry {
        let stream: any ByteStream
        let deadline: ContinuousClock.Instant
        var progress = Progress.accepted
        /// Counts up over all entries, anew with every step.
        var order: UInt64
        var stepBegan: ContinuousClock.Instant
        /// Whether it has proved itself by a certificate or a key, so that only its deadline ends it.
        var isProven = false
        var putOut: PutOut?
    }

    private struct State {
        var entries: [Int: Entry] = [:]
        var nextNumber = 0
        var nextOrder: UInt64 = 0
        var isClosed = false
    }

    /// The time from the connection to the login.
    package let limit: Duration
    private let capacity: Int
    private let leastStay: Duration
    private let state = Mutex(State())
    private let closed = BoundedQueue<Never>(capacity: 1, name: "end of the places before login")

    /// Makes the places.
    ///
    /// - Parameters:
    ///   - capacity: Connections before login at a time, and as many again that have proved themselves; at least 5.
    ///   - limit: The time from the connection to the login.
    ///   - leastStay: The time at one step before which no connection is put out for another.
    package init(capacity: Int = 384, limit: Duration, leastStay: Duration = .milliseconds(250)) {
        precondition(capacity >= Progress.allCases.count)
        self.capacity = capacity
        self.limit = limit
        self.leastStay = leastStay
    }

    /// Gives a new connection a place; puts another one out where there is none, and may wait for that.
    ///
    /// - Parameter stream: Closed when its time is up or its place is needed.
    /// - Returns: The place; nil when the places are closed.
    package func enter(_ stream: any ByteStream) -> LoginPlace? {
        while true {
            let now = ContinuousClock.now
            var displaced: (any ByteStream)?
            var wait = Duration.zero
            let number: Int? = state.withLock { state in
                guard !state.isClosed else { return nil }
                if let victim = Self.victim(among: &state.entries, capacity: capacity) {
                    let age = state.entries[victim].map { now - $0.stepBegan } ?? leastStay
                    guard age >= leastStay else {
                        wait = leastStay - age
                        return nil
                    }
                    displaced = state.entries[victim]?.stream
                    state.entries[victim]?.putOut = .displaced
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
            displaced?.close()
            if let number { return LoginPlace(number, of: self) }
            guard wait > .zero, case .timedOut = closed.pop(within: wait) else { return nil }
        }
    }

    /// Finds who gives way to a new connection.
    ///
    /// - Parameters:
    ///   - entries: All connections; the steps of those that have sent their first bytes are brought up to date.
    ///   - capacity: How many may be there.
    /// - Returns: Its number; nil while there is a place left.
    static func victim(among entries: inout [Int: Entry], capacity: Int) -> Int? {
        let candidates = entries.filter { $0.value.putOut == nil && !$0.value.isProven }
        guard candidates.count >= capacity else { return nil }
        var steps = [Int](repeating: 0, count: Progress.allCases.count)
        for (number, entry) in candidates {
            if entry.progress == .accepted, entry.stream.activity.bytesRead > 0 { entries[number]?.progress = .started }
            steps[(entries[number]?.progress ?? entry.progress).rawValue] += 1
        }
        // With the new connection there are more than fit, so that one step at least holds more than its share.
        steps[Progress.accepted.rawValue] += 1
        let crowded = steps.firstIndex { $0 > capacity / steps.count }
        let ofStep = candidates.keys.filter { entries[$0]?.progress.rawValue == crowded }
        return ofStep.min { (entries[$0]?.order ?? 0) < (entries[$1]?.order ?? 0) }
    }

    /// Closes connections whose time is up, until ``close()``; blocks the calling thread.
    package func watch() {
        var next = ContinuousClock.now + limit
        // Who enters while this sleeps has a later deadline than the sleep's end.
        while case .timedOut = closed.pop(within: max(.zero, next - .now)) {
            let now = ContinuousClock.now
            var late: [any ByteStream] = []
            next = now + limit
            state.withLock { state in
                for (number, entry) in state.entries where entry.putOut == nil {
                    if entry.deadline <= now {
                        state.entries[number]?.putOut = .tooSlow
                        late.append(entry.stream)
                    } else {
                        next = min(next, entry.deadline)
                    }
                }
            }
            for stream in late { stream.close() }
        }
    }

    /// Gives no more places, and closes the connections that have one.
    package func close() {
        let streams = state.withLock { state in
            state.isClosed = true
            let numbers = state.entries.filter { $0.value.putOut == nil }.keys
            for number in numbers { state.entries[number]?.putOut = .closing }
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

    fileprivate func putOut(_ number: Int) -> PutOut? { state.withLock { $0.entries[number]?.putOut } }

    fileprivate func leave(_ number: Int) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[number], entry.putOut == nil else { return false }
            state.entries[number] = nil
            return true
        }
    }

    fileprivate func end(_ number: Int) { state.withLock { $0.entries[number] = nil } }
}

/// One connection's place before its login; given back with the last reference to it.
package final class LoginPlace: Sendable {
    private let number: Int
    private let places: LoginPlaces

    fileprivate init(_ number: Int, of places: LoginPlaces) {
        self.number = number
        self.places = places
    }

    deinit { places.end(number) }

    /// Notes a step of the login.
    package func advance(to progress: LoginPlaces.Progress) { places.advance(number, to: progress) }

    /// Notes that the peer has proved itself by a certificate or a key: nobody takes its place any more.
    ///
    /// - Returns: False when there are as many such connections as may be.
    package func prove() -> Bool { places.prove(number) }

    /// Why the connection was closed; nil while it was not.
    package var putOut: LoginPlaces.PutOut? { places.putOut(number) }

    /// Ends the time before the login.
    ///
    /// - Returns: False when the connection was closed, or had left already.
    package func leave() -> Bool { places.leave(number) }
}
