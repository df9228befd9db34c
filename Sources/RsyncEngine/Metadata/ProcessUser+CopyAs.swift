import LinuxSystem
package import ProcessSupport

extension ProcessUser {
    /// Becomes the user that `--copy-as` names; nothing happens without it.
    ///
    /// - Parameter text: `USER` or `USER:GROUP`.
    /// - Throws: ``EngineError/usage(_:exitCode:)`` with code 1 for an unknown one, and when this process may not.
    package static func assume(copyAs text: String?) throws(EngineError) {
        guard let text else { return }
        let user: ProcessUser
        do throws(Flaw) {
            user = try ProcessUser(text)
        } catch {
            switch error {
            case .unknownUser(let name):
                throw .usage("Invalid copy-as user: \(PrintableText.path(Array(name.utf8)))", exitCode: 1)
            case .unknownGroup(let name):
                throw .usage("Invalid copy-as group: \(PrintableText.path(Array(name.utf8)))", exitCode: 1)
            }
        }
        do throws(SystemError) {
            try user.assume()
        } catch {
            throw .usage("--copy-as=\(PrintableText.path(Array(text.utf8))): \(error)", exitCode: 1)
        }
    }
}
