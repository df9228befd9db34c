import ArgumentParser
import TransferAgent

/// On which occasion a transfer is made, and what belongs to that.
struct OccasionOptions: ParsableArguments {
    @Option(help: .setting("pass"))
    var pass: PassKind?

    @Option(help: .setting("record"))
    var record: String?

    @Option(parsing: .unconditionalSingleValue, help: .setting("before"))
    var before: [String] = []

    @Option(parsing: .unconditionalSingleValue, help: .setting("after"))
    var after: [String] = []

    @Option(help: .setting("hook-limit"))
    var hookLimit: Int?

    @Option(help: .setting("migplan-name"))
    var migplanName: String?

    @Option(help: .setting("migration-namespaces"))
    var migrationNamespaces: String?

    /// Adds the flags that were given.
    func give(to layer: inout JobLayer) {
        layer.give("pass", pass)
        layer.give("record", record)
        layer.give("before", before)
        layer.give("after", after)
        layer.give("hook-limit", hookLimit)
        layer.give("migplan-name", migplanName)
        layer.give("migration-namespaces", migrationNamespaces)
    }
}

extension PassKind: ExpressibleByArgument {}
