import Glibc
import LinuxSystem

extension Volume {
    /// The root's absolute path, as the kernel knows it now; empty if it cannot be determined.
    ///
    /// For messages and for rules about paths only: nothing is opened by it.
    package var absolutePath: [UInt8] {
        var path = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let link = Array("/proc/self/fd/\(root.descriptor.rawValue)".utf8)
        let count = withTerminated(link.span) { link in
            kernelCall { Kernel.readlinkat(AT_FDCWD, link, into: &path) }
        }
        return count > 0 ? Array(path.prefix(count)) : []
    }
}
