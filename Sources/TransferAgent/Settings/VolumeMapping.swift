/// A volume as the command line names it: `NAME=PATH`.
package struct VolumeMapping: Hashable, Sendable, CustomStringConvertible {
    /// Its name on both sides: the daemon's module.
    package let name: String
    /// Where it is mounted on this side.
    package let path: String

    /// Reads `NAME=PATH`; the first `=` divides.
    ///
    /// - Parameter text: NAME contains no `/`, no space and no control character, and does not begin with
    ///   `#`, which a daemon takes for a command.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package init(parsing text: String) throws(AgentError) {
        func refuse(_ reason: String) -> AgentError {
            AgentError(.badSetting, "--volume \(text): \(reason)", exitCode: 1)
        }
        guard let divider = text.firstIndex(of: "=") else { throw refuse("it is not NAME=PATH") }
        name = String(text[..<divider])
        path = String(text[text.index(after: divider)...])
        guard !name.isEmpty, !path.isEmpty else { throw refuse("the name or the path is empty") }
        let isPlain = name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "/" }
        guard isPlain, !name.hasPrefix("#") else {
            throw refuse("the name contains a space, / or a control character, or begins with #")
        }
        guard !path.unicodeScalars.contains("\0") else { throw refuse("the path contains a NUL byte") }
    }

    /// Parses the volumes of a command line; names are unique.
    static func parse(_ texts: [String]) throws(AgentError) -> [VolumeMapping] {
        var mappings: [VolumeMapping] = []
        for text in texts {
            let mapping = try VolumeMapping(parsing: text)
            guard !mappings.contains(where: { $0.name == mapping.name }) else {
                throw AgentError(.badSetting, "duplicate --volume \(mapping.name)", exitCode: 1)
            }
            mappings.append(mapping)
        }
        guard !mappings.isEmpty else { throw AgentError(.badSetting, "at least one --volume is required", exitCode: 1) }
        return mappings
    }

    /// The form that the parser reads.
    package var description: String { "\(name)=\(path)" }
}
