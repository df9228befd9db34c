import ArgumentParser
import TransferAgent

/// The command `dvm-source manifest`.
struct ManifestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manifest",
        abstract: "Describe what a volume holds by one digest, and by choice entry by entry.",
        discussion: """
            Reads the volume whole: names, types, modes, owners, times to the nanosecond, links, devices, extended \
            attributes, ACLs and contents. Two volumes with the same root digest are equal when both \
            ended with exit code 0; the contents digest is \
            without the attributes of the top directory itself. With a manifest in place of a volume: checks and \
            describes it. Exit code 0: all was read; 23: something could not be read, or was written to meanwhile; \
            others: errors. Format: docs/manifest-format.md.
            """
    )

    @Argument(help: "Where the volume is mounted, or a manifest.")
    var path: String

    @Option(
        help: ArgumentHelp(
            "strong: SHA-256, or BLAKE2b-512 where that is faster; fast: XXH3-128.",
            valueName: "kind"
        )
    )
    var hash = ManifestHash.strong

    @Option(name: .shortAndLong, help: ArgumentHelp("Write the manifest to this file.", valueName: "file"))
    var output: String?

    @Flag(help: "List each entry.")
    var list = false

    @Flag(help: "JSON, one object in a line.")
    var json = false

    func run() throws {
        var question = ManifestQuestion(path: path)
        question.hash = hash
        question.output = output
        question.isListing = list
        let code = try question.answer(json: json) {
            StandardStream.output.write($0)
        } warn: {
            StandardStream.error.write($0 + "\n")
        }
        throw ExitCode(code)
    }
}

extension ManifestHash: ExpressibleByArgument {}
