public import Transport

/// Asks an HTTP proxy for a tunnel (CONNECT, RFC 9110, 9.3.6) on a connection to it.
///
/// Exactly the head of the reply is read: the next byte from the stream is the target's.
///
/// - Parameters:
///   - stream: A fresh connection to the proxy. Closed when the proxy refuses.
///   - target: Whom the proxy shall call; its name is resolved over there.
///   - credentials: Sent as basic authentication.
///   - limit: The time until the reply must be complete.
/// - Throws: ``SecureTunnelError``, one of the proxy cases or the transport's.
public func connectThroughProxy(
    _ stream: any ByteStream,
    target: HostPort,
    credentials: ProxyURL.Credentials?,
    within limit: Duration
) throws(SecureTunnelError) {
    let limits = (stream.readTimeout, stream.writeTimeout)
    defer { (stream.readTimeout, stream.writeTimeout) = limits }
    let deadline = ContinuousClock.now + limit
    do throws(SecureTunnelError) {
        let reply = try exchange(stream, connectRequest(to: target, credentials), until: deadline, limit)
        guard let status = reply.status, (200...299).contains(status) else {
            throw refusal(reply, by: stream, target: target, until: deadline)
        }
    } catch {
        stream.close()
        throw error
    }
}

/// Words the request.
private func connectRequest(to target: HostPort, _ credentials: ProxyURL.Credentials?) -> String {
    var request = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
    if let credentials {
        let plain = Array("\(credentials.user):\(credentials.password)".utf8)
        request += "Proxy-Authorization: Basic \(base64(plain))\r\n"
    }
    return request + "\r\n"
}

/// Sends the request and reads the head of the reply.
private func exchange(
    _ stream: any ByteStream,
    _ request: String,
    until deadline: ContinuousClock.Instant,
    _ limit: Duration
) throws(SecureTunnelError) -> ProxyReply {
    var reply = ProxyReply()
    do throws(TransportError) {
        stream.writeTimeout = limit
        try stream.write(Array(request.utf8))
        collecting: while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else {
                throw .timedOut(waitingFor: "the reply of proxy \(stream.peerDescription)", after: limit)
            }
            stream.readTimeout = left
            // One byte at a time: what follows the blank line belongs to the tunnel.
            guard let byte = try stream.read(upTo: 1).first else { break collecting }
            switch reply.append(byte) {
            case .incomplete: continue
            case .complete: return reply
            case .notHTTP: break collecting
            }
        }
    } catch {
        if case .timedOut = error {
            throw .transport(.timedOut(waitingFor: "the reply of proxy \(stream.peerDescription)", after: limit))
        }
        throw .transport(error)
    }
    throw .notAProxy(proxy: stream.peerDescription, firstBytes: Array(reply.bytes.prefix(128)))
}

/// Turns a reply other than success into an error.
private func refusal(
    _ reply: ProxyReply,
    by stream: any ByteStream,
    target: HostPort,
    until deadline: ContinuousClock.Instant
) -> SecureTunnelError {
    let proxy = stream.peerDescription
    let status = reply.status ?? 0
    switch status {
    // tinyproxy answers a wrong password with 401.
    case 401, 407: return .proxyAuthenticationRequired(proxy: proxy, realm: reply.realm)
    case 403:
        return .proxyForbidden(
            proxy: proxy,
            target: target.description,
            text: explanation(reply, from: stream, until: deadline)
        )
    case 502, 503, 504:
        return .proxyCannotReach(
            proxy: proxy,
            target: target.description,
            status: status,
            text: explanation(reply, from: stream, until: deadline)
        )
    default: return .proxyRefused(proxy: proxy, target: target.description, status: status, text: reply.reason)
    }
}

/// The proxy's reason and what can be read of its page: at most 8 KiB, tags taken out, 300 characters kept.
private func explanation(_ reply: ProxyReply, from stream: any ByteStream, until deadline: ContinuousClock.Instant)
    -> String
{
    let length = reply.header("content-length").flatMap { Int($0) } ?? .max
    var page: [UInt8] = []
    while page.count < min(length, 8192) {
        stream.readTimeout = min(.seconds(1), max(.zero, deadline - ContinuousClock.now))
        guard let more = try? stream.read(upTo: 8192), !more.isEmpty else { break }
        page += more
    }
    let text = visibleText(String(decoding: page, as: UTF8.self))
    return text.isEmpty ? reply.reason : "\(reply.reason): \(text.prefix(300))"
}

/// What a browser would show of a page, roughly: no tags, no style sheets, blanks run together.
func visibleText(_ page: String) -> String {
    var text = ""
    var hidden: Substring?
    for piece in page.split(separator: "<", omittingEmptySubsequences: false) {
        guard let close = piece.firstIndex(of: ">") else {
            // Only the text before the first tag has no end of a tag in it.
            if text.isEmpty { text += piece }
            continue
        }
        let tag = piece[..<close].lowercased()
        if let name = hidden, tag.hasPrefix("/" + name) { hidden = nil }
        // The text inside these two elements is not meant for people.
        if hidden == nil { hidden = ["style", "script"].first(where: tag.hasPrefix) }
        if hidden == nil { text += " " + piece[piece.index(after: close)...] }
    }
    return collapsed(text)
}

private func collapsed(_ text: String) -> String {
    text.split { $0.isWhitespace || $0.isNewline }.joined(separator: " ")
        .filter { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } }
}

/// The base64 of some bytes (RFC 4648, 4), with padding.
func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var result: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let word = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
        for index in 0..<4 {
            let isPadding = index > group.count
            result.append(isPadding ? UInt8(ascii: "=") : alphabet[Int(word >> UInt32(18 - 6 * index)) & 63])
        }
    }
    return String(decoding: result, as: UTF8.self)
}
