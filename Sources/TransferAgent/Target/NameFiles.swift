import Glibc
import LinuxSystem

/// The files in which the C library looks up the names of users and groups.
///
/// It treats an unreadable file as an empty one, and every owner would silently be mapped by number. That happens to
/// a confined process when a file is replaced: the rule still applies to the old one.
struct NameFiles: Sendable {
    /// Those that were readable at the start.
    private let readable: [String]

    init(_ paths: [String] = ["/etc/passwd", "/etc/group"]) {
        readable = paths.filter { Self.isReadable($0) }
    }

    /// Why no session may begin; nil when nothing has changed.
    var refusal: String? {
        readable.first { !Self.isReadable($0) && errno == EACCES }.map {
            "\($0) was replaced, and the confined target cannot read the new file: restart dvm-target"
        }
    }

    private static func isReadable(_ path: String) -> Bool {
        let number = openFile(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return false }
        close(number)
        return true
    }
}
