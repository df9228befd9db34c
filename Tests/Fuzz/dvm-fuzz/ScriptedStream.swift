import LinuxSystem
import Transport

/// A peer that has said everything already and takes whatever it is told.
///
/// ## Concurrency model
/// One thread uses it.
final class ScriptedStream: ByteStream, @unchecked Sendable {
    private let script: [UInt8]
    /// How much of the script was read.
    private(set) var offset = 0
    private(set) var isClosed = false

    init(_ script: [UInt8]) { self.script = script }

    func read(into slice: MemorySlice) throws(TransportError) -> Int {
        guard !isClosed else { throw .closed(peer: peerDescription) }
        let count = min(slice.count, script.count - offset)
        let bytes = Array(script[offset..<offset + count])
        slice.prefix(count).copy(bytes.span)
        offset += count
        return count
    }

    func readNow(into slice: MemorySlice) throws(TransportError) -> Int? { try read(into: slice) }

    func write(_ bytes: RawSpan) throws(TransportError) {
        guard !isClosed else { throw .closed(peer: peerDescription) }
    }

    func closeWrite() throws(TransportError) {}
    func close() { isClosed = true }

    var peerDescription: String { "script" }
    var readTimeout: Duration?
    var writeTimeout: Duration?
    var activity: StreamActivity {
        StreamActivity(bytesRead: UInt64(offset), bytesWritten: 0, sinceLastRead: .zero, sinceLastWrite: .zero)
    }
}
