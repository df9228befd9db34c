/// One parameter of `rsyncd.conf`: everything that the daemon knows about it, in one place.
///
/// The parser and docs/daemon.md are made from the descriptors in ``ParameterTable/sections``.
package struct ParameterDescriptor: Sendable {
    /// Where a parameter may stand.
    package enum Scope: String, Sendable {
        /// Before the first module or in `[global]`, for the whole daemon.
        case global
        /// In a module, or before it as the default of the modules that follow.
        case module
    }

    /// What its value is.
    package enum Kind: String, Sendable {
        case text, path, command, list, boolean, number
        case tristate = "boolean or unset"
    }

    /// What the daemon does with it.
    enum Reading: Sendable {
        case global(@Sendable (inout DaemonConfiguration.Globals, ParameterValue) throws(ParameterFlaw) -> Void)
        case module(@Sendable (inout ModuleSettings, ParameterValue) throws(ParameterFlaw) -> Void)
        /// Any value but the default is refused; why.
        case refused(String)
    }

    /// Its name in the manual; others that stand for it.
    package let names: [String]
    package let scope: Scope
    package let kind: Kind
    /// The value without the parameter, as documents show it.
    package let usual: String
    /// What it does, in one line.
    package let note: String
    let reading: Reading

    init(_ names: [String], _ scope: Scope, _ kind: Kind, usual: String, _ note: String, _ reading: Reading) {
        (self.names, self.scope, self.kind) = (names, scope, kind)
        (self.usual, self.note, self.reading) = (usual, note, reading)
    }

    /// Its name in the manual.
    package var name: String { names[0] }

    /// Why it is refused; nil when it is honoured.
    package var refusal: String? {
        if case .refused(let reason) = reading { reason } else { nil }
    }

    /// A name as it is looked up: neither case nor white space matter.
    static func key(of name: String) -> String { name.lowercased().filter { !$0.isWhitespace } }
}

extension ParameterDescriptor {
    typealias Setting<Value> = any WritableKeyPath<ModuleSettings, Value> & Sendable
    typealias GlobalSetting<Value> = any WritableKeyPath<DaemonConfiguration.Globals, Value> & Sendable

    /// A text of a module, in which variables are replaced when it is used.
    static func text(
        _ name: String,
        kind: Kind = .text,
        usual: String = "",
        _ note: String,
        _ setting: Setting<VariableText>
    ) -> ParameterDescriptor {
        ParameterDescriptor([name], .module, kind, usual: usual, note, .module { $0[keyPath: setting] = $1.text })
    }

    /// A text of the daemon.
    static func globalText(
        _ names: String...,
        kind: Kind = .text,
        usual: String = "",
        note: String,
        _ setting: GlobalSetting<VariableText>
    ) -> ParameterDescriptor {
        ParameterDescriptor(names, .global, kind, usual: usual, note, .global { $0[keyPath: setting] = $1.text })
    }

    static func boolean(
        _ name: String,
        usual: Bool,
        _ note: String,
        _ setting: Setting<Bool>
    ) -> ParameterDescriptor {
        let read: @Sendable (inout ModuleSettings, ParameterValue) throws(ParameterFlaw) -> Void = {
            (module, value) throws(ParameterFlaw) in module[keyPath: setting] = try value.boolean()
        }
        return ParameterDescriptor([name], .module, .boolean, usual: usual ? "yes" : "no", note, .module(read))
    }

    static func tristate(_ name: String, _ note: String, _ setting: Setting<Bool?>) -> ParameterDescriptor {
        let read: @Sendable (inout ModuleSettings, ParameterValue) throws(ParameterFlaw) -> Void = {
            (module, value) throws(ParameterFlaw) in module[keyPath: setting] = try value.tristate()
        }
        return ParameterDescriptor([name], .module, .tristate, usual: "unset", note, .module(read))
    }

    static func number(_ name: String, _ usual: Int, _ note: String, _ setting: Setting<Int>) -> ParameterDescriptor {
        let read: @Sendable (inout ModuleSettings, ParameterValue) throws(ParameterFlaw) -> Void = {
            (module, value) throws(ParameterFlaw) in module[keyPath: setting] = try value.number()
        }
        return ParameterDescriptor([name], .module, .number, usual: "\(usual)", note, .module(read))
    }

    /// A list of a module.
    static func list(
        _ name: String,
        usual: String = "",
        _ note: String,
        _ read: @escaping @Sendable (inout ModuleSettings, ParameterValue) throws(ParameterFlaw) -> Void
    ) -> ParameterDescriptor {
        ParameterDescriptor([name], .module, .list, usual: usual, note, .module(read))
    }

    /// A parameter of rsync that is refused by name.
    static func refused(
        _ name: String,
        _ kind: Kind,
        usual: String = "",
        _ note: String,
        because reason: String
    ) -> ParameterDescriptor {
        ParameterDescriptor([name], .module, kind, usual: usual, note, .refused(reason))
    }
}
