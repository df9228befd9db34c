/// Takes the messages that lie between the data frames of a multiplexed stream (protocol specification, session 6.3).
package protocol MessageReceiver: AnyObject {
    /// Takes one message.
    ///
    /// Called on the thread that reads the input, in the middle of a read: it must not read from the input itself.
    ///
    /// - Throws: ``WireError`` to end the read.
    func receive(_ message: Message) throws(WireError)
}
