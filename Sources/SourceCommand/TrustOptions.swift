import ArgumentParser
import TransferAgent

/// Why the target is believed, and what is shown to it.
struct TrustOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Trust a target whose certificate these CAs issued.", valueName: "pem"))
    var ca: String?

    @Option(help: ArgumentHelp("Believe the target if its certificate has this digest.", valueName: "sha256"))
    var pin: String?

    @Option(
        help: ArgumentHelp(
            "Believe the target if it knows the first of these IDENTITY:KEY lines; not readable by everybody.",
            valueName: "file"
        )
    )
    var pskFile: String?

    @Flag(help: "Believe whoever answers. The data goes to them.")
    var insecure = false

    @Option(help: ArgumentHelp("The certificate to show to a target with --client-ca.", valueName: "pem"))
    var certificate: String?

    @Option(help: ArgumentHelp("The certificate's key.", valueName: "pem"))
    var privateKey: String?

    func validate() throws {
        guard [ca != nil, pin != nil, pskFile != nil, insecure].count(where: { $0 }) == 1 else {
            throw ValidationError(
                "Say why the target is believed: exactly one of --ca, --pin, --psk-file and --insecure."
            )
        }
        guard (certificate == nil) == (privateKey == nil) else {
            throw ValidationError("--certificate and --private-key go together.")
        }
    }

    /// Why the target is believed.
    var reason: TransferSettings.Trust {
        if let ca { return .authorities(ca) }
        if let pin { return .pin(pin) }
        if let pskFile { return .preSharedKey(pskFile) }
        return .insecure
    }
}
