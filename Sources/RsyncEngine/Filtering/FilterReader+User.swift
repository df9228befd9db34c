import ProcessSupport
package import RsyncOptions

extension FilterReader {
    /// The user's own patterns among the CVS rules: `$HOME/.cvsignore` and `$CVSIGNORE`, as words (rsync(1),
    /// `--cvs-exclude`).
    package static func userCVSPatterns() -> [UInt8] {
        let environment = ProcessInputs.environment
        var words: [UInt8] = []
        if let home = environment["HOME"], let file = try? SmallFile(Array("\(home)/.cvsignore".utf8), kind: .regular) {
            words = (try? file.contents()) ?? []
        }
        return words + [UInt8(ascii: "\n")] + Array((environment["CVSIGNORE"] ?? "").utf8)
    }
}
