import Glibc
import LinuxSystem
import ProcessSupport

/// Where a configuration is read from.
package struct ConfigurationFiles: Sendable {
    /// What is at a path.
    package enum Item: Equatable, Sendable {
        /// A file's contents.
        case file([UInt8])
        /// The names in a directory.
        case directory([[UInt8]])
    }

    /// Reads a file or lists a directory.
    let read: @Sendable (_ path: [UInt8]) throws(SystemError) -> Item

    /// Reads through a function, for tests.
    init(read: @escaping @Sendable (_ path: [UInt8]) throws(SystemError) -> Item) { self.read = read }

    /// The files of the system, each of at most 1 MiB.
    package static let system = ConfigurationFiles { path throws(SystemError) in
        if let names = directoryNames(path) { return .directory(names) }
        return .file(try SmallFile(path).contents(limit: 1 << 20))
    }
}
