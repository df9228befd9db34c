import LinuxSystem
import RsyncOptions

/// The value of a parameter, as written.
struct ParameterValue: Equatable, Sendable {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// With its variables, for later.
    var text: VariableText { VariableText(bytes) }

    /// With the variables of the process's environment replaced, as for all values that are not texts.
    private var now: [UInt8] { text.ofProcess }

    fileprivate var word: String { String(decoding: now, as: UTF8.self) }

    func boolean() throws(ParameterFlaw) -> Bool {
        switch word.lowercased() {
        case "yes", "true", "1": return true
        case "no", "false", "0": return false
        default: throw ParameterFlaw("not yes or no")
        }
    }

    func tristate() throws(ParameterFlaw) -> Bool? {
        ["unset", "-1"].contains(word.lowercased()) ? nil : try boolean()
    }

    func number() throws(ParameterFlaw) -> Int {
        guard let number = Int32(word) else { throw ParameterFlaw("not a number") }
        return Int(number)
    }

    func port() throws(ParameterFlaw) -> UInt16 {
        guard let number = UInt16(word), number > 0 else { throw ParameterFlaw("not a valid port number") }
        return number
    }

    /// Its entries, separated by white space or commas; after a comma at the beginning by commas only.
    var entries: [[UInt8]] { Self.entries(of: now) }

    static func entries(of bytes: [UInt8]) -> [[UInt8]] {
        let comma = UInt8(ascii: ",")
        guard bytes.first != comma else {
            return bytes.split(separator: comma).map { ConfigurationLines.trimmed($0) }.filter { !$0.isEmpty }
        }
        return bytes.split { $0 == comma || ConfigurationLines.isBlank($0) }.map(Array.init)
    }

    func modes() throws(ParameterFlaw) -> ModeChanges {
        let text = word
        guard !text.isEmpty else { return ModeChanges() }
        guard let changes = ModeChanges(text) else { throw ParameterFlaw("not a list of mode changes") }
        return changes
    }

    func users() throws(ParameterFlaw) -> [AuthenticationRule] {
        var rules: [AuthenticationRule] = []
        for entry in entries {
            guard let rule = AuthenticationRule(entry) else {
                throw ParameterFlaw("\(PrintableText.ofPeer(entry)) is not user, user:deny, user:ro or user:rw")
            }
            rules.append(rule)
        }
        return rules
    }

    func hosts() throws(ParameterFlaw) -> [HostRule] {
        var rules: [HostRule] = []
        for entry in entries {
            do throws(HostRule.Flaw) {
                rules.append(try HostRule(String(decoding: entry, as: UTF8.self)))
            } catch {
                throw ParameterFlaw("\(PrintableText.ofPeer(entry)): \(error.reason)")
            }
        }
        return rules
    }

    func refusals() -> OptionRefusals {
        let words = now.split(whereSeparator: ConfigurationLines.isBlank)
        return OptionRefusals(words.map { String(decoding: $0, as: UTF8.self) })
    }

    /// Whether a refused parameter is off: empty, or a boolean that is not true.
    var isOff: Bool { ["", "no", "false", "0", "unset", "-1"].contains(word.lowercased()) }
}

extension ParameterValue {
    func facility() throws(ParameterFlaw) -> SystemLog.Facility {
        guard let facility = SystemLog.Facility(rawValue: word.lowercased()) else {
            throw ParameterFlaw("not a syslog facility")
        }
        return facility
    }
}
