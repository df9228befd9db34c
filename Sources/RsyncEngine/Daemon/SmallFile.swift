public import Glibc
public import LinuxSystem

/// Small files that a person names: patterns, passwords, configurations.
public enum SmallFile {
    private static let limit = 16 << 20

    /// Reads a whole file; `-` is standard input.
    ///
    /// - Parameters:
    ///   - path: The file; symbolic links are followed.
    ///   - check: Looks at the open file's status before anything is read.
    /// - Returns: The contents.
    /// - Throws: `SystemError` of open(2), fstat(2) or read(2), and what `check` throws; EFBIG over 16 MiB.
    public static func read(
        _ path: [UInt8],
        check: (stat) throws(SystemError) -> Void = { _ throws(SystemError) in }
    ) throws(SystemError) -> [UInt8] {
        let descriptor = try open(path)
        let number = descriptor.rawValue
        var status = stat()
        try systemCall("fstat") { unsafe fstat(number, &status) }
        try check(status)
        var contents: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = try systemCall("read") {
                unsafe buffer.withUnsafeMutableBytes { unsafe Glibc.read(number, $0.baseAddress, $0.count) }
            }
            if count == 0 { return contents }
            contents += buffer[..<count]
            guard contents.count <= limit else { throw SystemError(operation: "read", number: EFBIG) }
        }
    }

    private static func open(_ path: [UInt8]) throws(SystemError) -> Descriptor {
        guard !path.contains(0) else { throw SystemError(operation: "open", number: ENOENT) }
        let text = path.map { CChar(bitPattern: $0) } + [0]
        let number = try systemCall("open") {
            path == [UInt8(ascii: "-")] ? dup(0) : unsafe Glibc.open(text, O_RDONLY | O_CLOEXEC)
        }
        return Descriptor(owning: number)
    }
}
