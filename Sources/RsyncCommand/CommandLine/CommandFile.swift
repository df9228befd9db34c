import Glibc
import LinuxSystem

/// A file named on the command line could not be read: the system's words.
struct CommandFileError: Error, CustomStringConvertible {
    let number: Int32

    var description: String { "\(SystemError.text(of: number)) (\(number))" }
}

/// Small files that the command line names.
enum CommandFile {
    /// Patterns, passwords and configurations are small.
    private static let limit = 16 << 20

    /// Reads a whole file; `-` is standard input.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - check: Looks at the open file's status before anything is read.
    static func read(
        _ path: [UInt8],
        check: (stat) throws(CommandFileError) -> Void = { _ throws(CommandFileError) in }
    ) throws(CommandFileError) -> [UInt8] {
        let descriptor = try open(path)
        let number = descriptor.rawValue
        var status = stat()
        guard unsafe fstat(number, &status) == 0 else { throw CommandFileError(number: errno) }
        try check(status)
        var contents: [UInt8] = []
        while true {
            var failure: Int32 = 0
            let piece = unsafe [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, count in
                let answer = unsafe Glibc.read(number, buffer.baseAddress, buffer.count)
                if answer < 0 { failure = errno }
                count = max(0, answer)
            }
            if failure == EINTR { continue }
            guard failure == 0 else { throw CommandFileError(number: failure) }
            if piece.isEmpty { return contents }
            contents += piece
            guard contents.count <= limit else { throw CommandFileError(number: EFBIG) }
        }
    }

    private static func open(_ path: [UInt8]) throws(CommandFileError) -> Descriptor {
        guard !path.contains(0) else { throw CommandFileError(number: ENOENT) }
        let isStandardInput = path == [UInt8(ascii: "-")]
        let text = path.map { CChar(bitPattern: $0) } + [0]
        let number = isStandardInput ? dup(0) : unsafe Glibc.open(text, O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw CommandFileError(number: errno) }
        return Descriptor(owning: number)
    }
}
