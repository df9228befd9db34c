import LinuxSystem

/// The first line of each end of a daemon's connection (protocol specification, session 3.2).
///
///     @RSYNCD: <version>.<sub> <digest> <digest> ...
package struct Greeting: Equatable, Sendable {
    /// Why a greeting was not accepted.
    package enum Flaw: Error, Equatable {
        /// It is not a greeting.
        case malformed([UInt8])
        /// It lacks the subprotocol.
        case noSubprotocol([UInt8])
        /// It lacks the list of digests.
        case noDigests([UInt8])

        /// The text that a server sends before it closes, without `@ERROR: ` and newline.
        package var reply: [UInt8] {
            switch self {
            case .malformed: Array("protocol startup error".utf8)
            case .noSubprotocol(let line): Array("your client omitted the subprotocol value: ".utf8) + line
            case .noDigests(let line): Array("your client omitted the digest name list: ".utf8) + line
            }
        }

        /// The client's error, with exit code 5.
        var wireError: WireError {
            switch self {
            case .malformed(let line):
                .violation("server sent \"\(PrintableText.ofPeer(line))\" rather than greeting", exitCode: 5)
            case .noSubprotocol(let line):
                .violation("the server omitted the subprotocol value: \(PrintableText.ofPeer(line))", exitCode: 5)
            case .noDigests(let line):
                .violation("the server omitted the digest name list: \(PrintableText.ofPeer(line))", exitCode: 5)
            }
        }
    }

    private static let prefix = Array("@RSYNCD: ".utf8)

    /// The highest protocol version of the sender of the greeting.
    package var version: Int32
    /// The subprotocol; not 0 for a pre-release.
    package var sub: Int32
    /// Names of authentication digests in order of preference; nil if there is no list.
    package var digests: [String]?

    /// Creates a greeting.
    package init(version: Int32, sub: Int32 = 0, digests: [String]?) {
        self.version = version
        self.sub = sub
        self.digests = digests
    }

    /// Parses a greeting.
    ///
    /// - Parameter line: The line without its newline.
    /// - Throws: The flaw of the greeting.
    package init(_ line: [UInt8]) throws(Flaw) {
        guard line.starts(with: Self.prefix) else { throw .malformed(line) }
        let rest = line.dropFirst(Self.prefix.count)
        let number = rest.prefix { $0 != UInt8(ascii: " ") }
        let parts = number.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard let version = Self.number(parts[0]) else { throw .malformed(line) }
        self.version = version
        if parts.count == 2, let sub = Self.number(parts[1]) {
            self.sub = sub
        } else {
            guard !Dialect(version).greetingHasSubprotocol else { throw .noSubprotocol(line) }
            sub = 0
        }
        if number.count < rest.count {
            let names = rest.dropFirst(number.count).split(separator: UInt8(ascii: " "))
            digests = names.map { String(decoding: $0, as: UTF8.self) }
        } else {
            guard !Dialect(version).greetingNeedsDigests else { throw .noDigests(line) }
            digests = nil
        }
    }

    /// The line with its newline.
    package var line: [UInt8] {
        let names = digests.map { $0.map { " " + $0 }.joined() } ?? ""
        return Self.prefix + Array("\(version).\(sub)\(names)\n".utf8)
    }

    /// The version that both ends use.
    ///
    /// - Parameter own: This side's version, which is not a pre-release.
    /// - Returns: The lower one, and one less when the peer's is a pre-release of it.
    package func settled(own: Int32) -> Int32 {
        Dialect(own).agreed(with: version, sub: sub).version
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int32? {
        guard !digits.isEmpty, digits.count <= 9, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int32($1 - 0x30) }
    }
}
