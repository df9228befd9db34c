import Checksums
import TestSupport
import Testing

@testable import RsyncOptions

/// Random command lines of a client, through a server's arguments and back.
@Suite("Options from client to server")
struct OptionRoundTripTests {
    /// Values for every option of a client that takes one.
    static let values: [String: [String]] = [
        "exclude": ["*.o", "+ keep", "/a/"], "include": ["*/", "- x"], "exclude-from": ["list"],
        "include-from": ["list"], "filter": ["- *.o", ": .rules", "P keep", "exclude,s x", "-C"],
        "files-from": ["list", ":list"], "max-size": ["1.5k", "0", "9"], "min-size": ["7", "1m"],
        "modify-window": ["-1", "0", "7"], "block-size": ["700", "1k", "0"], "checksum-seed": ["5", "-2", "0x10", "0"],
        "checksum-choice": ["md5", "xxh64,md5", "none", "auto", "XXHASH", "auto,md5", "md5,auto"],
        "bwlimit": ["100", "1.5m", "0"],
        "compress-choice": ["zstd", "lz4", "zlib", "zlibx", "none", "auto"], "compress-level": ["0", "3", "-5"],
        "timeout": ["30", "0", "010"], "protocol": ["30", "31", "32"], "rsh": ["ssh -p 2"],
        "rsync-path": ["/opt/rsync"],
        "port": ["8730"], "max-delete": ["0", "-3", "7"], "contimeout": ["9"], "password-file": ["/secret"],
        "info": ["progress2,del", "none", "all4,name0", "skip2", "flist0,remove,misc9"],
        "debug": ["all4", "none,del2", "hlink"], "out-format": ["%i %n", "%n"], "log-format": ["%n"],
        "log-file": ["/log"], "log-file-format": ["%n"], "stderr": ["all", "client", "e"], "outbuf": ["N", "line"],
        "max-alloc": ["2G", "1g", "0", "1.5m+1"], "compress-threads": ["3"], "skip-compress": ["gz/mp[34]"],
        "stop-after": ["5"], "stop-at": [":59"],
        "partial-dir": [".part", "/parts"], "backup-dir": ["../old"], "suffix": [".old"], "temp-dir": ["tmp"],
        "compare-dest": ["../a"], "copy-dest": ["../b", "/b"], "link-dest": ["../c", "../d"],
        "chmod": ["D755,Fgo-w", "u+x"], "usermap": ["0-9:root,*:a b"], "groupmap": [":games,[a-c]*:2"],
        "chown": ["me:us", "5", ":7"], "copy-as": ["me", "me:us"],
        "remote-option": ["--log-file=x", "-n"], "address": ["127.0.0.1"], "sockopts": ["SO_KEEPALIVE"],
        "early-input": ["/secret"], "confine-root": ["/srv", "/"],
    ]

    /// Every spelling of every honoured option, with its values.
    static let words: [String: [String]] = Dictionary(
        uniqueKeysWithValues: OptionTable.options.compactMap { option in
            let on = option.names.map { "--\($0)" } + (option.letter.map { ["-\($0)"] } ?? [])
            let off = (option.names + (option.letter.map { $0.isLetter ? [String($0)] : [] } ?? [])).map {
                "--no-\($0)"
            }
            switch option.client {
            case .toggle: return (option.spelling, on + off)
            case .effect: return (option.spelling, on.filter { $0 != "--help" })
            case .value(_, let turnOff):
                let values = values[option.names[0]] ?? []
                let set = on.flatMap { word in values.map { word.hasPrefix("--") ? "\(word)=\($0)" : word + $0 } }
                return (option.spelling, set.isEmpty ? [] : set + (turnOff == nil ? [] : [off[0]]))
            case .unknown, .refused: return nil
            }
        }
    )

    @Test("every option that a client honours has sample arguments")
    func complete() {
        #expect(Self.words.filter { $1.isEmpty && $0 != "--help" }.isEmpty)
        #expect(Self.words.count > 55)
    }

    private func client(_ words: [String]) throws(OptionError) -> TransferOptions {
        let surroundings = OptionSurroundings { (_, _, _) throws(OptionError) in Array("# none\n*.tmp\n".utf8) }
        var parser = ClientParser(words.map { Array($0.utf8) }, surroundings)
        try parser.run()
        #expect(parser.operands.isEmpty)
        return parser.options.transfer
    }

    /// What a server reads of the arguments that a client sends.
    private func server(_ options: TransferOptions, isSender: Bool) throws(ArgumentFlaw) -> ServerOptions {
        var sent = ServerOptions()
        sent.transfer = options
        sent.isSender = isSender
        sent.capabilities = ".iLsfxCIvu"
        var parser = ServerParser(sent.words + [Array(".".utf8)], isEscaped: true)
        try parser.run()
        return parser.options
    }

    /// The options as a server in a role is told them.
    private func told(_ options: TransferOptions, isSender: Bool) -> TransferOptions {
        let plain = TransferOptions()
        var told = options
        // Filters travel on the stream, the version in the greeting, incremental recursion among the capabilities.
        told.selection.filters = plain.selection.filters
        told.selection.impliedDirectories = !told.selection.relative || told.selection.impliedDirectories
        told.selection.keepsPaths = told.selection.relative ? true : nil
        told.selection.dirs = told.sendsDirs ? true : nil
        told.selection.links.munges = false
        told.selection.links.paths = plain.selection.links.paths
        told.wire.protocolVersion = plain.wire.protocolVersion
        told.wire.incrementalRecursion = plain.wire.incrementalRecursion
        // The server's own default is deltas; without sums there is nothing to make one of.
        if told.wire.wholeFile == false { told.wire.wholeFile = nil }
        if told.wire.checksumChoice == ChecksumAlgorithm.none { told.wire.wholeFile = true }
        if !told.wire.compress { told.wire.compressLevel = nil }
        // The client's own printing; debug levels are for one end.
        told.output.debug = plain.output.debug
        told.output.showsProgress = false
        told.output.info = told.output.info.told { $0.isPrinted(bySender: isSender) }
        told.output.itemize = min(2, told.output.itemize)
        told.output.hasFormat =
            options.output.itemize > 0 || options.output.verbosity == 0 && options.output.level(.name) > 0
        told.output.verbosity = min(9, told.output.verbosity)
        if told.placement.writesInPlace || told.placement.partialPlace != nil { told.placement.partial = false }
        told.placement.inPlace = told.placement.writesInPlace && told.placement.appending == nil
        if told.placement.alternates.isEmpty { told.placement.fuzziness = min(told.placement.fuzziness, 1) }
        told.placement.backup = told.placement.makesBackups
        told.limits = plain.limits
        if !isSender { told.wire.uncompressed = nil }
        told.wire.stop = nil
        // They stay on the side that they are given to.
        told.attributes.modeChanges = plain.attributes.modeChanges
        told.attributes.dropsDevices = false
        told.attributes.copyAs = nil
        if told.attributes.privileges != .attempted { told.attributes.privileges = .ofUser }
        if told.attributes.permissions { told.attributes.executability = false }
        // What a server reads of -A implies -p.
        if told.attributes.acls { told.attributes.permissions = true }
        guard isSender else {
            told.attributes.copiesDevices = false
            told.selection.ignoresMissing = false
            (told.selection.links.copiesReferents, told.selection.links.copiesDirectories) = (false, false)
            return told
        }
        (told.selection.largestSize, told.selection.smallestSize) = (nil, nil)
        (told.selection.prunesEmptyDirectories, told.selection.links.keepsDirectoryLinks) = (false, false)
        told.comparison.sizeOnly = false
        (told.comparison.existing, told.comparison.ignoreExisting) = (false, false)
        told.comparison.modifyWindow = nil
        told.attributes.omitDirectoryTimes = false
        told.attributes.omitLinkTimes = false
        told.attributes.executability = false
        told.attributes.privileges = .ofUser
        (told.attributes.userRules, told.attributes.groupRules) = (nil, nil)
        (told.placement.partial, told.placement.delaysUpdates, told.placement.writesDevices) = (false, false, false)
        told.placement.fsync = false
        (told.placement.partialDirectory, told.placement.temporaryDirectory) = (nil, nil)
        (told.placement.alternates, told.placement.alternateUse) = ([], plain.placement.alternateUse)
        (told.placement.fuzziness, told.placement.preallocate, told.placement.makesPath) = (0, false, false)
        told.deletion.isOn = false
        told.deletion.includesExcluded = false
        (told.deletion.time, told.deletion.most, told.deletion.force) = (nil, nil, false)
        told.output.itemize = 0
        told.output.hasFormat = false
        told.output.stats = false
        return told
    }

    private static let times = ["--delete-before", "--delete-during", "--del", "--delete-delay", "--delete-after"]

    @Test("2000 random command lines reach either server as they were meant", .timeLimit(.minutes(10)))
    func random() throws {
        var random = SeededRandom(seed: 20_261_128)
        let names = Self.words.keys.filter { $0 != "--help" }.sorted()
        var used: [String: Int] = [:]
        for _ in 0..<2000 {
            var decidesAboutOwners = false
            var line = (0..<Int.random(in: 1...12, using: &random)).compactMap { _ -> String? in
                guard let name = names.randomElement(using: &random) else { return nil }
                if ["--chown", "--usermap", "--groupmap"].contains(name) {
                    if decidesAboutOwners { return nil }
                    decidesAboutOwners = true
                }
                used[name, default: 0] += 1
                return Self.words[name]?.randomElement(using: &random)
            }
            // Only one kind of alternate directories may be used.
            if let kind = line.first(where: { $0.contains("-dest=") })?.prefix(while: { $0 != "=" }) {
                line.removeAll { $0.contains("-dest=") && !$0.hasPrefix("\(kind)=") }
            }
            // They exclude each other.
            guard line.count(where: { $0.hasPrefix("--del") && Self.times.contains($0) }) < 2 else { continue }
            let options = try client(line)
            for isSender in [false, true] {
                let read = try server(options, isSender: isSender)
                #expect(read.isSender == isSender && !read.isSecluded)
                #expect(
                    read.transfer == told(options, isSender: isSender),
                    "\(line) to \(isSender ? "sender" : "receiver")"
                )
            }
        }
        #expect(names.allSatisfy { used[$0, default: 0] > 60 })
    }

    @Test("each option alone changes what a client does, or is off already")
    func effective() throws {
        let inert: Set<String> = [
            "--inc-recursive", "--implied-dirs", "--compress-threads", "--skip-compress", "--motd",
            "--trust-sender", "--qsort", "--blocking-io",
        ]
        for (name, words) in Self.words where name != "--help" && !inert.contains(name) {
            let surroundings = OptionSurroundings { (_, _, _) throws(OptionError) in Array("*.tmp".utf8) }
            var parser = ClientParser([Array(words[0].utf8)], surroundings)
            try parser.run()
            #expect(parser.options != ClientOptions(), "\(words[0])")
        }
    }

    @Test("the arguments for a server are in rsync's order")
    func order() throws {
        let line =
            "-avvHSWzcIOn --fsync --inplace --delete --stats --size-only --timeout=9 --bwlimit=5 -B700 -@1 --ignore-errors"
        let options = try client(
            (line + " --numeric-ids --zl=3 --cc=md5 --checksum-seed=4").split(separator: " ").map(String.init)
        )
        var sent = ServerOptions()
        sent.transfer = options
        sent.capabilities = ".iLsfxCIvu"
        #expect(
            sent.words.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ") == """
                --server -vvnlOWHogDtprcISze.iLsfxCIvu --compress-level=3 -B700 --timeout=9 --bwlimit=5 \
                --checksum-choice=md5 --delete --size-only --stats --modify-window=1 --checksum-seed=4 --ignore-errors \
                --numeric-ids --fsync --inplace
                """
        )
    }
}
