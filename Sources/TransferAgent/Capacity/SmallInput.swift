import Glibc
import LinuxSystem

/// A file, or standard input, that a person hands over: at most a mebibyte.
public enum SmallInput {
    private static let limit = 1 << 20

    /// Reads it.
    ///
    /// - Parameter path: A file; `-` is standard input.
    /// - Returns: Its text; bytes that are no UTF-8 are replaced.
    /// - Throws: ``AgentError`` when it cannot be read or is too long.
    public static func text(_ path: String) throws(AgentError) -> String {
        do throws(SystemError) {
            guard path != "-" else { return try read(0, path) }
            let file = Descriptor(owning: try systemCall("open") { unsafe open(path, O_RDONLY | O_CLOEXEC) })
            return try read(file.rawValue, path)
        } catch {
            throw AgentError(.badSetting, "\(error.operation) of \(path): \(error.reason)", exitCode: 2)
        }
    }

    private static func read(_ descriptor: Int32, _ path: String) throws(SystemError) -> String {
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        var count = 0
        while count < bytes.count {
            let start = count
            let got = try systemCall("read") {
                unsafe bytes.withUnsafeMutableBytes { buffer in
                    unsafe Glibc.read(descriptor, buffer.baseAddress?.advanced(by: start), buffer.count - start)
                }
            }
            guard got > 0 else { break }
            count += got
        }
        guard count <= limit else { throw SystemError(operation: "read", number: EFBIG) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
