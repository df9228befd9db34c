import CLinux
import Glibc
package import LinuxSystem
import Synchronization

/// A byte stream over one connected socket.
///
/// ## Concurrency model
/// The reading and the writing half share only the descriptor and the stop signal, which are thread-safe; one thread
/// may use each half, and any thread may call ``close()``.
package final class SocketStream: DescriptorStream {
    let descriptor: SharedDescriptor
    private let stop: StopSignal
    /// Both directions.
    package let sides: StreamSides
    /// A description of the peer.
    package let peerDescription: String
    /// The local address; nil for sockets without ports.
    package let localAddress: HostPort?
    /// The peer's address; nil for sockets without ports.
    package let peerAddress: HostPort?

    /// Takes ownership of a connected socket.
    ///
    /// - Parameters:
    ///   - socket: A connected stream socket; its blocking mode is not changed.
    ///   - peerDescription: A description of the peer; nil for the peer's address.
    /// - Throws: `SystemError` when no eventfd(2) is left.
    package convenience init(_ socket: consuming Descriptor, peerDescription: String? = nil) throws(SystemError) {
        self.init(socket, peerDescription: peerDescription, stop: try StopSignal())
    }

    /// Takes ownership of a connected socket and of a stop signal created for it.
    init(_ socket: consuming Descriptor, peerDescription: String?, stop: StopSignal) {
        let number = socket.rawValue
        localAddress = SocketAddress(localOf: number).hostPort
        peerAddress = SocketAddress(peerOf: number).hostPort
        let peer = peerDescription ?? peerAddress?.description ?? "a local socket"
        let descriptor = SharedDescriptor(socket)
        self.stop = stop
        self.descriptor = descriptor
        self.peerDescription = peer
        sides = StreamSides(
            InputSide(descriptor: descriptor, kind: .socket, stop: stop, peer: peer),
            OutputSide(descriptor: descriptor, kind: .socket, stop: stop, peer: peer)
        )
    }

    deinit { close() }

    /// Creates two connected streams in this process, for tests and local copies.
    ///
    /// - Returns: Both ends.
    /// - Throws: `SystemError` of socketpair(2).
    package static func pair() throws(SystemError) -> (SocketStream, SocketStream) {
        let sockets = try SocketPair()
        return (
            try SocketStream(sockets.first.duplicate(), peerDescription: "the other end of the pair"),
            try SocketStream(sockets.second.duplicate(), peerDescription: "the other end of the pair")
        )
    }

    /// Waits for the first byte, for at most ``readTimeout``, and consumes none.
    ///
    /// - Throws: ``TransportError``.
    package func waitForBytes() throws(TransportError) {
        guard let number = descriptor.enter() else { throw .closed(peer: peerDescription) }
        defer { descriptor.leave() }
        try sides.input.waitForBytes(number)
    }

    /// Ends this direction; reading remains possible.
    package func closeWrite() throws(TransportError) {
        guard !sides.output.isEnded.exchange(true, ordering: .relaxed) else { return }
        guard let number = descriptor.enter() else { throw .closed(peer: peerDescription) }
        defer { descriptor.leave() }
        do throws(SystemError) {
            try systemCall("shutdown") { shutdown(number, Int32(SHUT_WR)) }
        } catch {
            // A peer that is already gone is noticed by the next read.
            guard error.number != ENOTCONN else { return }
            throw .system(error, peer: peerDescription)
        }
    }

    /// Closes both directions and wakes waiting threads.
    package func close() {
        stop.raise()
        descriptor.close()
    }

    /// Whether the peer has ended its direction, or the connection is broken or closed, as far as the kernel knows;
    /// data that it sent before may still be unread.
    package var hasHungUp: Bool {
        guard let number = descriptor.enter() else { return true }
        defer { descriptor.leave() }
        // poll(2) ignores a negative descriptor.
        var question: [2 of pollfd] = [
            pollfd(fd: number, events: Int16(POLLRDHUP), revents: 0), pollfd(fd: -1, events: 0, revents: 0),
        ]
        return poll(&question, milliseconds: 0) > 0
    }

    /// The user of the process that connected a local socket; nil when the kernel does not tell.
    package var peerUser: UInt32? {
        guard let number = descriptor.enter() else { return nil }
        defer { descriptor.leave() }
        return Transport.peerUser(number)
    }

    /// Turns TCP keep-alives on or off (`SO_KEEPALIVE`).
    ///
    /// - Parameter isOn: Whether to send them, at the intervals that were set before.
    /// - Throws: ``TransportError``.
    package func setKeepAlive(_ isOn: Bool) throws(TransportError) {
        guard let number = descriptor.enter() else { throw .closed(peer: peerDescription) }
        defer { descriptor.leave() }
        do throws(SystemError) {
            try SocketOptions.set(number, SOL_SOCKET, SO_KEEPALIVE, isOn ? 1 : 0)
        } catch {
            throw .system(error, peer: peerDescription)
        }
    }
}
