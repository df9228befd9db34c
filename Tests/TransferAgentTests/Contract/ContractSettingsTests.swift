import SecureTunnel
import Testing
import YAMLDocument

@testable import TransferAgent

@Suite("Settings of today's pods")
struct ContractSettingsTests {
    private func layer(_ environment: [String: String]) throws -> JobLayer {
        try ContractSettings(environment: environment).layer()
    }

    /// The settings of one key, as short texts.
    private func settings(_ key: String, _ text: String) throws -> [String: String] {
        try layer([key: text]).settings.mapValues { given in
            switch given.value {
            case .scalar(let text, _): text
            case .list(let texts): texts.joined(separator: " ")
            }
        }
    }

    @Test(
        "a proxy is read as MTC contract 3.4 says, with its examples",
        arguments: [
            ("https://just-host", "http://just-host"), ("https://@valid", "http://@valid"),
            ("https://user:pass@ip:1111", "http://user:pass@ip:1111"),
            ("https://user:!:pass@ip:1111", "http://user:!:pass@ip:1111"),
            ("tcp://proxy:3128/path?query", "http://proxy:3128"), ("http://u:p%40w@h:1", "http://u:p%40w@h:1"),
        ]
    )
    func proxy(text: String, expected: String) throws {
        #expect(try settings("STUNNEL_TCP_PROXY", text) == ["proxy": expected])
    }

    @Test("a proxy without a port, with a wrong one or without a scheme is refused before anything is connected")
    func badProxy() throws {
        for text in ["https://220.22.23.265.253.255:err", "https://just-host", "secretword:3128", "1x://h:1"] {
            let error = #expect(throws: AgentError.self) {
                let job = try Job(layers: [try layer(["STUNNEL_TCP_PROXY": text]), try jobLayer(Self.job)])
                _ = try SourceJob(job.settings)
            }
            #expect(error?.exitCode == 1)
            #expect(error?.description.contains("secretword") == false)
        }
    }

    private static let job = "target: t:1\ninsecure: true\nvolumes: [{name: a, path: /a}]\n"

    @Test(
        "booleans are those of the controller; what is none is ignored",
        arguments: [
            ("true", "true"), ("T", "true"), ("1", "true"), ("False", "false"), ("0", "false"), ("f", "false"),
            ("yes", nil), ("no", nil), ("", nil), ("tRUE", nil),
        ]
    )
    func booleans(text: String, expected: String?) throws {
        for (key, setting) in [
            ("RSYNC_OPT_DELETE", "delete"), ("RSYNC_OPT_HARDLINKS", "hard-links"), ("RSYNC_OPT_PARTIAL", "partial"),
        ] {
            let layer = try layer([key: text])
            #expect(layer.settings[setting]?.value == expected.map { .scalar($0, isPlain: true) })
            #expect(layer.notes.count == (expected == nil && !text.isEmpty ? 1 : 0))
        }
    }

    @Test("without the archive options nothing would be transferred, which is refused")
    func archive() throws {
        #expect(throws: AgentError.self) { try layer(["RSYNC_OPT_ARCHIVE": "false"]) }
        #expect(try layer(["RSYNC_OPT_ARCHIVE": "true"]) == JobLayer())
    }

    @Test("a rate counts from 1 on, a limit of attempts has to, and both have to be integers")
    func integers() throws {
        #expect(try settings("RSYNC_OPT_BWLIMIT", "5000") == ["bwlimit": "5000"])
        #expect(try settings("RSYNC_OPT_BWLIMIT", "0").isEmpty)
        #expect(try settings("RSYNC_OPT_BWLIMIT", "-1").isEmpty)
        #expect(try settings("RSYNC_BACKOFF_LIMIT", "7") == ["attempts": "7"])
        for (key, text) in [
            ("RSYNC_OPT_BWLIMIT", "fast"), ("RSYNC_BACKOFF_LIMIT", "0"), ("RSYNC_BACKOFF_LIMIT", "-3"),
            ("RSYNC_BACKOFF_LIMIT", "many"), ("RSYNC_BACKOFF_LIMIT", "1.5"),
        ] {
            let error = #expect(throws: AgentError.self) { try layer([key: text]) }
            #expect(error?.observed.hasPrefix("\(key): ") == true)
        }
    }

    @Test("groups are numbers between commas, of which empty ones are skipped")
    func groups() throws {
        #expect(try settings("SOURCE_SUPPLEMENTAL_GROUPS", "5555,,6666,") == ["supplemental-groups": "5555 6666"])
        #expect(throws: AgentError.self) { try layer(["SOURCE_SUPPLEMENTAL_GROUPS": "5555,staff"]) }
        #expect(throws: AgentError.self) { try layer(["SOURCE_SUPPLEMENTAL_GROUPS": "5555, 6666"]) }
        let target = ContractSettings(environment: ["TARGET_SUPPLEMENTAL_GROUPS": "1,,2"])
        #expect(try target.targetGroups() == [1, 2])
        #expect(throws: AgentError.self) {
            try ContractSettings(environment: ["TARGET_SUPPLEMENTAL_GROUPS": "-1"]).targetGroups()
        }
        let job = try Job(layers: [try layer(["SOURCE_SUPPLEMENTAL_GROUPS": "5555,6666"]), try jobLayer(Self.job)])
        #expect(job.settings.supplementalGroups == [5555, 6666])
        #expect(throws: AgentError.self) {
            try Job(layers: [try layer(["SOURCE_SUPPLEMENTAL_GROUPS": "-1"]), try jobLayer(Self.job)])
        }
    }

    @Test("the threshold is any integer, which the rule judges")
    func threshold() throws {
        #expect(try ContractSettings(environment: ["PV_RESIZING_USAGE_THRESHOLD": "-1"]).threshold() == -1)
        #expect(try ContractSettings(environment: [:]).threshold() == nil)
        #expect(throws: AgentError.self) {
            try ContractSettings(environment: ["PV_RESIZING_USAGE_THRESHOLD": "3%"]).threshold()
        }
    }

    @Test(
        "additional options are those of the controller's filter (MTC contract 1.2)",
        arguments: [
            ("--acls", "--acls"), ("-v", "-v"), ("--bwlimit=10", "--bwlimit"), ("--no-inplace", "--no-inplace"),
            ("--exclude=", "--exclude"), ("-A", nil), ("--Acls", nil), ("---acls", nil), ("--", nil), ("--a-", nil),
            ("--a--b", nil), ("acls", nil), ("--a_b", nil), ("=x", nil),
        ]
    )
    func filter(word: String, name: String?) {
        #expect(ExtraOptions.parts(word)?.name == name)
    }

    @Test("additional options become settings; misfits are left out with a note, unknown ones refused")
    func extras() throws {
        let text =
            "--checksum -v --bwlimit=10M  --exclude=*.tmp --exclude=/a=b --no-numeric-ids --acls -A --omit-dir-times"
        let layer = try layer(["RSYNC_OPT_EXTRAS": text])
        let expected: [String: GivenValue] = [
            "checksum": .scalar("true", isPlain: true), "bwlimit": .scalar("10M", isPlain: true),
            "exclude": .list(["*.tmp", "/a=b"]), "owners": .scalar("names", isPlain: true),
            "attributes": .scalar("always", isPlain: true), "omit-dir-times": .scalar("true", isPlain: true),
        ]
        #expect(layer.settings.mapValues(\.value) == expected)
        #expect(layer.notes.count == 1 && layer.notes[0].contains("-A does not look like an option"))
        let quoted = [
            "--exclude='*.log'", "--exclude=\"a\"", "--exclude=$HOME", "--bwlimit=1;reboot", "--exclude={a,b}",
        ]
        for text in ["--append", "--timeout=5", "--checksum=x", "--exclude", "--exclude=a --include=b"] + quoted {
            #expect(throws: AgentError.self, "\(text)") { try self.layer(["RSYNC_OPT_EXTRAS": text]) }
        }
    }

    @Test("NO_PROXY and the like concern the controller only, and a job's own list still counts")
    func bypass() throws {
        let environment = [
            "NO_PROXY": "t", "no_proxy": "t", "HTTPS_PROXY": "http://other:1", "STUNNEL_TCP_PROXY": "http://p:3128",
        ]
        let pods = try layer(environment)
        let job = try Job(layers: [pods, JobLayer(environment: environment), try jobLayer(Self.job)])
        let route = try SourceJob(job.settings).route
        #expect(route.proxy?.host == "p" && !route.isProxyBypassed)
        let own = try Job(layers: [pods, JobLayer(environment: ["DVM_NO_PROXY": "t"]), try jobLayer(Self.job)])
        #expect(try SourceJob(own.settings).route.isProxyBypassed)
    }

    // MARK: files

    private static let controller = """
        apiVersion: migration.openshift.io/v1alpha1
        kind: MigrationController
        metadata: {name: migration-controller, namespace: openshift-migration}
        spec:
          azure_resource_group: ""
          mig_pv_limit: 100
          no_proxy: .cluster.local
          rsync_opt_bwlimit: 5000
          rsync_opt_delete: false
          rsync_opt_extras: "--checksum"
          rsync_backoff_limit: 3
          stunnel_tcp_proxy: http://u:p@proxy:3128
          src_supplemental_groups: "5555,6666"
          pv_resizing_threshold: 5
          rsync_opt_partial:
        """

    private func file(_ text: String) throws -> ContractSettings {
        try ContractSettings(document: try YAMLNode(parsing: Array(text.utf8)), path: "mc.yaml")
    }

    @Test("a MigrationController has the same settings under other names, each with its line")
    func resource() throws {
        let settings = try file(Self.controller)
        #expect(try settings.threshold() == 5)
        let layer = try settings.layer()
        #expect(layer.settings["bwlimit"] == GivenSetting(.scalar("5000", isPlain: true), .file("mc.yaml", line: 8)))
        #expect(layer.settings["delete"]?.value == .scalar("false", isPlain: true))
        #expect(layer.settings["attempts"]?.value == .scalar("3", isPlain: true))
        #expect(layer.settings["supplemental-groups"]?.value == .list(["5555", "6666"]))
        #expect(
            Set(layer.settings.keys) == ["bwlimit", "delete", "checksum", "attempts", "proxy", "supplemental-groups"]
        )
    }

    @Test(
        "a plain yes or no of a manifest is a boolean, as for the controller, a quoted one is not",
        arguments: [("no", "false"), ("Off", "false"), ("YES", "true"), ("on", "true"), ("\"no\"", nil), ("nO", nil)]
            as [(String, String?)]
    )
    func plainWords(text: String, expected: String?) throws {
        let layer = try file("kind: MigrationController\nspec:\n  rsync_opt_delete: \(text)\n").layer()
        #expect(layer.settings["delete"]?.value == expected.map { .scalar($0, isPlain: true) })
        #expect(layer.notes.count == (expected == nil ? 1 : 0))
    }

    @Test("a List and a ConfigMap will do; anything else is refused")
    func otherFiles() throws {
        let items = Self.controller.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        let list = "kind: List\nitems:\n  -\n" + items
        #expect(try file(list).threshold() == 5)
        let map = "kind: ConfigMap\ndata:\n  RSYNC_OPT_BWLIMIT: \"7\"\n  OTHER: x\n"
        #expect(try file(map).layer().settings["bwlimit"]?.source == .file("mc.yaml", line: 3))
        #expect(try file("kind: MigrationController\n").layer() == JobLayer())
        for text in [
            "kind: Pod\n", "a: b\n", "- a\n", "kind: List\nitems: []\n",
            "kind: MigrationController\nspec:\n  rsync_opt_delete: [a]\n",
        ] {
            #expect(throws: AgentError.self, "\(text)") { try file(text) }
        }
        let error = #expect(throws: AgentError.self) {
            try file("kind: MigrationController\nspec:\n  rsync_backoff_limit: 0\n").layer()
        }
        #expect(error?.observed == "mc.yaml:3: RSYNC_BACKOFF_LIMIT: 0 is not at least 1")
    }
}

@Suite("Attempts")
struct RetryPauseTests {
    @Test("pauses double up to a minute, and are shortened by up to a half")
    func pauses() {
        #expect(
            (1...9).map { RetryPause.after(attempt: $0, share: 1) }
                == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) }
        )
        for attempt in [1, 5, 1000] {
            let whole = RetryPause.after(attempt: attempt, share: 1)
            #expect((whole * 0.5...whole).contains(RetryPause.after(attempt: attempt)))
        }
    }
}
