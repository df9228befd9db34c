import LinuxSystem
import ProcessSupport
import YAMLDocument

extension JobLayer {
    /// The settings in a job file, in YAML or JSON.
    ///
    /// - Parameter path: The file; `-` is standard input.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``, with the file and the line.
    package init(jobFile path: String) throws(AgentError) {
        try self.init(job: try SettingsDocument.read(path), path: path)
    }

    /// The settings in a document.
    ///
    /// - Parameters:
    ///   - document: A mapping of settings, with `volumes`.
    ///   - path: The file's name, for errors.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``, with the file and the line.
    init(job document: YAMLNode, path: String) throws(AgentError) {
        let reader = JobFileReader(path: path)
        guard let members = document.members else {
            throw reader.refuse(document.line, "it is not a mapping of settings")
        }
        let known = SettingTable.jobKeys
        let sections = PassKind.allCases.map(\.rawValue) + [SettingTable.volumesKey]
        for member in members where sections.contains(member.key) {
            if let kind = PassKind(rawValue: member.key) {
                guard let members = member.value.members else {
                    throw reader.refuse(member.line, "\(member.key) is not a mapping of settings")
                }
                let known = known.filter { !SettingTable.ofEveryPass.contains($0) }
                passes[kind] = try reader.settings(members, among: known, of: member.key)
            } else {
                for volume in try reader.volumes(member.value) { try add(volume) }
            }
        }
        let others = members.filter { !sections.contains($0.key) }
        settings = try reader.settings(others, among: known + sections, of: "a job")
    }
}

/// Reads the parts of a job file.
private struct JobFileReader {
    let path: String

    func refuse(_ line: Int, _ reason: String) -> AgentError {
        AgentError(.badSetting, "\(path):\(line): \(reason)", exitCode: 1)
    }

    /// An unknown key, with what may have been meant.
    func refuse(_ member: YAMLMember, among known: [String], of what: String) -> AgentError {
        if SettingTable.volume.contains(where: { $0.name == member.key }) {
            return refuse(member.line, "\(member.key) is a key of a volume, not of \(what)")
        }
        if SettingTable.job.contains(where: { $0.name == member.key }) {
            return refuse(member.line, "\(member.key) is a key of the job, not of \(what)")
        }
        let key = PrintableText.ofPeer(member.key)
        let nearest = NearestName.of(member.key, among: known).map { "; the nearest known key is \($0.name)" } ?? ""
        return refuse(member.line, "unknown key \(key)\(nearest)")
    }

    /// The settings of a mapping, with the commands that have other names among those of `before` and `after`.
    func settings(
        _ members: [YAMLMember],
        among known: [String],
        of what: String
    ) throws(AgentError) -> [String: GivenSetting] {
        var settings: [String: GivenSetting] = [:]
        for member in members {
            guard known.contains(member.key) else { throw refuse(member, among: known, of: what) }
            settings[member.key] = try setting(member)
        }
        for (name, setting) in HookSettings.otherNames {
            guard let given = settings.removeValue(forKey: name) else { continue }
            let commands = (settings[setting]?.value.texts ?? []) + given.value.texts
            settings[setting] = GivenSetting(.list(commands), given.source)
        }
        return settings
    }

    func setting(_ member: YAMLMember) throws(AgentError) -> GivenSetting {
        let source = SettingSource.file(path, line: member.line)
        guard !member.value.isNull else {
            throw refuse(member.line, "\(member.key) has no value: remove the line or give one")
        }
        switch member.value.value {
        case .scalar(let text, let isPlain): return GivenSetting(.scalar(text, isPlain: isPlain), source)
        case .list(let elements):
            var texts: [String] = []
            for element in elements {
                guard let text = element.text, !element.isNull else {
                    throw refuse(element.line, "an element of \(member.key) is not a text")
                }
                texts.append(text)
            }
            return GivenSetting(.list(texts), source)
        case .map: throw refuse(member.line, "\(member.key) is a mapping, which no setting is")
        }
    }

    func volumes(_ node: YAMLNode) throws(AgentError) -> [GivenVolume] {
        guard let elements = node.elements else {
            throw refuse(node.line, "\(SettingTable.volumesKey) is not a list of volumes")
        }
        var volumes: [GivenVolume] = []
        for element in elements { volumes.append(try volume(element)) }
        return volumes
    }

    private func volume(_ node: YAMLNode) throws(AgentError) -> GivenVolume {
        guard let members = node.members else { throw refuse(node.line, "a volume is not a mapping of settings") }
        guard let name = node["name"]?.text, !name.isEmpty else { throw refuse(node.line, "a volume has no name") }
        let known = SettingTable.volume.map(\.name) + SettingTable.pass.map(\.name)
        var volume = GivenVolume(name: name, source: .file(path, line: node.line))
        for member in members where member.key != "name" {
            guard known.contains(member.key) else { throw refuse(member, among: known, of: "a volume") }
            volume.settings[member.key] = try setting(member)
        }
        return volume
    }
}

/// Reads a file of settings in YAML or JSON.
enum SettingsDocument {
    /// Reads one.
    ///
    /// - Parameter path: The file; `-` is standard input.
    /// - Returns: The value that it holds.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``, with the line of what is not YAML.
    static func read(_ path: String) throws(AgentError) -> YAMLNode {
        let bytes: [UInt8]
        do throws(SystemError) {
            let file = try SmallFile(Array(path.utf8), dashIsStandardInput: true)
            bytes = try file.contents(limit: YAMLNode.longestText)
        } catch {
            throw AgentError(.badSetting, "\(error.operation) of \(path): \(error.reason)", exitCode: 1)
        }
        do throws(YAMLFlaw) {
            return try YAMLNode(parsing: bytes)
        } catch {
            throw AgentError(.badSetting, "\(path):\(error.line): \(error.reason)", exitCode: 1)
        }
    }
}
