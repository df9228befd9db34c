import Checksums
import Foundation
import Glibc
import TestSupport
import Testing
import VolumeAccess

@testable import VolumeVerification

/// A test could not be set up.
struct Failure: Error {
    let what: String
}

/// Runs a program that must succeed.
func run(_ program: String, _ arguments: [String]) throws {
    let process = try ChildProcess(program, arguments)
    guard try process.waitForExit() == 0 else { throw Failure(what: "\(arguments): \(process.output)") }
}

/// A tree with every kind of entry, and an exact copy of it.
struct VerifiedTree {
    let directory: TemporaryDirectory
    var first: String { directory.file("first") }
    var second: String { directory.file("second") }

    /// Makes both, with a file of some length in bytes.
    init(size: Int = 70_000) throws {
        directory = try TemporaryDirectory(parent: "/dev/shm")
        try run("/bin/sh", ["-euc", Self.script, "sh", first, "\(size)"])
        try copy()
    }

    private static let script = """
        mkdir -p "$1/sub/deep/er" "$1/lone"; cd "$1"
        head -c "$2" /dev/urandom > content; head -c 3000 /dev/urandom > sub/small; : > empty; echo x > sub/deep/er/x
        printf 'name' > "$(printf 'odd\\nname\\377')"
        truncate -s 1M sparse; printf data | dd of=sparse conv=notrunc bs=1 seek=700000 2>/dev/null
        ln content sub/linked; ln content sub/deep/linked; ln -s ../nowhere sub/link; ln sub/link linked-link
        setfattr -n user.note -v value content; setfattr -n user.long -v "$(head -c 1000 /dev/zero | tr '\\0' x)" sub/small
        setfattr -n user.dir -v d sub; setfacl -m u:1000:r content; setfacl -d -m g:5:rwx sub
        mkfifo pipe; chmod 4711 sub/small; chown 1:2 empty; touch -d '2020-01-02 03:04:05.123456789' sub/small
        if [ "$(id -u)" = 0 ]; then mknod character c 1 3; mknod block b 7 200; fi
        python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('socket')"
        """

    /// Makes the second tree an exact copy of the first again.
    func copy() throws { try run("/bin/sh", ["-euc", "rm -rf \"$2\"; cp -a \"$1\" \"$2\"", "sh", first, second]) }

    func manifest(of path: String, _ function: TreeHashFunction = .xxh128, threads: Int? = nil) throws -> VolumeManifest
    {
        try VolumeManifest(try Volume.open(path: path), function, threads: threads)
    }

    /// What differs between the two trees.
    func differences(_ fields: ComparedFields = .all, _ function: TreeHashFunction = .xxh128) throws -> [Difference] {
        try VolumeVerificationTests.differences(
            try manifest(of: first, function),
            try manifest(of: second, function),
            fields
        )
    }
}

/// What differs between two manifests.
func differences(
    _ first: any ManifestStream,
    _ second: any ManifestStream,
    _ fields: ComparedFields = .all
) throws -> [Difference] {
    final class Found { var list: [Difference] = [] }
    let found = Found()
    var comparison = try ManifestComparison(first, second, fields) { found.list.append($0) }
    let count = try comparison.run()
    #expect(count == found.list.filter(\.counts).count)
    return found.list
}

/// All steps of a manifest.
func items(_ stream: any ManifestStream) throws -> [ManifestItem] {
    var items: [ManifestItem] = []
    while let item = try stream.next() { items.append(item) }
    return items
}

/// A manifest, written.
func written(_ stream: any ManifestStream) throws -> [UInt8] {
    var writer = ManifestWriter(stream.function)
    var bytes: [UInt8] = []
    while let item = try stream.next() {
        writer.add(item)
        bytes += writer.takePiece() ?? []
    }
    return bytes + writer.finish(stream.totals)
}

/// A reader of bytes in memory, in pieces of some length.
func reader(_ bytes: [UInt8], piece: Int = .max) throws -> ManifestReader {
    var place = 0
    return try ManifestReader { (span) throws(VerificationError) in
        let count = min(span.count, piece, bytes.count - place)
        for index in 0..<count { span[index] = bytes[place + index] }
        place += count
        return count
    }
}
