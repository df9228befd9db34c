import SecureTunnel
import Transport

extension RelayService {
    /// Connects to the addresses of `connect` in turn, through the proxy if there is one, until one succeeds.
    ///
    /// - Parameters:
    ///   - log: Gets a line for each failed address while others are left.
    ///   - stop: Ends the attempt when thrown.
    /// - Returns: The plain connection.
    /// - Throws: ``SecureTunnelError`` of the last address.
    func dialRemote(_ log: RelayLogger, stop: StopSignal) throws(SecureTunnelError) -> SocketStream {
        var failure = SecureTunnelError.badSetting(reason: "no address to connect to")
        for (index, address) in settings.connect.enumerated() {
            do throws(SecureTunnelError) {
                let stream = try dialOne(address, stop: stop)
                log(.info, "connected to \(address)")
                return stream
            } catch {
                failure = error
                guard !stop.isRaised, index + 1 < settings.connect.count else { break }
                log(.warning, "\(error); trying the next address")
            }
        }
        throw failure
    }

    private func dialOne(_ address: RelayAddress, stop: StopSignal) throws(SecureTunnelError) -> SocketStream {
        let stream: SocketStream
        do throws(TransportError) {
            switch address {
            case .network(let target):
                stream = try dial(target, within: .seconds(max(1, settings.connectSeconds)), stop: stop)
            case .path(let path):
                stream = try dialUnix(path: path, within: .seconds(max(1, settings.connectSeconds)))
            }
            try stream.apply(settings.socketOptions.filter { $0.place == .remote }.map(\.option))
        } catch {
            throw .transport(error)
        }
        guard let target = settings.proxyTarget else { return stream }
        try connectThroughProxy(
            stream,
            target: target,
            credentials: settings.proxyCredentials,
            within: .seconds(max(1, settings.busySeconds))
        )
        return stream
    }
}

extension StunnelService {
    /// The host that the proxy should connect to; nil without a proxy.
    fileprivate var proxyTarget: HostPort? {
        guard negotiation != nil, case .network(let target)? = RelayAddress(parsing: proxy.target, withoutHost: "")
        else {
            return nil
        }
        return target
    }

    /// The proxy credentials; as in stunnel, only sent when there are both a user and a password.
    fileprivate var proxyCredentials: ProxyURL.Credentials? {
        guard let user = proxy.user, let password = proxy.password else { return nil }
        return ProxyURL.Credentials(user: user, password: password)
    }
}
