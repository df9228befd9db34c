/// Finds an option that was given twice, of which the parser would silently take the last.
enum RepeatedOption {
    /// Options of the agents that add a value each time.
    private static let lists: Set = ["--volume", "--include", "--exclude", "--accept"]
    /// Options whose next word is their value even if it looks like an option.
    private static let greedy: Set = [
        "--include", "--exclude", "--usage-percent", "--measured", "--requested", "--provisioned", "--threshold",
    ]

    /// Looks for one.
    ///
    /// - Parameter arguments: The arguments after the program's name.
    /// - Returns: The first that is there again; nil if there is none.
    static func first(in arguments: [String]) -> String? {
        var seen: Set<String> = []
        var isValue = false
        for argument in arguments {
            if isValue {
                isValue = false
                continue
            }
            if argument == "--" { return nil }
            guard argument.hasPrefix("--") else { continue }
            let name = String(argument.prefix { $0 != "=" })
            isValue = name == argument && greedy.contains(name)
            guard seen.insert(name).inserted || lists.contains(name) else { return name }
        }
        return nil
    }
}
