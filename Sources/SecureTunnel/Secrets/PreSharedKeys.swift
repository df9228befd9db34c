import COpenSSL
import LinuxSystem

/// Pre-shared keys and their identities, in stunnel's form: `IDENTITY:KEY`, one per line.
///
/// As stunnel 5.68 reads them: a key of an even number of hex digits is decoded from hex, any other is taken
/// literally; it is at least 16 bytes long and may contain colons; only the end of the line is removed (`\n`, `\r\n`);
/// blank lines are skipped and there are no comments. An empty identity, and a duplicate one, are refused,
/// unlike in stunnel.
///
/// ## Concurrency model
/// Nothing changes after the initializer.
package final class PreSharedKeys: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// The longest identity and key that OpenSSL accepts, in bytes (`PSK_MAX_IDENTITY_LEN`, `PSK_MAX_PSK_LEN`).
    static let longest = (identity: Int(PSK_MAX_IDENTITY_LEN), key: Int(PSK_MAX_PSK_LEN))
    /// The shortest key, in bytes: stunnel's limit.
    static let shortestKey = 16

    /// One line of a file.
    struct Entry: Sendable {
        let identity: [UInt8]
        /// The identity at a stable address, for OpenSSL.
        let wireIdentity: SecretBytes
        /// SHA-256 of the identity: all entries are compared at the same length.
        let digest: [UInt8]
        let key: SecretBytes
    }

    let entries: [Entry]
    /// What is wrong with the file's permissions, if that was accepted.
    package let warning: String?

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - exposure: How to treat a file that others can read or change.
    /// - Throws: ``SecureTunnelError/badFile(path:reason:)``, which never quotes a line.
    package convenience init(
        file path: String,
        exposure: ProtectedFile.Exposure = .refused
    ) throws(SecureTunnelError) {
        let (bytes, warning) = try ProtectedFile.read(path, exposure: exposure)
        do throws(Refusal) {
            let entries = try bytes.withBytes { (text) throws(Refusal) in try Self.parse(text) }
            self.init(entries: entries, warning: warning)
        } catch {
            throw .badFile(path: path, reason: error.reason)
        }
    }

    /// Parses lines in memory; the caller wipes them.
    ///
    /// - Parameter lines: In the format of the file.
    /// - Throws: ``SecureTunnelError/badSetting(reason:)``, which never quotes a line.
    package convenience init(lines: Span<UInt8>) throws(SecureTunnelError) {
        do throws(Refusal) {
            self.init(entries: try Self.parse(lines), warning: nil)
        } catch {
            throw .badSetting(reason: error.reason)
        }
    }

    private init(entries: [Entry], warning: String?) {
        self.entries = entries
        self.warning = warning
    }

    /// How many keys there are; at least one.
    package var count: Int { entries.count }

    /// Whether both are the same object: keys are never compared.
    package static func == (left: PreSharedKeys, right: PreSharedKeys) -> Bool { left === right }

    /// How many keys there are; never a key.
    package var description: String { counted(count, "pre-shared key") }

    /// Shows nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The entry that a client offers: of this identity, or the first.
    func entry(named identity: String?) -> Entry? {
        guard let identity else { return entries.first }
        return entries.first { $0.identity.elementsEqual(identity.utf8) }
    }

    /// The entry of an identity that a client sent; takes the same time for every identity, known or not.
    func entry(for identity: Span<UInt8>) -> Entry? {
        let wanted = Self.digest(of: identity)
        var found = -1
        for (index, entry) in entries.enumerated() {
            let difference = zip(wanted, entry.digest).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) }
            // All ones where nothing differs, zero otherwise, without a branch.
            let mask = (Int(difference) - 1) >> 8
            found = (found & ~mask) | (index & mask)
        }
        return found < 0 ? nil : entries[found]
    }

    private static func digest(of bytes: Span<UInt8>) -> [UInt8] { sha256(bytes) }
}

extension PreSharedKeys {
    /// Why a key file cannot be used.
    private struct Refusal: Error {
        let reason: String
    }

    private static func parse(_ text: Span<UInt8>) throws(Refusal) -> [Entry] {
        var entries: [Entry] = []
        var identities: Set<[UInt8]> = []
        var number = 0
        var start = 0
        while start < text.count {
            number += 1
            var end = start
            while end < text.count, text[end] != UInt8(ascii: "\n") { end += 1 }
            let next = end + 1
            if end > start, text[end - 1] == UInt8(ascii: "\r") { end -= 1 }
            if end > start {
                let entry = try entry(text.extracting(start..<end), line: number)
                guard identities.insert(entry.identity).inserted else {
                    throw Refusal(reason: "line \(number): duplicate identity")
                }
                entries.append(entry)
            }
            start = next
        }
        guard !entries.isEmpty else { throw Refusal(reason: "it contains no key (IDENTITY:KEY)") }
        return entries
    }

    private static func entry(_ line: Span<UInt8>, line number: Int) throws(Refusal) -> Entry {
        var colon = 0
        while colon < line.count, line[colon] != UInt8(ascii: ":") { colon += 1 }
        guard colon > 0, colon < line.count else {
            throw Refusal(reason: "line \(number): not IDENTITY:KEY with both parts non-empty")
        }
        guard colon < longest.identity else {
            throw Refusal(reason: "line \(number): the identity is longer than \(longest.identity - 1) bytes")
        }
        var identity: [UInt8] = []
        for index in 0..<colon { identity.append(line[index]) }
        guard !identity.contains(0) else { throw Refusal(reason: "line \(number): the identity contains a NUL byte") }
        let key = key(line.extracting((colon + 1)...))
        guard key.count >= shortestKey else {
            throw Refusal(reason: "line \(number): the key is shorter than \(shortestKey) bytes")
        }
        guard key.count <= longest.key else {
            throw Refusal(reason: "line \(number): the key is longer than \(longest.key) bytes")
        }
        return Entry(
            identity: identity,
            wireIdentity: SecretBytes(copying: identity.span),
            digest: digest(of: identity.span),
            key: key
        )
    }

    /// The bytes of a key's text.
    private static func key(_ text: Span<UInt8>) -> SecretBytes {
        var isHex = text.count.isMultiple(of: 2)
        for index in text.indices where Hexadecimal.value(of: text[index]) == nil { isHex = false }
        guard isHex else { return SecretBytes(copying: text) }
        return SecretBytes(count: text.count / 2) { storage in
            for index in 0..<(text.count / 2) {
                let high = Hexadecimal.value(of: text[2 * index]) ?? 0
                let low = Hexadecimal.value(of: text[2 * index + 1]) ?? 0
                storage[index] = high << 4 | low
            }
        }
    }
}
