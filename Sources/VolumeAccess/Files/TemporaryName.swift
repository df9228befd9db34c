/// How long a temporary name is there.
enum TemporaryNameUse {
    /// While content is written.
    case content
    /// Only until the entry is renamed over another. The name is short: a directory's blocks are made for its names, and a
    /// long one more could split a full block, which takes a further block for good.
    case replacement

    /// How many bytes of the final name it has: with `content`, as many as fit in 255.
    fileprivate var longest: Int { self == .content ? 246 : 7 }
}

/// A name for an unfinished file: hidden, in the same directory, and unpredictable.
///
/// `.`, the name, `.`, six random characters. A leading dot of the name is not doubled; the name is truncated, and a cut
/// within bytes that have the high bit set is moved to before them; one trailing dot before the suffix is dropped
/// (protocol specification, transfer 14.3).
///
/// - Parameters:
///   - name: The final name.
///   - use: What it is for.
/// - Returns: A name of at most 255 bytes.
func temporaryName(for name: Span<UInt8>, _ use: TemporaryNameUse) -> [UInt8] {
    let dot = UInt8(ascii: ".")
    var stem = bytes(of: name)
    if stem.first == dot { stem.removeFirst() }
    let longest = use.longest
    if stem.count > longest {
        let isCutInside = stem[longest] >= 0x80
        stem.removeLast(stem.count - longest)
        while isCutInside, let last = stem.last, last >= 0x80 { stem.removeLast() }
    }
    if stem.last == dot { stem.removeLast() }
    let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
    var result = [dot]
    result.reserveCapacity(stem.count + 8)
    result += stem
    if !stem.isEmpty { result.append(dot) }
    for _ in 0..<6 { result.append(alphabet[Int.random(in: alphabet.indices)]) }
    return result
}
