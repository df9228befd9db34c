import SecureTunnel
import TransferAgent
import Transport

/// The checks from name resolution to the TLS handshake.
struct TunnelChecks {
    let route: TargetRoute
    let call: CancellableCall
    let recorder: CheckRecorder

    /// Runs them.
    ///
    /// - Returns: The unused tunnel, which shows whether the target is a dvm-target.
    /// - Throws: ``AgentError`` of the check that failed, which is still the current one of `recorder`.
    func run() throws(AgentError) -> TLSStream {
        recorder.begin(.name)
        let found = try addresses()
        let whose = route.proxy == nil ? "" : "proxy "
        recorder.pass("\(whose)\(route.firstHop.host) is \(found.joined(separator: ", "))")
        recorder.begin(.connection)
        let socket = try route.dialFirstHop(for: call)
        recorder.pass("connected to \(whose)\(socket.peerAddress?.description ?? route.firstHop.description)")
        if let proxy = route.proxy {
            recorder.begin(.proxy)
            try route.askProxy(on: socket)
            recorder.pass("\(proxy) connected to \(route.target)")
        } else {
            recorder.skip(
                .proxy,
                because: route.isProxyBypassed ? "the target bypasses the proxy" : "no proxy is set"
            )
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
        recorder.begin(.tls)
        let stream: TLSStream
        do throws(AgentError) {
            stream = try route.openTunnel(over: socket, for: call, offering: .control)
        } catch {
            if error.failure.isAboutCertificate {
                recorder.pass("\(route.target) supports TLS")
                recorder.begin(.certificate)
            }
            throw error
        }
        recorder.pass("\(stream.session.version), \(stream.session.cipher)")
        recorder.begin(.certificate)
        if let identity = stream.session.preSharedKeyIdentity {
            recorder.skip(.certificate, because: "not needed: both sides have the key of identity \"\(identity)\"")
            return stream
        }
        let subject = stream.session.peerSubject ?? "nobody"
        guard route.isInsecure else {
            recorder.pass("\(subject) is trusted")
            return stream
        }
        let unchecked = AgentError(.unknownAuthority, "the certificate of \(subject) was not checked", exitCode: 10)
        let settled = AgentError.settled(route.diagnosis(for: call).run(), after: unchecked)
        guard settled == unchecked else { throw settled }
        call.adopt(stream)
        recorder.skip(.certificate, because: "\(subject), not checked: --insecure")
        return stream
    }
}

extension FailureClass {
    /// Whether the other side supports TLS, so that the failure is about its certificate.
    var isAboutCertificate: Bool {
        switch self {
        case .unknownAuthority, .certificateExpired, .certificateNotYetValid, .wrongName, .pinMismatch,
            .certificateRefused, .intercepted, .routedElsewhere:
            true
        default: false
        }
    }
}
