import SecureTunnel
import Transport

/// The rungs from a name to a tunnel.
struct RoadWalk {
    let route: TargetRoute
    let call: CancellableCall
    let notes: RungNotes

    /// Takes them.
    ///
    /// - Returns: The tunnel, on which nothing was said yet; it shows whether the target is of our kind.
    /// - Throws: ``AgentError`` of the first broken rung, which `notes` still stands on.
    func run() throws(AgentError) -> TLSStream {
        notes.begin(.name)
        let found = try addresses()
        let whose = route.proxy == nil ? "" : "proxy "
        notes.hold("\(whose)\(route.firstHop.host) is \(found.joined(separator: ", "))")
        notes.begin(.connection)
        let socket = try route.dialFirstHop(for: call)
        notes.hold("connected with \(whose)\(socket.peerAddress?.description ?? route.firstHop.description)")
        if let proxy = route.proxy {
            notes.begin(.proxy)
            try route.askProxy(on: socket)
            notes.hold("\(proxy) connected with \(route.target)")
        } else {
            notes.skip(.proxy, because: route.isProxyBypassed ? "the target is excepted from the proxy" : "none is set")
        }
        return try tunnel(over: socket)
    }

    private func addresses() throws(AgentError) -> [String] {
        do throws(TransportError) {
            return try Transport.addresses(of: route.firstHop, within: route.stepLimit).map(\.host)
        } catch {
            throw route.proxy == nil ? AgentError(dialling: error) : AgentError(diallingProxy: error)
        }
    }

    private func tunnel(over socket: SocketStream) throws(AgentError) -> TLSStream {
        notes.begin(.tls)
        let stream: TLSStream
        do throws(AgentError) {
            stream = try route.openTunnel(over: socket, for: call, offering: .control)
        } catch {
            if error.failure.isAboutCertificate {
                notes.hold("\(route.target) speaks TLS")
                notes.begin(.certificate)
            }
            throw error
        }
        notes.hold("\(stream.session.version), \(stream.session.cipher)")
        notes.begin(.certificate)
        if let identity = stream.session.preSharedKeyIdentity {
            notes.skip(.certificate, because: "none is needed: both sides know the key of identity \"\(identity)\"")
            return stream
        }
        let subject = stream.session.peerSubject ?? "nobody"
        guard route.isInsecure else {
            notes.hold("\(subject) is believed")
            return stream
        }
        let unchecked = AgentError(.unknownAuthority, "the certificate of \(subject) was not checked", exitCode: 10)
        let settled = AgentError.settled(route.diagnosis(for: call).run(), after: unchecked)
        guard settled == unchecked else { throw settled }
        call.adopt(stream)
        notes.skip(.certificate, because: "\(subject), not checked: --insecure")
        return stream
    }
}

extension FailureClass {
    /// Whether the other side speaks TLS, and what it showed is what is wrong.
    var isAboutCertificate: Bool {
        switch self {
        case .unknownAuthority, .certificateExpired, .certificateNotYetValid, .wrongName, .pinMismatch,
            .certificateRefused, .intercepted, .routedElsewhere:
            true
        default: false
        }
    }
}
