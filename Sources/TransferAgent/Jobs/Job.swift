/// What one run does: the settings of all layers, each with its source.
package struct Job: Sendable {
    /// One setting with its value.
    struct Resolved: Sendable, Equatable {
        let name: String
        let value: SettingValue
        let source: SettingSource
    }

    /// One volume with its settings.
    struct Volume: Sendable {
        let mapping: VolumeMapping
        let isSkipped: Bool
        let pass: PassSettings
        /// All that have a value, in the order of the table.
        let settings: [Resolved]
    }

    /// What is asked of the agent.
    package internal(set) var settings: TransferSettings
    /// What the user should know, one line each.
    package let notes: [String]
    /// The settings of the job as a whole that have a value, in the order of the table.
    let common: [Resolved]
    /// The volumes, those that are left out too.
    let volumes: [Volume]
    /// What it was resolved from, the lowest first.
    private let layers: [JobLayer]

    /// Resolves a job.
    ///
    /// A setting of a higher layer counts; in one layer, that of a volume before that of all volumes.
    ///
    /// - Parameter layers: The lowest first.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting`` for a value that cannot be used, and when there is no
    ///   target, no way to verify it, or no volume.
    package init(layers: [JobLayer]) throws(AgentError) {
        self.layers = layers
        let resolver = JobResolver(layers: layers.map { $0.during(JobResolver(layers: layers).kind) })
        (settings, common) = try resolver.job()
        volumes = try resolver.volumes()
        guard !settings.target.isEmpty else {
            throw AgentError(.badSetting, "no target: --target HOST:PORT, or target in a job file", exitCode: 1)
        }
        guard settings.trust != TransferSettings.unset.trust else {
            throw AgentError(
                .badSetting,
                "nothing says how to verify the target: exactly one of --ca, --pin, --psk-file and --insecure is needed",
                exitCode: 1
            )
        }
        let skipped = volumes.filter(\.isSkipped).map { "volume \($0.mapping.name) is left out: skip is set" }
        notes = layers.flatMap(\.notes) + skipped
        settings.volumes = volumes.filter { !$0.isSkipped }.map(\.mapping.description)
        for volume in volumes { settings.otherPasses[volume.mapping.name] = volume.pass }
        guard !settings.volumes.isEmpty else {
            let reason =
                volumes.isEmpty
                ? "at least one volume is required: --volume NAME=PATH, or volumes in a job file"
                : "all volumes are skipped"
            throw AgentError(.badSetting, reason, exitCode: 1)
        }
    }
}

extension Job {
    /// The same job for a pass of a kind, whatever its layers say of that.
    ///
    /// - Parameter kind: The kind.
    /// - Returns: The job.
    /// - Throws: As ``init(layers:)``.
    package func during(_ kind: PassKind) throws(AgentError) -> Job {
        var layer = JobLayer()
        layer.give("pass", kind)
        return try Job(layers: layers + [layer]).with(
            password: settings.environmentPassword,
            proxyPassword: settings.environmentProxyPassword
        )
    }
}

/// Chooses among the layers of a job.
private struct JobResolver {
    let layers: [JobLayer]

    /// The kind of the pass; nil for none, and for a word that is refused later.
    var kind: PassKind? {
        guard case .scalar(let word, _) = layers.last(where: { $0.settings["pass"] != nil })?.settings["pass"]?.value
        else { return nil }
        return PassKind(rawValue: word)
    }

    func job() throws(AgentError) -> (TransferSettings, [Job.Resolved]) {
        var settings = TransferSettings.unset
        let trust = try trustLayer()
        var sources: [String: SettingSource] = [:]
        for setting in SettingTable.job {
            let isTrust = SettingTable.trust.contains { $0.name == setting.name }
            let given =
                isTrust
                ? trust.settings[setting.name]
                : layers.last { $0.settings[setting.name] != nil }?.settings[setting.name]
            guard let given else { continue }
            try setting.apply(given, to: &settings)
            sources[setting.name] = given.source
        }
        settings.isProxyOnCommandLine = sources["proxy"] == .flag
        return (settings, Self.resolved(SettingTable.job, settings, sources))
    }

    /// The highest layer that says how the target is verified; an empty one if there is none.
    private func trustLayer() throws(AgentError) -> JobLayer {
        for layer in layers.reversed() {
            let given = SettingTable.trust.filter { setting in
                guard let given = layer.settings[setting.name] else { return false }
                return setting.kind.value(given.value) != .flag(false)
            }
            guard given.count <= 1 else {
                let names = given.compactMap { layer.settings[$0.name]?.source.subject($0.name) }
                throw AgentError(
                    .badSetting,
                    "\(names.joined(separator: " and ")): only one way to verify the target can be used",
                    exitCode: 1
                )
            }
            if given.count == 1 { return layer }
        }
        return JobLayer()
    }

    func volumes() throws(AgentError) -> [Job.Volume] {
        var names: [String] = []
        for volume in layers.flatMap(\.volumes) where !names.contains(volume.name) { names.append(volume.name) }
        var volumes: [Job.Volume] = []
        for name in names { volumes.append(try volume(name)) }
        return volumes
    }

    private func volume(_ name: String) throws(AgentError) -> Job.Volume {
        var volume = VolumeSettings()
        volume.name = name
        var sources: [String: SettingSource] = [:]
        let owns = layers.map { layer in layer.volumes.first { $0.name == name } }
        sources["name"] = owns.compactMap { $0?.source }.first
        for setting in SettingTable.volume {
            guard let given = owns.last(where: { $0?.settings[setting.name] != nil })??.settings[setting.name] else {
                continue
            }
            try setting.apply(given, to: &volume)
            sources[setting.name] = given.source
        }
        for setting in SettingTable.pass {
            let given = zip(layers, owns).reversed().lazy.compactMap { layer, own in
                own?.settings[setting.name] ?? layer.settings[setting.name]
            }.first
            guard let given else { continue }
            try setting.apply(given, to: &volume.pass)
            sources[setting.name] = given.source
        }
        return Job.Volume(
            mapping: try mapping(volume, sources["name"] ?? .usual),
            isSkipped: volume.isSkipped,
            pass: volume.pass,
            settings: Self.resolved(SettingTable.volume, volume, sources)
                + Self.resolved(SettingTable.pass, volume.pass, sources)
        )
    }

    private func mapping(_ volume: VolumeSettings, _ source: SettingSource) throws(AgentError) -> VolumeMapping {
        let subject = source.isFlag ? "" : "\(source.text("volume")): "
        let targetName = volume.targetName ?? volume.name
        guard !(volume.name + targetName).contains(where: { ":=".contains($0) }) else {
            throw AgentError(.badSetting, "\(subject)volume \(volume.name): a name contains : or =", exitCode: 1)
        }
        guard !volume.path.isEmpty else {
            throw AgentError(.badSetting, "\(subject)volume \(volume.name) has no path", exitCode: 1)
        }
        do throws(AgentError) {
            return try VolumeMapping(parsing: "\(volume.name):\(targetName)=\(volume.path)", isOfSource: true)
        } catch {
            throw AgentError(.badSetting, subject + error.observed, exitCode: 1)
        }
    }

    private static func resolved<Root>(
        _ table: [Setting<Root>],
        _ root: Root,
        _ sources: [String: SettingSource]
    ) -> [Job.Resolved] {
        table.compactMap { setting in
            setting.read(root).map {
                Job.Resolved(name: setting.name, value: $0, source: sources[setting.name] ?? .usual)
            }
        }
    }
}
