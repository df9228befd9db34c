import CLinux
import Glibc
import LinuxSystem

extension SocketStream {
    /// Sets further options on the open socket.
    ///
    /// - Parameter options: The options, in the order in which they are set.
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

    /// Switches an accepted connection to a congestion control without pacing, if the peer is on this machine.
    ///
    /// A connection made by ``dial(_:within:options:stop:)`` needs no such call. The timers of pacing that has started
    /// remain, at a higher rate.
    package func expectNoCongestionOnThisMachine() {
        guard let peerAddress, peerAddress.isOnThisMachine, let number = descriptor.enter() else { return }
        defer { descriptor.leave() }
        avoidPacing(number)
    }

    /// Closes so that the peer sees a failure (a TCP reset) and cannot take what it received for complete.
    ///
    /// Bytes in transit to the peer may be lost.
    package func reset() {
        if let number = descriptor.enter() {
            dropOnClose(number)
            descriptor.leave()
        }
        close()
    }
}

extension HostPort {
    /// Whether the host is a numeric loopback address.
    var isOnThisMachine: Bool { host == "::1" || host.hasPrefix("127.") || host.hasPrefix("::ffff:127.") }
}

/// Chooses a congestion control without pacing for a path that has no congestion.
///
/// BBR costs a timer, and on a virtual machine an exit to the host, for each burst; once a socket that uses it is
/// connected, the timers remain whatever is chosen later. It costs only throughput, so a kernel that refuses is not a
/// failure.
///
/// - Parameter socket: A TCP socket, best before it is connected.
func avoidPacing(_ socket: Int32) {
    try? ExtraSocketOption(level: Int32(IPPROTO_TCP), name: TCP_CONGESTION, value: Array("reno".utf8)).apply(to: socket)
}
