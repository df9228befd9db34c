/// Parses the lines of a stunnel configuration.
///
/// The syntax, as in stunnel 5.68: `key = value`, `[service]`, blank lines, and lines whose first character is `;`
/// or `#`. A value goes to the end of its line: there are no quotes, no trailing comments and no continuation lines.
/// Keys of a service before the first `[service]` apply to all that follow.
struct StunnelParser {
    /// The configuration so far.
    private(set) var configuration = StunnelConfiguration()
    private let file: String
    /// The current section; before the first one, the defaults.
    private var current = StunnelService(name: "", line: 0)
    /// The defaults from before the first section; nil until there is one.
    private var defaults: StunnelService?

    init(file: String) {
        self.file = file
    }

    /// Reads all lines.
    mutating func parse(_ bytes: [UInt8]) throws(StunnelConfigurationError) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
        for (index, line) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            try parse(line: line, number: index + 1)
        }
        endSection()
    }

    private mutating func parse(line: ArraySlice<UInt8>, number: Int) throws(StunnelConfigurationError) {
        guard let decoded = String(validating: line, as: UTF8.self), !line.contains(0) else {
            throw fault(number, "the line is not UTF-8 text")
        }
        let text = decoded.trimmed
        guard let first = text.first, first != ";", first != "#" else { return }
        if first == "[", text.hasSuffix("]") {
            let name = text.dropFirst().dropLast().trimmed
            guard !name.isEmpty else { throw fault(number, "a service needs a name between [ and ]") }
            endSection()
            let start = defaults ?? current
            defaults = start
            current = start
            current.name = name
            current.line = number
            return
        }
        guard let equals = text.firstIndex(of: "=") else {
            throw fault(number, "neither \"key = value\" nor \"[service]\"")
        }
        try store(text[..<equals].trimmed, text[text.index(after: equals)...].trimmed, number)
    }

    /// Stores one setting where it belongs.
    private mutating func store(_ name: String, _ value: String, _ line: Int) throws(StunnelConfigurationError) {
        guard let key = StunnelKey.named(name) else {
            guard !StunnelKey.revocation.contains(name.lowercased()) else {
                throw fault(
                    line,
                    "\"\(name)\" is not supported: dvm-stunnel does not check for revoked certificates"
                )
            }
            throw fault(line, "\"\(name)\" is not a key that dvm-stunnel supports")
        }
        let fits: Bool
        switch key.store {
        case .global(let store):
            guard defaults == nil else {
                throw fault(line, "\"\(key.name)\" is only allowed before the first [service]")
            }
            fits = store(&configuration, value)
        case .service(let store):
            // In place: a copy would copy the lists of a service at each of its lines.
            fits = store(&current, value)
        }
        guard fits else {
            throw fault(line, "\"\(key.name) = \(value)\" is not allowed: \(key.allowed)")
        }
        // The level outside of services is the global one.
        if defaults == nil, key.name == "debug" { configuration.note(debug: value) }
    }

    private mutating func endSection() {
        if defaults != nil { configuration.services.append(current) }
    }

    private func fault(_ line: Int, _ reason: String) -> StunnelConfigurationError {
        StunnelConfigurationError(file: file, line: line, reason: reason)
    }
}
