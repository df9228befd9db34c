import RsyncEngine

/// A catalogue of some modules.
struct FixedCatalogue: DaemonCatalogue {
    private let modules: [DaemonModule]

    /// Serves some modules to every client.
    init(_ modules: [DaemonModule]) {
        self.modules = modules
    }

    /// None.
    var messageOfTheDay: [UInt8]? { nil }

    /// The modules that are not hidden.
    var listedModules: [(name: [UInt8], comment: [UInt8])] {
        modules.filter(\.isListed).map { ($0.name, $0.comment) }
    }

    /// Looks up a module by its name, for any client.
    func module(named name: [UInt8], for peer: String) -> DaemonAnswer {
        guard let module = modules.first(where: { $0.name == name }) else {
            return .refused(Array("Unknown module '".utf8) + name + Array("'".utf8))
        }
        return .module(module)
    }
}
