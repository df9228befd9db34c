import AgentTestSupport
import Foundation
import TestSupport
import Testing
import YAMLDocument

@testable import TransferAgent

@Suite("Job file")
struct JobFileTests {
    @Test(
        "a wrong line is named with the file and what may have been meant",
        arguments: [
            (
                "target: t:1\ndelet-limit: 3\n",
                "job.yaml:2: unknown key delet-limit; the nearest known key is delete-limit"
            ),
            ("deleteLimit: 3\n", "job.yaml:1: unknown key deleteLimit; the nearest known key is delete-limit"),
            ("volumes:\n- name: a\n  pfad: /x\n", "job.yaml:3: unknown key pfad; the nearest known key is path"),
            ("path: /x\n", "job.yaml:1: path is a key of a volume, not of a job"),
            ("volumes:\n- name: a\n  target: x\n", "job.yaml:3: target is a key of the job, not of a volume"),
            ("password: x\n", "job.yaml:1: unknown key password; the nearest known key is password-file"),
            ("delete:\n", "job.yaml:1: delete has no value: remove the line or give one"),
            ("user: {a: b}\n", "job.yaml:1: user is a mapping, which no setting is"),
            ("exclude: [a, [b]]\n", "job.yaml:1: an element of exclude is not a text"),
            ("volumes: a\n", "job.yaml:1: volumes is not a list of volumes"),
            ("volumes: [a]\n", "job.yaml:1: a volume is not a mapping of settings"),
            ("volumes:\n- path: /x\n", "job.yaml:2: a volume has no name"),
            ("- a\n", "job.yaml:1: it is not a mapping of settings"),
        ]
    )
    func structure(text: String, expected: String) {
        let error = #expect(throws: AgentError.self) { try jobLayer(text) }
        #expect(error?.observed == expected)
        #expect(error?.failure == .badSetting)
        #expect(error?.exitCode == 1)
    }

    @Test(
        "a wrong value is named with its line",
        arguments: [
            ("delete: yes", "yes is not true or false"), ("delete: \"true\"", "\"true\" is not true or false"),
            ("delete-limit: 140", "140 is not a whole number from 0 to 100"), ("keep-alive: 0", "from 1 to 3600"),
            ("delete-limit: -1", "-1 is not"), ("delete-limit: 1e1", "1e1 is not"), ("bwlimit: fast", "is not a rate"),
            ("compress: brotli", "is not one of"), ("owners: names2", "one of numbers, names"),
            ("check: [fit]", "this list is not"),
            ("exclude: a", "a is not a list of texts"), ("accept: [all]", "is not a list of words of vanished"),
            ("user: \"\"", "an empty value is not a text"), ("max-file-size: 0", "not greater than 0"),
            ("include: [\"\"]", "is not a list of texts"),
        ]
    )
    func values(line: String, words: String) throws {
        let text = "target: t:1\n\(line)\nca: x\nvolumes: [{name: a, path: /a}]\n"
        let error = #expect(throws: AgentError.self) { try Job(layers: [try jobLayer(text)]) }
        let name = line.prefix { $0 != ":" }
        #expect(error?.observed.hasPrefix("job.yaml:2: \(name): ") == true, "\(String(describing: error))")
        #expect(error?.observed.contains(words) == true, "\(String(describing: error))")
    }

    @Test("the number of volumes is bounded", .timeLimit(.minutes(10)))
    func manyVolumes() throws {
        let line = { (index: Int) in "- {name: v\(index), path: /x}\n" }
        let most = JobLayer.mostVolumes
        #expect(try jobLayer("volumes:\n" + (0..<most).map(line).joined()).volumes.count == most)
        let error = #expect(throws: AgentError.self) { try jobLayer("volumes:\n" + (0..<30_000).map(line).joined()) }
        #expect(error?.observed == "job.yaml:\(most + 2): volume: a job has at most \(most) volumes")
    }

    @Test("a file that is missing, too long or not YAML is named")
    func unreadable() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("job.yaml")
        let missing = #expect(throws: AgentError.self) { try JobLayer(jobFile: path) }
        #expect(missing?.observed == "open of \(path): No such file or directory")
        try write("a: [\n", to: path)
        let flawed = #expect(throws: AgentError.self) { try JobLayer(jobFile: path) }
        #expect(flawed?.observed.hasPrefix("\(path):2: not YAML: ") == true)
        try write(String(repeating: "#", count: YAMLNode.longestText + 1), to: path)
        #expect(throws: AgentError.self) { try JobLayer(jobFile: path) }
    }
}

@Suite("Schema of a job")
struct JobSchemaTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(
        path: "../../../docs/schemas/job.schema.json"
    )

    /// `DVM_WRITE_CODES=1` writes the file instead: see scripts/codes.
    @Test("docs/schemas/job.schema.json is what the table says")
    func page() throws {
        if ProcessInfo.processInfo.environment["DVM_WRITE_CODES"] != nil {
            try Data(JobSchema.text.utf8).write(to: Self.path)
        }
        #expect(try String(contentsOf: Self.path, encoding: .utf8) == JobSchema.text)
    }

    @Test(
        "schema and reader agree about a job",
        arguments: [
            (#"{"target": "t:1", "ca": "x", "volumes": [{"name": "a", "path": "/a"}]}"#, true),
            (
                #"{"target": "t:1", "ca": "x", "volumes": [{"name": "a", "path": "/a", "skip": false, "exclude": ["b"]}]}"#,
                true
            ),
            (
                #"{"target": "t:1", "ca": "x", "accept": ["vanished"], "delete-limit": 0, "volumes": [{"name": "a", "path": "/a"}]}"#,
                true
            ),
            (#"{"target": "t:1", "ca": "x", "delete": "true", "volumes": [{"name": "a", "path": "/a"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "parallel": 65, "volumes": [{"name": "a", "path": "/a"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "parallel": "2", "volumes": [{"name": "a", "path": "/a"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "owners": "none", "volumes": [{"name": "a", "path": "/a"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "exclude": "x", "volumes": [{"name": "a", "path": "/a"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "exclude": [""], "volumes": [{"name": "a", "path": "/a"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "surprise": 1, "volumes": [{"name": "a", "path": "/a"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "volumes": [{"name": "a", "path": "/a", "target": "t:1"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "volumes": [{"path": "/a"}]}"#, false),
            (#"{"target": "", "ca": "x", "volumes": [{"name": "a", "path": "/a"}]}"#, false),
            (#"{"target": "t:1", "ca": "x", "volumes": {}}"#, false),
        ]
    )
    func agreement(text: String, isRight: Bool) throws {
        #expect(try SchemaCheck("job").faults(of: text).isEmpty == isRight)
        #expect(((try? Job(layers: [try jobLayer(text)])) != nil) == isRight)
    }
}
