extension StunnelService {
    /// An inconsistency in a section whose lines are all valid; nil when there is none.
    var fault: String? { faultOfEnds ?? faultOfTrust ?? faultOfNegotiation }

    private var faultOfEnds: String? {
        guard isClient || serverName == nil else {
            return
                "\"sni\" on a server (choosing a service by the client's server name) is not supported:"
                + " give each service its own \"accept\""
        }
        let ends = [accept != nil, !connect.isEmpty, program != nil].filter { $0 }.count
        guard ends == 2 else { return "a service needs exactly two of \"accept\", \"connect\" and \"exec\"" }
        if case .path? = accept { return "\"accept\" on the path of a socket is not supported: use a port" }
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
            return "the minimum TLS version is newer than the maximum (\"sslVersionMin\", \"sslVersionMax\")"
        }
        return nil
    }

    private var faultOfNegotiation: String? {
        let isNamed = !proxy.target.isEmpty || proxy.user != nil || proxy.password != nil
        guard negotiation != nil else {
            return isNamed
                ? "\"protocolHost\", \"protocolUsername\" and \"protocolPassword\" need \"protocol = connect\"" : nil
        }
        guard isClient else { return "\"protocol = connect\" is only for clients" }
        guard !proxy.target.isEmpty else { return "\"protocol = connect\" needs \"protocolHost\"" }
        guard proxy.password == nil || proxy.user != nil else {
            return "\"protocolPassword\" needs \"protocolUsername\""
        }
        guard proxy.user?.contains(":") != true else { return "\"protocolUsername\" cannot contain a colon" }
        return nil
    }
}
