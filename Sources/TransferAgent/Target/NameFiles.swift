import Glibc
import LinuxSystem

/// The files in which the C library looks up the names of users and groups.
///
/// It takes one that cannot be read for one that names nobody, and every owner would silently go by number. That happens to
/// a confined process when a file is replaced: the rule stays with the old one.
struct NameFiles: Sendable {
    /// Those that could be read in the beginning.
    private let readable: [String]

    init(_ paths: [String] = ["/etc/passwd", "/etc/group"]) {
        readable = paths.filter { Self.isReadable($0) }
    }

    /// Why no session should begin; nil when all is as it was.
    var refusal: String? {
        readable.first { !Self.isReadable($0) && errno == EACCES }.map {
            "\($0) was replaced, and the confined target cannot read the new one: start the target again"
        }
    }

    private static func isReadable(_ path: String) -> Bool {
        let number = openFile(path, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { return false }
        close(number)
        return true
    }
}
