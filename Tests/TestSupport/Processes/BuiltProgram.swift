import Foundation

/// A program of this package, as the build that runs the tests made it.
package enum BuiltProgram {
    /// The absolute path of a program; the tests' own build directory holds it, since `swift test` builds everything.
    ///
    /// - Parameter name: Such as `dvm-source`.
    /// - Returns: The path.
    /// - Throws: ``ChildProcess/Failure`` when it was not built.
    package static func path(_ name: String) throws -> String {
        let arguments = CommandLine.arguments
        let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? arguments[0]
        let file = URL(fileURLWithPath: bundle).resolvingSymlinksInPath().deletingLastPathComponent()
            .appendingPathComponent(name).path
        guard FileManager.default.isExecutableFile(atPath: file) else {
            throw ChildProcess.Failure(description: "\(name) is not in the build directory: \(file)")
        }
        return file
    }
}
