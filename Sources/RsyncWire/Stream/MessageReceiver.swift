/// Handles the messages between the data frames of a multiplexed stream (protocol specification, session 6.3).
package protocol MessageReceiver: AnyObject {
    /// Handles one message.
    ///
    /// Called on the thread that reads the input, during a read: it must not read from the input itself.
    ///
    /// - Throws: ``WireError`` to end the read.
    func receive(_ message: Message) throws(WireError)
}
