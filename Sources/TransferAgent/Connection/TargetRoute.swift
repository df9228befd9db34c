import AgentControl
import LinuxSystem
package import SecureTunnel
package import Transport

/// How a target is reached: directly or through a proxy, and always through TLS.
package struct TargetRoute: Sendable {
    /// The time limit of each step of a diagnosis.
    private static let lookLimit = Duration.seconds(5)

    /// The purpose of a tunnel.
    package enum Purpose {
        /// A session of rsync's protocol, whatever the target is.
        case session
        /// A control conversation, if the target has one.
        case control
    }

    /// The time for each of: connecting, the proxy's answer, the TLS handshake.
    package let stepLimit: Duration
    /// The longest wait for an answer in a control conversation.
    package let silenceLimit: Duration
    package let target: HostPort
    package let isInsecure: Bool
    /// What the user should know of the settings: an exposed key, a password for all to see.
    package var warnings: [String] {
        let warnings = context.warnings + (proxyFileWarning.map { [$0] } ?? [])
        guard isProxyPasswordExposed else { return warnings }
        let exposure = "--proxy contains a password, which everyone on this host can see: use --proxy-password-file"
        return warnings + [exposure]
    }
    private let isProxyPasswordExposed: Bool
    /// What is wrong with the permissions of the file with the proxy's password.
    private let proxyFileWarning: String?
    /// The proxy; nil when none is set, or the target bypasses it.
    package let proxy: ProxyURL?
    /// Whether a proxy is set that the target bypasses.
    package let isProxyBypassed: Bool
    /// The host to connect to: the proxy or the target.
    package let firstHop: HostPort
    package let serverName: String
    private let context: TLSContext
    /// As `context`, for calls to a dvm peer.
    private let controlContext: TLSContext
    private let socketOptions: SocketOptions

    package init(_ settings: TransferSettings) throws(AgentError) {
        do throws(TransportError) {
            target = try HostPort(parsing: settings.target)
        } catch {
            throw AgentError(error)
        }
        serverName = settings.serverName ?? target.host
        silenceLimit = try SilenceLimit(settings.silenceLimit).duration
        stepLimit = min(settings.stepLimit, silenceLimit)
        isInsecure = settings.trust == .insecure
        socketOptions = try KeepAlive(settings.keepAlive).socketOptions
        var configuration = try settings.clientConfiguration()
        guard settings.proxyPasswordFile == nil || settings.proxy != nil else {
            throw AgentError(.badSetting, "--proxy-password-file requires --proxy", exitCode: 1)
        }
        let password: SecretBytes?
        (password, proxyFileWarning) = try settings.proxyPassword()
        do throws(SecureTunnelError) {
            var proxy = try settings.proxy.map { (text) throws(SecureTunnelError) in try ProxyURL(parsing: text) }
            isProxyPasswordExposed =
                settings.isProxyOnCommandLine && proxy?.credentials.map { $0.password.count > 0 } ?? false
            if let password { proxy = try proxy?.with(password: password) }
            let isExcepted = try BypassList(parsing: settings.noProxy).contains(target)
            isProxyBypassed = proxy != nil && isExcepted
            self.proxy = isExcepted ? nil : proxy
            firstHop = try self.proxy?.address() ?? target
            context = try TLSContext(client: configuration)
            configuration.applicationProtocols = [ControlChannel.applicationProtocol]
            controlContext = try TLSContext(client: configuration)
        } catch {
            throw AgentError(error)
        }
    }

    /// Connects; blocks the calling thread.
    ///
    /// - Parameter call: Ends the attempt when it is cancelled, and the stream after it.
    /// - Returns: A stream that only the target can read.
    /// - Throws: ``AgentError``.
    package func connect(for call: CancellableCall) throws(AgentError) -> TLSStream {
        let socket = try dialFirstHop(for: call)
        try askProxy(on: socket)
        return try openTunnel(over: socket, for: call, offering: .session)
    }

    /// Connects and determines whether the target is a dvm agent; blocks the calling thread.
    ///
    /// A stock target may accept only one connection, so that one is kept for the session.
    ///
    /// - Parameters:
    ///   - call: Ends the attempt when it is cancelled, and what came of it.
    ///   - user: The user name.
    ///   - password: Asked for only when the target is a dvm agent.
    ///   - isQuiet: Whether TCP keep-alives are off, too.
    /// - Returns: The control conversation of a dvm-target, or the open stream of a stock one.
    /// - Throws: ``AgentError``.
    package func answer(
        for call: CancellableCall,
        user: String,
        password: () throws(AgentError) -> SecretBytes,
        isQuiet: Bool = false
    ) throws(AgentError) -> TargetAnswer {
        let socket = try dialFirstHop(for: call, isQuiet: isQuiet)
        try askProxy(on: socket)
        let stream = try openTunnel(over: socket, for: call, offering: .control)
        guard ControlClient.isOffered(by: stream) else { return .stock(stream) }
        let identity: ControlLogin.Identity
        do throws(AgentError) {
            identity = ControlLogin.Identity(user: user, password: try password())
        } catch {
            stream.close()
            throw error
        }
        do throws(ControlError) {
            return .ours(try ControlClient(over: stream, as: identity, silenceLimit: silenceLimit))
        } catch {
            throw AgentError(error)
        }
    }

    /// Connects with the proxy, or with the target where there is none.
    ///
    /// - Parameters:
    ///   - call: Ends the attempt when it is cancelled, and the connection after it.
    ///   - isQuiet: Whether TCP keep-alives are off.
    /// - Returns: The connection.
    /// - Throws: ``AgentError``.
    package func dialFirstHop(for call: CancellableCall, isQuiet: Bool = false) throws(AgentError) -> SocketStream {
        do throws(TransportError) {
            var options = socketOptions
            if isQuiet { options.keepAliveIdle = nil }
            let socket = try dial(firstHop, within: stepLimit, options: options, stop: call.stop)
            call.adopt(socket)
            return socket
        } catch {
            throw proxy == nil ? AgentError(dialling: error) : AgentError(diallingProxy: error)
        }
    }

    /// Makes the proxy connect to the target; does nothing without a proxy.
    package func askProxy(on socket: SocketStream) throws(AgentError) {
        guard let proxy else { return }
        do throws(SecureTunnelError) {
            try connectThroughProxy(socket, target: target, credentials: proxy.credentials, within: stepLimit)
        } catch {
            throw AgentError(error)
        }
    }

    /// Makes the tunnel; runs a diagnosis when the target's certificate is not trusted.
    ///
    /// - Parameters:
    ///   - socket: Connected with the target.
    ///   - call: Ends further connections on cancellation.
    ///   - purpose: What the target is told of it; ``Purpose/control`` leaves the choice to the target.
    /// - Returns: The tunnel; over another connection when the far side closes connections that offer a protocol it does
    ///   not know.
    /// - Throws: ``AgentError``.
    package func openTunnel(
        over socket: SocketStream,
        for call: CancellableCall,
        offering purpose: Purpose
    ) throws(AgentError) -> TLSStream {
        let context = purpose == .control ? controlContext : context
        do throws(SecureTunnelError) {
            return try TLSStream.connect(over: socket, context: context, serverName: serverName, within: stepLimit)
        } catch {
            socket.close()
            let failure = AgentError(error)
            switch error {
            // RFC 7301, 3.2: what a web server before a stock target does.
            case .alert(_, "no application protocol") where purpose == .control: return try connect(for: call)
            case .unknownAuthority, .wrongName, .pinMismatch: throw .settled(diagnosis(for: call).run(), after: failure)
            default: throw failure
            }
        }
    }

    /// The diagnosis of an untrusted certificate.
    package func diagnosis(for call: CancellableCall) -> TrustDiagnosis {
        TrustDiagnosis(serverName: serverName, hasProxy: proxy != nil) { (name, isDirect) in
            look(calling: name, isDirect: isDirect, for: call)
        }
    }

    /// Examines what answers to a name.
    private func look(calling name: String, isDirect: Bool, for call: CancellableCall) -> ShownService? {
        let limit = Self.lookLimit
        let hop = isDirect ? target : firstHop
        guard let socket = try? dial(hop, within: limit, options: socketOptions, stop: call.stop) else { return nil }
        defer { socket.close() }
        call.adopt(socket)
        if !isDirect, let proxy {
            let isOpen: Void? = try? connectThroughProxy(
                socket,
                target: target,
                credentials: proxy.credentials,
                within: limit
            )
            guard isOpen != nil else { return nil }
        }
        return try? ShownService.look(over: socket, calling: name, within: limit, listening: .seconds(2))
    }
}

extension TransferSettings {
    /// The proxy's password from where it is kept, if it is kept outside of the URL.
    fileprivate func proxyPassword() throws(AgentError) -> (bytes: SecretBytes?, warning: String?) {
        guard let file = proxyPasswordFile else { return (environmentProxyPassword, nil) }
        let (bytes, warning) = try SecretFile.password(in: file, isStrict: strictSecrets)
        return (bytes, warning)
    }
}
