import RsyncWire

/// Handles a client's messages while a server reads its filter rules and names: the session has no roles yet, so only
/// the end of the client counts.
///
/// A client that cannot read its sources says so before it has sent its rules, and may then wait for the server's end.
///
/// Used on the thread that reads.
final class EarlyMessages: MessageReceiver {
    private let state: SessionState

    init(_ state: SessionState) { self.state = state }

    func receive(_ message: Message) throws(WireError) {
        if message.tag == .errorExit { throw PeerMessages.end(by: message, of: state) }
    }
}
