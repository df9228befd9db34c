import Foundation

/// A directory of a test's own, removed with everything in it when the value goes away.
package final class TemporaryDirectory: Sendable {
    /// Its absolute path, without a trailing slash.
    package let path: String

    /// Makes an empty directory below `parent`.
    package init(parent: String = "/tmp") throws {
        path = (parent.hasSuffix("/") ? parent : parent + "/") + "dvm-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        let remove = Process()
        remove.executableURL = URL(fileURLWithPath: "/bin/rm")
        remove.arguments = ["-rf", "--one-file-system", path]
        try? remove.run()
        remove.waitUntilExit()
    }

    /// The path of a name in the directory.
    package func file(_ name: String) -> String { path + "/" + name }
}
