import RsyncWire
import Transport

/// Writes to a stream, at most so fast.
final class StreamSink: WireSink {
    private let stream: any ByteStream
    private var limit: BandwidthLimit?

    /// Prepares to write.
    ///
    /// - Parameters:
    ///   - stream: Where bytes go.
    ///   - kibibytesPerSecond: 0 for no limit.
    init(stream: any ByteStream, kibibytesPerSecond: Int64 = 0) {
        self.stream = stream
        limit = kibibytesPerSecond > 0 ? BandwidthLimit(kibibytesPerSecond: kibibytesPerSecond) : nil
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        do throws(TransportError) {
            guard limit != nil else { return unsafe try stream.write(bytes) }
            var offset = 0
            while offset < bytes.count {
                let piece = min(bytes.count - offset, limit?.pieceLength ?? bytes.count)
                unsafe try stream.write(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + piece]))
                offset += piece
                limit?.wrote(piece)
            }
        } catch {
            throw .transport(error)
        }
    }
}
