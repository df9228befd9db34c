/// A name for an unfinished file: hidden, in the same directory, and unpredictable.
///
/// `.`, the name, `.`, six random characters. A leading dot of the name is not doubled; the name is truncated so that
/// the result fits in 255 bytes, and a cut within bytes that have the high bit set is moved to before them; one
/// trailing dot before the suffix is dropped (protocol specification, transfer 14.3).
///
/// - Parameter name: The final name.
/// - Returns: A name of at most 255 bytes.
func temporaryName(for name: Span<UInt8>) -> [UInt8] {
    let dot = UInt8(ascii: ".")
    var stem = bytes(of: name)
    if stem.first == dot { stem.removeFirst() }
    let longest = 246
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
