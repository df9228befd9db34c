extension OptionTable {
    /// Options between dvm programs.
    static let agent: [OptionDescriptor] = [
        .agentFlag(
            "--dvm-smallest-first",
            "request small files before large ones",
            \.agent.smallestFirst,
            told: .word(181, "--dvm-smallest-first", to: .receiver) {
                $0.agent.smallestFirst ? "--dvm-smallest-first" : nil
            }
        ),
        .agentFlag(
            "--dvm-notes",
            "report phases after the data",
            \.agent.notes,
            told: .word(182, "--dvm-notes", to: .receiver) { $0.agent.notes ? "--dvm-notes" : nil }
        ),
        .agentFlag(
            "--dvm-shows-life",
            "both ends send keep-alives in every phase",
            \.agent.sendsKeepAlives,
            told: .word(183, "--dvm-shows-life") { $0.agent.sendsKeepAlives ? "--dvm-shows-life" : nil }
        ),
        deleteLimit,
        .agentFlag(
            "--dvm-refuse-empty",
            "delete nothing when the source is empty",
            \.deletion.refusesEmptySource,
            told: .word(185, "--dvm-refuse-empty", to: .receiver) {
                $0.deletion.isOn && $0.deletion.refusesEmptySource ? "--dvm-refuse-empty" : nil
            }
        ),
        .agentFlag(
            "--dvm-tally",
            "report what is in place",
            \.agent.tallies,
            told: .word(186, "--dvm-tally", to: .receiver) { $0.agent.tallies ? "--dvm-tally" : nil }
        ),
        .agentFlag(
            "--dvm-labels",
            "copy SELinux labels, too",
            \.agent.labels,
            told: .word(188, "--dvm-labels", to: .receiver) { $0.agent.labels ? "--dvm-labels" : nil }
        ),
        job,
    ]

    private static var deleteLimit: OptionDescriptor {
        var option = OptionDescriptor(
            "--dvm-delete-limit=PERCENT",
            "delete nothing when more would be deleted",
            client: .unknown,
            server: .value { (state, value) throws(OptionError) in
                state.transfer.deletion.limit = try value.number(in: 0...100)
            }
        )
        option.telling = .word(184, "--dvm-delete-limit=PERCENT", to: .receiver) {
            $0.deletion.isOn ? $0.deletion.limit.map { "--dvm-delete-limit=\($0)" } : nil
        }
        return option
    }

    private static var job: OptionDescriptor {
        var option = OptionDescriptor(
            "--dvm-job=ID",
            "the job that the session belongs to",
            client: .unknown,
            server: .value { (state, value) throws(OptionError) in
                let id = value.text
                guard id.utf8.count <= 128, id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) else {
                    throw value.invalid
                }
                state.transfer.agent.job = id
            }
        )
        option.telling = .word(187, "--dvm-job=ID", to: .receiver) {
            $0.agent.job.isEmpty ? nil : "--dvm-job=\($0.agent.job)"
        }
        return option
    }
}
