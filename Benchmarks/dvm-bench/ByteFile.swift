import Glibc

/// A file of a benchmark, read and written through buffers of its own; what goes wrong ends the program.
final class ByteFile {
    private let descriptor: Int32
    private var written: [UInt8] = []
    /// What was read ahead for small fields, and how far it was taken.
    private var ahead: [UInt8] = []
    private var taken = 0
    private static let capacity = 1 << 18

    init(reading path: String) {
        descriptor = open(path, O_RDONLY)
        precondition(descriptor >= 0, "cannot open \(path)")
    }

    init(writing path: String) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        precondition(descriptor >= 0, "cannot create \(path)")
        written.reserveCapacity(Self.capacity)
    }

    /// Its length in bytes.
    var size: Int64 {
        var status = stat()
        precondition(fstat(descriptor, &status) == 0, "fstat")
        return Int64(status.st_size)
    }

    /// Reads once, after what was read before or, with an offset, from there.
    func read(into buffer: inout [UInt8], from start: Int, upTo limit: Int = .max, at offset: Int64? = nil) -> Int {
        let count = min(limit, buffer.count - start)
        if offset == nil, taken < ahead.count {
            let kept = min(count, ahead.count - taken)
            buffer.replaceSubrange(start..<(start + kept), with: ahead[taken..<(taken + kept)])
            taken += kept
            return kept
        }
        let result = buffer.withUnsafeMutableBytes { bytes in
            let place = bytes.baseAddress.map { $0 + start }
            return offset.map { pread(descriptor, place, count, off_t($0)) } ?? Glibc.read(descriptor, place, count)
        }
        precondition(result >= 0, "read")
        return result
    }

    func readBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let read = self.read(into: &bytes, from: filled)
            precondition(read > 0, "the file ended early")
            filled += read
        }
        return bytes
    }

    func readWords(_ count: Int) -> [UInt32] {
        readBytes(count * 4).withUnsafeBytes { bytes in
            (0..<count).map { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self) }
        }
    }

    /// Two words, or nil at the end of the file.
    func readPair() -> (UInt32, UInt32)? {
        if taken == ahead.count {
            ahead = [UInt8](repeating: 0, count: Self.capacity)
            taken = ahead.count
            let count = read(into: &ahead, from: 0)
            ahead.removeLast(ahead.count - count)
            taken = 0
        }
        guard !ahead.isEmpty else { return nil }
        let words = readWords(2)
        return (words[0], words[1])
    }

    func write(words: [UInt32]) { words.withUnsafeBytes { write($0) } }

    func write(_ bytes: UnsafeRawBufferPointer) {
        if written.count + bytes.count > Self.capacity { flush() }
        guard bytes.count < Self.capacity else { return writeAll(bytes) }
        written.append(contentsOf: bytes)
    }

    func close() {
        flush()
        precondition(Glibc.close(descriptor) == 0, "close")
    }

    private func flush() {
        written.withUnsafeBytes { writeAll($0) }
        written.removeAll(keepingCapacity: true)
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
            precondition(count > 0, "write")
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }
}
