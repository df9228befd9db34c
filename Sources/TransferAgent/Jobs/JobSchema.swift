import AgentControl

/// The schema of job files (JSON Schema 2020-12), made from the table of settings.
enum JobSchema {
    /// The schema as the repository has it, docs/schemas/job.schema.json.
    static var text: String { schema.indented() + "\n" }

    private static var schema: JSONValue {
        let pass = SettingTable.pass.map { property($0, PassSettings()) }
        let volume = SettingTable.volume.map { property($0, VolumeSettings()) }
        let volumes = JSONValue.object([
            ("type", .text("array")), ("description", .text("The volumes; names are unique.")),
            (
                "items",
                object([("required", .list([.text("name")])), ("properties", .object(volume + pass))])
            ),
        ])
        let job = SettingTable.job.map { property($0, TransferSettings.unset) }
        let hooks = HookSettings.otherNames.map { name, setting in
            let text = "A command, or a list of them, that \(setting) gets besides its own."
            return (name, JSONValue.object(form(.commands) + [("description", .text(text))]))
        }
        let sections = PassKind.allCases.map { kind in
            let properties = (job + pass + hooks).filter { !SettingTable.ofEveryPass.contains($0.0) }
            let text = JSONValue.text("What counts in a pass of this kind, before what counts in every pass.")
            return (kind.rawValue, object([("description", text), ("properties", .object(properties))]))
        }
        return object([
            ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
            ("title", .text("A job of dvm-source")),
            ("description", .text("What dvm-source transfer --job reads; docs/jobs.md explains it.")),
            ("properties", .object(job + pass + hooks + sections + [(SettingTable.volumesKey, volumes)])),
        ])
    }

    /// An object without other members.
    private static func object(_ members: [(String, JSONValue)]) -> JSONValue {
        .object([("type", .text("object"))] + members + [("additionalProperties", .flag(false))])
    }

    private static func property<Root>(_ setting: Setting<Root>, _ usual: Root) -> (String, JSONValue) {
        var members = form(setting.kind) + [("description", .text(setting.help))]
        switch setting.read(usual) {
        case .text(let text): members.append(("default", .text(text)))
        case .number(let number): members.append(("default", .integer(Int64(number))))
        case .flag(let flag): members.append(("default", .flag(flag)))
        case .texts(let texts): members.append(("default", .list(texts.map { .text($0) })))
        case .numbers(let numbers): members.append(("default", .list(numbers.map { .integer(Int64($0)) })))
        case nil: break
        }
        return (setting.name, .object(members))
    }

    private static func form(_ kind: SettingKind) -> [(String, JSONValue)] {
        switch kind {
        case .text: [("type", .text("string")), ("minLength", .integer(1))]
        case .flag: [("type", .text("boolean"))]
        case .number(let range):
            [
                ("type", .text("integer")), ("minimum", .integer(Int64(range.lowerBound))),
                ("maximum", .integer(Int64(range.upperBound))),
            ]
        case .choice(let words): [("enum", .list(words.map { .text($0) }))]
        case .texts: [("type", .text("array")), ("items", .object(form(.text)))]
        case .commands:
            [
                ("type", .list([.text("string"), .text("array")])), ("minLength", .integer(1)),
                ("items", .object(form(.text))),
            ]
        case .numbers(let range): [("type", .text("array")), ("items", .object(form(.number(range))))]
        case .choices(let words): [("type", .text("array")), ("items", .object(form(.choice(words))))]
        }
    }
}

extension JSONValue {
    /// The longest object on one line, in bytes.
    private static let longestLine = 400

    /// The JSON text on several lines, two blanks for each level; a short object is on one line.
    fileprivate func indented(_ margin: String = "") -> String {
        let inner = margin + "  "
        switch self {
        case .object(let members) where encoded.utf8.count > Self.longestLine:
            let lines = members.map { "\(inner)\(JSONValue.text($0).encoded): \($1.indented(inner))" }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(margin)}"
        default: return encoded
        }
    }
}
