import LinuxSystem
package import Transport

/// Frames of a control conversation on a byte stream.
///
///     0             4      5
///     | length (BE) | kind | payload, `length` bytes, at most 64 KiB |
///
/// Kind 1 is a message: one JSON object. Kind 2 is data, whose meaning the request at work gives it. A peer's length is
/// checked before any of the payload is awaited, and memory is one buffer whatever comes.
///
/// One thread uses a channel.
package final class ControlChannel {
    /// The name under which TLS recognises our own (ALPN).
    package static let applicationProtocol = "dvm/1"
    /// The most that a frame carries.
    package static let largestPayload = 64 * 1024
    /// The most that a frame carries from somebody who has not proved anything yet.
    package static let largestFromStranger = 2048

    /// What came.
    package enum Frame {
        case message(JSONValue)
        /// This many bytes of data, which are dropped.
        case data(Int)
    }

    private static let headLength = 5
    private static let messageKind: UInt8 = 1
    private static let dataKind: UInt8 = 2

    private let stream: any ByteStream
    private var buffer = ByteMemory(count: 2 * largestFromStranger)
    private var start = 0
    private var end = 0
    /// What a frame of the peer may carry now.
    private var payloadLimit = largestFromStranger
    /// Whether bytes behind the awaited frame may be read along with it.
    var readsAhead = true
    /// Whether nothing was read that was not handed out.
    var isDrained: Bool { start == end }
    /// How long the peer has sent nothing.
    var idleTime: Duration { stream.activity.sinceLastRead }

    package init(_ stream: any ByteStream) {
        self.stream = stream
        stream.writeTimeout = .seconds(20)
    }

    /// Lets a peer that has proved the password send frames of full length.
    package func trustPeer() {
        payloadLimit = Self.largestPayload
        let larger = ByteMemory(count: 4 * (Self.largestPayload + Self.headLength))
        larger.store(buffer[start..<end].bytes, at: 0)
        (buffer, start, end) = (larger, 0, end - start)
    }

    /// Ends the conversation in good order, as far as the peer lets us.
    package func close() {
        // The peer is told that nothing more comes; if that fails there is nobody to tell.
        try? stream.closeWrite()
        stream.close()
    }

    /// Gives the connection up for something else.
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
        guard payload.count <= Self.largestPayload else { throw .broken("a message of \(payload.count) bytes") }
        try write(Self.head(Self.messageKind, payload.count) + payload)
    }

    /// A frame of zeros as `data`, ready to be sent any number of times.
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
    ///   - deadline: The end of the wait for all of it.
    ///   - awaited: What it is, for the error.
    /// - Returns: The message, an object.
    /// - Throws: ``ControlError``; data in its place breaks the protocol.
    package func message(by deadline: ContinuousClock.Instant, _ awaited: String) throws(ControlError) -> JSONValue {
        guard case .message(let message) = try frame(by: deadline, awaited) else {
            throw .broken("data came in place of \(awaited)")
        }
        return message
    }

    /// Waits for the next frame.
    ///
    /// - Parameters:
    ///   - deadline: The end of the wait for all of it.
    ///   - awaited: What it is, for the error.
    /// - Returns: What came.
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
        guard case .object = value else { throw .broken("a message that is no object") }
        return value
    }

    /// Makes sure that so many bytes lie in the buffer from `start` on.
    private func fill(_ count: Int, by deadline: ContinuousClock.Instant, _ awaited: String) throws(ControlError) {
        if start == end { (start, end) = (0, 0) }
        if start + count > buffer.count {
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

    /// Reads what has come, up to an offset in the buffer.
    private func read(_ awaited: String, upTo limit: Int) throws(ControlError) -> Int {
        do throws(TransportError) {
            return try stream.read(into: buffer[end..<limit])
        } catch {
            if case .timedOut = error { throw .silent(awaited: awaited) }
            throw .transport(error)
        }
    }
}
