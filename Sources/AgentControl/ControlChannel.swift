import LinuxSystem
package import Transport

/// Frames of a control conversation on a byte stream.
///
///     0             4      5
///     | length (BE) | kind | payload, `length` bytes, at most 64 KiB |
///
/// Kind 1 is a message: one JSON object. Kind 2 is data, whose meaning depends on the request in progress. A peer's
/// length is checked before the payload is awaited, and memory use is one buffer regardless of what the peer sends. On the
/// local socket the answers of an agent may be longer (``LocalServer/largestAnswer``).
///
/// A channel is used by one thread.
package final class ControlChannel {
    /// The ALPN name by which dvm agents recognise each other.
    package static let applicationProtocol = "dvm/1"
    /// The largest payload of a frame.
    package static let largestPayload = 64 * 1024
    /// The largest payload of a frame before the login.
    package static let largestBeforeLogin = 2048

    /// What was received.
    package enum Frame {
        case message(JSONValue)
        /// A number of data bytes, which are discarded.
        case data(Int)
    }

    private static let headLength = 5
    private static let messageKind: UInt8 = 1
    private static let dataKind: UInt8 = 2

    private let stream: any ByteStream
    private var buffer = ByteMemory(count: 2 * largestBeforeLogin)
    private var start = 0
    private var end = 0
    /// The current limit for a frame's payload.
    private var payloadLimit = largestBeforeLogin
    /// The largest payload of a message that is sent.
    private let sendLimit: Int
    /// Whether bytes after the awaited frame may be read along with it.
    var readsAhead = true
    /// Whether everything that was read has been consumed.
    var isDrained: Bool { start == end }
    /// How long the peer has sent nothing.
    var idleTime: Duration { stream.activity.sinceLastRead }

    package init(_ stream: any ByteStream, sendLimit: Int = largestPayload) {
        self.stream = stream
        self.sendLimit = sendLimit
        stream.writeTimeout = .seconds(20)
    }

    /// Raises the frame limit for a peer that has logged in.
    ///
    /// - Parameter limit: The largest payload that is accepted from now on.
    package func trustPeer(upTo limit: Int = largestPayload) {
        payloadLimit = limit
        enlarge(to: 4 * (Self.largestPayload + Self.headLength))
    }

    private func enlarge(to count: Int) {
        let larger = ByteMemory(count: count)
        larger.store(buffer[start..<end].bytes, at: 0)
        (buffer, start, end) = (larger, 0, end - start)
    }

    /// Ends the conversation in an orderly way, as far as the peer allows.
    package func close() {
        // Tells the peer that nothing more follows; a failure does not matter, since the conversation is over.
        try? stream.closeWrite()
        stream.close()
    }

    /// Hands the connection over for another use.
    ///
    /// - Returns: The connection, without time limits.
    func handOver() -> any ByteStream {
        stream.readTimeout = nil
        stream.writeTimeout = nil
        return stream
    }

    // MARK: sending

    package func send(_ members: [(String, JSONValue)]) throws(ControlError) {
        let payload = Array(JSONValue.object(members).encoded.utf8)
        guard payload.count <= sendLimit else { throw .broken("a message of \(payload.count) bytes") }
        try write(Self.head(Self.messageKind, payload.count) + payload)
    }

    /// A `data` frame of zeros, ready to be sent any number of times.
    package static func emptyData(count: Int) -> [UInt8] { head(dataKind, count) + [UInt8](repeating: 0, count: count) }

    package func write(_ bytes: [UInt8]) throws(ControlError) {
        do throws(TransportError) {
            try stream.write(bytes)
        } catch {
            throw .transport(error)
        }
    }

    private static func head(_ kind: UInt8, _ count: Int) -> [UInt8] {
        [UInt8(count >> 24 & 0xFF), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), kind]
    }

    // MARK: receiving

    /// Waits for the next message.
    ///
    /// - Parameters:
    ///   - deadline: When the whole message must have arrived.
    ///   - awaited: What it is, for the error.
    /// - Returns: The message, an object.
    /// - Throws: ``ControlError``; data instead of a message is a protocol error.
    package func message(by deadline: ContinuousClock.Instant, _ awaited: String) throws(ControlError) -> JSONValue {
        guard case .message(let message) = try frame(by: deadline, awaited) else {
            throw .broken("data instead of \(awaited)")
        }
        return message
    }

    /// Waits for the first byte of a frame.
    ///
    /// - Parameters:
    ///   - deadline: When to stop waiting.
    ///   - awaited: What it is, for the error.
    /// - Returns: Whether it is there.
    /// - Throws: ``ControlError``, also when the peer has ended the conversation.
    func waitForFrame(by deadline: ContinuousClock.Instant, _ awaited: String) throws(ControlError) -> Bool {
        do throws(ControlError) {
            try fill(1, by: deadline, awaited)
            return true
        } catch {
            guard case .silent = error else { throw error }
            return false
        }
    }

    /// Waits for the next frame.
    ///
    /// - Parameters:
    ///   - deadline: When the whole frame must have arrived.
    ///   - awaited: What it is, for the error.
    /// - Returns: What was received.
    /// - Throws: ``ControlError``.
    package func frame(by deadline: ContinuousClock.Instant, _ awaited: String) throws(ControlError) -> Frame {
        try fill(Self.headLength, by: deadline, awaited)
        let head = Array(copying: buffer[start..<start + Self.headLength].span)
        let length = head[..<4].reduce(0) { $0 << 8 | Int($1) }
        let kind = head[4]
        guard length <= payloadLimit else { throw .broken("a frame of \(length) bytes") }
        try fill(Self.headLength + length, by: deadline, awaited)
        let first = start + Self.headLength
        start = first + length
        switch kind {
        case Self.dataKind: return .data(length)
        case Self.messageKind: return .message(try Self.object(Array(copying: buffer[first..<start].span)))
        default: throw .broken("a frame of kind \(kind)")
        }
    }

    private static func object(_ payload: [UInt8]) throws(ControlError) -> JSONValue {
        let value: JSONValue
        do throws(JSONFlaw) { value = try JSONValue(parsing: payload) } catch { throw .broken("\(error)") }
        guard case .object = value else { throw .broken("a message that is not an object") }
        return value
    }

    /// Ensures that this many bytes are in the buffer from `start` on.
    private func fill(_ count: Int, by deadline: ContinuousClock.Instant, _ awaited: String) throws(ControlError) {
        if start == end { (start, end) = (0, 0) }
        if count > buffer.count {
            enlarge(to: count)
        } else if start + count > buffer.count {
            moveToFront()
        }
        while end - start < count {
            let left = deadline - .now
            guard left > .zero else { throw .silent(awaited: awaited) }
            stream.readTimeout = left
            let got = try read(awaited, upTo: readsAhead ? buffer.count : start + count)
            guard got > 0 else { throw end == start ? .ended(awaited: awaited) : .silent(awaited: awaited) }
            end += got
        }
    }

    private func moveToFront() {
        buffer.moveToFront(start..<end)
        (start, end) = (0, end - start)
    }

    /// Reads what has arrived, up to an offset in the buffer.
    private func read(_ awaited: String, upTo limit: Int) throws(ControlError) -> Int {
        do throws(TransportError) {
            return try stream.read(into: buffer[end..<limit])
        } catch {
            if case .timedOut = error { throw .silent(awaited: awaited) }
            throw .transport(error)
        }
    }
}
