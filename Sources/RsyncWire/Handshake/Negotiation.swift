import Checksums
import LinuxSystem
import RsyncOptions

/// How two ends agree on algorithms by lists of names (protocol specification, session 4.3 and 4.4).
///
/// Servers before and after 3.5.0 choose by different rules. A client that reads the server's list first and answers
/// with one name, and a server that takes the client's first known name, agree with both.
enum Negotiation {
    /// The longest list in bytes.
    static let limit = 255

    /// The checksums of the environment, or all in rsync's order; only a server offers `none` by itself.
    static func checksums(_ wanted: TransferOptions.Preferences, forServer: Bool) -> [ChecksumAlgorithm] {
        if let checksums = wanted.checksums { return checksums.filter(\.isAvailable) }
        return ChecksumAlgorithm.allCases.filter { $0.isAvailable && ($0 != .none || forServer) }
    }

    /// The compressors of the environment, or all in rsync's order; only a server offers `none` by itself.
    static func compressors(_ wanted: TransferOptions.Preferences, forServer: Bool) -> [CompressionAlgorithm] {
        wanted.compressors ?? CompressionAlgorithm.allCases.filter { $0 != .none || forServer }
    }

    static func read(from input: WireInput, _ field: StaticString) throws(WireError) -> [String] {
        let text = try input.vstring(limit: limit, tooLong: 4, field)
        return text.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self).lowercased() }
    }

    static func write(_ names: [String], to output: WireOutput) throws(WireError) {
        try output.vstring(Array((names.isEmpty ? "INVALID" : names.joined(separator: " ")).utf8))
    }

    /// Rejects an algorithm that was not negotiated and is not among those of the environment.
    static func check<Algorithm: Negotiable>(
        _ choice: Algorithm,
        _ allowed: [Algorithm]?,
        _ subject: String
    ) throws(WireError) {
        guard let allowed, !allowed.contains(choice) else { return }
        throw noneCommon(allowed, [choice.rawValue], subject)
    }

    /// The first of our algorithms that is in the peer's list: a client's choice.
    static func strongest<Algorithm: Negotiable>(
        of ours: [Algorithm],
        in names: [String],
        _ subject: String
    ) throws(WireError) -> Algorithm {
        let theirs = names.compactMap(Algorithm.init(wireName:))
        guard let choice = ours.first(where: { theirs.contains($0) }) else { throw noneCommon(ours, names, subject) }
        return choice
    }

    /// The first of the peer's names that we know: a server's choice.
    static func first<Algorithm: Negotiable>(
        of ours: [Algorithm],
        in names: [String],
        _ subject: String
    ) throws(WireError) -> Algorithm {
        let theirs = names.compactMap(Algorithm.init(wireName:))
        guard let choice = theirs.first(where: { ours.contains($0) }) else { throw noneCommon(ours, names, subject) }
        return choice
    }

    private static func noneCommon<Algorithm: Negotiable>(
        _ ours: [Algorithm],
        _ names: [String],
        _ subject: String
    ) -> WireError {
        let own = ours.map(\.rawValue).joined(separator: " ")
        let theirs = names.map { PrintableText.ofPeer($0) }.joined(separator: " ")
        return .violation("no common \(subject): we know \(own), the peer \(theirs)", exitCode: 4)
    }
}

/// An algorithm that is sent as a name.
protocol Negotiable: RawRepresentable<String>, Equatable {}

extension ChecksumAlgorithm: Negotiable {}
extension CompressionAlgorithm: Negotiable {}

extension Negotiable {
    /// Looks up an algorithm by the peer's lower-case name.
    init?(wireName: String) { self.init(rawValue: wireName == "xxhash" ? "xxh64" : wireName) }
}
