/// Finds an option that says with whom the agent exchanges data and that was given twice.
///
/// The parser would silently take the last one. Of other options, scripts may override a value by another one after it.
enum RepeatedOption {
    private static let single: Set = [
        "--target", "--server-name", "--ca", "--pin", "--psk-file", "--proxy", "--user", "--password-file",
        "--proxy-password-file", "--job", "--settings", "--plan", "--namespace", "--listen", "--listen-plain",
        "--client-ca", "--certificate", "--private-key", "--credentials", "--run-as",
    ]
    /// Options whose next word is their value even if it looks like an option.
    private static let greedy: Set = ["--include", "--exclude", "--before", "--after"]

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
            guard !single.contains(name) || seen.insert(name).inserted else { return name }
        }
        return nil
    }
}
