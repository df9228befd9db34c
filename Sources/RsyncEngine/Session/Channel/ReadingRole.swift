import RsyncWire

/// The role that a session's decoding thread reads for: the one that serves requests, or the one that receives files.
///
/// All of it is called on the decoding thread, during a read.
protocol ReadingRole: MessageReceiver {
    /// Handles the messages that mean the same to both roles.
    var messages: PeerMessages { get }

    /// The peer cannot send a file (MSG_NO_SEND).
    func noteNotSent(_ index: Int32) throws(WireError)

    /// The peer has an entry in place (MSG_SUCCESS).
    func noteInPlace(_ index: Int32)

    /// The buffer that was read last is about to be refilled.
    func willLeaveBuffer()

    /// The thread is about to wait for the peer: what it has collected for others must be handed over.
    func willWait() throws(WireError)
}

extension ReadingRole {
    func receive(_ message: Message) throws(WireError) { try messages.take(message, for: self) }
}
