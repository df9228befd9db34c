import LinuxSystem
import ProcessSupport
import RsyncCommand

/// The file of `--early-input`, which a daemon passes to its `early exec` (protocol specification, session 3.4).
enum EarlyInput {
    private static let limit = 5120

    /// Reads the file.
    ///
    /// - Returns: At most 5,120 bytes.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 5 when it cannot be read or is larger.
    static func read(_ path: [UInt8]) throws(CommandError) -> [UInt8] {
        let name = String(decoding: path, as: UTF8.self)
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SmallFile(path).contents(limit: limit + 1)
        } catch {
            throw .failed("rsync: [client] failed to open \(name): \(SystemText(error.number))", exitCode: 5)
        }
        guard bytes.count <= limit else { throw .failed("rsync: \(name) is > \(limit) bytes.", exitCode: 5) }
        return bytes
    }
}
