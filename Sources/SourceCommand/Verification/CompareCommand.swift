import ArgumentParser
import TransferAgent

/// The command `dvm-source compare`.
struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Name everything that differs between two volumes.",
        discussion: """
            Each side is a directory, or a manifest that was made of one (dvm-source manifest --output). Both are read \
            whole; times are compared to the nanosecond, owners by number. Where only the holes of a file differ, that \
            is told and is not a difference. Exit code 0: equal; 23: different; others: errors.
            """
    )

    @Argument(help: "One side, such as the source.")
    var first: String

    @Argument(help: "The other side.")
    var second: String

    @Option(
        help: ArgumentHelp(
            "Do not compare these: content, modes, owners, times, targets, devices, links, xattrs, acls, root (the top "
                + "directory's own attributes).",
            valueName: "list"
        )
    )
    var ignore: String?

    @Option(
        help: ArgumentHelp(
            "strong: SHA-256, or BLAKE2b-512 where that is faster; fast: XXH3-128; a manifest's own counts more.",
            valueName: "kind"
        )
    )
    var hash = ManifestHash.fast

    @Flag(help: "JSON, one object in a line.")
    var json = false

    func run() throws {
        var question = ComparisonQuestion(first, second)
        question.hash = hash
        question.ignored = ignore?.split(separator: ",").map(String.init) ?? []
        let code = try question.answer(json: json) {
            StandardStream.output.write($0)
        } warn: {
            StandardStream.error.write($0 + "\n")
        }
        throw ExitCode(code)
    }
}
