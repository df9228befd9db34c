import LinuxSystem
import TestSupport
import Testing
import Transport

@testable import RsyncEngine

/// A server's end of connections, and the clients' ends that keep them open.
private final class Connections {
    let places: LoginPlaces
    private(set) var held: [(place: LoginPlace, near: SocketStream)] = []
    private var far: [SocketStream] = []

    init(_ places: LoginPlaces) { self.places = places }

    /// A new connection that has come to a step.
    @discardableResult
    func open(_ progress: LoginPlaces.Progress = .accepted) throws -> LoginPlace? {
        let (near, far) = try SocketStream.pair()
        guard let place = places.enter(near) else { return nil }
        place.advance(to: progress)
        held.append((place, near))
        self.far.append(far)
        return place
    }

    /// The numbers of those that were put out, in the order they came in.
    var displaced: [Int] { held.indices.filter { held[$0].place.eviction == .displaced } }

    func send(_ text: String, from index: Int) throws {
        try far[index].write(Array(text.utf8))
        _ = try held[index].near.read(upTo: 10)
    }
}

@Suite("LoginPlaces", .timeLimit(.minutes(10)))
struct LoginPlacesTests {
    private func connections(_ capacity: Int, stay: Duration = .zero) -> Connections {
        Connections(LoginPlaces(capacity: capacity, limit: .seconds(60), leastStay: stay))
    }

    @Test("the connection with the least progress is evicted, among equals the oldest")
    func leastProgress() throws {
        let all = connections(5)
        for progress in [LoginPlaces.Progress.secured, .accepted, .accepted, .challenged, .greeted] {
            try all.open(progress)
        }
        #expect(all.displaced.isEmpty)
        try all.open()
        #expect(all.displaced == [1])
        try all.open()
        #expect(all.displaced == [1, 2])
        #expect(throws: TransportError.self) { try all.held[1].near.read(upTo: 1) }
    }

    @Test("bytes are progress")
    func firstBytes() throws {
        let all = connections(5)
        for _ in 0..<5 { try all.open() }
        try all.send("x", from: 0)
        try all.open()
        #expect(all.displaced == [1])
    }

    @Test("connections that hold all slots at a late step are evicted for new ones")
    func lateStep() throws {
        let all = connections(10)
        for _ in 0..<10 { try all.open(.challenged) }
        let honest = try #require(try all.open())
        #expect(all.displaced == [0])
        try all.open(.challenged)
        #expect(honest.eviction == nil)
        #expect(all.displaced == [0, 1])
    }

    @Test("an authenticated peer is never evicted, and takes no slot from others")
    func proven() throws {
        let all = connections(5)
        let proven = try #require(try all.open(.secured))
        #expect(proven.prove())
        for _ in 0..<20 { try all.open(.greeted) }
        #expect(proven.eviction == nil)
        #expect(all.displaced.count == 15)
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
            let place = try #require(try all.open(.challenged))
            #expect(place.leave())
            #expect(!place.leave())
        }
        #expect(all.displaced.isEmpty)
        for _ in 0..<20 {
            let (near, _) = try SocketStream.pair()
            _ = all.places.enter(near)
        }
        for _ in 0..<5 { try all.open() }
        #expect(all.displaced.isEmpty)
    }

    @Test("a new connection waits until the evicted one has had its minimum time")
    func leastStay() throws {
        let all = connections(5, stay: .milliseconds(200))
        let start = ContinuousClock.now
        for _ in 0..<6 { try all.open() }
        #expect(ContinuousClock.now - start >= .milliseconds(200))
        #expect(all.displaced == [0])
    }

    @Test("the time before the login is limited whatever is received, for authenticated peers too")
    func deadline() throws {
        let all = Connections(LoginPlaces(limit: .milliseconds(300)))
        let places = all.places
        let watch = try Background { places.watch() }
        let start = ContinuousClock.now
        let place = try #require(try all.open())
        #expect(place.prove())
        let session = try #require(try all.open())
        #expect(session.leave())
        while place.eviction == nil, ContinuousClock.now - start < .seconds(10) {
            try all.send("x", from: 1)
            place.advance(to: .greeted)
        }
        #expect(place.eviction == .tooSlow)
        #expect(!place.leave())
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        #expect(throws: TransportError.self) { try all.held[0].near.read(upTo: 1) }
        try all.send("x", from: 1)
        all.places.close()
        _ = try watch.value()
    }
}
