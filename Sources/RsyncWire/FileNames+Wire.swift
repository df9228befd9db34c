import LinuxSystem
package import RsyncOptions

extension FileNames {
    /// Writes the names for a sender (protocol specification, session 8.3): each with a NUL, and one more.
    package func write(to output: WireOutput) throws(WireError) {
        guard output.dialect.framesNames else {
            return try output.unframed { () throws(WireError) in try writeAll(to: output) }
        }
        try writeAll(to: output)
    }

    private func writeAll(to output: WireOutput) throws(WireError) {
        try output.bytes(bytes)
        try output.byte(0)
    }

    /// Reads the names for this side, which sends.
    ///
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 22 for a name or a list over the limits.
    package static func read(from input: WireInput) throws(WireError) -> FileNames {
        guard input.dialect.framesNames else {
            return try input.unframed { () throws(WireError) in try readAll(from: input) }
        }
        return try readAll(from: input)
    }

    private static func readAll(from input: WireInput) throws(WireError) -> FileNames {
        var names = FileNames()
        var name: [UInt8] = []
        while true {
            let byte = try input.byte("a name of --files-from")
            if byte != 0 {
                name.append(byte)
                guard name.count <= nameLimit else {
                    throw .violation("a name of --files-from is longer than \(nameLimit) bytes", exitCode: 22)
                }
                continue
            }
            if name.isEmpty { return names }
            guard names.append(name) else { throw .violation("the list of --files-from is too long", exitCode: 22) }
            name.removeAll(keepingCapacity: true)
        }
    }
}
