import LinuxSystem

/// The variables that a client's visit adds to the environment (rsyncd.conf(5), `pre-xfer exec`).
struct SessionVariables: Equatable, Sendable {
    /// Names and values, in the order in which they were set.
    private(set) var values: [(name: String, value: [UInt8])] = []

    static func == (one: Self, other: Self) -> Bool {
        one.values.elementsEqual(other.values) { $0.name == $1.name && $0.value == $1.value }
    }

    mutating func set(_ name: String, _ value: [UInt8]) {
        values.removeAll { $0.name == name }
        values.append((name, value))
    }

    mutating func set(_ name: String, _ value: String) { set(name, Array(value.utf8)) }

    /// The value of a variable, of these or of the process.
    func value(_ name: String) -> [UInt8]? {
        values.last { $0.name == name }?.value ?? environmentValue(name).map { Array($0.utf8) }
    }

    /// A text of the configuration with its variables replaced.
    func expand(_ text: VariableText) -> [UInt8] { text.expanded(value) }

    /// Lines of `NAME=VALUE` for a command: those of the process and these.
    func environment(of process: [[UInt8]]) -> [[UInt8]] {
        let own = values.map { Array("\($0.name)=".utf8) + $0.value }
        let names = values.map { Array("\($0.name)=".utf8) }
        return process.filter { line in !names.contains { line.starts(with: $0) } } + own
    }
}
