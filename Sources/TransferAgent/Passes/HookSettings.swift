/// The commands that are run before and after a pass, as text.
package struct HookSettings: Sendable, Equatable {
    /// Those before it, in their order, of `--before`.
    package var before: [String] = []
    /// Those after it, in their order, of `--after`.
    package var after: [String] = []
    /// How long each may take, of `--hook-limit SECONDS`.
    package var limit = Duration.seconds(600)
    /// The name of the migration's plan, of `--migplan-name`.
    package var planName: String?
    /// The migration's source namespaces, of `--migration-namespaces`.
    package var namespaces: String?

    /// No commands.
    package init() {}

    /// Whether there are no commands.
    var isEmpty: Bool { before.isEmpty && after.isEmpty }

    /// The keys that a job file may use besides `before` and `after`, in the order in which their commands run: the names
    /// that today's plans have for their hooks.
    static let otherNames = [
        (name: "PreBackup", setting: "before"), (name: "PreRestore", setting: "before"),
        (name: "PostBackup", setting: "after"), (name: "PostRestore", setting: "after"),
    ]
}
