import Foundation
import Glibc
import RsyncEngine
import RsyncOptions
import RsyncWire
import TestSupport
import Testing
import Transport

/// A source and a destination directory of a test's own on tmpfs.
struct Place {
    let directory: TemporaryDirectory
    var source: String { directory.file("source") }
    var destination: String { directory.file("destination") }

    init() throws {
        directory = try TemporaryDirectory(parent: "/dev/shm")
        for path in [source, destination] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        }
    }

    func write(_ bytes: [UInt8], _ path: String) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    /// The names in the destination, temporaries included.
    func names() throws -> [String] { try FileManager.default.subpathsOfDirectory(atPath: destination).sorted() }
}

/// A small tmpfs over a directory, while the value lives.
final class SmallVolume {
    private let path: String

    init?(_ path: String, bytes: Int) {
        self.path = path
        guard mount("none", path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }
}

@Suite("Engine under faults", .timeLimit(.minutes(10)))
struct FaultTests {
    private static let overWire: [Route] = [.push, .pull, .daemonPush, .daemonPull]

    @Test("many scattered edits of one file arrive as a delta", arguments: Route.allCases, [false, true])
    func scattered(route: Route, inPlace: Bool) throws {
        let place = try Place()
        var content = knownBytes(600_000)
        try place.write(content, place.destination + "/file")
        for offset in stride(from: 5000, to: 600_000, by: 12_345) { content[offset] ^= 0xff }
        try place.write(content, place.source + "/file")
        utimes(place.source + "/file", [timeval(tv_sec: 5, tv_usec: 0), timeval(tv_sec: 5, tv_usec: 0)])
        var options = TransferOptions.mirror
        options.placement.inPlace = inPlace
        let outcome = try route.copy(place.source, to: place.destination, options)
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        #expect(try place.read(place.destination + "/file") == content)
        if route != .local { #expect(outcome.client.statistics.literalData < 300_000) }
        #expect(try place.names() == ["file"])
    }

    private static let mayMount = geteuid() == 0

    @Test("a full disk ends the session with the old file intact", .enabled(if: mayMount), arguments: Route.allCases)
    func fullDisk(route: Route) throws {
        let place = try Place()
        let volume = try #require(SmallVolume(place.destination, bytes: 1 << 20))
        defer { withExtendedLifetime(volume) {} }
        let old = knownBytes(300_000, seed: 5)
        try place.write(old, place.destination + "/big")
        try place.write(knownBytes(3_000_000), place.source + "/big")
        let outcome = try route.copy(place.source, to: place.destination, .mirror)
        #expect(outcome.client.exitCode == 11, "\(outcome.description)")
        #expect(try place.read(place.destination + "/big") == old)
        #expect(try place.names() == ["big"])
    }

    @Test("a destination that cannot be made is told to the peer, with the exit code", arguments: [Route.push, .pull])
    func missingParent(route: Route) throws {
        let place = try Place()
        try place.write([1], place.source + "/file")
        let outcome = try route.copy(place.source, to: place.destination + "/not/there", .mirror)
        #expect(outcome.client.exitCode == 11 && outcome.server.exitCode == 11, "\(outcome.description)")
        let text = outcome.observer.messages.joined() + outcome.description
        #expect(text.contains("mkdir") && text.contains("/not/there"), "\(outcome.description)")
        #expect(try place.names().isEmpty)
    }

    @Test("a full disk with many small files", .enabled(if: mayMount), arguments: Route.allCases)
    func fullOfSmallFiles(route: Route) throws {
        let place = try Place()
        let volume = try #require(SmallVolume(place.destination, bytes: 1 << 20))
        defer { withExtendedLifetime(volume) {} }
        for number in 0..<400 { try place.write(knownBytes(9000, seed: UInt32(number)), place.source + "/f\(number)") }
        let outcome = try route.copy(place.source, to: place.destination, .mirror)
        #expect(outcome.client.exitCode == 11, "\(outcome.description)")
        // Whatever has a name is whole.
        let names = try place.names()
        #expect(!names.isEmpty)
        for name in names {
            #expect(try place.read(place.destination + "/" + name) == place.read(place.source + "/" + name))
        }
    }

    @Test("a file that vanishes after it was listed gives 24", arguments: Route.allCases)
    func vanishing(route: Route) throws {
        let place = try Place()
        // Longer than all that is in progress between the ends: its item comes before the sender gets to the next file.
        try place.write(longContent, place.source + "/first")
        try place.write(knownBytes(100_000), place.source + "/gone")
        try place.write([1], place.source + "/stays")
        chmod(place.source, 0o700)
        let victim = place.source + "/gone"
        // A local copy has several hands, but the directory comes first: it has been listed, and nothing was copied.
        let signal = route == .local ? "." : "first"
        let observer = RecordingObserver(isEarly: true) { name in
            if name == signal { unlink(victim) }
        }
        let outcome = try route.copy(place.source, to: place.destination, .mirror, observer: observer)
        #expect(outcome.client.exitCode == 24, "\(outcome.description)")
        #expect(outcome.observer.messages.contains { $0.hasSuffix("file has vanished: \"gone\"") })
        #expect(try place.read(place.destination + "/first") == longContent)
        #expect(try place.names() == ["first", "stays"])
    }

    @Test(
        "a file that shrinks while it is sent comes again in its new state: an error (23), unless changes are listed",
        arguments: overWire.map { ($0, false) } + [(.push, true), (.daemonPush, true)]
    )
    func shrinking(route: Route, listsChanges: Bool) throws {
        let place = try Place()
        let path = place.source + "/file"
        try place.write(longContent, path)
        let observer = RecordingObserver(isEarly: true) { name in
            if name == "file" { truncate(path, 1_000_000) }
        }
        var options = TransferOptions.mirror
        options.output.listsChangedFiles = listsChanges
        let outcome = try route.copy(place.source, to: place.destination, options, observer: observer)
        #expect(outcome.client.exitCode == (listsChanges ? 0 : 23), "\(outcome.description)")
        #expect(outcome.observer.messages.contains { $0.contains("read errors mapping \"") })
        #expect(outcome.observer.messages.contains { $0.contains("will try again") })
        #expect(try place.read(place.destination + "/file") == Array(longContent.prefix(1_000_000)))
        #expect(try place.names() == ["file"])
    }

    private static let short = "/sys/devices/system/cpu/smt"

    @Test(
        "a local copy of a file of which less can be read than its size says is an error (23)",
        .enabled(if: access(short + "/active", R_OK) == 0),
        arguments: [false, true]
    )
    func shortened(inPlace: Bool) throws {
        let place = try Place()
        var options = TransferOptions.mirror
        options.placement.inPlace = inPlace
        let outcome = try Route.local.copy(Self.short, to: place.destination, options)
        #expect(outcome.client.exitCode == 23, "\(outcome.description)")
        let words = "[sender] read errors mapping \"\(Self.short)/active\": No data available (61)"
        #expect(outcome.observer.messages.contains { $0.contains(words) }, "\(outcome.description)")
        #expect(try place.read(place.destination + "/active") == place.read(Self.short + "/active"))
    }

    @Test(
        "a file that is being truncated and extended arrives as it was at moments of its reading, or not at all",
        arguments: Route.allCases
    )
    func restless(route: Route) throws {
        let place = try Place()
        let path = place.source + "/restless"
        let content = knownBytes(2_000_000)
        try place.write(content, path)
        let gate = AtomicFlag()
        let churn = try Background {
            while !gate.isSet {
                truncate(path, 10)
                truncate(path, 2_000_000)
            }
        }
        let outcome = try route.copy(place.source, to: place.destination, .mirror)
        gate.set()
        try churn.value()
        let messages = outcome.observer.messages
        let shown = route == .daemonPull ? "\"/restless\" (in volume)" : "\"\(path)\""
        let words = "[sender] read errors mapping \(shown): No data available (61)"
        let isShortened = messages.contains { $0.contains(words) }
        #expect(outcome.client.exitCode == (isShortened ? 23 : 0), "\(outcome.description)")
        // Without content, the file shrank under both attempts.
        guard !messages.contains(where: { $0.contains("failed verification -- update discarded.") }) else {
            #expect(isShortened, "\(outcome.description)")
            return #expect(try place.names() == [])
        }
        let arrived = try place.read(place.destination + "/restless")
        #expect((10...2_000_000).contains(arrived.count))
        let same = zip(arrived, content).prefix { $0 == $1 }.count
        #expect(arrived[same...].allSatisfy { $0 == 0 })
    }

    @Test("without root: what cannot be read gives 23, the rest arrives, nothing is deleted", arguments: Route.allCases)
    func unreadable(route: Route) throws {
        let place = try Place()
        try place.write([1], place.source + "/good")
        try place.write([2], place.source + "/bad")
        try place.write([3], place.destination + "/extra")
        try FileManager.default.createDirectory(atPath: place.source + "/closed", withIntermediateDirectories: false)
        try FileManager.default.createDirectory(atPath: place.source + "/tight", withIntermediateDirectories: false)
        try place.write(knownBytes(100_000), place.source + "/tight/file")
        chmod(place.source + "/bad", 0)
        chmod(place.source + "/closed", 0)
        chmod(place.source + "/tight", 0o555)
        chown(place.destination, 65534, 65534)
        let (source, destination) = (place.source, place.destination)
        var options = TransferOptions.mirror
        options.wire.incrementalRecursion = false
        // The session's threads inherit the user.
        let outcome = try onThread(user: 65534) { [options] in try route.copy(source, to: destination, options) }
        #expect(outcome.client.exitCode == 23, "\(outcome.description)")
        var names = try place.names()
        // The local transfer walks beside the comparison: it may learn of the error after the first list.
        if route == .local { names.removeAll { $0 == "extra" } } else { #expect(names.contains("extra")) }
        #expect(names.filter { $0 != "extra" } == ["closed", "good", "tight", "tight/file"])
        #expect(try place.read(destination + "/tight/file") == knownBytes(100_000))
        var status = stat()
        lstat(destination + "/tight", &status)
        #expect(status.st_mode & 0o7777 == 0o555)
    }

    @Test("a symbolic link in place of a directory leads nowhere", arguments: Route.allCases)
    func swapped(route: Route) throws {
        let place = try Place()
        let outside = place.directory.file("outside")
        try FileManager.default.createDirectory(atPath: outside, withIntermediateDirectories: false)
        try place.write([9], outside + "/precious")
        for name in ["a", "b", "c"] {
            try FileManager.default.createDirectory(
                atPath: place.source + "/" + name,
                withIntermediateDirectories: false
            )
            for number in 0..<50 { try place.write(knownBytes(2000), place.source + "/\(name)/f\(number)") }
        }
        let target = place.destination
        let isSwapped = AtomicFlag()
        let observer = RecordingObserver { name in
            guard name == "a" || name == "b" else { return }
            rename(target + "/c", target + "/moved")
            if symlink(outside, target + "/c") == 0 { isSwapped.set() }
        }
        _ = try route.copy(place.source, to: place.destination, .mirror, observer: observer)
        #expect(isSwapped.isSet)
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside) == ["precious"])
        #expect(try place.read(outside + "/precious") == [9])
    }

    @Test("names that a filter protects survive deletion, in deleted directories too", arguments: Route.allCases)
    func protected(route: Route) throws {
        let place = try Place()
        try place.write([1], place.source + "/kept")
        for path in ["/old", "/old/deep"] {
            try FileManager.default.createDirectory(
                atPath: place.destination + path,
                withIntermediateDirectories: false
            )
        }
        for name in ["notes.bak", "junk", "old/deep/x.bak", "old/deep/y", "old/z"] {
            try place.write([2], place.destination + "/" + name)
        }
        var options = TransferOptions.mirror
        try options.selection.filters.append(argument: Array("*.bak".utf8), isInclude: false)
        let outcome = try route.copy(place.source, to: place.destination, options)
        #expect(outcome.client.failure == nil, "\(outcome.description)")
        #expect(try place.names() == ["kept", "notes.bak", "old", "old/deep", "old/deep/x.bak"])
    }

    @Test("in place, names that the source keeps separate are not changed through a link", arguments: Route.allCases)
    func inPlaceLinks(route: Route) throws {
        let place = try Place()
        try place.write(knownBytes(70_000), place.source + "/a")
        try place.write(knownBytes(70_001, seed: 3), place.source + "/b")
        try place.write(knownBytes(10), place.destination + "/a")
        link(place.destination + "/a", place.destination + "/b")
        var options = TransferOptions.mirror
        options.placement.inPlace = true
        let outcome = try route.copy(place.source, to: place.destination, options)
        #expect(outcome.client.exitCode == 0)
        #expect(try TreeSnapshot(place.source).differences(from: TreeSnapshot(place.destination)) == [])
    }

    /// Where rsync 3.5.0 sets both modes on the one file that both names stand for, each run another way round.
    @Test(
        "metadata of names that the source keeps separate is not changed through a link",
        arguments: Route.allCases,
        ["two files", "a pair and a file", "in place", "dry run", "links", "in two directories"]
    )
    func links(route: Route, what: String) throws {
        let place = try Place()
        for name in ["d", "e"] {
            for parent in [place.source, place.destination] {
                try FileManager.default.createDirectory(atPath: parent + "/" + name, withIntermediateDirectories: false)
            }
        }
        let isSymbolic = what == "links"
        let names = what == "in two directories" ? ["d/a", "d/b", "e/c", "e/d"] : ["d/a", "d/b", "d/c", "d/d"]
        for (number, name) in names.enumerated() {
            for path in [place.source, place.destination].map({ $0 + "/" + name }) {
                if path.hasPrefix(place.destination), number > 0 {
                    link(place.destination + "/" + names[0], path)
                } else if isSymbolic {
                    symlink("somewhere", path)
                } else {
                    try place.write(knownBytes(3000), path)
                }
                try setTime(of: path, seconds: 5, nanoseconds: number % 2)
                if !isSymbolic { chmod(path, number < 2 ? 0o600 : 0o644) }
            }
        }
        if what != "two files" {
            unlink(place.source + "/" + names[1])
            link(place.source + "/" + names[0], place.source + "/" + names[1])
        }
        var options = TransferOptions.mirror
        options.placement.inPlace = what == "in place"
        options.dryRun = what == "dry run"
        let before = try TreeSnapshot(place.destination)
        let outcome = try route.copy(place.source, to: place.destination, options)
        #expect(outcome.client.exitCode == 0, "\(outcome.description)")
        let after = try TreeSnapshot(place.destination)
        guard what != "dry run" else {
            #expect(after.differences(from: before) == [] && after.identities == before.identities)
            return
        }
        for (name, node) in try TreeSnapshot(place.source).nodes {
            #expect(after.nodes[name]?.mode == node.mode, "\(name)")
            #expect(after.nodes[name]?.nanoseconds == node.nanoseconds, "\(name)")
        }
        let again = try route.copy(place.source, to: place.destination, options)
        #expect(again.observer.items.allSatisfy { $0.flags == 0 }, "\(again.observer.items)")
        #expect(try TreeSnapshot(place.destination).identities == after.identities)
    }

    @Test("where the first of two hard links cannot be put in place, the other arrives", arguments: Route.allCases)
    func blockedLink(route: Route) throws {
        let place = try Place()
        try place.write([1, 2, 3], place.source + "/a")
        link(place.source + "/a", place.source + "/b")
        try FileManager.default.createDirectory(
            atPath: place.destination + "/a/full",
            withIntermediateDirectories: true
        )
        var options = TransferOptions.mirror
        options.deletion.isOn = false
        let outcome = try route.copy(place.source, to: place.destination, options)
        #expect(outcome.client.exitCode == 23, "\(outcome.description)")
        #expect(try place.read(place.destination + "/b") == [1, 2, 3])
        #expect(try place.names() == ["a", "a/full", "b"])
    }

    @Test("a session leaves no descriptor open and releases its streams", arguments: Route.allCases, [false, true])
    func leaks(route: Route, isBroken: Bool) throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.source + "/d", withIntermediateDirectories: false)
        try place.write(longContent, place.source + "/d/a")
        try place.write([1], place.source + "/b")
        let volume = isBroken ? SmallVolume(place.destination, bytes: 1 << 20) : nil
        let watch = StreamWatch()
        let outcome = try route.copy(place.source, to: place.destination, .mirror, watch: watch)
        #expect(outcome.client.exitCode == (isBroken ? 11 : 0), "\(outcome.description)")
        // The server's thread releases its end after it has handed over its result.
        for _ in 0..<1000 where !(watch.isEmpty && place.openPaths.isEmpty) { usleep(5000) }
        #expect(watch.isEmpty)
        #expect(place.openPaths == [])
        withExtendedLifetime(volume) {}
    }
}

/// More than fits between two ends of a session: 16 MiB.
private let longContent: [UInt8] = {
    let piece = knownBytes(65521, seed: 3)
    return Array(repeatElement(piece, count: 257).joined())
}()

extension Place {
    /// What this process holds open in the two trees.
    fileprivate var openPaths: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0) }
            .filter { $0.hasPrefix(directory.path + "/") }
    }
}

/// A flag between threads.
final class AtomicFlag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
}
