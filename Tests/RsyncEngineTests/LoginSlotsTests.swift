import LinuxSystem
import TestSupport
import Testing
import Transport

@testable import RsyncEngine

/// A server's end of connections, and the clients' ends that keep them open.
private final class Connections {
    let slots: LoginSlots
    private(set) var held: [(slot: LoginSlot, near: SocketStream)] = []
    private var far: [SocketStream] = []

    init(_ slots: LoginSlots) { self.slots = slots }

    /// A new connection that has come to a step.
    @discardableResult
    func open(_ progress: LoginSlots.Progress = .accepted) throws -> LoginSlot? {
        let (near, far) = try SocketStream.pair()
        guard let slot = slots.enter(near) else { return nil }
        slot.advance(to: progress)
        held.append((slot, near))
        self.far.append(far)
        return slot
    }

    /// The numbers of those that were put out, in the order they came in.
    var evicted: [Int] { held.indices.filter { held[$0].slot.endReason == .evicted } }

    func send(_ text: String, from index: Int) throws {
        try far[index].write(Array(text.utf8))
        _ = try held[index].near.read(upTo: 10)
    }
}

@Suite("LoginSlots", .timeLimit(.minutes(10)))
struct LoginSlotsTests {
    private func connections(_ capacity: Int, stay: Duration = .zero) -> Connections {
        Connections(LoginSlots(capacity: capacity, limit: .seconds(60), leastStay: stay))
    }

    @Test("the connection with the least progress is evicted, among equals the oldest")
    func leastProgress() throws {
        let all = connections(5)
        for progress in [LoginSlots.Progress.secured, .accepted, .accepted, .challenged, .greeted] {
            try all.open(progress)
        }
        #expect(all.evicted.isEmpty)
        try all.open()
        #expect(all.evicted == [1])
        try all.open()
        #expect(all.evicted == [1, 2])
        #expect(throws: TransportError.self) { try all.held[1].near.read(upTo: 1) }
    }

    @Test("bytes are progress")
    func firstBytes() throws {
        let all = connections(5)
        for _ in 0..<5 { try all.open() }
        try all.send("x", from: 0)
        try all.open()
        #expect(all.evicted == [1])
    }

    @Test("connections that hold all slots at a late step are evicted for new ones")
    func lateStep() throws {
        let all = connections(10)
        for _ in 0..<10 { try all.open(.challenged) }
        let honest = try #require(try all.open())
        #expect(all.evicted == [0])
        try all.open(.challenged)
        #expect(honest.endReason == nil)
        #expect(all.evicted == [0, 1])
    }

    @Test("an authenticated peer is never evicted, and takes no slot from others")
    func proven() throws {
        let all = connections(5)
        let proven = try #require(try all.open(.secured))
        #expect(proven.prove())
        for _ in 0..<20 { try all.open(.greeted) }
        #expect(proven.endReason == nil)
        #expect(all.evicted.count == 15)
    }

    @Test("the number of authenticated peers that have not logged in is limited")
    func manyProven() throws {
        let all = connections(5)
        for _ in 0..<5 { #expect(try #require(try all.open()).prove()) }
        #expect(try !(#require(try all.open()).prove()))
    }

    @Test("a connection that has logged in, or is closed, frees its slot")
    func leaving() throws {
        let all = connections(5)
        for _ in 0..<20 {
            let slot = try #require(try all.open(.challenged))
            #expect(slot.leave())
            #expect(!slot.leave())
        }
        #expect(all.evicted.isEmpty)
        for _ in 0..<20 {
            let (near, _) = try SocketStream.pair()
            _ = all.slots.enter(near)
        }
        for _ in 0..<5 { try all.open() }
        #expect(all.evicted.isEmpty)
    }

    @Test("a new connection waits until the evicted one has had its minimum time")
    func leastStay() throws {
        let all = connections(5, stay: .milliseconds(200))
        let start = ContinuousClock.now
        for _ in 0..<6 { try all.open() }
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        #expect(all.evicted == [0])
    }

    @Test("the time before the login is limited whatever is received, for authenticated peers too")
    func deadline() throws {
        let all = Connections(LoginSlots(limit: .milliseconds(300)))
        let slots = all.slots
        let watch = try Background { slots.watch() }
        let start = ContinuousClock.now
        let slot = try #require(try all.open())
        #expect(slot.prove())
        let session = try #require(try all.open())
        #expect(session.leave())
        while slot.endReason == nil, ContinuousClock.now - start < .seconds(10) {
            try all.send("x", from: 1)
            slot.advance(to: .greeted)
        }
        #expect(slot.endReason == .tooSlow)
        #expect(!slot.leave())
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        #expect(throws: TransportError.self) { try all.held[0].near.read(upTo: 1) }
        try all.send("x", from: 1)
        all.slots.close()
        _ = try watch.value()
    }
}
