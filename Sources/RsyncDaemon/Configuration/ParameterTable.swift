/// All parameters, and their lookup.
package enum ParameterTable {
    /// One section of the table: its title in documents, and its parameters.
    package struct Section: Sendable {
        package let title: String
        package let parameters: [ParameterDescriptor]
    }

    /// The table, in the order of documents.
    package static let sections = [
        Section(title: "The daemon", parameters: daemon),
        Section(title: "Who may do what", parameters: access),
        Section(title: "Files of a module", parameters: files),
        Section(title: "Identity and commands", parameters: identity),
        Section(title: "Log", parameters: log),
    ]

    /// Every parameter.
    package static let parameters = sections.flatMap(\.parameters)

    /// Parameters by their names in lower case, without white space.
    static let byKey: [String: ParameterDescriptor] = {
        var result: [String: ParameterDescriptor] = [:]
        for parameter in parameters {
            for name in parameter.names { result[ParameterDescriptor.key(of: name)] = parameter }
        }
        return result
    }()
}
