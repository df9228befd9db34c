import Glibc
import LinuxSystem
import RsyncCommand
import RsyncEngine

/// Where a daemon's password comes from: a file, the environment, or the person at the terminal (protocol
/// specification, session 3.5).
struct PasswordSource: Sendable {
    let file: [UInt8]?
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
            contents = try SmallFile.read(path) { status throws(SystemError) in
                guard path != [UInt8(ascii: "-")] else { return }
                if status.st_mode & 0o006 != 0 { flaw = "password file must not be other-accessible" }
                if geteuid() == 0, status.st_uid != 0 {
                    flaw = "password file must be owned by root when running as root"
                }
                if flaw != nil { throw SystemError(operation: "password file", number: EPERM) }
            }
        } catch {
            throw .usage(flaw ?? "could not open password file \(name): \(SystemText(error.number))", exitCode: 1)
        }
        let line = contents.prefix { $0 != 10 && $0 != 13 && $0 != 0 }
        guard !line.isEmpty else { throw .usage("failed to read a password from \(name)", exitCode: 1) }
        return Array(line)
    }

    private func ask() throws(EngineError) -> [UInt8] {
        guard let answer = unsafe getpass("Password: ") else {
            throw .usage("a password is needed and there is no terminal to ask at", exitCode: 5)
        }
        return unsafe Array(String(cString: answer).utf8)
    }
}
