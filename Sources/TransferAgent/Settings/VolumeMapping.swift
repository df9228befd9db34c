/// A volume as the command line names it: `NAME=PATH`.
package struct VolumeMapping: Hashable, Sendable, CustomStringConvertible {
    /// Its name on this side.
    package let name: String
    /// Its name on the target's side: the daemon's module.
    package let targetName: String
    /// Where it is mounted on this side.
    package let path: String
    /// Whether the name on the target's side was given by itself.
    package let namesTarget: Bool

    /// Reads `NAME=PATH` or, of a source, `NAME:TARGET=PATH`; the first `=` divides.
    ///
    /// - Parameters:
    ///   - text: NAME and TARGET contain no `/`, no space and no control character, and do not begin with
    ///     `#`, which a daemon takes for a command.
    ///   - isOfSource: Whether the name at the target may differ.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package init(parsing text: String, isOfSource: Bool = false) throws(AgentError) {
        func refuse(_ reason: String) -> AgentError {
            AgentError(.badSetting, "--volume \(text): \(reason)", exitCode: 1)
        }
        guard let divider = text.firstIndex(of: "=") else { throw refuse("it is not NAME=PATH") }
        let names = text[..<divider].split(
            separator: ":",
            maxSplits: isOfSource ? 1 : 0,
            omittingEmptySubsequences: false
        )
        name = String(names[0])
        targetName = String(names[names.count - 1])
        namesTarget = names.count > 1
        path = String(text[text.index(after: divider)...])
        guard !name.isEmpty, !targetName.isEmpty, !path.isEmpty else { throw refuse("a name or the path is empty") }
        for name in [name, targetName] {
            let isPlain = name.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F && $0 != "/" }
            guard isPlain, !name.hasPrefix("#") else {
                throw refuse("the name contains a space, / or a control character, or begins with #")
            }
        }
        guard !path.unicodeScalars.contains("\0") else { throw refuse("the path contains a NUL byte") }
    }

    /// Parses the volumes of a command line; names are unique on either side.
    static func parse(_ texts: [String], isOfSource: Bool = false) throws(AgentError) -> [VolumeMapping] {
        var mappings: [VolumeMapping] = []
        for text in texts {
            let mapping = try VolumeMapping(parsing: text, isOfSource: isOfSource)
            if let other = mappings.first(where: { $0.name != mapping.name && $0.targetName == mapping.targetName }) {
                let names = "\(other.name) and \(mapping.name)"
                throw AgentError(
                    .badSetting,
                    "volumes \(names): both have the name \(mapping.targetName) at the target",
                    exitCode: 1
                )
            }
            guard !mappings.contains(where: { $0.name == mapping.name }) else {
                throw AgentError(.badSetting, "duplicate --volume \(mapping.name)", exitCode: 1)
            }
            mappings.append(mapping)
        }
        guard !mappings.isEmpty else { throw AgentError(.badSetting, "at least one --volume is required", exitCode: 1) }
        return mappings
    }

    /// The form that the parser reads.
    package var description: String { name == targetName ? "\(name)=\(path)" : "\(name):\(targetName)=\(path)" }
}
