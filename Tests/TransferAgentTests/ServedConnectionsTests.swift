import LinuxSystem
import Testing
import Transport

@testable import TransferAgent

@Suite("Connections of a target")
struct ServedConnectionsTests {
    @Test("a session that runs during a drain is not interrupted; one that is told to end is")
    func drain() throws {
        let connections = ServedConnections()
        let (near, far) = try SocketStream.pair()
        defer { far.close() }
        let number = try #require(connections.add(near)).number
        #expect(connections.beginSession(number, limit: 1))
        connections.close()
        #expect(connections.counts.interrupted == 0)
        #expect(connections.requestStop() == 1)
        #expect(connections.counts.interrupted == 1)
        connections.remove(number)
        #expect(connections.waitForEnd(within: .seconds(60)))
    }
}
