import LinuxSystem
package import Transport

/// Asks an HTTP proxy for a tunnel (CONNECT, RFC 9110, 9.3.6) on a connection to it.
///
/// Exactly the head of the reply is read: the next byte from the stream is the target's.
///
/// - Parameters:
///   - stream: A fresh connection to the proxy. Closed when the proxy refuses.
///   - target: The host that the proxy should connect to; the proxy resolves its name.
///   - credentials: Sent as basic authentication.
///   - limit: The time until the reply must be complete.
/// - Throws: ``SecureTunnelError``, one of the proxy cases or the transport's.
package func connectThroughProxy(
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
            throw refusal(reply, by: stream, target: target, user: credentials?.user, until: deadline)
        }
    } catch {
        stream.close()
        throw error
    }
}

/// Builds the request, which is wiped with the value.
private func connectRequest(to target: HostPort, _ credentials: ProxyURL.Credentials?) -> SecretBytes {
    let start = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
    guard let credentials else { return SecretBytes(start + "\r\n") }
    let plain = SecretBytes(joining: [SecretBytes(credentials.user + ":"), credentials.password])
    let parts = [SecretBytes(start + "Proxy-Authorization: Basic "), base64(plain), SecretBytes("\r\n\r\n")]
    return SecretBytes(joining: parts)
}

/// Sends the request and reads the head of the reply.
private func exchange(
    _ stream: any ByteStream,
    _ request: SecretBytes,
    until deadline: ContinuousClock.Instant,
    _ limit: Duration
) throws(SecureTunnelError) -> ProxyReply {
    var reply = ProxyReply()
    do throws(TransportError) {
        stream.writeTimeout = limit
        try request.withBytes { (bytes) throws(TransportError) in try stream.write(bytes.rawBytes) }
        collecting: while true {
            stream.readTimeout = max(.zero, deadline - ContinuousClock.now)
            // One byte at a time: what follows the blank line belongs to the tunnel.
            guard ContinuousClock.now < deadline else { throw .timedOut(waitingFor: "the reply", after: limit) }
            guard let byte = try stream.read(upTo: 1).first else { break collecting }
            switch reply.append(byte) {
            case .incomplete: continue
            case .complete: return reply
            case .notHTTP: break collecting
            }
        }
    } catch {
        if case .timedOut = error { throw .proxySilent(proxy: stream.peerDescription, after: limit) }
        throw .transport(error)
    }
    if reply.isTooLong { throw .proxyReplyTooLong(proxy: stream.peerDescription, limit: ProxyReply.limit) }
    throw .notAProxy(proxy: stream.peerDescription, firstBytes: firstWords(of: stream, after: reply.bytes))
}

/// The first bytes of a peer that is not a proxy, as far as they are available.
private func firstWords(of stream: any ByteStream, after bytes: [UInt8]) -> [UInt8] {
    let limit = 128
    guard bytes.count < limit else { return Array(bytes.prefix(limit)) }
    stream.readTimeout = .milliseconds(200)
    let more = (try? stream.read(upTo: limit - bytes.count)) ?? []
    return bytes + more
}

/// Turns a reply other than success into an error.
private func refusal(
    _ reply: ProxyReply,
    by stream: any ByteStream,
    target: HostPort,
    user: String?,
    until deadline: ContinuousClock.Instant
) -> SecureTunnelError {
    let proxy = stream.peerDescription
    let status = reply.status ?? 0
    let place = target.description
    // tinyproxy answers a wrong password with 401.
    if status == 401 || status == 407 {
        let schemes = reply.schemes
        if !schemes.isEmpty, !schemes.contains(where: { $0.lowercased() == "basic" }) {
            return .proxySchemeUnknown(proxy: proxy, schemes: schemes)
        }
        guard let user else { return .proxyAuthenticationRequired(proxy: proxy, realm: reply.realm) }
        return .proxyLoginRefused(proxy: proxy, user: user, realm: reply.realm)
    }
    let text = explanation(reply, from: stream, until: deadline)
    switch status {
    case 403: return .proxyForbidden(proxy: proxy, target: place, text: text)
    case 502, 503, 504: return .proxyCannotReach(proxy: proxy, target: place, status: status, text: text)
    default: return .proxyRefused(proxy: proxy, target: place, status: status, text: text)
    }
}

/// The proxy's reason and the start of its page, within three seconds.
private func explanation(_ reply: ProxyReply, from stream: any ByteStream, until deadline: ContinuousClock.Instant)
    -> String
{
    let length = reply.headers("content-length").first.flatMap { Int($0) } ?? .max
    let isChunked = reply.headers("transfer-encoding").contains { $0.lowercased().hasSuffix("chunked") }
    let end = min(deadline, .now + .seconds(3))
    var page: [UInt8] = []
    while page.count < min(length, ProxyPage.limit), ContinuousClock.now < end {
        stream.readTimeout = min(.seconds(1), end - .now)
        guard let more = try? stream.read(upTo: ProxyPage.limit), !more.isEmpty else { break }
        page += more
    }
    let text = ProxyPage.text(of: page, isChunked: isChunked)
    return [reply.reason, text].filter { !$0.isEmpty }.joined(separator: ": ")
}

/// The base64 of a secret (RFC 4648, 4), with padding.
func base64(_ secret: SecretBytes) -> SecretBytes {
    secret.withBytes { bytes in
        SecretBytes(count: Base64.length(of: bytes.count, isPadded: true)) { text in
            Base64.encode(bytes, isPadded: true) { text[$0] = $1 }
        }
    }
}
