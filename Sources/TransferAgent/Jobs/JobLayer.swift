/// Where the value of a setting comes from.
package enum SettingSource: Sendable, Equatable {
    /// The program's own value.
    case usual
    /// A variable of the environment.
    case environment(String)
    /// A line of a file.
    case file(String, line: Int)
    /// The command line.
    case flag

    /// For the printed job, such as `job.yaml:12`.
    ///
    /// - Parameter name: The setting's.
    /// - Returns: The place.
    func text(_ name: String) -> String {
        switch self {
        case .usual: "default"
        case .environment(let variable): "environment \(variable)"
        case .file(let path, let line): "\(path):\(line)"
        case .flag: "flag --\(name)"
        }
    }

    /// For an error, such as `job.yaml:12: delete-limit`.
    func subject(_ name: String) -> String {
        switch self {
        case .usual: name
        case .environment(let variable): variable
        case .file: "\(text(name)): \(name)"
        case .flag: "--\(name)"
        }
    }

    var isFlag: Bool { self == .flag }
}

/// A value and where it comes from.
package struct GivenSetting: Sendable, Equatable {
    /// The value as given.
    package let value: GivenValue
    /// Where it comes from.
    package let source: SettingSource

    /// Puts them together.
    package init(_ value: GivenValue, _ source: SettingSource) {
        self.value = value
        self.source = source
    }
}

/// One volume, as a layer gives it.
package struct GivenVolume: Sendable, Equatable {
    /// Its name, by which layers agree.
    package let name: String
    /// Where it is named.
    package let source: SettingSource
    /// Its own settings, by name.
    package var settings: [String: GivenSetting]

    /// Names a volume.
    package init(name: String, source: SettingSource, settings: [String: GivenSetting] = [:]) {
        self.name = name
        self.source = source
        self.settings = settings
    }
}

/// What one source says about a job: the environment, a file, the command line.
package struct JobLayer: Sendable, Equatable {
    /// The settings of the job and of all its volumes, by name.
    package var settings: [String: GivenSetting] = [:]
    /// The settings of the job and of all its volumes that count in a pass of a kind, before those of every pass.
    package var passes: [PassKind: [String: GivenSetting]] = [:]
    /// The volumes with settings of their own; names are unique.
    package var volumes: [GivenVolume] = []
    /// What the user should know, one line each.
    package var notes: [String] = []

    /// The most volumes of a layer; each is compared with all others.
    static let mostVolumes = 1000

    /// Makes an empty layer.
    package init() {}

    /// The layer for a pass.
    ///
    /// - Parameter kind: Its kind; nil for none in particular.
    /// - Returns: The layer with the settings of that kind among its own.
    func during(_ kind: PassKind?) -> JobLayer {
        var layer = self
        layer.settings.merge(kind.flatMap { passes[$0] } ?? [:]) { _, ofKind in ofKind }
        return layer
    }

    /// Adds a volume.
    ///
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting`` for a name that is there already, and for too many.
    mutating func add(_ volume: GivenVolume) throws(AgentError) {
        guard !volumes.contains(where: { $0.name == volume.name }) else {
            let subject = volume.source.subject("volume")
            throw AgentError(.badSetting, "\(subject): there is another volume \(volume.name)", exitCode: 1)
        }
        guard volumes.count < Self.mostVolumes else {
            let subject = volume.source.subject("volume")
            throw AgentError(.badSetting, "\(subject): a job has at most \(Self.mostVolumes) volumes", exitCode: 1)
        }
        volumes.append(volume)
    }
}

// MARK: the command line

extension JobLayer {
    /// Adds a flag, if it was given.
    package mutating func give(_ name: String, _ text: String?) {
        guard let text else { return }
        settings[name] = GivenSetting(.scalar(text, isPlain: true), .flag)
    }

    /// Adds a flag, if it was given.
    package mutating func give(_ name: String, _ number: Int?) { give(name, number.map { "\($0)" }) }

    /// Adds a flag, if it was given.
    package mutating func give(_ name: String, _ flag: Bool?) { give(name, flag.map { "\($0)" }) }

    /// Adds a flag, if it was given.
    package mutating func give<Word: RawRepresentable<String>>(_ name: String, _ word: Word?) {
        give(name, word?.rawValue)
    }

    /// Adds a flag that may be repeated, if it was given.
    package mutating func give(_ name: String, _ texts: [String]) {
        guard !texts.isEmpty else { return }
        settings[name] = GivenSetting(.list(texts), .flag)
    }

    /// Adds the volumes of `--volume`.
    ///
    /// - Parameter texts: Each `NAME[:TARGET]=PATH`.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``.
    package mutating func give(volumes texts: [String]) throws(AgentError) {
        for text in texts {
            let mapping = try VolumeMapping(parsing: text, isOfSource: true)
            var volume = GivenVolume(name: mapping.name, source: .flag)
            volume.settings["path"] = GivenSetting(.scalar(mapping.path, isPlain: true), .flag)
            // Who names a volume wants it transferred, whatever a file says.
            volume.settings["skip"] = GivenSetting(.scalar("false", isPlain: true), .flag)
            if mapping.namesTarget {
                volume.settings["target-name"] = GivenSetting(.scalar(mapping.targetName, isPlain: true), .flag)
            }
            try add(volume)
        }
    }
}
