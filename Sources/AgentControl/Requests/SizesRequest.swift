import LinuxSystem
import VolumeAccess
import VolumeCapacity

/// The space that entries of a volume free when they are removed or replaced.
///
///     S>T  {"request":"sizes","volume":NAME,"paths":[PATH in hex, ...]}
///     T>S  {"allocated":[BYTES, ...]}, 0 for what does not exist, has further names, or is in btrfs's trees
enum SizesRequest: ControlRequest {
    static let name = "sizes"
    static let limit = Duration.seconds(60)

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard let name = arguments["volume"]?.asText, let volume = try context.volumes.volume(named: name) else {
            throw .refused("no such volume")
        }
        guard case .list(let paths) = arguments["paths"] else { throw .refused("paths is not a list") }
        // A file in a btrfs tree frees nothing that other content could use, though it counts as a block.
        let smallest = isBtrfs(volume) ? TargetProfile.longestInTrees : -1
        let sizes = paths.map { path in
            path.asText.flatMap { Hexadecimal.decode($0.utf8) }.map { allocated($0, in: volume, longerThan: smallest) }
                ?? 0
        }
        return [("allocated", .list(sizes.map { .integer($0) }))]
    }

    private static func isBtrfs(_ volume: Volume) -> Bool {
        do throws(VolumeError) {
            return try volume.space().magic == TargetProfile.FileSystem.btrfs.magic
        } catch {
            // The paths cannot be examined either.
            return false
        }
    }

    private static func allocated(_ path: [UInt8], in volume: Volume, longerThan smallest: Int64) -> Int64 {
        let parts = PathParts(path)
        do throws(VolumeError) {
            let status = try volume.directory(parts.parent.span).status(of: parts.leaf.span)
            guard let status, status.isDirectory || status.linkCount == 1, status.size > smallest else { return 0 }
            return status.allocated
        } catch {
            // What cannot be examined is assumed to free nothing.
            return 0
        }
    }
}

extension ControlClient {
    /// The maximum total length of the paths in a request, in bytes.
    package static let pathBytesLimit = 24 * 1024

    /// Requests the space that entries free when they are removed or replaced.
    ///
    /// - Parameters:
    ///   - paths: Paths in the volume, at most ``pathBytesLimit`` bytes in total.
    ///   - volume: The volume's name at the target.
    /// - Returns: Bytes, in the order of the paths.
    /// - Throws: ``ControlError``.
    package func allocated(_ paths: [[UInt8]], inVolume volume: String) throws(ControlError) -> [Int64] {
        let arguments: [(String, JSONValue)] = [
            ("volume", .text(volume)), ("paths", .list(paths.map { .text(Hexadecimal.encode($0)) })),
        ]
        let answer = try ask(SizesRequest.name, arguments, within: SizesRequest.limit + .seconds(10))
        return try Self.sizes(in: answer, count: paths.count)
    }

    /// Reads the answer about some paths.
    static func sizes(in answer: JSONValue, count: Int) throws(ControlError) -> [Int64] {
        try AnswerReader(members: answer).figures("allocated", count: count, in: 0...Int64.max)
    }
}
