import AgentControl
import VolumeVerification

/// The question `dvm-source manifest PATH`: what a volume holds, in one digest and by choice entry by entry.
package struct ManifestQuestion: Sendable {
    /// A volume, or a manifest that is checked and described.
    package let path: String
    /// How digests are made.
    package var hash = ManifestHash.strong
    /// Where the manifest is written; nil for nowhere.
    package var output: String?
    /// Whether each entry is listed.
    package var isListing = false

    /// Makes a question.
    package init(path: String) { self.path = path }

    /// Makes or reads the manifest.
    ///
    /// - Parameters:
    ///   - json: Whether the answer is JSON, one object in a line.
    ///   - print: Gets lines of the answer.
    ///   - warn: Gets what could not be read.
    /// - Returns: 0; 23 when something could not be read, or changed while it was read.
    /// - Throws: ``AgentError``.
    package func answer(json: Bool, print: (String) -> Void, warn: (String) -> Void) throws(AgentError) -> Int32 {
        let side = try ManifestSide(path, hash: hash)
        let stream = side.stream
        let file: ManifestFile? = if let output { try ManifestFile(output, of: stream) } else { nil }
        var directories = PathStack()
        while let item = try side.next() {
            try file?.add(item)
            guard let entry = try directories.record(of: item, side), isListing else { continue }
            print(json ? entry.json(at: directories.path) : entry.line(at: directories.path))
        }
        try file?.finish(stream.totals)
        for failure in side.failures { warn("could not be read: \(failure)") }
        let totals = stream.totals
        print(json ? totals.json(stream.function) : totals.text(stream.function))
        return totals.isWhole ? 0 : 23
    }
}
