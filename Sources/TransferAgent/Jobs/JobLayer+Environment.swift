import ProcessSupport

extension JobLayer {
    /// The settings in variables `DVM_NAME`, such as `DVM_DELETE_LIMIT`; lists are separated by commas.
    ///
    /// Empty variables count as not set, as templates of pods produce them. A name that looks like a mistyped one is
    /// noted; others are ignored, since Kubernetes adds variables for each Service of a namespace.
    ///
    /// - Parameter environment: The environment's variables.
    package init(environment: [String: String]) {
        var kinds: [String: (name: String, kind: SettingKind)] = [:]
        for setting in SettingTable.job { kinds[Self.variable(setting.name)] = (setting.name, setting.kind) }
        for setting in SettingTable.pass { kinds[Self.variable(setting.name)] = (setting.name, setting.kind) }
        for (variable, text) in environment.sorted(by: { $0.key < $1.key }) where variable.hasPrefix(Self.prefix) {
            guard let (name, kind) = kinds[variable] else {
                guard !Self.otherVariables.contains(variable),
                    let near = NearestName.of(variable, among: Array(kinds.keys)), near.distance <= 2
                else { continue }
                notes.append("\(variable) is not a setting and is ignored; the nearest one is \(near.name)")
                continue
            }
            guard !text.isEmpty else { continue }
            let texts = text.split(separator: ",").map(String.init)
            let value: GivenValue = kind.isList ? .list(texts) : .scalar(text, isPlain: true)
            settings[name] = GivenSetting(value, .environment(variable))
        }
    }

    /// The settings in this process's environment: those of today's pods, and above them those of ours.
    ///
    /// A proxy's URL, which may have a password, is removed from it. May only be called while the process has a single
    /// thread, since the environment has no lock.
    ///
    /// - Returns: The layers, the lower one first.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package static func ofEnvironment() throws(AgentError) -> [JobLayer] {
        let environment = ProcessInputs.environment
        for name in [variable("proxy"), "STUNNEL_TCP_PROXY"] { _ = EnvironmentSecret.take(name) }
        return [try ContractSettings(environment: environment).layer(), JobLayer(environment: environment)]
    }

    private static let prefix = "DVM_"
    /// Variables that hold secrets, which are read elsewhere.
    private static let otherVariables: Set = ["DVM_PASSWORD", "DVM_PROXY_PASSWORD"]

    /// The variable of a setting.
    static func variable(_ name: String) -> String {
        prefix + String(name.uppercased().map { $0 == "-" ? "_" : $0 })
    }
}
