import LinuxSystem

/// How arguments are quoted for a server (protocol specification, session 2.5 and 3.6).
package enum ArgumentQuoting {
    private static let active = Set("!#$&;|<>(){}\"'` \t\n\r\\".utf8)
    private static let wildcards = Set("*?[]".utf8)
    private static let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./=@,+".utf8)
    private static let backslash = UInt8(ascii: "\\")

    /// A path argument for a remote shell: the shell still expands `* ? [ ]`.
    ///
    /// - Parameter path: The path as the user wrote it.
    /// - Returns: The path with a backslash before every other character that a shell would interpret.
    package static func shellPath(_ path: [UInt8]) -> [UInt8] {
        var result: [UInt8] = path.first == UInt8(ascii: "-") ? Array("./".utf8) : []
        for (index, byte) in path.enumerated() {
            let quotesWildcard = byte == backslash && index + 1 < path.count && wildcards.contains(path[index + 1])
            if active.contains(byte), !quotesWildcard { result.append(backslash) }
            result.append(byte)
        }
        return result
    }

    /// Another argument for a remote shell: nothing in it is expanded.
    ///
    /// - Parameter argument: Any bytes.
    /// - Returns: The argument with a backslash before every character that a shell would interpret.
    package static func shellWord(_ argument: [UInt8]) -> [UInt8] {
        argument.flatMap { active.contains($0) || wildcards.contains($0) ? [backslash, $0] : [$0] }
    }

    /// A command or a list of arguments as debug output shows it: words that have more than letters, digits and a few
    /// marks are in quotes, and their number follows.
    package static func shown(_ words: [[UInt8]]) -> [UInt8] {
        let quote = [UInt8(ascii: "\"")]
        let line = words.flatMap { word in
            (word.allSatisfy(plain.contains) ? word : quote + word + quote) + [UInt8(ascii: " ")]
        }
        return line + Array(" (\(words.count) args)".utf8)
    }

    /// Removes one level of backslashes.
    ///
    /// - Parameter argument: An option argument that came through a daemon's protocol.
    /// - Returns: The original argument.
    package static func unescaped(_ argument: [UInt8]) -> [UInt8] {
        guard argument.contains(backslash) else { return argument }
        var result: [UInt8] = []
        var isEscaped = false
        for byte in argument {
            if byte == backslash, !isEscaped {
                isEscaped = true
            } else {
                result.append(byte)
                isEscaped = false
            }
        }
        return result
    }

    /// A path argument for a daemon: preceded by the module's name.
    ///
    /// - Parameters:
    ///   - module: The module's name.
    ///   - path: The path inside the module; empty for all of it.
    ///   - isSecluded: Whether it goes as a secluded argument, which is never split.
    /// - Returns: The argument; a blank that would make the server split it travels as `[ ]`.
    package static func daemonPath(module: [UInt8], path: [UInt8], isSecluded: Bool = false) -> [UInt8] {
        let whole = module + [UInt8(ascii: "/")] + path
        guard !isSecluded else { return whole }
        let separator = [UInt8(ascii: " ")] + module + [UInt8(ascii: "/")]
        var result: [UInt8] = whole.first == UInt8(ascii: "-") ? Array("./".utf8) : []
        for index in whole.indices {
            if whole[index...].starts(with: separator) {
                result += Array("[ ]".utf8)
            } else {
                result.append(whole[index])
            }
        }
        return result
    }

    /// The paths inside a module that a client's argument names.
    ///
    /// - Parameters:
    ///   - argument: An argument after the `.`.
    ///   - module: The module's name.
    ///   - isSecluded: Whether it came as a secluded argument, which is never split.
    ///   - keepsMark: Whether `/./` has a meaning (`--relative`).
    /// - Returns: Relative paths without `..` that stay within the module; `.` for all of it. A slash at the end
    ///   is kept. Wildcards are not expanded.
    package static func modulePaths(
        _ argument: [UInt8],
        module: [UInt8],
        isSecluded: Bool = false,
        keepsMark: Bool = false
    ) -> [[UInt8]] {
        let slash = UInt8(ascii: "/")
        var rest = argument[...]
        if rest.starts(with: module), rest.count == module.count || rest[rest.startIndex + module.count] == slash {
            rest = rest.dropFirst(module.count)
        }
        let separator = [UInt8(ascii: " ")] + module + [slash]
        var pieces: [[UInt8]] = []
        var piece: [UInt8] = []
        while let byte = rest.first {
            if !isSecluded, rest.starts(with: separator) {
                pieces.append(piece)
                piece = []
                rest = rest.dropFirst(separator.count)
            } else {
                piece.append(byte)
                rest = rest.dropFirst()
            }
        }
        return (pieces + [piece]).map { sanitised($0, keepsMark: keepsMark) }
    }

    /// A path that stays below its start: no leading slash, `..` resolved and never above the start.
    ///
    /// - Parameters:
    ///   - path: A path of a peer.
    ///   - keepsMark: Whether a component `.` is kept that marks where names in the transfer begin (`--relative`).
    /// - Returns: A relative path, `.` when nothing is left; where it ends in a slash or in `/.`, which stand for what is in a
    ///   directory, it ends in a slash.
    package static func sanitised(_ path: [UInt8], keepsMark: Bool = false) -> [UInt8] {
        let slash = PathParts.separator
        if keepsMark, path.count > 2, path.starts(with: [0x2e, slash]) {
            let rest = sanitised(Array(path.dropFirst(2)), keepsMark: true)
            return rest == [0x2e] || rest.starts(with: [0x2e, slash]) ? rest : [0x2e, slash] + rest
        }
        if keepsMark, path.count > 3 {
            let mark = (1...(path.count - 3)).first { Array(path[$0..<$0 + 3]) == [slash, 0x2e, slash] }
            if let mark {
                let names = Array(path[(mark + 3)...])
                // There, too, `./` at the start makes the root an implied directory.
                let rest = sanitised(names, keepsMark: names.starts(with: [0x2e, slash]))
                return sanitised(Array(path[..<mark])) + [slash, 0x2e, slash] + rest
            }
        }
        let dot = UInt8(ascii: ".")
        var kept: [ArraySlice<UInt8>] = []
        for component in PathParts.components(of: path) {
            switch Array(component) {
            case [dot]: continue
            case [dot, dot]: _ = kept.popLast()
            default: kept.append(component)
            }
        }
        guard !kept.isEmpty else { return [dot] }
        let takesContents = path.last == slash || path.suffix(2) == [slash, dot]
        return Array(kept.joined(separator: [slash])) + (takesContents ? [slash] : [])
    }
}
