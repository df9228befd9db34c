import CLinux
import Glibc
import LinuxSystem

extension SocketStream {
    /// Sets further options on the open socket.
    ///
    /// - Parameter options: In the order in which they are set.
    /// - Throws: ``TransportError``.
    public func apply(_ options: [ExtraSocketOption]) throws(TransportError) {
        guard !options.isEmpty else { return }
        guard let number = descriptor.enter() else { throw .closed(peer: peerDescription) }
        defer { descriptor.leave() }
        do throws(SystemError) {
            for option in options { try option.apply(to: number) }
        } catch {
            throw .system(error, peer: peerDescription)
        }
    }

    /// Turns pacing off where the peer is on this machine.
    ///
    /// A congestion control that paces, such as BBR, spends timers on a road that has no congestion. It costs throughput
    /// only, so a kernel that refuses is no failure.
    public func expectNoCongestionOnThisMachine() {
        guard let host = peerAddress?.host, host == "::1" || host.hasPrefix("127.") || host.hasPrefix("::ffff:127.")
        else {
            return
        }
        let reno = ExtraSocketOption(level: Int32(IPPROTO_TCP), name: TCP_CONGESTION, value: Array("reno".utf8))
        try? apply([reno])
    }

    /// Closes so that the peer sees a failure (a TCP reset) and cannot take what it got for all there is.
    ///
    /// Bytes that are still on their way to the peer may be lost.
    public func reset() {
        if let number = descriptor.enter() {
            var immediately = linger(l_onoff: 1, l_linger: 0)
            _ = unsafe setsockopt(number, SOL_SOCKET, SO_LINGER, &immediately, socklen_t(MemoryLayout<linger>.size))
            descriptor.leave()
        }
        close()
    }
}
