/// The form of log lines, of `--log-format`.
package enum LogFormat: String, Sendable, CaseIterable {
    /// Time, level and message.
    case text
    /// One JSON object per line, with the parts of the message as members.
    case json
}
