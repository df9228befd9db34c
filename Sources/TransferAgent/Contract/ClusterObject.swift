import YAMLDocument

/// An object of a cluster in a file, as `oc get -o yaml` and `-o json` print it.
struct ClusterObject {
    /// The object.
    let node: YAMLNode
    /// The file's name, for errors.
    let path: String

    /// Finds the only object of some kinds in a document.
    ///
    /// - Parameters:
    ///   - kinds: The kinds, the most usual one first.
    ///   - document: The object itself, or a List.
    ///   - path: The file's name.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting`` when there is none, or more than one.
    init(kinds: [String], in document: YAMLNode, path: String) throws(AgentError) {
        self.path = path
        let isList = document["kind"]?.text?.hasSuffix("List") == true
        let objects = (isList ? document["items"]?.elements ?? [] : [document]).filter { object in
            object["kind"]?.text.map(kinds.contains) ?? false
        }
        node = objects.first ?? document
        guard objects.count == 1 else {
            let what = objects.isEmpty ? "there is no object" : "there are \(objects.count) objects"
            throw refuse(document.line, "\(what) of the kind \(kinds.joined(separator: " or "))")
        }
    }

    /// An error about a line of the file.
    func refuse(_ line: Int, _ reason: String) -> AgentError {
        AgentError(.badSetting, "\(path):\(line): \(reason)", exitCode: 1)
    }
}
