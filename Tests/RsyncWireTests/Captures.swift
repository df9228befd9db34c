import Foundation
import TestSupport

/// The recorded streams in `Fixtures` (formats: docs/protocol/README.md).
enum Captures {
    static func lines(_ name: String) throws -> [String] {
        guard let url = Bundle.module.url(forResource: name, withExtension: "hex", subdirectory: "Fixtures") else {
            throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: name])
        }
        let text = try String(contentsOf: url, encoding: .utf8)
        return text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// The bytes of a stream of a `transfer-*.hex` file, from the first item on.
    static func items(_ name: String, stream: String) throws -> [UInt8] {
        var result: [UInt8] = []
        var isInside = false
        var hasStarted = false
        for line in try lines(name) {
            if line.hasPrefix("## STREAM") { isInside = line.contains(stream) }
            guard isInside, !line.hasPrefix("#"), let colon = line.firstIndex(of: ":") else { continue }
            hasStarted = hasStarted || line.contains("; ndx = ") && !line.contains("NDX_FLIST_EOF")
            if hasStarted { result += bytes(hex: String(line[line.index(after: colon)...].prefix { $0 != ";" })) }
        }
        return result
    }

    /// The two directions of a `session-*.hex` file.
    static func session(_ name: String) throws -> (client: [UInt8], server: [UInt8]) {
        var client: [UInt8] = []
        var server: [UInt8] = []
        for line in try lines("session-" + name) {
            let data = String(line.dropFirst(2).prefix { $0 != "#" })
            if line.hasPrefix("> ") { client += bytes(hex: data) }
            if line.hasPrefix("< ") { server += bytes(hex: data) }
        }
        return (client, server)
    }

    /// What stands behind a word in the header of a file.
    static func header(_ name: String, _ word: String) throws -> String {
        for line in try lines(name) where line.hasPrefix("#") {
            if let range = line.range(of: word) { return String(line[range.upperBound...]) }
        }
        return ""
    }

    /// One case of `transfer-hostile.hex`.
    struct Hostile: Sendable {
        var section: String
        var name: String
        var options: [String]
        var data: [[UInt8]] = []
        var exitCode: Int32 = 0
        var isAbbreviated = false
    }

    static func hostile() throws -> [Hostile] {
        var cases: [Hostile] = []
        var section = ""
        for line in try lines("transfer-hostile") {
            if line.hasPrefix("## ") {
                section = String(line.dropFirst(3))
            } else if line.hasPrefix("# case: "), let bracket = line.range(of: "[options: ") {
                let name = line.dropFirst(8)[..<bracket.lowerBound].trimmingCharacters(in: .whitespaces)
                let options = line[bracket.upperBound...].dropLast().split(separator: " ").map(String.init)
                cases.append(Hostile(section: section, name: name, options: options))
            } else if line.hasPrefix("data: "), !cases.isEmpty {
                cases[cases.count - 1].isAbbreviated = line.contains("...")
                cases[cases.count - 1].data.append(bytes(hex: String(line.dropFirst(6).prefix { $0 != "." })))
            } else if line.hasPrefix("expect: exit "), !cases.isEmpty {
                cases[cases.count - 1].exitCode = Int32(line.dropFirst(13).prefix { $0.isNumber }) ?? -1
            }
        }
        return cases
    }
}

/// The delta of the token captures: `TBASIS` and `TNEW` of the script that made them.
enum TokenCapture {
    static let basis: [UInt8] = {
        let line = String(repeating: "The quick brown fox jumps over the lazy dog. ", count: 3)
        let text = Array(line.utf8) + Array(0..<64)
        var basis = Array((0..<60).flatMap { _ in text }.prefix(8192))
        for index in stride(from: 0, to: 8192, by: 97) { basis[index] = knownBytes(1, seed: UInt32(index))[0] }
        return basis
    }()

    static let new: [UInt8] =
        basis[..<1000] + Array(String(repeating: "0123456789", count: 5).utf8) + basis[1000..<5000]
        + Array(String(repeating: "inserted text ", count: 10).utf8) + basis[5000...]
        + Array(String(repeating: "tail ", count: 20).utf8)
}
