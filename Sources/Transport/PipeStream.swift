import CLinux
import Glibc
package import LinuxSystem
import ProcessSupport
import Synchronization

/// A byte stream over two descriptors: standard input and output, or the pipes of a child.
///
/// Either may also be a socket, a terminal or a file. Pipes are put into non-blocking mode and back when the stream
/// closes, since the open file description may be shared with other processes.
///
/// ## Concurrency model
/// As for ``SocketStream``, except that the two halves do not share a descriptor.
package final class PipeStream: DescriptorStream {
    private let readEnd: SharedDescriptor
    private let writeEnd: SharedDescriptor
    private let writeKind: DescriptorKind
    private let stop: StopSignal
    /// Both directions.
    package let sides: StreamSides
    package let losesDataOnClose: Bool
    /// A description of the peer.
    package let peerDescription: String

    /// Takes ownership of two descriptors.
    ///
    /// If SIGPIPE still has its default, fatal action, the process ignores the signal from now on.
    ///
    /// - Parameters:
    ///   - reading: Open for reading.
    ///   - writing: Open for writing.
    ///   - peerDescription: A description of the peer, such as `the remote shell`.
    /// - Throws: `SystemError` of fstat(2), fcntl(2) or eventfd(2).
    package init(
        reading: consuming Descriptor,
        writing: consuming Descriptor,
        peerDescription: String
    ) throws(SystemError) {
        ignoreBrokenPipeSignals()
        let stop = try StopSignal()
        losesDataOnClose = isInternetSocket(reading.rawValue)
        let (readKind, readFlags) = try PipeStream.prepare(reading)
        let (writeKind, writeFlags) = try PipeStream.prepare(writing)
        let readEnd = SharedDescriptor(reading, restoring: readFlags)
        let writeEnd = SharedDescriptor(writing, restoring: writeFlags)
        self.stop = stop
        self.readEnd = readEnd
        self.writeEnd = writeEnd
        self.writeKind = writeKind
        self.peerDescription = peerDescription
        sides = StreamSides(
            InputSide(descriptor: readEnd, kind: readKind, stop: stop, peer: peerDescription),
            OutputSide(descriptor: writeEnd, kind: writeKind, stop: stop, peer: peerDescription)
        )
    }

    deinit { close() }

    /// A stream over duplicates of descriptors 0 and 1.
    ///
    /// ``closeWrite()`` and ``close()`` close the duplicates; while descriptor 1 itself stays open, a pipe does not
    /// end.
    ///
    /// - Parameter peerDescription: A description of the peer that started this process.
    /// - Returns: The stream.
    /// - Throws: `SystemError` of fcntl(2), fstat(2) or eventfd(2).
    package static func standardInputOutput(peerDescription: String) throws(SystemError) -> PipeStream {
        let reading = Descriptor(owning: try systemCall("fcntl") { fcntl(0, F_DUPFD_CLOEXEC, 3) })
        let writing = Descriptor(owning: try systemCall("fcntl") { fcntl(1, F_DUPFD_CLOEXEC, 3) })
        return try PipeStream(reading: reading, writing: writing, peerDescription: peerDescription)
    }

    /// Determines a descriptor's type and makes sure that it does not block.
    ///
    /// - Returns: Its type, and the flags to restore if they were changed.
    private static func prepare(_ descriptor: borrowing Descriptor) throws(SystemError) -> (DescriptorKind, Int32?) {
        let number = descriptor.rawValue
        switch try DescriptorStatus(of: number).type {
        case S_IFSOCK: return (.socket, nil)
        case S_IFIFO:
            let flags = try systemCall("fcntl") { fcntl(number, F_GETFL) }
            guard flags & O_NONBLOCK == 0 else { return (.pipe, nil) }
            try systemCall("fcntl") { fcntl(number, F_SETFL, flags | O_NONBLOCK) }
            return (.pipe, flags)
        default: return (.other, nil)
        }
    }

    /// Ends this direction; reading remains possible.
    package func closeWrite() throws(TransportError) {
        guard !sides.output.isEnded.exchange(true, ordering: .relaxed) else { return }
        if writeKind == .socket, let number = writeEnd.enter() {
            // The reading half may be a duplicate of the same socket: closing ours would not tell the peer.
            _ = shutdown(number, Int32(SHUT_WR))
            writeEnd.leave()
        }
        writeEnd.close()
    }

    /// Closes both directions and wakes waiting threads.
    package func close() {
        stop.raise()
        readEnd.close()
        writeEnd.close()
    }
}
