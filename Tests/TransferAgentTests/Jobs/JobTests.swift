import Checksums
import RsyncOptions
import SecureTunnel
import Testing
import YAMLDocument

@testable import TransferAgent

/// A layer of a job file's text.
func jobLayer(_ text: String) throws -> JobLayer {
    try JobLayer(job: try YAMLNode(parsing: Array(text.utf8)), path: "job.yaml")
}

@Suite("Job")
struct JobTests {
    private static let file = """
        target: file:1
        ca: /file.pem
        delete-limit: 40
        wait: 7
        volumes:
          - name: a
            path: /a
            target-name: a-new
            delete-limit: 30
            exclude: ["*.tmp", cache/]
          - name: b
            path: /b
            skip: true
        """

    private func flags(_ change: (inout JobLayer) throws -> Void) rethrows -> JobLayer {
        var layer = JobLayer()
        try change(&layer)
        return layer
    }

    private func source(_ name: String, of settings: [Job.Resolved]) -> SettingSource? {
        settings.first { $0.name == name }?.source
    }

    @Test("default < environment < job file < flags, each value with its source")
    func layers() throws {
        let environment = JobLayer(environment: [
            "DVM_WAIT": "1", "DVM_USER": "mover", "DVM_OWNERS": "names", "DVM_CA": "/e",
        ])
        let flags = try flags {
            $0.give("wait", 9)
            try $0.give(volumes: ["c:d=/c=d"])
        }
        let job = try Job(layers: [environment, try jobLayer(Self.file), flags])
        #expect(job.settings.target == "file:1")
        #expect(job.settings.trust == .authorities("/file.pem"))
        #expect(job.settings.user == "mover")
        #expect(job.settings.volumes == ["a:a-new=/a", "c:d=/c=d"])
        #expect(source("target", of: job.common) == .file("job.yaml", line: 1))
        #expect(source("user", of: job.common) == .environment("DVM_USER"))
        #expect(source("keep-alive", of: job.common) == .usual)
        #expect(job.volumes.map(\.isSkipped) == [false, true, false])
        let (a, c) = (job.volumes[0], job.volumes[2])
        #expect(a.pass.deleteLimit == 30)
        #expect(source("delete-limit", of: a.settings) == .file("job.yaml", line: 9))
        #expect(c.pass.deleteLimit == 40)
        #expect(source("delete-limit", of: c.settings) == .file("job.yaml", line: 3))
        #expect(a.pass.exclude == ["*.tmp", "cache/"])
        #expect(c.pass.exclude.isEmpty)
        #expect(a.pass.wait == .seconds(9))
        #expect(source("wait", of: a.settings) == .flag)
        #expect(c.pass.owners == .names)
        #expect(source("path", of: c.settings) == .flag)
        #expect(throws: Never.self) { try VolumeMapping.parse(job.settings.volumes, isOfSource: true) }
    }

    @Test("a flag holds for all volumes, also for those with a setting of their own")
    func flagBeforeVolume() throws {
        let job = try Job(layers: [try jobLayer(Self.file), flags { $0.give("delete-limit", 5) }])
        #expect(job.volumes.map(\.pass.deleteLimit) == [5, 5])
    }

    @Test("--volume changes the path of a volume of the job file")
    func changedPath() throws {
        let job = try Job(layers: [try jobLayer(Self.file), try flags { try $0.give(volumes: ["a=/elsewhere"]) }])
        #expect(job.settings.volumes == ["a:a-new=/elsewhere"])
        #expect(job.volumes[0].pass.deleteLimit == 30)
        let named = try Job(layers: [try jobLayer(Self.file), try flags { try $0.give(volumes: ["a:a=/elsewhere"]) }])
        #expect(named.settings.volumes == ["a=/elsewhere"])
    }

    @Test("--volume transfers a volume that the job file leaves out; one that is left out is noted")
    func skipped() throws {
        let file = try jobLayer(
            "target: t:1\nca: x\nvolumes:\n- {name: a, path: /a, skip: true}\n- {name: b, path: /b}\n"
        )
        let job = try Job(layers: [file])
        #expect(job.settings.volumes == ["b=/b"] && job.notes == ["volume a is left out: skip is set"])
        let named = try Job(layers: [file, try flags { try $0.give(volumes: ["a=/a"]) }])
        #expect(named.settings.volumes == ["a=/a", "b=/b"] && named.notes.isEmpty)
    }

    @Test("how the target is verified is replaced as a whole by a higher layer")
    func trust() throws {
        let file = try jobLayer(Self.file)
        #expect(try Job(layers: [file, flags { $0.give("pin", "00") }]).settings.trust == .pin("00"))
        #expect(try Job(layers: [file, flags { $0.give("insecure", true) }]).settings.trust == .insecure)
        #expect(try Job(layers: [file, try jobLayer("insecure: false\n")]).settings.trust == .authorities("/file.pem"))
        let error = #expect(throws: AgentError.self) { try Job(layers: [try jobLayer("ca: a\npin: b\n")]) }
        #expect(error?.observed.hasPrefix("job.yaml:1: ca and job.yaml:2: pin: only one way") == true)
    }

    @Test(
        "what is missing or contradicts itself is refused",
        arguments: [
            ("ca: x\nvolumes: [{name: a, path: /a}]\n", "no target"),
            ("target: t:1\nvolumes: [{name: a, path: /a}]\n", "nothing says how to verify"),
            ("target: t:1\nca: x\n", "at least one volume"),
            ("target: t:1\nca: x\nvolumes: [{name: a, path: /a, skip: true}]\n", "all volumes are skipped"),
            ("target: t:1\nca: x\nvolumes: [{name: a}]\n", "job.yaml:3: volume a has no path"),
            ("target: t:1\nca: x\nvolumes: [{name: a/b, path: /a}]\n", "the name contains"),
            ("target: t:1\nca: x\nvolumes: [{name: \"a:b\", path: /a}]\n", "a name contains : or ="),
            (
                "target: t:1\nca: x\nvolumes:\n- {name: a, path: /a}\n- {name: a, path: /b}\n",
                "job.yaml:5: volume: there is"
            ),
        ]
    )
    func incomplete(text: String, words: String) {
        let error = #expect(throws: AgentError.self) { try Job(layers: [try jobLayer(text)]) }
        #expect(error?.observed.contains(words) == true, "\(String(describing: error))")
        #expect(error?.exitCode == 1)
    }

    @Test("two volumes cannot have one name at the target")
    func sameModule() {
        let error = #expect(throws: AgentError.self) {
            try VolumeMapping.parse(["a:x=/a", "b:x=/b"], isOfSource: true)
        }
        #expect(error?.observed.contains("a and b") == true)
    }

    @Test("variables of Services are ignored, a mistyped one is noted, an empty one is not set")
    func environment() throws {
        let layer = JobLayer(environment: [
            "DVM_TARGET_SERVICE_HOST": "10.0.0.1", "DVM_TARGET_PORT_443_TCP": "tcp://10.0.0.1:443",
            "DVM_DELET_LIMIT": "1",
            "DVM_PROXY": "", "DVM_EXCLUDE": "a,b", "DVM_PASSWORD": "x", "HOME": "/",
        ])
        #expect(layer.settings == ["exclude": GivenSetting(.list(["a", "b"]), .environment("DVM_EXCLUDE"))])
        #expect(layer.notes.count == 1)
        #expect(layer.notes.first?.contains("DVM_DELETE_LIMIT") == true)
        let error = #expect(throws: AgentError.self) {
            try Job(layers: [try jobLayer(Self.file), JobLayer(environment: ["DVM_PARALLEL": "0"])])
        }
        #expect(error?.observed == "DVM_PARALLEL: 0 is not a whole number from 1 to 64")
    }

    @Test("the printed job reads as the same job, and shows no password")
    func printed() throws {
        let text = Self.file + "\nproxy: http://u:secretword@p:1\naccept: [vanished]\n"
        let job = try Job(layers: [try jobLayer(text)]).with(password: SecretBytes("secretword"), proxyPassword: nil)
        for text in [job.yaml, job.json] {
            #expect(!text.contains("secretword"))
            #expect(text.contains("hidden"))
            #expect(text.contains("job.yaml:9"))
        }
        let again = try Job(layers: [try jobLayer(job.yaml)])
        #expect(again.settings.volumes == job.settings.volumes)
        #expect(again.settings.otherPasses == job.settings.otherPasses)
        #expect(again.settings.trust == job.settings.trust)
        #expect(throws: Never.self) { try YAMLNode(parsing: Array(job.json.utf8)) }
    }

    @Test("settings reach the options of the volume that has them")
    func options() throws {
        let text = """
            target: t:1
            insecure: true
            parallel: 3
            volumes:
              - {name: a, path: /a, delete: false, checksum: true, sparse: false, hard-links: false, owners: names}
              - {name: b, path: /b, max-delete: 5, block-size: 4096, compress: zstd, bwlimit: 1M, include: [x], exclude: [y]}
            """
        let job = try SourceJob(try Job(layers: [try jobLayer(text)]).settings)
        let (a, b) = (job.volumes[0].options, job.volumes[1].options)
        #expect(job.parallel == 3)
        #expect(!a.deletion.isOn && a.comparison.checksum && !a.placement.sparse && !a.attributes.hardLinks)
        #expect(!a.attributes.numericIDs && b.attributes.numericIDs)
        #expect(b.deletion.isOn && b.deletion.most == 5 && b.wire.blockLength == 4096)
        #expect(b.wire.compressChoice == .zstd && b.wire.bandwidthLimit == 1024)
        #expect(b.selection.filters.rules.map(\.isInclude) == [false, true, false])
        #expect(a.selection.filters.rules.count == 1)
    }
}
