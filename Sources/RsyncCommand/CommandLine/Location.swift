import LinuxSystem
import Transport

/// A source or destination as written on the command line.
enum Location: Equatable {
    /// A local path.
    case local([UInt8])
    /// `[USER@]HOST:PATH`
    case shell(RemoteHost, path: [UInt8])
    /// `[USER@]HOST::MODULE/PATH` or `rsync://[USER@]HOST[:PORT]/MODULE/PATH`
    case daemon(RemoteHost, module: [UInt8], path: [UInt8])

    private static let colon = UInt8(ascii: ":")
    private static let slash = UInt8(ascii: "/")
    private static let scheme = Array("rsync://".utf8)

    /// Reads an argument: a colon before the first slash makes it remote, also without a host before it.
    init(parsing argument: [UInt8]) throws(CommandError) {
        let head = argument.prefix(Self.scheme.count).map { (65...90).contains($0) ? $0 + 32 : $0 }
        if head == Self.scheme {
            self = try Self.url(argument.dropFirst(Self.scheme.count))
            return
        }
        guard let (authority, rest) = Self.split(argument) else {
            self = .local(argument)
            return
        }
        let host = try Self.host(authority)
        if rest.first == Self.colon {
            let (module, path) = Self.module(rest.dropFirst())
            self = .daemon(host, module: module, path: path)
        } else {
            self = .shell(host, path: Array(rest))
        }
    }

    /// Splits at the first colon that is neither after a slash nor inside brackets.
    private static func split(_ argument: [UInt8]) -> (authority: ArraySlice<UInt8>, rest: ArraySlice<UInt8>)? {
        var isInBrackets = false
        for (index, byte) in argument.enumerated() {
            switch byte {
            case slash: return nil
            case UInt8(ascii: "["):
                guard index == 0 || argument[index - 1] == UInt8(ascii: "@") else { return nil }
                isInBrackets = true
            case UInt8(ascii: "]"): isInBrackets = false
            case colon where !isInBrackets: return (argument[..<index], argument[(index + 1)...])
            default: break
            }
        }
        return nil
    }

    private static func url(_ text: ArraySlice<UInt8>) throws(CommandError) -> Location {
        let cut = text.firstIndex(of: slash) ?? text.endIndex
        var authority = text[..<cut]
        var port: UInt16?
        let bracket = authority.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        if let mark = authority.lastIndex(of: colon), mark >= bracket {
            let digits = String(decoding: authority[(mark + 1)...], as: UTF8.self)
            guard digits.isEmpty || HostPort.port(from: digits) != nil else {
                throw .usage("\"\(digits)\" in a URL is not a valid port number")
            }
            port = HostPort.port(from: digits)
            authority = authority[..<mark]
        }
        var host = try Self.host(authority)
        host.port = port
        let (module, path) = module(text[cut...].dropFirst())
        return .daemon(host, module: module, path: path)
    }

    private static func host(_ authority: ArraySlice<UInt8>) throws(CommandError) -> RemoteHost {
        let text = String(decoding: authority, as: UTF8.self)
        let cut = text.lastIndex(of: "@")
        var host = cut.map { String(text[text.index(after: $0)...]) } ?? text
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.hasPrefix("-") else { throw .usage("the host name \"\(host)\" looks like an option") }
        return RemoteHost(host: host, user: cut.map { String(text[..<$0]) }, port: nil)
    }

    private static func module(_ text: ArraySlice<UInt8>) -> (name: [UInt8], path: [UInt8]) {
        let end = text.span.componentEnd(from: 0)
        return (Array(text.prefix(end)), Array(text.dropFirst(end + 1)))
    }
}
