/// What the receiving side deleted (protocol specification, session 5.5): five varints behind
/// ``SpecialIndex/deletionStatistics``.
package struct DeletionStatistics: Equatable, Sendable {
    private static let limit: Int32 = 1 << 28

    /// Regular files.
    package var files: Int32 = 0
    /// Directories.
    package var directories: Int32 = 0
    /// Symbolic links.
    package var symbolicLinks: Int32 = 0
    /// Devices.
    package var devices: Int32 = 0
    /// FIFOs and sockets.
    package var specials: Int32 = 0

    /// Nothing was deleted.
    package init() {}

    /// Everything that was deleted.
    package var total: Int64 {
        Int64(files) + Int64(directories) + Int64(symbolicLinks) + Int64(devices) + Int64(specials)
    }

    /// Reads what follows the index.
    ///
    /// - Parameter input: Where it comes from.
    /// - Returns: The numbers.
    /// - Throws: ``WireError/violation(_:exitCode:)`` with code 2 for a number outside 0 to 2^28.
    package static func read(from input: WireInput) throws(WireError) -> DeletionStatistics {
        func number() throws(WireError) -> Int32 {
            let value = try input.varint("deletion statistics")
            guard (0...limit).contains(value) else { throw .incompatible("\(value) deletions are not possible") }
            return value
        }
        var statistics = DeletionStatistics()
        statistics.files = try number()
        statistics.directories = try number()
        statistics.symbolicLinks = try number()
        statistics.devices = try number()
        statistics.specials = try number()
        return statistics
    }

    /// Writes the numbers behind the index, which is the caller's to write.
    ///
    /// - Parameter output: Where they go.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func write(to output: WireOutput) throws(WireError) {
        for number in [files, directories, symbolicLinks, devices, specials] {
            try output.varint(max(0, min(number, Self.limit)))
        }
    }
}

/// What a server that sends tells at the end (protocol specification, session 7.4).
package struct TransferStatistics: Equatable, Sendable {
    /// Bytes the server read from the connection.
    package var bytesRead: Int64 = 0
    /// Bytes the server wrote to the connection.
    package var bytesWritten: Int64 = 0
    /// Bytes of all files in the list.
    package var totalSize: Int64 = 0
    /// Milliseconds it took to build the list.
    package var listBuildTime: Int64 = 0
    /// Milliseconds it took to send the list.
    package var listTransferTime: Int64 = 0

    /// Makes statistics of zeros.
    package init() {}

    /// Reads the five numbers.
    ///
    /// - Parameter input: Where they come from.
    /// - Returns: The numbers as the peer sent them; they are for display only.
    /// - Throws: ``WireError`` when the stream ends.
    package static func read(from input: WireInput) throws(WireError) -> TransferStatistics {
        var statistics = TransferStatistics()
        statistics.bytesRead = try input.varlong30(3, "statistics")
        statistics.bytesWritten = try input.varlong30(3, "statistics")
        statistics.totalSize = try input.varlong30(3, "statistics")
        statistics.listBuildTime = try input.varlong30(3, "statistics")
        statistics.listTransferTime = try input.varlong30(3, "statistics")
        return statistics
    }

    /// Writes the five numbers.
    ///
    /// - Parameter output: Where they go.
    /// - Throws: ``WireError/transport(_:)`` when a full buffer could not be written.
    package func write(to output: WireOutput) throws(WireError) {
        for number in [bytesRead, bytesWritten, totalSize, listBuildTime, listTransferTime] {
            try output.varlong30(number, 3)
        }
    }
}
