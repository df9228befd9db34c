import SecureTunnel

/// One key of stunnel's configuration: its name, where it is allowed, its values.
struct StunnelKey: Sendable {
    /// Stores the value; false when the value is not allowed.
    enum Store: Sendable {
        /// The key is global: it comes before all services.
        case global(@Sendable (inout StunnelConfiguration, String) -> Bool)
        /// The key belongs to a service; before the first one, it sets the default of all.
        case service(@Sendable (inout StunnelService, String) -> Bool)
    }

    /// Its name, spelled as in stunnel's manual.
    let name: String
    /// The allowed values, for error messages.
    let allowed: String
    let store: Store

    /// Finds a key, ignoring case.
    static func named(_ name: String) -> StunnelKey? { byName[name.lowercased()] }

    /// All names, by subject: the program, the two ends, trust, protection, times.
    static var names: [String] { all.map(\.name) }

    /// Parses `yes` or `no`, ignoring case.
    static func flag(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "yes": true
        case "no": false
        default: nil
        }
    }

    /// Reads a whole number of seconds.
    static func seconds(_ text: String) -> Int? {
        guard let value = Int32(text), value >= 0, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(value)
    }

    /// Keys of stunnel about revoked certificates, in lower case: refused, because a missing check would not be
    /// noticed.
    static let revocation: Set = ["crlfile", "crlpath", "ocsp", "ocspaia", "ocspflag", "ocspnonce", "ocsprequire"]

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name.lowercased(), $0) })
    private static let all = program + ends + trust + protection + times
}

// The kinds of keys.
extension StunnelKey {
    typealias Field<Value> = any WritableKeyPath<StunnelService, Value> & Sendable

    private static func flag(_ name: String, _ field: Field<Bool>) -> StunnelKey {
        service(name, "yes or no") { service, text in
            guard let value = flag(text) else { return false }
            service[keyPath: field] = value
            return true
        }
    }

    private static func text(_ name: String, _ allowed: String, _ field: Field<String?>) -> StunnelKey {
        service(name, allowed) { service, text in
            service[keyPath: field] = text
            return !text.isEmpty
        }
    }

    private static func texts(_ name: String, _ allowed: String, _ field: Field<[String]>) -> StunnelKey {
        service(name, allowed) { service, text in
            service[keyPath: field].append(text)
            return !text.isEmpty
        }
    }

    private static func seconds(_ name: String, _ field: Field<Int>) -> StunnelKey {
        service(name, "a number of seconds, 0 to 2147483647") { service, text in
            guard let value = seconds(text) else { return false }
            service[keyPath: field] = value
            return true
        }
    }

    private static func service(
        _ name: String,
        _ allowed: String,
        _ store: @escaping @Sendable (inout StunnelService, String) -> Bool
    ) -> StunnelKey {
        StunnelKey(name: name, allowed: allowed, store: .service(store))
    }

    private static func global(
        _ name: String,
        _ allowed: String,
        _ store: @escaping @Sendable (inout StunnelConfiguration, String) -> Bool
    ) -> StunnelKey {
        StunnelKey(name: name, allowed: allowed, store: .global(store))
    }
}

// The keys.
extension StunnelKey {
    private static let program = [
        global("foreground", "yes, quiet or no") { configuration, text in
            let values: [String: StunnelConfiguration.Foreground] = ["yes": .yes, "quiet": .quiet, "no": .no]
            guard let value = values[text.lowercased()] else { return false }
            configuration.foreground = value
            return true
        },
        global("pid", "a path, or empty for no file") { configuration, text in
            configuration.processFile = text.isEmpty ? nil : text
            return true
        },
        global("output", "a path, such as /dev/stdout") { configuration, text in
            configuration.logFile = text
            return !text.isEmpty
        },
        global("log", "append or overwrite") { configuration, text in
            configuration.overwritesLog = text.lowercased() == "overwrite"
            return ["append", "overwrite"].contains(text.lowercased())
        },
        global("syslog", "yes or no") { configuration, text in
            configuration.usesSyslog = flag(text) ?? true
            return flag(text) != nil
        },
        service(
            "debug",
            "a level from 0 to 7 or its name, such as notice; optionally after a facility, as in daemon.notice"
        ) { service, text in
            guard let (level, _) = LogLevel.withFacility(text) else { return false }
            service.logLevel = level
            return true
        },
    ]

    private static let ends = [
        flag("client", \.isClient),
        service("accept", "[host:]port or the path of a socket") { service, text in
            service.accept = RelayAddress(parsing: text, withoutHost: "")
            return service.accept != nil
        },
        service("connect", "[host:]port or the path of a socket") { service, text in
            guard let address = RelayAddress(parsing: text, withoutHost: "localhost") else { return false }
            service.connect.append(address)
            return true
        },
        service("exec", "the absolute path of a program") { service, text in
            service.program = text
            return text.hasPrefix("/")
        },
        service("execArgs", "the program's name and its arguments") { service, text in
            service.programArguments = text.split(whereSeparator: \.isWhitespace).map(String.init)
            return !text.isEmpty
        },
        service("protocol", "only \"connect\" is supported") { service, text in
            service.negotiation = text.lowercased()
            return service.negotiation == "connect"
        },
        service("protocolHost", "host:port") { service, text in
            service.proxy.target = text
            guard text.contains(":"), case .network? = RelayAddress(parsing: text, withoutHost: "") else {
                return false
            }
            return true
        },
        text("protocolUsername", "the user name for the proxy", \.proxy.user),
        text("protocolPassword", "the user's password", \.proxy.password),
        service("socket", "a|l|r:OPTION=VALUE, such as l:TCP_NODELAY=1, with a supported option") {
            service,
            text in
            guard let option = RelaySocketOption(parsing: text) else { return false }
            service.socketOptions.append(option)
            return true
        },
    ]

    private static let trust = [
        text("cert", "the path of a PEM file", \.certificateFile),
        text("key", "the path of a PEM file", \.keyFile),
        text("CAfile", "the path of a PEM file", \.authoritiesFile),
        text("CApath", "the path of a directory", \.authoritiesDirectory),
        service("verify", "a level from 0 to 4") { service, text in
            service.verifyLevel = seconds(text)
            return service.verifyLevel.map { $0 <= 4 } ?? false
        },
        flag("verifyChain", \.verifiesChain),
        flag("verifyPeer", \.verifiesPeer),
        texts("checkHost", "a host name", \.checkedHosts),
        service("checkIP", "a numeric IP address") { service, text in
            service.checkedAddresses.append(text)
            return isAddress(text)
        },
        text("PSKsecrets", "the path of a file of IDENTITY:KEY lines", \.keysFile),
        text("PSKidentity", "an identity from the PSKsecrets file", \.keyIdentity),
    ]

    private static let protection = [
        service("sni", "the name to send, or empty to send none") { service, text in
            service.serverName = text
            return true
        },
        service("sslVersion", "all, TLSv1.2 or TLSv1.3") { service, text in
            guard let oldest = version(text, all: .tls12), let newest = version(text, all: .tls13) else { return false }
            (service.minimumVersion, service.maximumVersion) = (oldest, newest)
            return true
        },
        service("sslVersionMin", "all, SSLv3, TLSv1, TLSv1.1 (these four mean TLSv1.2), TLSv1.2 or TLSv1.3") {
            service,
            text in
            let isOlder = ["sslv3", "tlsv1", "tlsv1.1"].contains(text.lowercased())
            guard let value = isOlder ? .tls12 : version(text, all: .tls12) else { return false }
            service.minimumVersion = value
            return true
        },
        service("sslVersionMax", "all, TLSv1.2 or TLSv1.3") { service, text in
            guard let value = version(text, all: .tls13) else { return false }
            service.maximumVersion = value
            return true
        },
        text("ciphers", "a list of OpenSSL ciphers, separated by colons", \.ciphers),
        text("ciphersuites", "a list of TLS 1.3 cipher suites, separated by colons", \.cipherSuites),
        service("options", "an OpenSSL option without SSL_OP_, such as NO_TICKET, that does not weaken the tunnel") {
            service,
            text in
            guard let option = try? TLSOption(parsing: text) else { return false }
            service.options.append(option)
            return true
        },
    ]

    private static let times = [
        seconds("TIMEOUTbusy", \.busySeconds), seconds("TIMEOUTclose", \.closeSeconds),
        seconds("TIMEOUTconnect", \.connectSeconds), seconds("TIMEOUTidle", \.idleSeconds),
        flag("retry", \.retries), flag("delay", \.delaysLookup),
    ]

    private static func version(_ text: String, all: TLSVersion) -> TLSVersion? {
        ["all": all, "tlsv1.2": .tls12, "tlsv1.3": .tls13][text.lowercased()]
    }
}

extension LogLevel {
    /// Reads the value of `debug`: a level, with or without a facility before it.
    static func withFacility(_ text: String) -> (level: LogLevel, facility: Int32?)? {
        guard let dot = text.firstIndex(of: ".") else { return LogLevel(parsing: text).map { ($0, nil) } }
        guard let facility = facilities[text[..<dot].lowercased()] else { return nil }
        return LogLevel(parsing: String(text[text.index(after: dot)...])).map { ($0, facility) }
    }
}

extension StunnelConfiguration {
    /// Handles a global `debug`.
    mutating func note(debug text: String) {
        guard let (level, facility) = LogLevel.withFacility(text) else { return }
        logLevel = level
        self.facility = facility ?? self.facility
    }
}
