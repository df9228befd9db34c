import LinuxSystem
package import Transport

/// An HTTP proxy as given by a setting: `http://user:password@host:port`.
///
/// The description leaves the password out, so that it never reaches a log.
package struct ProxyURL: Equatable, Sendable, CustomStringConvertible {
    /// A user and a password.
    package struct Credentials: Equatable, Sendable {
        /// The user; contains no colon, since basic authentication uses it as the separator.
        package let user: String
        /// The password.
        package let password: SecretBytes

        /// Creates both.
        package init(user: String, password: SecretBytes) {
            self.user = user
            self.password = password
        }

        /// Creates both from texts that are not wiped.
        package init(user: String, password: String) {
            self.init(user: user, password: SecretBytes(password))
        }
    }

    /// A name or a numeric address, IPv6 without brackets.
    package let host: String
    /// The port; nil when the setting has none.
    ///
    /// It is never guessed (MTC contract 3.4).
    package let port: UInt16?
    /// The credentials; nil when the setting has none.
    ///
    /// A user without a password has an empty one.
    package private(set) var credentials: Credentials?

    /// Parses a setting.
    ///
    /// `http://` and `https://` mean the same: CONNECT in plain text, as in MTC. Neither implies a port: those of
    /// the schemes (80, 443) are not the ones that proxies use, so a wrong guess would look like a broken proxy.
    ///
    /// - Parameter text: The URL; user and password are percent-decoded.
    /// - Throws: ``SecureTunnelError/badSetting(reason:)``, which never quotes the password.
    package init(parsing text: String) throws(SecureTunnelError) {
        guard let scheme = ["http://", "https://"].first(where: text.lowercased().hasPrefix) else {
            throw .badSetting(reason: "a proxy URL has the form http://[user:password@]host:port")
        }
        var rest = text.dropFirst(scheme.count)
        // What follows the authority is irrelevant for a proxy. A password may contain these characters only encoded.
        if let end = rest.firstIndex(where: { "/?#".contains($0) }) {
            guard rest[end...] == "/" else {
                throw .badSetting(reason: "the proxy URL has a path, query or fragment after host and port")
            }
            rest = rest[..<end]
        }
        if let at = rest.lastIndex(of: "@") {
            credentials = try ProxyURL.credentials(rest[..<at])
            rest = rest[rest.index(after: at)...]
        } else {
            credentials = nil
        }
        let (host, portText) = try ProxyURL.authority(String(rest))
        guard !host.isEmpty else { throw .badSetting(reason: "the proxy URL has no host") }
        self.host = host
        guard let portText, !portText.isEmpty else {
            port = nil
            return
        }
        guard let port = HostPort.port(from: portText), port != 0 else {
            throw .badSetting(reason: "\"\(portText)\" is not a valid port number for a proxy")
        }
        self.port = port
    }

    /// The address to connect to.
    ///
    /// - Returns: Host and port.
    /// - Throws: ``SecureTunnelError/badSetting(reason:)`` when the URL has no port.
    package func address() throws(SecureTunnelError) -> HostPort {
        guard let port else {
            throw .badSetting(reason: "the proxy URL for \(host) has no port, and there is no default")
        }
        return HostPort(host: host, port: port)
    }

    /// The URL without the password.
    package var description: String {
        let user = credentials.map { "\($0.user):***@" } ?? ""
        let name = host.contains(":") ? "[\(host)]" : host
        return "http://\(user)\(name)" + (port.map { ":\($0)" } ?? "")
    }

    private static func authority(_ text: String) throws(SecureTunnelError) -> (String, String?) {
        do throws(TransportError) {
            return try HostPort.split(text)
        } catch {
            throw .badSetting(reason: "the proxy URL is invalid: \(error)")
        }
    }

    /// The same proxy with another password.
    ///
    /// - Parameter password: Replaces the one in the URL.
    /// - Returns: The URL with it.
    /// - Throws: ``SecureTunnelError/badSetting(reason:)`` when the URL has no user, or for control characters.
    package func with(password: SecretBytes) throws(SecureTunnelError) -> ProxyURL {
        guard let user = credentials?.user else {
            throw .badSetting(reason: "a proxy password was given, but the proxy URL has no user")
        }
        let isPlain = password.withBytes { bytes in
            bytes.indices.allSatisfy { bytes[$0] >= 0x20 && bytes[$0] != 0x7F }
        }
        guard isPlain else { throw .badSetting(reason: "the proxy password contains control characters") }
        var copy = self
        copy.credentials = Credentials(user: user, password: password)
        return copy
    }

    /// Reads `user:password` or `user`; split at the first colon, so that a password may begin with one.
    ///
    /// - Returns: Nil when both are empty.
    private static func credentials(_ text: Substring) throws(SecureTunnelError) -> Credentials? {
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        let user = try percentDecoded(text[..<colon])
        let password = try percentDecoded(text[colon...].dropFirst())
        guard !user.contains(":") else { throw .badSetting(reason: "the proxy user name contains a colon") }
        return user.isEmpty && password.isEmpty ? nil : Credentials(user: user, password: password)
    }

    private static func percentDecoded(_ text: Substring) throws(SecureTunnelError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let value = Hexadecimal.decode(rest.prefix(2))?.first else {
                throw .badSetting(reason: "the proxy user or password contains a % without two hex digits after it")
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self),
            decoded.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F })
        else {
            throw .badSetting(reason: "the proxy user or password contains control characters or is not UTF-8")
        }
        return decoded
    }
}
