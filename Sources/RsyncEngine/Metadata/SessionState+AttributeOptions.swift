import LinuxSystem
import RsyncOptions

extension SessionState {
    /// Rejects values that only the receiving side evaluates.
    ///
    /// - Throws: ``EngineError/usage(_:exitCode:)`` with code 1.
    func checkAttributeOptions() throws(EngineError) {
        let attributes = options.attributes
        for (name, rules) in [("usermap", attributes.userRules), ("groupmap", attributes.groupRules)] {
            guard let pair = rules?.flaw else { continue }
            throw .usage("No colon found in --\(name): \(PrintableText.path(Array(pair.utf8)))", exitCode: 1)
        }
    }
}
