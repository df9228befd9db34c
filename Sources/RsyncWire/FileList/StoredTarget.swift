/// What a receiver makes of the targets of symbolic links.
package enum StoredTarget: Sendable, Equatable {
    /// Nothing.
    case verbatim
    /// A form that cannot be followed (`--munge-links`; protocol specification, transfer 14.9).
    case munged
    /// A target that does not lead out of the transfer by its text (rsyncd.conf(5), `munge symlinks`).
    case confined

    private static let separator = UInt8(ascii: "/")
    private static let parent = Array("..".utf8)
    package static let mungedPrefix = Array("/rsyncd-munged/".utf8)

    /// The target that is stored.
    ///
    /// - Parameters:
    ///   - target: As received.
    ///   - depth: How many directories of the transfer the link is in.
    /// - Returns: The target.
    package func stored(_ target: [UInt8], depth: Int) -> [UInt8] {
        switch self {
        case .verbatim: target
        case .munged: Self.mungedPrefix + target
        case .confined: Self.confined(target, depth: depth)
        }
    }

    /// Leaves out slashes at the start, `.`, and `..` that would lead out; `..` behind a name takes that away.
    ///
    /// A component keeps its slash, so that `../..` becomes `../` where one level is allowed, as in rsync.
    private static func confined(_ target: [UInt8], depth: Int) -> [UInt8] {
        var kept: [ArraySlice<UInt8>] = []
        var (levels, rest) = (0, target[...])
        while !rest.isEmpty {
            let end = rest.firstIndex(of: separator).map { $0 + 1 } ?? rest.endIndex
            let piece = rest[..<end]
            rest = rest[end...]
            let name = piece.last == separator ? piece.dropLast() : piece
            if name.isEmpty || name.elementsEqual([UInt8(ascii: ".")]) { continue }
            if !name.elementsEqual(parent) {
                kept.append(piece)
            } else if kept.count > levels {
                kept.removeLast()
            } else if levels < depth {
                levels += 1
                kept.append(piece)
            }
        }
        return kept.isEmpty ? [UInt8(ascii: ".")] : Array(kept.joined())
    }
}
