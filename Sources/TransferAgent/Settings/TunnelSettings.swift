import SecureTunnel

extension TransferSettings {
    /// The TLS settings of a client: how to verify the target and what to present.
    ///
    /// - Returns: A client's side of the tunnel, without application protocols.
    /// - Throws: ``AgentError`` when a key file cannot be used, or a certificate lacks its key.
    func clientConfiguration() throws(AgentError) -> TLSClientConfiguration {
        var configuration: TLSClientConfiguration
        switch trust {
        case .authorities(let file): configuration = TLSClientConfiguration(trust: .authorities(pemFile: file))
        case .pin(let digest): configuration = TLSClientConfiguration(trust: .pinned(sha256: digest))
        case .insecure: configuration = TLSClientConfiguration(trust: .insecure)
        case .preSharedKey(let file):
            configuration = TLSClientConfiguration(trust: .preSharedKey)
            configuration.preSharedKeys = try SecretFile.preSharedKeys(in: file, isStrict: strictSecrets)
        }
        configuration.identity = try tunnelIdentity(certificate, privateKey, isStrict: strictSecrets)
        return configuration
    }
}

extension ServeSettings {
    /// The TLS settings of a server: what to present and which clients to admit.
    ///
    /// A client that proves a key is admitted; if there is a certificate, so is one with a certificate of the CAs, or
    /// every client where no CAs are given: the password comes after.
    ///
    /// - Returns: A server's side of the tunnel, without application protocols.
    /// - Throws: ``AgentError`` when a key file cannot be used, or the settings are inconsistent.
    func serverConfiguration() throws(AgentError) -> TLSServerConfiguration {
        let identity = try tunnelIdentity(certificate, privateKey, isStrict: strictSecrets)
        guard identity != nil || preSharedKeys != nil else {
            throw AgentError(.badSetting, "TLS requires --certificate and --private-key, or --psk-file", exitCode: 1)
        }
        guard identity != nil || clientAuthorities == nil else {
            throw AgentError(.badSetting, "--client-ca requires --certificate and --private-key", exitCode: 1)
        }
        var configuration = TLSServerConfiguration(identity: identity)
        configuration.clientTrust = clientAuthorities.map { .authorities(pemFile: $0) }
        if let file = preSharedKeys {
            configuration.preSharedKeys = try SecretFile.preSharedKeys(in: file, isStrict: strictSecrets)
        }
        return configuration
    }
}

/// A certificate and its key, both or neither.
private func tunnelIdentity(
    _ certificate: String?,
    _ privateKey: String?,
    isStrict: Bool
) throws(AgentError) -> TLSIdentity? {
    switch (certificate, privateKey) {
    case (nil, nil): return nil
    case (let certificate?, let key?):
        let exposure = SecretFile.exposure(isStrict)
        return TLSIdentity(certificateChainFile: certificate, privateKeyFile: key, exposure: exposure)
    case (_?, nil), (nil, _?):
        throw AgentError(.badSetting, "--certificate and --private-key must be used together", exitCode: 1)
    }
}
