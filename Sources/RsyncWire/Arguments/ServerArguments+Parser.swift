import Checksums
import DeltaTransfer

/// Who carries a client's arguments to a server.
public enum ArgumentCarrier: Sendable {
    /// A remote shell, which removed all quoting.
    case shell
    /// Our daemon's protocol; clients escape option values for it as for a shell.
    case daemon
}

extension ServerArguments {
    /// Reads an argument vector on the server's side.
    ///
    /// Parsing stops at the first argument that is not understood, which becomes ``refusal``: exit code 1 for a server
    /// of a shell, 4 for a daemon, which must tell it after the handshake (protocol specification, session 9.4).
    ///
    /// - Parameters:
    ///   - vector: The arguments behind the program's name, from `--server` on.
    ///   - carrier: Where they came from.
    public init(parsing vector: [[UInt8]], from carrier: ArgumentCarrier) {
        self.init(options: TransferOptions(), isSender: false, paths: [])
        options.incrementalRecursion = true
        capabilities = ""
        isComplete = false
        var parser = ArgumentParser(arguments: self, carrier: carrier, rest: vector[...])
        do throws(ArgumentFlaw) {
            try parser.run()
        } catch {
            parser.arguments.refusal = error.wireError(carrier)
        }
        self = parser.arguments
    }
}

/// What is wrong with an argument.
enum ArgumentFlaw: Error {
    case unknown(String)
    case unsupported(String)
    case badValue(option: String, value: String)
    case missingValue(String)
    case missing(String)

    func wireError(_ carrier: ArgumentCarrier) -> WireError {
        let text =
            switch self {
            case .unknown(let option): "\(printable(option)): unknown option"
            case .unsupported(let option): "\(option): this option is not supported here"
            case .badValue(let option, let value): "\(option)=\(printable(value)): invalid value"
            case .missingValue(let option): "\(option): missing value"
            case .missing(let what): "no \(what) among the arguments"
            }
        return switch carrier {
        case .shell: .violation(text, exitCode: 1)
        case .daemon: .violation("on remote machine: " + text, exitCode: 4)
        }
    }
}

/// Goes through a vector once.
private struct ArgumentParser {
    var arguments: ServerArguments
    let carrier: ArgumentCarrier
    var rest: ArraySlice<[UInt8]>

    mutating func run() throws(ArgumentFlaw) {
        guard let first = rest.popFirst(), first == Array("--server".utf8) else { throw .missing("--server") }
        while let bytes = rest.popFirst() {
            let text = optionText(bytes)
            if text == "." { return finish() }
            if text.hasPrefix("--") {
                try long(text.dropFirst(2))
            } else if text.hasPrefix("-"), text.count > 1 {
                try cluster(text.dropFirst())
            } else {
                throw .missing("\".\" before \"\(printable(text))\"")
            }
        }
        guard arguments.isSecluded else { throw .missing("\".\"") }
    }

    /// What follows the `.` is taken as it is.
    private mutating func finish() {
        arguments.isComplete = true
        arguments.paths = rest.map { $0.isEmpty ? [UInt8(ascii: ".")] : $0 }
        rest = []
    }

    /// A daemon's client escapes option values as if a shell came between, but not secluded ones (protocol
    /// specification, session 2.5 and 2.6).
    private func optionText(_ bytes: [UInt8]) -> String {
        guard carrier == .daemon, !arguments.isSecluded else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: ArgumentQuoting.unescaped(bytes), as: UTF8.self)
    }

    private mutating func cluster(_ text: Substring) throws(ArgumentFlaw) {
        var letters = text
        while let letter = letters.popFirst() {
            switch letter {
            case "e":
                arguments.capabilities = String(letters.isEmpty ? try nextValue(of: "-e") : letters)
                return
            case "B":
                try set("block-size", letters.isEmpty ? try nextValue(of: "-B") : letters)
                return
            case "@":
                try set("modify-window", letters.isEmpty ? try nextValue(of: "-@") : letters)
                return
            case "v": arguments.options.verbosity += 1
            case "s": arguments.isSecluded = true
            case "D":
                arguments.options.devices = true
                arguments.options.specials = true
            default:
                guard let option = OptionTable.byLetter[letter] else {
                    throw OptionTable.refusedLetters[letter].map { .unsupported("--\($0) (-\(letter))") }
                        ?? .unknown("-\(letter)")
                }
                option.set(&arguments.options, true)
            }
        }
    }

    private mutating func long(_ text: Substring) throws(ArgumentFlaw) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        if parts.count == 2 { return try set(name, parts[1]) }
        if OptionTable.withValue.contains(name) { return try set(name, try nextValue(of: "--" + name)) }
        switch name {
        case "sender": arguments.isSender = true
        case "verbose": arguments.options.verbosity += 1
        case "secluded-args", "protect-args": arguments.isSecluded = true
        case "new-compress": choose(.zlibx)
        case "old-compress": choose(.zlib)
        case "list-only" where arguments.isSender: break  // the client asks for no file; nothing changes for the server
        default:
            if let option = OptionTable.byName[name] { return option.set(&arguments.options, true) }
            if name.hasPrefix("no-"), let option = OptionTable.byName[String(name.dropFirst(3))] {
                return option.set(&arguments.options, false)
            }
            throw OptionTable.refusedNames.contains(name) ? .unsupported("--" + name) : .unknown("--" + name)
        }
    }

    private mutating func nextValue(of option: String) throws(ArgumentFlaw) -> Substring {
        guard let value = rest.popFirst() else { throw .missingValue(option) }
        return optionText(value)[...]
    }

    private mutating func choose(_ compression: CompressionAlgorithm) {
        arguments.options.compressChoice = compression
        arguments.options.compress = compression != .none
    }

    private mutating func set(_ name: String, _ value: Substring) throws(ArgumentFlaw) {
        func number(_ range: ClosedRange<Int>) throws(ArgumentFlaw) -> Int {
            guard let number = Int(value), range.contains(number) else {
                throw .badValue(option: "--" + name, value: String(value))
            }
            return number
        }
        switch name {
        case "compress-level":
            let level = try number(-1_000_000...1_000_000)
            arguments.options.compressLevel = level
            // Level 0 too: only zlib takes it as "no compression", which the handshake sees to.
            arguments.options.compress = true
        case "block-size": arguments.options.blockLength = try number(0...BlockRule.maximumBlockLength)
        case "modify-window":
            arguments.options.modifyWindow = Int32(try number(Int(Int32.min)...Int(Int32.max)))
        case "timeout": arguments.options.timeout = try number(0...Int(Int32.max))
        case "bwlimit": arguments.options.bandwidthLimit = Int64(try number(0...Int(Int32.max)))
        case "checksum-seed": arguments.options.checksumSeed = Int32(try number(Int(Int32.min)...Int(Int32.max)))
        case "dvm-delete-limit": arguments.options.deleteLimit = try number(0...100)
        case "dvm-job":
            guard value.utf8.count <= 128, value.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
                throw .badValue(option: "--" + name, value: String(value))
            }
            arguments.options.job = String(value)
        case "log-format": arguments.options.itemize = value.contains("%i%I") ? 2 : value.contains("%i") ? 1 : 0
        case "compress-choice":
            guard let choice = CompressionAlgorithm(wireName: value.lowercased()) else {
                throw .badValue(option: "--" + name, value: String(value))
            }
            choose(choice)
        case "checksum-choice": try setChecksums(value)
        default:
            let isRefused = OptionTable.refusedNames.contains(name)
            throw isRefused ? .unsupported("--" + name) : .unknown("--\(name)=\(value)")
        }
    }

    private mutating func setChecksums(_ value: Substring) throws(ArgumentFlaw) {
        let names = value.lowercased().split(separator: ",", omittingEmptySubsequences: false)
        let choices = names.compactMap { ChecksumAlgorithm(wireName: String($0)) }
        guard choices.count == names.count, (1...2).contains(choices.count) else {
            throw .badValue(option: "--checksum-choice", value: String(value))
        }
        arguments.options.checksumChoice = choices[0]
        arguments.options.fileChecksumChoice = choices.count == 2 ? choices[1] : nil
    }
}
