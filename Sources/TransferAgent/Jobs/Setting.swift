/// A setting of a job: its one name, as a key of a job file, as a flag (`--NAME`) and as a variable (`DVM_NAME`).
package struct Setting<Root: Sendable>: Sendable {
    /// The place of a value in the settings.
    typealias Path<Value> = any WritableKeyPath<Root, Value> & Sendable

    /// Its name, such as `delete-limit`.
    let name: String
    /// What values it accepts.
    let kind: SettingKind
    /// What its value is called in a help text; nil for what ``kind`` says.
    var valueName: String?
    /// What it does, for help texts and the schema: a sentence without its default.
    let help: String
    /// Its current value; nil for none.
    let read: @Sendable (Root) -> SettingValue?
    /// Sets a value of ``kind``, which may still be refused.
    let write: @Sendable (inout Root, SettingValue) throws(AgentError) -> Void

    /// Sets a value.
    ///
    /// - Parameters:
    ///   - given: The value and where it comes from.
    ///   - root: The settings that have it.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting``, which begins with the place of the value.
    func apply(_ given: GivenSetting, to root: inout Root) throws(AgentError) {
        let subject = given.source.subject(name)
        guard let value = kind.value(given.value) else {
            throw AgentError(.badSetting, "\(subject): \(given.value.quoted) is not \(kind.expectation)", exitCode: 1)
        }
        do throws(AgentError) {
            try write(&root, value)
        } catch {
            // A flag's name is in the message already.
            guard !given.source.isFlag else { throw error }
            throw AgentError(error.failure, "\(subject): \(error.observed)", exitCode: error.exitCode)
        }
    }
}

extension GivenValue {
    /// For a message; a value with a password never gets into one, since any text is accepted there.
    fileprivate var quoted: String {
        switch self {
        case .scalar("", _): "an empty value"
        case .scalar(let text, let isPlain): isPlain ? text : "\"\(text)\""
        case .list: "this list"
        }
    }
}

// MARK: kinds of settings

extension Setting {
    static func flag(_ name: String, _ path: Path<Bool>, _ help: String) -> Setting {
        Setting(name: name, kind: .flag, help: help) {
            .flag($0[keyPath: path])
        } write: { (root, value) in
            if case .flag(let flag) = value { root[keyPath: path] = flag }
        }
    }

    static func text(
        _ name: String,
        _ path: Path<String?>,
        valueName: String,
        _ help: String,
        check: @escaping @Sendable (String) throws(AgentError) -> Void = { _ in }
    ) -> Setting {
        Setting(name: name, kind: .text, valueName: valueName, help: help) {
            $0[keyPath: path].map { .text($0) }
        } write: { (root, value) throws(AgentError) in
            guard case .text(let text) = value else { return }
            try check(text)
            root[keyPath: path] = text
        }
    }

    static func fixedText(
        _ name: String,
        _ path: Path<String>,
        valueName: String,
        _ help: String,
        check: @escaping @Sendable (String) throws(AgentError) -> Void = { _ in }
    ) -> Setting {
        Setting(name: name, kind: .text, valueName: valueName, help: help) {
            $0[keyPath: path].isEmpty ? nil : .text($0[keyPath: path])
        } write: { (root, value) throws(AgentError) in
            guard case .text(let text) = value else { return }
            try check(text)
            root[keyPath: path] = text
        }
    }

    static func number(
        _ name: String,
        _ path: Path<Int>,
        in range: ClosedRange<Int>,
        valueName: String,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .number(range), valueName: valueName, help: help) {
            .number($0[keyPath: path])
        } write: { (root, value) in
            if case .number(let number) = value { root[keyPath: path] = number }
        }
    }

    static func optionalNumber(
        _ name: String,
        _ path: Path<Int?>,
        in range: ClosedRange<Int>,
        valueName: String,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .number(range), valueName: valueName, help: help) {
            $0[keyPath: path].map { .number($0) }
        } write: { (root, value) in
            if case .number(let number) = value { root[keyPath: path] = number }
        }
    }

    static func seconds(
        _ name: String,
        _ path: Path<Duration>,
        in range: ClosedRange<Int>,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .number(range), valueName: "seconds", help: help) {
            .number(Int($0[keyPath: path].components.seconds))
        } write: { (root, value) in
            if case .number(let number) = value { root[keyPath: path] = .seconds(number) }
        }
    }

    static func choice<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String,
        _ path: Path<Word>,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .choice(Word.allCases.map(\.rawValue)), help: help) {
            .text($0[keyPath: path].rawValue)
        } write: { (root, value) in
            if case .text(let text) = value, let word = Word(rawValue: text) { root[keyPath: path] = word }
        }
    }

    static func optionalChoice<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ name: String,
        _ path: Path<Word?>,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .choice(Word.allCases.map(\.rawValue)), help: help) {
            $0[keyPath: path].map { .text($0.rawValue) }
        } write: { (root, value) in
            if case .text(let text) = value { root[keyPath: path] = Word(rawValue: text) }
        }
    }

    static func choices<Word: RawRepresentable<String> & CaseIterable & Hashable & Sendable>(
        _ name: String,
        _ path: Path<Set<Word>>,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .choices(Word.allCases.map(\.rawValue)), valueName: "kind", help: help) { root in
            .texts(Word.allCases.filter { root[keyPath: path].contains($0) }.map(\.rawValue))
        } write: { (root, value) in
            if case .texts(let texts) = value { root[keyPath: path] = Set(texts.compactMap { Word(rawValue: $0) }) }
        }
    }

    static func numbers(
        _ name: String,
        _ path: Path<[Int]>,
        in range: ClosedRange<Int>,
        valueName: String,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .numbers(range), valueName: valueName, help: help) {
            .numbers($0[keyPath: path])
        } write: { (root, value) in
            if case .numbers(let numbers) = value { root[keyPath: path] = numbers }
        }
    }

    static func commands(
        _ name: String,
        _ path: Path<[String]>,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .commands, valueName: "command", help: help) {
            $0[keyPath: path].isEmpty ? nil : .texts($0[keyPath: path])
        } write: { (root, value) in
            if case .texts(let texts) = value { root[keyPath: path] = texts }
        }
    }

    static func patterns(
        _ name: String,
        _ path: Path<[String]>,
        _ help: String
    ) -> Setting {
        Setting(name: name, kind: .texts, valueName: "pattern", help: help) {
            .texts($0[keyPath: path])
        } write: { (root, value) throws(AgentError) in
            guard case .texts(let texts) = value else { return }
            for text in texts { try VolumeJob.check(pattern: text, option: "--\(name)") }
            root[keyPath: path] = texts
        }
    }
}
