import CLinux
import Glibc
import LinuxSystem

extension SocketStream {
    /// Sets further options on the open socket.
    ///
    /// - Parameter options: In the order in which they are set.
    /// - Throws: ``TransportError``.
    package func apply(_ options: [ExtraSocketOption]) throws(TransportError) {
        guard !options.isEmpty else { return }
        guard let number = descriptor.enter() else { throw .closed(peer: peerDescription) }
        defer { descriptor.leave() }
        do throws(SystemError) {
            for option in options { try option.apply(to: number) }
        } catch {
            throw .system(error, peer: peerDescription)
        }
    }

    /// Spares an accepted connection the congestion control that paces, where the peer is on this machine.
    ///
    /// A connection that ``dial(_:within:options:stop:)`` made needs no such call. Timers of pacing that has begun stay, at a
    /// higher rate.
    package func expectNoCongestionOnThisMachine() {
        guard let peerAddress, peerAddress.isOnThisMachine, let number = descriptor.enter() else { return }
        defer { descriptor.leave() }
        avoidPacing(number)
    }

    /// Closes so that the peer sees a failure (a TCP reset) and cannot take what it got for all there is.
    ///
    /// Bytes that are still on their way to the peer may be lost.
    package func reset() {
        if let number = descriptor.enter() {
            dropOnClose(number)
            descriptor.leave()
        }
        close()
    }
}

extension HostPort {
    /// Whether the host is a loopback address in digits.
    var isOnThisMachine: Bool { host == "::1" || host.hasPrefix("127.") || host.hasPrefix("::ffff:127.") }
}

/// Chooses a congestion control without pacing for a path that has no congestion.
///
/// BBR spends a timer, and on a virtual machine an exit to the host, on each burst; once a socket that has it is connected, the
/// timers stay whatever is chosen later. It costs throughput only, so a kernel that refuses is no failure.
///
/// - Parameter socket: A TCP socket, best before it is connected.
func avoidPacing(_ socket: Int32) {
    try? ExtraSocketOption(level: Int32(IPPROTO_TCP), name: TCP_CONGESTION, value: Array("reno".utf8)).apply(to: socket)
}
