import VolumeCapacity

/// The length above which a file is refused by name: even the zeros of a hole have to be sent, and 256 TiB of them
/// take days.
enum FileSizeLimit {
    /// The default.
    static let usual = "256Ti"

    /// Reads the value of `--max-file-size`.
    ///
    /// - Parameter text: A Kubernetes quantity.
    /// - Returns: The longest length in bytes.
    /// - Throws: ``AgentError`` for a value that is not a quantity above 0.
    static func bytes(_ text: String) throws(AgentError) -> Int64 {
        let bytes = try Quantity.bytes(text, option: "--max-file-size")
        guard bytes > 0 else {
            throw AgentError(.badSetting, "--max-file-size: \(text) is not greater than 0", exitCode: 1)
        }
        return bytes
    }
}
