import Checksums
import LinuxSystem
import YAMLDocument

/// The volumes of a plan (MigPlan) that a direct volume migration transfers, of one namespace.
package struct MigrationPlan: Sendable {
    /// The volumes, as a layer of a job.
    package let layer: JobLayer

    /// Reads a plan.
    ///
    /// Claims and namespaces are mapped as `SOURCE:TARGET` (MTC contract 10.2). A volume has the name of its source claim;
    /// its path and its name at the target are those of today's pods: `/mnt/NAMESPACE/md5(SOURCE)` and `md5(TARGET)`
    /// (MTC contract 2.1, 6.1). What the plan does not copy file by file is left out with a note (MTC contract 9).
    ///
    /// - Parameters:
    ///   - path: The file, in YAML or JSON.
    ///   - namespace: The source namespace.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``, with the file and the line.
    package init(file path: String, namespace: String) throws(AgentError) {
        try self.init(document: try SettingsDocument.read(path), path: path, namespace: namespace)
    }

    init(document: YAMLNode, path: String, namespace: String) throws(AgentError) {
        let object = try ClusterObject(kinds: ["MigPlan"], in: document, path: path)
        let reader = PlanReader(object: object, namespace: namespace)
        layer = try reader.layer()
    }
}

private struct PlanReader {
    let object: ClusterObject
    let namespace: String

    func layer() throws(AgentError) -> JobLayer {
        var layer = JobLayer()
        let spec = object.node["spec"]
        try checkNamespace(spec?["namespaces"])
        try addNames(spec?["namespaces"], to: &layer)
        let volumes = spec?["persistentVolumes"]
        for element in volumes?.elements ?? [] {
            guard let claim = element["pvc"], let name = claim["name"] else { continue }
            let names = try parts(name, "the name of a claim")
            guard try parts(claim["namespace"] ?? name, "the namespace of a claim").source == namespace else {
                continue
            }
            if let reason = reasonToLeaveOut(element) {
                layer.notes.append("\(object.path):\(name.line): claim \(names.source): left out: \(reason)")
                continue
            }
            try layer.add(volume(names, element, line: name.line))
        }
        guard !layer.volumes.isEmpty else {
            let line = volumes?.line ?? object.node.line
            throw object.refuse(line, "the plan copies no claim of the namespace \(PrintableText.ofPeer(namespace))")
        }
        return layer
    }

    private func checkNamespace(_ node: YAMLNode?) throws(AgentError) {
        for element in node?.elements ?? [] where try parts(element, "a namespace").source == namespace { return }
        throw object.refuse(
            node?.line ?? object.node.line,
            "the plan does not have the namespace \(PrintableText.ofPeer(namespace))"
        )
    }

    /// The names of the plan and of its source namespaces, for hooks.
    private func addNames(_ namespaces: YAMLNode?, to layer: inout JobLayer) throws(AgentError) {
        if let name = object.node["metadata"]?["name"], let text = name.text {
            layer.settings["migplan-name"] = GivenSetting(
                .scalar(text, isPlain: true),
                .file(object.path, line: name.line)
            )
        }
        var names: [String] = []
        for element in namespaces?.elements ?? [] { names.append(try parts(element, "a namespace").source) }
        guard let line = namespaces?.line, !names.isEmpty else { return }
        layer.settings["migration-namespaces"] = GivenSetting(
            .scalar(names.joined(separator: ","), isPlain: true),
            .file(object.path, line: line)
        )
    }

    /// Both sides of `SOURCE:TARGET`; the same without a colon.
    private func parts(_ node: YAMLNode, _ what: String) throws(AgentError) -> (source: String, target: String) {
        let parts = (node.text ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), !parts.contains("") else {
            throw object.refuse(node.line, "\(what) is not NAME or SOURCE:TARGET")
        }
        return (parts[0], parts[parts.count - 1])
    }

    /// Why a claim is not transferred file by file.
    private func reasonToLeaveOut(_ element: YAMLNode) -> String? {
        let selection = element["selection"]
        let action = selection?["action"]?.text ?? "none"
        guard action == "copy" else { return "its action is \(PrintableText.ofPeer(action))" }
        let method = selection?["copyMethod"]?.text ?? "filesystem"
        guard method == "filesystem" else { return "its copy method is \(PrintableText.ofPeer(method))" }
        guard element["pvc"]?["volumeMode"]?.text != "Block" else { return "it is a block volume" }
        return nil
    }

    private func volume(_ names: (source: String, target: String), _ element: YAMLNode, line: Int) -> GivenVolume {
        let source = SettingSource.file(object.path, line: line)
        var volume = GivenVolume(name: names.source, source: source)
        func give(_ setting: String, _ text: String, _ source: SettingSource) {
            volume.settings[setting] = GivenSetting(.scalar(text, isPlain: true), source)
        }
        give("path", "/mnt/\(namespace)/\(Self.digest(names.source))", source)
        give("target-name", Self.digest(names.target), source)
        if let verify = element["selection"]?["verify"], verify.isPlainScalar,
            verify.text.flatMap(YAMLNode.plainBoolean) == true
        {
            give("checksum", "true", .file(object.path, line: verify.line))
        }
        return volume
    }

    /// The names of modules, mounts and labels (MTC contract 10.1).
    private static func digest(_ name: String) -> String {
        Hexadecimal.encode(AuthenticationDigest.md5.digest(of: Array(name.utf8).span.rawBytes))
    }
}
