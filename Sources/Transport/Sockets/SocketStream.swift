import CLinux
import Glibc
package import LinuxSystem
import Synchronization

/// A byte stream over one connected socket.
///
/// ## Concurrency model
/// The reading and the writing half share nothing but the descriptor and the stop signal, which are made for it; one
/// thread may use each half, and any thread may call ``close()``.
package final class SocketStream: DescriptorStream {
    let descriptor: SharedDescriptor
    private let stop: StopSignal
    /// Both directions.
    package let sides: StreamSides
    /// Who is at the other end.
    package let peerDescription: String
    /// The address of this end; nil for sockets without ports.
    package let localAddress: HostPort?
    /// The address of the other end; nil for sockets without ports.
    package let peerAddress: HostPort?

    /// Takes ownership of a connected socket.
    ///
    /// - Parameters:
    ///   - socket: A connected stream socket; blocking or not, nothing about that is changed.
    ///   - peerDescription: Who is at the other end; nil takes the peer's address.
    /// - Throws: `SystemError` when no eventfd(2) is left.
    package convenience init(_ socket: consuming Descriptor, peerDescription: String? = nil) throws(SystemError) {
        self.init(socket, peerDescription: peerDescription, stop: try StopSignal())
    }

    /// Takes ownership of a connected socket, with a switch that is made for it.
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

    /// Two connected streams in this process, for tests and local copies.
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

    /// Waits for the first byte, as long as ``readTimeout`` says, and takes none.
    ///
    /// - Throws: ``TransportError``.
    package func waitForBytes() throws(TransportError) {
        guard let number = descriptor.enter() else { throw .closed(peer: peerDescription) }
        defer { descriptor.leave() }
        try sides.input.waitForBytes(number)
    }

    /// Ends this direction; reading goes on.
    package func closeWrite() throws(TransportError) {
        guard !sides.output.isEnded.exchange(true, ordering: .relaxed) else { return }
        guard let number = descriptor.enter() else { throw .closed(peer: peerDescription) }
        defer { descriptor.leave() }
        do throws(SystemError) {
            try systemCall("shutdown") { shutdown(number, Int32(SHUT_WR)) }
        } catch {
            // A peer that is gone already shows itself to the next read.
            guard error.number != ENOTCONN else { return }
            throw .system(error, peer: peerDescription)
        }
    }

    /// Ends both directions and wakes whoever waits.
    package func close() {
        stop.raise()
        descriptor.close()
    }

    /// Whether the peer has ended its direction or the connection is broken or closed, as far as the kernel knows; what it
    /// sent before may still be there to read.
    package var hasHungUp: Bool {
        guard let number = descriptor.enter() else { return true }
        defer { descriptor.leave() }
        // A negative number is passed over.
        var question: [2 of pollfd] = [
            pollfd(fd: number, events: Int16(POLLRDHUP), revents: 0), pollfd(fd: -1, events: 0, revents: 0),
        ]
        return poll(&question, milliseconds: 0) > 0
    }

    /// Lets TCP ask whether a silent peer is still there (`SO_KEEPALIVE`), or rest.
    ///
    /// - Parameter isOn: Whether it asks, at the intervals that were set before.
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
