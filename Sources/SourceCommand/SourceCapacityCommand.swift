import ArgumentParser
import TransferAgent

/// The command `dvm-source capacity`.
struct SourceCapacityCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capacity",
        abstract: "Forecast the space a volume needs at its target, and the size to request.",
        discussion: """
            With a path: scans the volume and computes the space it needs on the target's file system, including \
            while a file is being replaced, and the smallest sufficient claim. With --rule: the size that today's \
            controller would propose, from numbers or from the output of `df -BMB` (--df). \
            Exit code 0: the provisioned size is sufficient (or not given); 1: it is not; others: errors.
            """
    )

    @Argument(help: "Where the volume is mounted.")
    var path: String?

    @Flag(help: "Apply the controller's rule to numbers instead of scanning a volume.")
    var rule = false

    // A number may be negative here, and is then answered for, not taken for an option.
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("How full the volume is, as reported by df. (with --rule)", valueName: "percent")
    )
    var usagePercent: Int64?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The size of its file system. (with --rule)", valueName: "quantity")
    )
    var measured: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("The size that its claim requests.", valueName: "quantity"))
    var requested: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The size that was provisioned for its claim.", valueName: "quantity")
    )
    var provisioned: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Percentage points to keep free, 1 to 99; default 3. (with --rule)", valueName: "points")
    )
    var threshold: Int64?

    @Option(
        help: ArgumentHelp(
            "A file with a MigrationController, or the controller's ConfigMap, for the threshold; "
                + "PV_RESIZING_USAGE_THRESHOLD counts more, --threshold most. (with --rule)",
            valueName: "file"
        )
    )
    var settings: String?

    @Option(help: ArgumentHelp("What `df -BMB` printed; - is standard input. (with --rule)", valueName: "file"))
    var df: String?

    @Option(help: ArgumentHelp("The volume's name, and its position in df's output. (with --rule)", valueName: "name"))
    var volume: String?

    @Flag(
        inversion: .prefixedNo,
        help: "Whether the controller resizes automatically, for the condition. (with --rule)"
    )
    var resizing = true

    @Option(help: ArgumentHelp("ext4, xfs, btrfs, or unknown for the worst of them.", valueName: "name"))
    var targetFileSystem = "unknown"

    @Option(help: ArgumentHelp("The target's block size. (default: 4096)", valueName: "bytes"))
    var targetBlockSize: Int64?

    @Option(help: ArgumentHelp("One inode per this many bytes, as for mkfs.ext4 -i.", valueName: "bytes"))
    var targetInodeRatio: Int64?

    @Flag(inversion: .prefixedNo, help: "Whether holes are preserved, as dvm-source transfer does.")
    var keepHoles = true

    @Flag(
        inversion: .prefixedNo,
        help: "Whether extended attributes and ACLs take space at the target, as in a transfer to a dvm-target."
    )
    var xattrs = true

    @Option(
        help: ArgumentHelp(
            "The space needed according to an earlier forecast; the growth since then is added.",
            valueName: "quantity"
        )
    )
    var previous: String?

    @Option(help: ArgumentHelp("The storage provisions multiples of this.", valueName: "quantity"))
    var round = "1Gi"

    @Flag(help: "One line of JSON.")
    var json = false

    func validate() throws {
        guard rule == (path == nil) else { throw ValidationError("Specify either a path or --rule.") }
        guard rule else { return }
        guard requested != nil, provisioned != nil else {
            throw ValidationError("--rule requires --requested and --provisioned.")
        }
        guard df != nil || (usagePercent != nil && measured != nil) else {
            throw ValidationError("--rule requires --usage-percent and --measured, or --df.")
        }
    }

    func run() throws {
        let answer = try rule ? ruleQuestion().answer() : forecastQuestion.answer()
        StandardStream.output.write(json ? answer.json : answer.text)
        throw ExitCode(answer.exitCode)
    }

    private func ruleQuestion() throws -> RuleQuestion {
        var question = RuleQuestion(requested: requested ?? "", provisioned: provisioned ?? "")
        question.usagePercent = usagePercent
        question.measured = measured
        question.threshold = try threshold ?? ContractSettings.ofEnvironment().threshold()
        if question.threshold == nil, let settings {
            question.threshold = try ContractSettings(file: settings).threshold()
        }
        question.volume = volume
        question.isAutomatic = resizing
        if let df { question.diskUsage = try SmallInput.text(df) }
        return question
    }

    private var forecastQuestion: ForecastQuestion {
        var question = ForecastQuestion(path: path ?? ".")
        question.fileSystem = targetFileSystem
        question.blockSize = targetBlockSize
        question.bytesPerInode = targetInodeRatio
        question.keepsHoles = keepHoles
        question.carriesAttributes = xattrs
        question.requested = requested
        question.provisioned = provisioned
        question.previous = previous
        question.round = round
        return question
    }
}
