import LinuxSystem
import ProcessSupport
import YAMLDocument

/// What operators set today for the pods of a migration (MTC contract 0.1), as text.
///
/// The same keys come from the environment, from the controller's ConfigMap, and, under other names, from a
/// MigrationController resource.
package struct ContractSettings: Sendable {
    /// A text and where it comes from.
    struct Given: Sendable, Equatable {
        let text: String
        let source: SettingSource
    }

    /// The keys that concern a transfer, each with the field of a MigrationController that it comes from.
    static let fields = [
        "RSYNC_OPT_BWLIMIT": "rsync_opt_bwlimit", "RSYNC_OPT_ARCHIVE": "rsync_opt_archive",
        "RSYNC_OPT_PARTIAL": "rsync_opt_partial", "RSYNC_OPT_DELETE": "rsync_opt_delete",
        "RSYNC_OPT_HARDLINKS": "rsync_opt_hardlinks", "RSYNC_OPT_INFO": "rsync_opt_info",
        "RSYNC_OPT_EXTRAS": "rsync_opt_extras", "RSYNC_BACKOFF_LIMIT": "rsync_backoff_limit",
        "STUNNEL_TCP_PROXY": "stunnel_tcp_proxy", "PV_RESIZING_USAGE_THRESHOLD": "pv_resizing_threshold",
        "SOURCE_SUPPLEMENTAL_GROUPS": "src_supplemental_groups",
        "TARGET_SUPPLEMENTAL_GROUPS": "target_supplemental_groups",
    ]

    /// Each value by its key in the ConfigMap; empty ones count as not set.
    let given: [String: Given]

    init(given: [String: Given]) { self.given = given.filter { !$0.value.text.isEmpty } }

    /// Those of the environment's variables.
    package init(environment: [String: String]) {
        var given: [String: Given] = [:]
        for key in Self.fields.keys {
            if let text = environment[key] { given[key] = Given(text: text, source: .environment(key)) }
        }
        self.init(given: given)
    }

    /// Those of this process's environment.
    package static func ofEnvironment() -> ContractSettings { ContractSettings(environment: ProcessInputs.environment) }

    /// Those of a file with a MigrationController, or with the controller's ConfigMap; the many other fields are
    /// skipped.
    ///
    /// - Parameter path: The file, in YAML or JSON; a list with one such object will do.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``, with the file and the line.
    package init(file path: String) throws(AgentError) {
        try self.init(document: try SettingsDocument.read(path), path: path)
    }

    init(document: YAMLNode, path: String) throws(AgentError) {
        let kinds = ["MigrationController", "ConfigMap"]
        let object = try ClusterObject(kinds: kinds, in: document, path: path)
        let isResource = object.node["kind"]?.text == kinds[0]
        guard let values = object.node[isResource ? "spec" : "data"] else {
            self.init(given: [:])
            return
        }
        var given: [String: Given] = [:]
        for (key, field) in Self.fields {
            let name = isResource ? field : key
            guard let member = values.members?.first(where: { $0.key == name }), !member.value.isNull else { continue }
            guard let text = member.value.text else {
                throw object.refuse(member.line, "\(name) is not a text or number")
            }
            // What YAML 1.1 reads as a boolean is one when it reaches the controller: `no`, but not "no".
            let boolean = member.value.isPlainScalar ? YAMLNode.plainBoolean(text) : nil
            given[key] = Given(text: boolean.map { "\($0)" } ?? text, source: .file(path, line: member.line))
        }
        self.init(given: given)
    }

    // MARK: the contract's rules

    /// An integer that, if it is set, has to be one of at least 1 (MTC contract 0.1).
    private func limit(_ key: String) throws(AgentError) -> Int64? {
        guard let number = try integer(key) else { return nil }
        guard number >= 1 else { throw refuse(key, "\(number) is not at least 1") }
        return number
    }

    private func integer(_ key: String) throws(AgentError) -> Int64? {
        guard let given = given[key] else { return nil }
        guard let number = Int64(given.text) else {
            throw refuse(key, "\(PrintableText.ofPeer(given.text)) is not an integer")
        }
        return number
    }

    /// A boolean as Go's strconv.ParseBool reads it; one that it does not know is ignored (MTC contract 0.1).
    private func flag(_ key: String, _ notes: inout [String]) -> Bool? {
        guard let given = given[key] else { return nil }
        if ["1", "t", "T", "true", "TRUE", "True"].contains(given.text) { return true }
        if ["0", "f", "F", "false", "FALSE", "False"].contains(given.text) { return false }
        notes.append("\(given.source.subject(key)): not a boolean, and ignored as the controller ignores it")
        return nil
    }

    func refuse(_ key: String, _ reason: String) -> AgentError {
        let subject = given[key]?.source.subject(key) ?? key
        return AgentError(.badSetting, "\(subject): \(reason)", exitCode: 1)
    }

    /// The percentage points that should stay free, which the resize rule judges (MTC contract 7.3); nil when not set.
    ///
    /// - Returns: Any integer.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package func threshold() throws(AgentError) -> Int64? { try integer("PV_RESIZING_USAGE_THRESHOLD") }

    /// The groups of a source or a target: numbers separated by commas, of which empty ones are skipped
    /// (MTC contract 0.1).
    private func groups(_ key: String) throws(AgentError) -> [String]? {
        guard let given = given[key] else { return nil }
        var groups: [String] = []
        for item in given.text.split(separator: ",") {
            guard let number = Int64(item) else {
                throw refuse(key, "\(PrintableText.ofPeer(String(item))) is not a number")
            }
            groups.append("\(number)")
        }
        return groups
    }

    /// The groups of a target's pod.
    ///
    /// - Returns: Numbers of groups; none when not set.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package func targetGroups() throws(AgentError) -> [Int] {
        let key = "TARGET_SUPPLEMENTAL_GROUPS"
        var numbers: [Int] = []
        for text in try groups(key) ?? [] {
            guard let number = Int(text), let group = UInt32(exactly: number), group < UInt32.max else {
                throw refuse(key, "\(text) is not the number of a group")
            }
            numbers.append(number)
        }
        return numbers
    }

    /// The settings of a job that they stand for.
    ///
    /// - Returns: A layer, with a note on each value that is ignored.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting`` for a value that the controller would refuse, or that
    ///   a transfer cannot honour.
    package func layer() throws(AgentError) -> JobLayer {
        var layer = JobLayer()
        var values: [(setting: String, key: String, value: GivenValue)] = []
        func scalar(_ text: String) -> GivenValue { .scalar(text, isPlain: true) }
        if flag("RSYNC_OPT_ARCHIVE", &layer.notes) == false {
            throw refuse("RSYNC_OPT_ARCHIVE", "without it rsync transfers no directory: nothing would be transferred")
        }
        for (setting, key) in [
            ("delete", "RSYNC_OPT_DELETE"), ("hard-links", "RSYNC_OPT_HARDLINKS"), ("partial", "RSYNC_OPT_PARTIAL"),
        ] {
            if let flag = flag(key, &layer.notes) { values.append((setting, key, scalar("\(flag)"))) }
        }
        if let rate = try integer("RSYNC_OPT_BWLIMIT"), rate > 0 {
            values.append(("bwlimit", "RSYNC_OPT_BWLIMIT", scalar("\(rate)")))
        }
        if let attempts = try limit("RSYNC_BACKOFF_LIMIT") {
            values.append(("attempts", "RSYNC_BACKOFF_LIMIT", scalar("\(attempts)")))
        }
        if let groups = try groups("SOURCE_SUPPLEMENTAL_GROUPS") {
            values.append(("supplemental-groups", "SOURCE_SUPPLEMENTAL_GROUPS", .list(groups)))
        }
        if given["STUNNEL_TCP_PROXY"] != nil { values.append(("proxy", "STUNNEL_TCP_PROXY", scalar(try proxy()))) }
        if let extras = given["RSYNC_OPT_EXTRAS"] {
            let options = try ExtraOptions(extras.text) { (reason) in refuse("RSYNC_OPT_EXTRAS", reason) }
            for (setting, value) in options.settings { values.append((setting, "RSYNC_OPT_EXTRAS", value)) }
            for note in options.notes { layer.notes.append("\(extras.source.subject("RSYNC_OPT_EXTRAS")): \(note)") }
        }
        for (setting, key, value) in values {
            layer.settings[setting] = GivenSetting(value, given[key]?.source ?? .usual)
        }
        return layer
    }

    /// The proxy as a URL of ours: the scheme and what follows the authority do not count (MTC contract 3.4).
    private func proxy() throws(AgentError) -> String {
        let text = given["STUNNEL_TCP_PROXY"]?.text ?? ""
        guard let end = text.firstRange(of: "://"), text[..<end.lowerBound].isURLScheme else {
            // Never quoted: it may hold a password.
            throw refuse("STUNNEL_TCP_PROXY", "it is not a URL such as http://user:password@host:port")
        }
        return "http://" + text[end.upperBound...].prefix { !"/?#".contains($0) }
    }
}

extension Substring {
    /// RFC 3986, 3.1.
    fileprivate var isURLScheme: Bool {
        first?.isASCII == true && first?.isLetter == true
            && allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }
}
