import CLinux
import Glibc
import LinuxSystem

/// A socket that accepts connections, of TCP or of this machine.
///
/// ## Concurrency model
/// Any number of threads may accept; ``close()`` may come from any thread and ends their waits.
package final class Listener: Sendable {
    private let socket: SharedDescriptor
    private let stop: StopSignal
    /// Nil for a local socket.
    private let options: SocketOptions?
    /// Where it listens, with the port that the kernel chose if 0 was requested.
    package let address: HostPort

    /// Listens on an address.
    ///
    /// - Parameters:
    ///   - wanted: Host and port; an empty host takes IPv6 and IPv4 connections on all interfaces, port 0 any free
    ///     port.
    ///   - backlog: Connections that may wait to be accepted.
    ///   - options: What to set on every accepted socket.
    ///   - isIPv4: Whether to listen with only IPv4 or only IPv6; nil for both.
    ///   - extras: What to set on the listening socket before it gets its address.
    /// - Throws: ``TransportError/cannotListen(address:cause:)`` or ``TransportError/unknownHost(host:reason:)``.
    package init(
        _ wanted: HostPort,
        backlog: Int32 = 128,
        options: SocketOptions = SocketOptions(),
        isIPv4: Bool? = nil,
        extras: [ExtraSocketOption] = []
    ) throws(TransportError) {
        // The wildcard of IPv6 serves IPv4 too; the resolver may list that of IPv4 first.
        let addresses = try SocketAddress.resolve(wanted, isPassive: true, isIPv4: isIPv4)
        let ordered = addresses.filter { $0.family == AF_INET6 } + addresses.filter { $0.family != AF_INET6 }
        var failure = SystemError(operation: "bind", number: EADDRNOTAVAIL)
        for candidate in wanted.host.isEmpty ? ordered : addresses {
            do throws(SystemError) {
                let socket = try Listener.bind(candidate, backlog: backlog, extras: extras)
                let number = socket.rawValue
                let bound = SocketAddress(localOf: number).hostPort
                stop = try StopSignal()
                address = HostPort(host: wanted.host, port: bound?.port ?? wanted.port)
                self.socket = SharedDescriptor(socket)
                self.options = options
                return
            } catch {
                failure = error
            }
        }
        throw .cannotListen(address: wanted.description, cause: failure)
    }

    /// Listens on a local socket.
    ///
    /// A socket in the file system stays when its listener ends; see ``LocalPath`` for which is replaced.
    ///
    /// - Parameter name: A path, or an abstract name after `@`; at most 107 bytes.
    /// - Throws: ``TransportError/badAddress(text:reason:)`` or ``TransportError/cannotListen(address:cause:)``.
    package init(local name: String) throws(TransportError) {
        guard let address = SocketAddress(localName: name) else {
            throw .badAddress(text: name, reason: "the name of a local socket must have 1 to 107 bytes")
        }
        do throws(SystemError) {
            let backlog: Int32 = 16
            let socket =
                name.hasPrefix("@")
                ? try Listener.bind(address, backlog: backlog, extras: [])
                : try LocalPath(name, address).bind { () throws(SystemError) in
                    try Listener.bind(address, backlog: backlog, extras: [])
                }
            stop = try StopSignal()
            self.socket = SharedDescriptor(socket)
        } catch {
            throw .cannotListen(address: name, cause: error)
        }
        self.address = HostPort(host: name, port: 0)
        options = nil
    }

    deinit { close() }

    private static func bind(
        _ address: SocketAddress,
        backlog: Int32,
        extras: [ExtraSocketOption]
    ) throws(SystemError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = Descriptor(owning: try systemCall("socket") { Glibc.socket(address.family, type, 0) })
        let number = socket.rawValue
        try SocketOptions.set(number, SOL_SOCKET, SO_REUSEADDR, 1)
        if address.family == AF_INET6 { try SocketOptions.set(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, 0) }
        for option in extras { try option.apply(to: number) }
        try systemCall("bind") { address.bind(number) }
        try systemCall("listen") { listen(number, backlog) }
        return socket
    }

    /// Waits for the next connection.
    ///
    /// A shortage of descriptors or memory does not end the wait: it is tried again until it passes.
    ///
    /// - Parameter limit: The longest wait; nil waits for ever.
    /// - Returns: The accepted connection.
    /// - Throws: ``TransportError/closed(peer:)`` after ``close()``, ``TransportError/timedOut(waitingFor:after:)``.
    package func accept(within limit: Duration? = nil) throws(TransportError) -> SocketStream {
        let name = "connections on \(address)"
        guard let number = socket.enter() else { throw .closed(peer: name) }
        defer { socket.leave() }
        let deadline = limit.map { monotonicNanoseconds() + $0.clampedNanoseconds }
        while true {
            var outcome = WaitOutcome.ready
            do throws(SystemError) {
                outcome = try waitUntilReady(number, POLLIN, stop: stop, deadline: deadline)
                if case .ready = outcome { return try take(from: number) }
            } catch {
                guard ![EBADF, EINVAL, ENOTSOCK].contains(error.number) else { throw .system(error, peer: name) }
                // A shortage, or a failure of one connection, which accept(2) passes on: the next one may be well.
                if ![EAGAIN, ECONNABORTED].contains(error.number) { pause() }
            }
            switch outcome {
            case .ready: continue
            case .stopped: throw .closed(peer: name)
            case .timedOut: throw .timedOut(waitingFor: name, after: limit ?? .zero)
            }
        }
    }

    private func take(from number: Int32) throws(SystemError) -> SocketStream {
        // First what a stream needs beside the socket: a shortage must leave the connection in the kernel's queue.
        let stop = try StopSignal()
        let connection = Descriptor(
            owning: try systemCall("accept4") { Transport.accept(number, Int32(SOCK_CLOEXEC.rawValue)) }
        )
        try options?.apply(to: connection)
        return SocketStream(connection, peerDescription: nil, stop: stop)
    }

    /// Lets a tenth of a second pass, less when the listener is closed.
    private func pause() {
        _ = try? waitUntilReady(-1, 0, stop: stop, deadline: monotonicNanoseconds() + 100_000_000)
    }

    /// Stops listening and wakes every waiting ``accept(within:)``.
    package func close() {
        stop.raise()
        // A child that has not executed its program yet holds the socket, too, and would leave a local name in use.
        if options == nil, let number = socket.enter() {
            _ = shutdown(number, Int32(SHUT_RDWR))
            socket.leave()
        }
        socket.close()
    }
}
