import Checksums
package import RsyncOptions
import RsyncWire

/// Texts of `--help`, `--version`, `--info=help` and `--debug=help`.
package enum HelpText {
    /// The text that an option prints instead of a transfer.
    package static func text(of request: ClientOptions.Request) -> String {
        switch request {
        case .help: options
        case .version: VersionText.plain
        case .versionData: VersionText.json
        case .infoHelp: MessageLevels<InfoGroup>.help
        case .debugHelp: MessageLevels<DebugGroup>.help
        }
    }

    private static var options: String {
        """
        \(VersionText.title)
        Copies files between this machine and another, or locally, using rsync's protocol.

        Usage: dvm-rsync [OPTION]... SOURCE [SOURCE]... DESTINATION
           or  dvm-rsync [OPTION]... SOURCE (lists it)
           or  dvm-rsync [OPTION]... rsync://[USER@]HOST[:PORT]/
           or  dvm-rsync --daemon [--config=FILE] [--port=PORT] [--address=ADDRESS] [--no-detach] [--log-file=FILE]

        A source or a destination may be [USER@]HOST:PATH (remote shell), [USER@]HOST::MODULE/PATH or
        rsync://[USER@]HOST[:PORT]/MODULE/PATH (daemon). Options that can be turned off have a form --no-OPTION.
        Options are not abbreviated, and ~/.popt is not read.

        \(OptionTable.help)
        """
    }
}

/// What this program can do, in the form of rsync's `--version`.
enum VersionText {
    static let title = "dvm-rsync  version \(RsyncCommandLine.version)  protocol version \(Dialect.newest.version)"
    private static let copyright = "the authors of dvm"

    /// A capability: its name in the JSON and in the text, and its value.
    private enum Value {
        case bits(Int)
        case has(Bool)
        case word(String)
        /// Whether the client accepts an option.
        case option(String)
    }

    private static let capabilities: [(name: String, value: Value)] = [
        ("file_bits", .bits(64)), ("inum_bits", .bits(64)), ("timestamp_bits", .bits(64)), ("long_int_bits", .bits(64)),
        ("socketpairs", .has(true)), ("symlinks", .option("links")), ("symtimes", .has(true)),
        ("hardlinks", .option("hard-links")), ("hardlink_specials", .has(true)), ("hardlink_symlinks", .has(true)),
        ("IPv6", .has(true)), ("atimes", .option("atimes")), ("batchfiles", .option("write-batch")),
        ("inplace", .option("inplace")), ("append", .option("append")), ("ACLs", .option("acls")),
        ("ACL_at", .has(true)), ("xattrs", .option("xattrs")), ("secluded_args", .word("optional")),
        ("iconv", .option("iconv")), ("prealloc", .option("preallocate")), ("stop_at", .option("stop-at")),
        ("crtimes", .option("crtimes")),
    ]
    private static let optimizations: [(name: String, value: Value)] = [
        ("SIMD_roll", .has(true)), ("asm_roll", .has(false)), ("openssl_crypto", .has(true)), ("asm_MD5", .has(false)),
    ]
    private static let checksums = ChecksumAlgorithm.allCases.filter(\.isAvailable).map(\.name)
    private static let compressors = CompressionAlgorithm.allCases.map(\.rawValue)
    private static let digests = AuthenticationExchange.available.map(\.name)

    /// The text of `--version`.
    static var plain: String {
        func words(_ values: [(name: String, value: Value)]) -> [String] {
            values.map { name, value in
                let name = name.split(separator: "_").joined(separator: "-")
                return switch value {
                case .bits(let bits): "\(bits)-bit \(name.dropLast(5))"
                case .has(let has): (has ? "" : "no ") + name
                case .word(let word): "\(word) \(name)"
                case .option(let option): (OptionTable.accepts(option) ? "" : "no ") + name
                }
            }
        }
        let lists: [(title: String, words: [String], separator: String)] = [
            ("Capabilities", words(capabilities), ", "), ("Optimizations", words(optimizations), ", "),
            ("Checksum list", checksums, " "), ("Compress list", compressors, " "), ("Daemon auth list", digests, " "),
        ]
        return ([title] + lists.flatMap { ["\($0.title):"] + lines($0.words, $0.separator) }).joined(separator: "\n")
    }

    private static func lines(_ words: [String], _ separator: String) -> [String] {
        let lines = words.reduce(into: [""]) { lines, word in
            let last = lines[lines.count - 1]
            if last.isEmpty {
                lines[lines.count - 1] = word
            } else if last.count + separator.count + word.count > 72 {
                lines[lines.count - 1] += separator == ", " ? "," : ""
                lines.append(word)
            } else {
                lines[lines.count - 1] += separator + word
            }
        }
        return lines.map { "    " + $0 }
    }

    /// The text of `-VV`, with the members of rsync's.
    static var json: String {
        func members(_ values: [(name: String, value: Value)]) -> String {
            let members = values.map { name, value in
                switch value {
                case .bits(let bits): "\"\(name)\": \(bits)"
                case .has(let has): "\"\(name)\": \(has)"
                case .word(let word): "\"\(name)\": \"\(word)\""
                case .option(let option): "\"\(name)\": \(OptionTable.accepts(option))"
                }
            }
            return "{\n" + lines(members, ", ").joined(separator: "\n") + "\n  }"
        }
        func list(_ words: [String]) -> String {
            "[\n    " + words.map { "\"\($0)\"" }.joined(separator: ", ") + "\n  ]"
        }
        let fields: [(String, String)] = [
            ("program", "\"dvm-rsync\""), ("version", "\"\(RsyncCommandLine.version)\""),
            ("protocol", "\"\(Dialect.newest.version).0\""),
            ("copyright", "\"\(copyright)\""), ("url", "\"\""), ("capabilities", members(capabilities)),
            ("optimizations", members(optimizations)), ("checksum_list", list(checksums)),
            ("compress_list", list(compressors)), ("daemon_auth_list", list(digests)),
            ("license", "\"Apache-2.0\""), ("caveat", "\"provided as is, without warranties or conditions\""),
        ]
        return "{\n" + fields.map { "  \"\($0)\": \($1)" }.joined(separator: ",\n") + "\n}"
    }
}
