import RsyncOptions
import RsyncWire

/// Handles the peer's messages between data frames (protocol specification, session 6.3).
///
/// Used on the decoding thread.
struct PeerMessages {
    let state: SessionState
    let channel: SessionChannel

    /// Handles one message.
    ///
    /// - Parameters:
    ///   - message: The peer's message.
    ///   - role: The role of this side that is reading.
    /// - Throws: ``WireError`` for a message that is not allowed, or that ends the session.
    func take(_ message: Message, for role: some ReadingRole) throws(WireError) {
        switch message.tag {
        case .info: state.relay(message.payload, .info)
        case .warning: state.relay(message.payload, .warning)
        case .error: state.relay(message.payload, .error)
        case .errorTransfer: state.relay(message.payload, .errorTransfer)
        case .deleted: state.relayDeletion(message.payload)
        case .ioError: state.add(SessionState.ErrorBits(rawValue: (message.number ?? 0) & 7))
        case .noSend:
            guard let number = message.number else { throw Self.unexpected(message) }
            try role.noteNotSent(number)
        case .errorExit: throw Self.end(by: message, of: state)
        case .tally: if state.options.agent.tallies { state.takeTally(TransferTally(payload: message.payload)) }
        case .agentNote:
            if let note = AgentNote(message.payload) { state.take(note) }
        case .ioTimeout:
            guard let number = message.number, state.adopt(timeout: number) else { break }
            if state.options.limits.silenceLimit == nil { channel.setTimeout(seconds: state.timeout) }
        case .success: if let number = message.number { role.noteInPlace(number) }
        case .noop, .data: break
        }
    }

    /// Notes that the peer has stopped.
    ///
    /// - Returns: The error that ends the read.
    static func end(by message: Message, of state: SessionState) -> WireError {
        // A peer that stops without a code, or with one that would look like success, ended the stream early.
        let told = message.number ?? 0
        let code = (1...255).contains(told) ? told : WireError.ended(field: "").exitCode
        state.fail(.peerExit(code))
        return .violation("the peer stopped with exit code \(code)", exitCode: code)
    }

    private static func unexpected(_ message: Message) -> WireError {
        .violation("an unexpected message \(message.tag)", exitCode: 2)
    }
}

extension SessionState {
    /// Passes on a peer's text; only a client shows it, with control characters escaped.
    fileprivate func relay(_ payload: [UInt8], _ level: MessageLevel) {
        guard !isServer else { return }
        if case .errorTransfer = level { noteTransferError() }
        // One line: what else looks like a line end belongs to a name, and is escaped.
        var line = payload[...]
        while line.last == UInt8(ascii: "\n") { line.removeLast() }
        if !line.isEmpty { observer.peerMessage(Array(line), level) }
    }

    fileprivate func relayDeletion(_ payload: [UInt8]) {
        guard !isServer else { return }
        let isDirectory = payload.last == 0
        observer.didDelete(name: isDirectory ? payload.dropLast() : payload, isDirectory: isDirectory)
    }
}
