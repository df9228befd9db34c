import AgentControl
import Glibc
package import Logging

/// Writes each event of a log as one line.
///
///     2026-11-28T19:24:01.123Z INFO session 3 from 10.0.0.7:4711, user mover: ...
///     {"time":"2026-11-28T19:24:01.123Z","level":"info","program":"dvm-target","message":"session 3 from
///     ...","session":3}
///
/// A message is a whole sentence. Metadata repeats its parts for programs, so text lines omit it.
///
/// ## Concurrency model
/// A value; each line goes out in one write, so lines of several threads do not mix.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    private let program: String
    private let format: LogFormat
    private let output: any TextOutput
    private let now: @Sendable () -> LogTime

    /// Prepares to write.
    ///
    /// - Parameters:
    ///   - program: The name of the program, a member of JSON lines.
    ///   - format: The form of lines.
    ///   - output: Where they go.
    ///   - now: The clock.
    init(program: String, format: LogFormat, output: any TextOutput, now: @escaping @Sendable () -> LogTime) {
        self.program = program
        self.format = format
        self.output = output
        self.now = now
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        switch format {
        case .text: output.write("\(now().text) \(event.level.rawValue.uppercased()) \(event.message)\n")
        case .json: output.write(json(event) + "\n")
        }
    }

    private func json(_ event: LogEvent) -> String {
        var members: [(String, JSONValue)] = [
            ("time", .text(now().text)), ("level", .text(event.level.rawValue)), ("program", .text(program)),
            ("message", .text("\(event.message)")),
        ]
        let parts = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (name, value) in parts.sorted(by: { $0.key < $1.key }) { members.append((name, JSONValue(value))) }
        return JSONValue.object(members).encoded
    }
}

extension JSONValue {
    /// A value of a log's metadata; whole numbers stay numbers.
    fileprivate init(_ value: Logger.Metadata.Value) {
        switch value {
        case .string(let text): self = .text(text)
        case .stringConvertible(let value):
            self = (value as? any BinaryInteger).map { .integer(Int64(clamping: $0)) } ?? .text("\(value)")
        case .array(let values): self = .list(values.map { JSONValue($0) })
        case .dictionary(let members):
            self = .object(members.sorted { $0.key < $1.key }.map { ($0.key, JSONValue($0.value)) })
        }
    }
}

extension Logger {
    /// The log of an agent.
    ///
    /// - Parameters:
    ///   - program: Its name, such as `dvm-target`.
    ///   - format: The form of lines.
    ///   - output: Where they go.
    /// - Returns: A log of events from the level info on.
    package static func agent(
        _ program: String,
        format: LogFormat = .text,
        output: any TextOutput = StandardStream.error
    ) -> Logger {
        Logger(label: program) { _ in
            LineLogHandler(program: program, format: format, output: output) { LogTime.now }
        }
    }
}
