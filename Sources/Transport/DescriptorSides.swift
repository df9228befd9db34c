import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// How the kernel must be asked to move bytes through a descriptor.
enum DescriptorKind: Sendable {
    /// send(2) and recv(2), which never block and never raise SIGPIPE.
    case socket
    /// read(2) and write(2) on a pipe in non-blocking mode.
    case pipe
    /// read(2) and write(2) on a terminal or a file, only after poll(2) said that it will not block.
    case other
}

/// A limit of a wait that one thread sets and another obeys.
struct AtomicLimit: ~Copyable, Sendable {
    private let nanoseconds = Atomic<Int64>(-1)

    var duration: Duration? {
        get {
            let value = nanoseconds.load(ordering: .relaxed)
            return value < 0 ? nil : .nanoseconds(value)
        }
        nonmutating set { nanoseconds.store(newValue.map { max(0, $0.clampedNanoseconds) } ?? -1, ordering: .relaxed) }
    }
}

/// The bytes that went one way and the moment of the last one.
struct FlowCounter: ~Copyable, Sendable {
    private let bytes = Atomic<UInt64>(0)
    private let moment = Atomic<Int64>(monotonicNanoseconds())

    var total: UInt64 { bytes.load(ordering: .relaxed) }
    var sinceLast: Duration { .nanoseconds(max(0, monotonicNanoseconds() - moment.load(ordering: .relaxed))) }

    func note(_ count: Int) {
        bytes.add(UInt64(count), ordering: .relaxed)
        moment.store(monotonicNanoseconds(), ordering: .relaxed)
    }
}

/// The reading half of a stream over a descriptor.
struct InputSide: ~Copyable, Sendable {
    let descriptor: SharedDescriptor
    let kind: DescriptorKind
    let stop: StopSignal
    let peer: String
    let limit = AtomicLimit()
    let flow = FlowCounter()

    func read(into slice: MemorySlice) throws(TransportError) -> Int {
        precondition(!slice.isEmpty, "a read needs a buffer")
        guard let number = descriptor.enter() else { throw .closed(peer: peer) }
        defer { descriptor.leave() }
        if kind == .other { try waitForBytes(number) }
        while true {
            if let count = try take(number, into: slice) { return count }
            try waitForBytes(number)
        }
    }

    /// As ``ByteStream/readNow(into:)``; of a terminal or a file nothing is ever known to be there.
    func readNow(into slice: MemorySlice) throws(TransportError) -> Int? {
        precondition(!slice.isEmpty, "a read needs a buffer")
        guard kind != .other else { return nil }
        guard let number = descriptor.enter() else { throw .closed(peer: peer) }
        defer { descriptor.leave() }
        return try take(number, into: slice)
    }

    /// Asks the kernel once; nil when it has nothing yet.
    private func take(_ number: Int32, into slice: MemorySlice) throws(TransportError) -> Int? {
        while true {
            guard !stop.isRaised else { throw .closed(peer: peer) }
            let count = kind == .socket ? receive(number, into: slice) : readBytes(number, into: slice)
            if count > 0 { flow.note(count) }
            if count >= 0 { return count }
            let error = errno
            switch error {
            case EINTR: continue
            case EAGAIN: return nil
            case ECONNRESET: throw .reset(peer: peer, operation: "reading")
            default: throw .system(SystemError(operation: "read", number: error), peer: peer)
            }
        }
    }

    func waitForBytes(_ number: Int32) throws(TransportError) {
        try wait(number, POLLIN, limit: limit.duration, stop: stop, peer: peer) { "bytes from \(peer)" }
    }
}

/// The writing half of a stream over a descriptor.
struct OutputSide: ~Copyable, Sendable {
    let descriptor: SharedDescriptor
    let kind: DescriptorKind
    let stop: StopSignal
    let peer: String
    let limit = AtomicLimit()
    let flow = FlowCounter()
    let isEnded = Atomic<Bool>(false)

    func write(_ bytes: RawSpan) throws(TransportError) {
        precondition(!isEnded.load(ordering: .relaxed), "a write after closeWrite")
        guard let number = descriptor.enter() else { throw .closed(peer: peer) }
        defer { descriptor.leave() }
        var rest = bytes
        while !rest.isEmpty {
            guard !stop.isRaised else { throw .closed(peer: peer) }
            if kind == .other { try waitUntilWritable(number) }
            let count = kind == .socket ? send(number, rest) : writeBytes(number, rest)
            guard count < 0 else {
                flow.note(count)
                rest = rest.extracting(droppingFirst: count)
                continue
            }
            let error = errno
            switch error {
            case EINTR: continue
            case EAGAIN: try waitUntilWritable(number)
            case ECONNRESET, EPIPE: throw .reset(peer: peer, operation: "writing")
            default: throw .system(SystemError(operation: "write", number: error), peer: peer)
            }
        }
    }

    private func waitUntilWritable(_ number: Int32) throws(TransportError) {
        try wait(number, POLLOUT, limit: limit.duration, stop: stop, peer: peer) { "\(peer) to accept bytes" }
    }
}

/// Waits for a descriptor and turns everything but readiness into an error.
private func wait(
    _ number: Int32,
    _ events: Int32,
    limit: Duration?,
    stop: StopSignal,
    peer: String,
    name: () -> String
) throws(TransportError) {
    let deadline = limit.map { monotonicNanoseconds() + $0.clampedNanoseconds }
    let outcome: WaitOutcome
    do throws(SystemError) {
        outcome = try waitUntilReady(number, events, stop: stop, deadline: deadline)
    } catch {
        throw .system(error, peer: peer)
    }
    switch outcome {
    case .ready: return
    case .stopped: throw .closed(peer: peer)
    case .timedOut: throw .timedOut(waitingFor: name(), after: limit ?? .zero)
    }
}
