import LinuxSystem
import ProcessSupport
import RsyncCommand
import RsyncOptions
import SecureTunnel
import Transport

/// Connects to a daemon: directly, through a proxy, or by a program (rsync(1), CONNECTING TO AN RSYNC DAEMON).
struct DaemonConnector {
    private static let daemonPort: UInt16 = 873
    /// The system's own limit for one address is about two minutes.
    private static let usualLimit = Duration.seconds(300)
    /// What a program's command line may have in the place of `%H`.
    private static let safeInHosts = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:".utf8
    )

    let settings: ConnectionSettings
    let environment: [String: String]
    let output: ConsoleOutput
    /// Gets a line about each step (`--debug=connect`).
    let mention: (String) -> Void

    private var limit: Duration { settings.timeout > 0 ? .seconds(settings.timeout) : Self.usualLimit }

    /// Connects.
    ///
    /// - Returns: A stream to the daemon.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 10, or 35 when the time of `--contimeout` is over.
    func connect(to host: RemoteHost) throws(CommandError) -> SocketStream {
        let target = HostPort(host: host.host, port: host.port ?? settings.port ?? Self.daemonPort)
        let step = "opening tcp connection to \(host.host) port \(target.port)"
        if let command = environment["RSYNC_CONNECT_PROG"] {
            mention("Using RSYNC_CONNECT_PROG instead of \(step)")
            return try run(command, for: host.host)
        }
        mention(step)
        guard let proxy = environment["RSYNC_PROXY"], !proxy.isEmpty else { return try call(target) }
        let (address, credentials) = try Self.parse(proxy: proxy)
        mention("connection via http proxy \(address.host) port \(address.port)")
        let stream = try call(address)
        do throws(SecureTunnelError) {
            try connectThroughProxy(stream, target: target, credentials: credentials, within: limit)
        } catch {
            throw .failed("rsync: \(Self.text(of: error))", exitCode: 10)
        }
        return stream
    }

    private func call(_ target: HostPort) throws(CommandError) -> SocketStream {
        var route = DialRoute()
        route.isIPv4 = settings.isIPv4
        route.localHost = settings.localHost
        if let options = settings.socketOptions {
            let list = ExtraSocketOption.list(String(decoding: options, as: UTF8.self))
            for name in list.unknown {
                output.error("rsync: warning: Unknown socket option \(PrintableText.ofPeer(name))")
            }
            route.extras = list.options
        }
        do throws(TransportError) {
            return try dial(target, within: limit, route: route)
        } catch {
            var code: Int32 = 10
            if case .timedOut = error, settings.timeout > 0 { code = 35 }
            throw .failed("rsync: failed to connect to \(target): \(error)", exitCode: code)
        }
    }

    // MARK: proxy

    /// Reads `HOST:PORT` or `USER:PASSWORD@HOST:PORT`; nothing in it is encoded.
    static func parse(proxy text: String) throws(CommandError) -> (HostPort, ProxyURL.Credentials?) {
        var rest = text[...]
        var credentials: ProxyURL.Credentials?
        if let mark = rest.lastIndex(of: "@") {
            let parts = rest[..<mark].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else {
                throw .failed("invalid proxy specification: should be USER:PASS@HOST:PORT", exitCode: 10)
            }
            credentials = ProxyURL.Credentials(user: String(parts[0]), password: String(parts[1]))
            rest = rest[rest.index(after: mark)...]
        }
        let invalid = CommandError.failed("invalid proxy specification: should be HOST:PORT", exitCode: 10)
        guard let (host, port) = try? HostPort.split(String(rest)), !host.isEmpty, let port,
            let number = HostPort.port(from: port), number != 0
        else { throw invalid }
        return (HostPort(host: host, port: number), credentials)
    }

    /// The words that scripts look for, and what was observed.
    private static func text(of error: SecureTunnelError) -> String {
        switch error {
        case .proxyReplyTooLong: "proxy response line too long: \(error)"
        case .transport, .proxySilent: "failed to read from proxy: \(error)"
        case .notAProxy(_, let bytes) where bytes.isEmpty: "failed to read from proxy: \(error)"
        default: "bad response from proxy -- \(error)"
        }
    }

    // MARK: program

    /// Runs a command whose standard input and output are the connection; a socket, since a daemon may be started so.
    private func run(_ command: String, for host: String) throws(CommandError) -> SocketStream {
        let text = try Self.expand(command, host: host)
        mention("Running socket program: \"\(text)\"")
        let shell = environment["RSYNC_SHELL"].flatMap { $0.isEmpty ? nil : $0 } ?? "sh"
        do throws(SystemError) {
            let pair = try SocketPair()
            _ = try ChildProgram(
                .name(Array(shell.utf8)),
                [Array(shell.utf8), Array("-c".utf8), Array(text.utf8)],
                environment: ProcessInputs.environmentLines,
                input: pair.first.rawValue,
                output: pair.first.rawValue,
                defaulted: .brokenPipe
            )
            return try SocketStream(pair.second.duplicate(), peerDescription: "the program of RSYNC_CONNECT_PROG")
        } catch {
            throw .failed("rsync: cannot run the program of RSYNC_CONNECT_PROG: \(error)", exitCode: 14)
        }
    }

    /// Puts the host in the place of `%H`; `%%` stands for `%`.
    static func expand(_ command: String, host: String) throws(CommandError) -> String {
        guard host.utf8.first != UInt8(ascii: "-"), host.utf8.allSatisfy(safeInHosts.contains) else {
            throw .failed("rsync: unsafe host characters for RSYNC_CONNECT_PROG", exitCode: 10)
        }
        var text = ""
        var rest = command[...]
        while let character = rest.popFirst() {
            switch (character, rest.first) {
            case ("%", "H"):
                rest.removeFirst()
                text += host
            case ("%", "%"):
                rest.removeFirst()
                text += "%"
            default: text.append(character)
            }
        }
        return text
    }
}
