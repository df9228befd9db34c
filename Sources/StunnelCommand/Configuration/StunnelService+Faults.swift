extension StunnelService {
    /// An inconsistency in a section whose lines are all valid; nil when there is none.
    var fault: String? { faultOfEnds ?? faultOfTrust ?? faultOfNegotiation }

    private var faultOfEnds: String? {
        guard isClient || serverName == nil else {
            return
                "\"sni\" on a server, which chooses a service by the name that the client asks for, is not supported:"
                + " give each service an \"accept\" of its own"
        }
        let ends = [accept != nil, !connect.isEmpty, program != nil].filter { $0 }.count
        guard ends == 2 else { return "a service has two ends: two of \"accept\", \"connect\" and \"exec\"" }
        if case .path? = accept { return "\"accept\" on the path of a socket is not supported: name a port" }
        guard program != nil || programArguments.isEmpty else { return "\"execArgs\" needs \"exec\"" }
        return nil
    }

    private var faultOfTrust: String? {
        guard isClient || certificateFile != nil || keysFile != nil else {
            return "a server needs \"cert\" or \"PSKsecrets\""
        }
        guard certificateFile != nil || keyFile == nil else { return "\"key\" needs \"cert\"" }
        guard !verifiesCertificate || authoritiesFile != nil || authoritiesDirectory != nil else {
            return "\"verify\", \"verifyChain\" and \"verifyPeer\" need \"CAfile\" or \"CApath\""
        }
        guard verifiesCertificate || (checkedHosts.isEmpty && checkedAddresses.isEmpty) else {
            return "\"checkHost\" and \"checkIP\" need \"verifyChain\" or \"verifyPeer\""
        }
        guard keyIdentity == nil || keysFile != nil else { return "\"PSKidentity\" needs \"PSKsecrets\"" }
        guard minimumVersion <= maximumVersion else {
            return "the oldest TLS version accepted is newer than the newest (\"sslVersionMin\", \"sslVersionMax\")"
        }
        return nil
    }

    private var faultOfNegotiation: String? {
        let isNamed = !proxy.target.isEmpty || proxy.user != nil || proxy.password != nil
        guard negotiation != nil else {
            return isNamed
                ? "\"protocolHost\", \"protocolUsername\" and \"protocolPassword\" need \"protocol = connect\"" : nil
        }
        guard isClient else { return "\"protocol = connect\" is for clients" }
        guard !proxy.target.isEmpty else { return "\"protocol = connect\" needs \"protocolHost\"" }
        guard proxy.password == nil || proxy.user != nil else {
            return "\"protocolPassword\" needs \"protocolUsername\""
        }
        guard proxy.user?.contains(":") != true else { return "\"protocolUsername\" cannot hold a colon" }
        return nil
    }
}
