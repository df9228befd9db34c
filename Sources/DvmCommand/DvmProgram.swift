import LinuxSystem
import ProcessSupport
import RsyncProgram
import SourceCommand
import StunnelCommand
import TargetCommand

/// `dvm`: all programs in one binary, called by the name of a link to it or by a word.
package enum DvmProgram {
    /// One of the programs.
    package enum Command: String, CaseIterable, Sendable {
        case source
        case target
        case rsync
        case stunnel

        /// The name that is also its own program.
        package var programName: String { "dvm-\(rawValue)" }

        /// What it is for, in a line.
        package var summary: String {
            switch self {
            case .source: "the source agent, next to the volumes to copy: transfer, doctor, capacity"
            case .target: "the target agent, next to the volumes to copy to: serve, capacity"
            case .rsync: "rsync's command line"
            case .stunnel: "stunnel's configuration file"
            }
        }
    }

    /// What an argument vector requests.
    package enum Choice: Equatable, Sendable {
        /// A program, with the arguments behind its name.
        case run(Command, [[UInt8]])
        case help
        /// A word that is not a command.
        case unknown([UInt8])
    }

    /// Reads an argument vector.
    ///
    /// The name of a link counts first: `dvm-source`, …, and `rsync` and `stunnel` as scripts call the originals. By
    /// any other name the first argument is the command.
    ///
    /// - Parameter vector: The program's name first.
    /// - Returns: What to do.
    package static func choice(of vector: [[UInt8]]) -> Choice {
        let name = vector.first.map { String(decoding: PathParts($0).leaf, as: UTF8.self) }
        let rest = Array(vector.dropFirst())
        switch name {
        case "rsync": return .run(.rsync, rest)
        case "stunnel": return .run(.stunnel, rest)
        default: break
        }
        if let command = Command.allCases.first(where: { $0.programName == name }) { return .run(command, rest) }
        guard let word = rest.first else { return .help }
        let text = String(decoding: word, as: UTF8.self)
        if ["-h", "--help", "help"].contains(text) { return .help }
        guard let command = Command(rawValue: text) else { return .unknown(word) }
        return .run(command, Array(rest.dropFirst()))
    }

    /// Runs the process, called on the main thread before any other thread exists.
    package static func main() -> Never {
        switch choice(of: ProcessInputs.arguments) {
        case .run(let command, let arguments): run(command, arguments)
        case .help:
            writeText(help, to: 1)
            endProcess(0)
        case .unknown(let word):
            writeText(complaint(about: word), to: 2)
            endProcess(1)
        }
    }

    private static func run(_ command: Command, _ arguments: [[UInt8]]) -> Never {
        let words = arguments.map { String(decoding: $0, as: UTF8.self) }
        switch command {
        case .source: SourceProgram.main(words)
        case .target: TargetProgram.main(words)
        case .rsync: endProcess(CommandRunner(environment: ProcessInputs.environment).run(arguments))
        case .stunnel: endProcess(StunnelProgram.run(words))
        }
    }
}

// Texts.
extension DvmProgram {
    static let help = """
        usage: dvm COMMAND [ARGUMENT]...
        or a link to dvm named after a program: dvm-source, dvm-target, dvm-rsync, dvm-stunnel, rsync, stunnel

        \(Command.allCases.map { "  \($0.rawValue)".padded(to: 11) + $0.summary }.joined(separator: "\n"))

        See dvm COMMAND --help.

        """

    static func complaint(about word: [UInt8]) -> String {
        let commands = Command.allCases.map(\.rawValue).joined(separator: ", ")
        return "dvm: \"\(PrintableText.ofPeer(word))\" is not a command; the commands are \(commands), see dvm --help\n"
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
