import LinuxSystem
import RsyncWire
import Transport

/// A stream with its decoder and encoder.
final class SessionChannel {
    /// How long this side keeps reading from a peer after it has failed itself (protocol specification, session 9.3).
    private static let patience = Duration.seconds(10)
    /// The same for a peer that has not logged in, or that reads from a pipe.
    private static let shortPatience = Duration.seconds(2)

    let stream: any ByteStream
    let source: PumpedSource
    let input: WireInput
    let output: WireOutput
    /// Limits the end of a session that fails.
    let lastWords: LastWords
    private let sink: StreamSink
    private var isReadAhead = false

    /// Starts reading.
    ///
    /// - Parameters:
    ///   - stream: The connection to the peer.
    ///   - bandwidthLimit: The limit for writing in KiB/s; 0 for no limit.
    ///   - pace: Changes the limit; nil when nobody does.
    /// - Throws: ``EngineError`` when no thread could be started.
    convenience init(stream: any ByteStream, bandwidthLimit: Int64, pace: SessionPace? = nil) throws(EngineError) {
        self.init(stranger: stream, bandwidthLimit: bandwidthLimit, pace: pace)
        try readAhead()
    }

    /// Prepares to read from a peer that has not logged in, on the calling thread and with little memory.
    init(stranger stream: any ByteStream, bandwidthLimit: Int64 = 0, pace: SessionPace? = nil) {
        self.stream = stream
        source = PumpedSource(stream: stream)
        input = WireInput(source: source)
        sink = StreamSink(stream: stream, kibibytesPerSecond: bandwidthLimit, pace: pace)
        output = WireOutput(sink: sink)
        lastWords = LastWords(stream: stream, limit: Self.patience)
    }

    /// Starts reading ahead, once.
    ///
    /// - Throws: ``EngineError`` when no thread could be started.
    func readAhead() throws(EngineError) {
        isReadAhead = true
        do throws(SystemError) {
            try source.readAhead()
        } catch {
            throw .usage("no thread could be started: \(error)", exitCode: 14)
        }
    }

    /// Waits until all that was flushed has been passed to the kernel; called by the owner of the output when it has
    /// written everything.
    ///
    /// - Throws: The failure to write, if there was one.
    func settle() throws(WireError) { try sink.settle() }

    /// Ends the rate limit: what is left when a session fails is written at once.
    var haste: any Interruptible { sink.haste }

    /// The waits for the peer, of the reading and the writing side.
    var waits: [PeerWait] { [source.wait, sink.wait] }

    /// Sets the timeout of reads and writes.
    ///
    /// - Parameter seconds: 0 for no limit, as while a ``SilenceWatch`` is active.
    func setTimeout(seconds: Int) {
        stream.readTimeout = seconds > 0 ? .seconds(seconds) : nil
        stream.writeTimeout = seconds > 0 ? .seconds(seconds) : nil
    }

    /// Begins the session: from now on the decoding thread reads for a role, which must stay alive until the session
    /// has ended.
    func read(for role: some ReadingRole) {
        input.messages = role
        source.role = role
    }

    /// Closes the connection: cleanly, or after reading what the peer still sends if this side has told it of a
    /// failure.
    func close(after failure: EngineError?) {
        // A failure to write has been reported, or does not matter after another failure.
        try? sink.settle()
        lastWords.end()
        // A peer that accepts nothing more must not delay the end.
        stream.writeTimeout = min(stream.writeTimeout ?? Self.patience, Self.patience)
        do throws(TransportError) {
            if awaitsPeer(after: failure) { source.drain(within: Self.shortPatience) }
            try stream.closeWrite()
            if failure != nil, stream.losesDataOnClose {
                source.drain(within: isReadAhead ? Self.patience : Self.shortPatience)
            }
        } catch {
            // The connection is gone already, which the session has reported if it mattered.
        }
        stream.close()
        source.stop()
    }

    /// Whether the peer of a pipe is about to end because this side has told it to: a stock peer that is still writing
    /// when the pipe closes fails before it reads the message.
    private func awaitsPeer(after failure: EngineError?) -> Bool {
        if case .peerExit = failure { return false }
        return failure != nil && output.hasToldExit && !stream.losesDataOnClose
    }
}
