import ArgumentParser
import TransferAgent

/// How the target is verified, and what is presented to it.
struct TrustOptions: ParsableArguments {
    @Option(help: .setting("ca"))
    var ca: String?

    @Option(help: .setting("pin"))
    var pin: String?

    @Option(help: .setting("psk-file"))
    var pskFile: String?

    @Flag(help: .setting("insecure"))
    var insecure = false

    @Option(help: .setting("certificate"))
    var certificate: String?

    @Option(help: .setting("private-key"))
    var privateKey: String?

    func validate() throws {
        guard [ca != nil, pin != nil, pskFile != nil, insecure].count(where: { $0 }) <= 1 else {
            throw ValidationError(
                "Specify how to verify the target: exactly one of --ca, --pin, --psk-file and --insecure."
            )
        }
    }

    /// Adds the flags that were given.
    func give(to layer: inout JobLayer) {
        layer.give("ca", ca)
        layer.give("pin", pin)
        layer.give("psk-file", pskFile)
        if insecure { layer.give("insecure", true) }
        layer.give("certificate", certificate)
        layer.give("private-key", privateKey)
    }
}
