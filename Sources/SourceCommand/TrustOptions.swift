import ArgumentParser
import TransferAgent

/// How the target is verified, and what is presented to it.
struct TrustOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Trust a target whose certificate these CAs issued.", valueName: "pem"))
    var ca: String?

    @Option(help: ArgumentHelp("Accept only the certificate with this SHA-256 digest.", valueName: "sha256"))
    var pin: String?

    @Option(
        help: ArgumentHelp(
            "Use the first IDENTITY:KEY line of this file as pre-shared key; must not be readable by other users.",
            valueName: "file"
        )
    )
    var pskFile: String?

    @Flag(help: "Do not verify the target's certificate (unsafe).")
    var insecure = false

    @Option(help: ArgumentHelp("The certificate to present to a target with --client-ca.", valueName: "pem"))
    var certificate: String?

    @Option(help: ArgumentHelp("The certificate's key.", valueName: "pem"))
    var privateKey: String?

    func validate() throws {
        guard [ca != nil, pin != nil, pskFile != nil, insecure].count(where: { $0 }) == 1 else {
            throw ValidationError(
                "Specify how to verify the target: exactly one of --ca, --pin, --psk-file and --insecure."
            )
        }
        guard (certificate == nil) == (privateKey == nil) else {
            throw ValidationError("--certificate and --private-key must be used together.")
        }
    }

    /// How the target is verified.
    var reason: TransferSettings.Trust {
        if let ca { return .authorities(ca) }
        if let pin { return .pin(pin) }
        if let pskFile { return .preSharedKey(pskFile) }
        return .insecure
    }
}
