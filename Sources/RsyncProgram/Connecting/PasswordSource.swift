import Glibc
import LinuxSystem
import ProcessSupport
import RsyncCommand
import RsyncEngine

/// The source of a daemon's password: a file, the environment, or the user at the terminal (protocol
/// specification, session 3.5).
struct PasswordSource: Sendable {
    let file: [UInt8]?
    /// Which links on the way to the file are followed.
    let rule: PathRule
    let environment: [String: String]

    /// Finds the password.
    ///
    /// - Throws: ``EngineError/usage(_:exitCode:)`` when there is none, or the file's protection is too weak.
    func password() throws(EngineError) -> [UInt8] {
        if let file { return try read(file) }
        if let password = environment["RSYNC_PASSWORD"] { return Array(password.utf8) }
        return try ask()
    }

    private func read(_ path: [UInt8]) throws(EngineError) -> [UInt8] {
        let name = String(decoding: path, as: UTF8.self)
        var flaw: String?
        let contents: [UInt8]
        do throws(SystemError) {
            let file = try SmallFile(path, by: rule, dashIsStandardInput: true)
            if path != [UInt8(ascii: "-")] { flaw = self.flaw(of: file) }
            contents = flaw == nil ? try file.contents() : []
        } catch {
            let text = "could not open password file \(name): \(SystemText(error.number))"
            throw .usage(error.withLinkNote(text), exitCode: 1)
        }
        if let flaw { throw .usage(flaw, exitCode: 1) }
        let line = contents.prefix { $0 != 10 && $0 != 13 && $0 != 0 }
        guard !line.isEmpty else { throw .usage("failed to read a password from \(name)", exitCode: 1) }
        return Array(line)
    }

    private func flaw(of file: borrowing SmallFile) -> String? {
        if geteuid() == 0, file.owner != 0 { return "password file must be owned by root when running as root" }
        return file.permissions & 0o006 != 0 ? "password file must not be other-accessible" : nil
    }

    private func ask() throws(EngineError) -> [UInt8] {
        guard let answer = readPassword(prompt: "Password: ") else {
            throw .usage("a password is needed and there is no terminal to ask at", exitCode: 5)
        }
        return answer
    }
}
