import AgentTestSupport
import Glibc
import LinuxSystem
import RsyncEngine
import Testing

@testable import TransferAgent

@Suite("Verdict on a session")
struct PassVerdictTests {
    /// What may have happened to a volume.
    private enum Event: Int, CaseIterable {
        case vanished, changed, attributes, topDirectory, largeFiles, discarded, foreseen, failed, warned, undeleted

        /// What a job accepts it by; nil when it cannot.
        var acceptance: AcceptedException? {
            switch self {
            case .vanished: .vanished
            case .changed, .discarded: .changed
            case .attributes, .foreseen: .attributes
            case .topDirectory: .topDirectoryAttributes
            case .largeFiles: .largeFiles
            case .failed, .warned, .undeleted: nil
            }
        }

        /// Whether it may happen in a pass without being a failure.
        func isHarmless(in kind: PassKind?) -> Bool {
            // Only a cutover is told what the check foresees.
            [.changed, .warned, .foreseen].contains(self) && kind != .cutover
        }

        func happen(to findings: inout PassFindings) {
            switch self {
            case .vanished, .changed, .attributes, .topDirectory, .largeFiles:
                if let kind = acceptance { findings.counts[kind] = 1 }
            case .discarded: findings.discarded = 1
            case .foreseen: findings.foreseen = 1
            case .failed: findings.failed = 1
            case .warned: findings.warned = 1
            case .undeleted: findings.lacksDeletions = true
            }
        }
    }

    /// Whether something that happened explains an exit code.
    private static func explains(_ exitCode: Int32, _ events: Set<Event>) -> Bool {
        switch exitCode {
        case 0: true
        case 23: !events.isDisjoint(with: [.attributes, .topDirectory, .largeFiles, .discarded, .failed])
        case 24: events.contains(.vanished)
        default: false
        }
    }

    @Test(
        "exit code 0 hides nothing: every combination of events, exit codes and accepted kinds",
        arguments: [nil, .stage, .cutover] as [PassKind?]
    )
    func everyCombination(kind: PassKind?) {
        let acceptable = AcceptedException.allCases
        for word in 0..<(1 << Event.allCases.count) {
            let events = Set(Event.allCases.filter { word & (1 << $0.rawValue) != 0 })
            var findings = PassFindings()
            for event in events { event.happen(to: &findings) }
            let flaws = events.filter { !$0.isHarmless(in: kind) }
            for choice in 0..<(1 << acceptable.count) {
                let accepted = Set(acceptable.indices.filter { choice & (1 << $0) != 0 }.map { acceptable[$0] })
                let areAccepted = flaws.allSatisfy { $0.acceptance.map(accepted.contains) ?? false }
                for exitCode in [0, 23, 24, 25, 7] as [Int32] {
                    let verdict = PassVerdict(
                        of: kind,
                        accepting: accepted,
                        exitCode: exitCode,
                        findings,
                        messages: events.count
                    )
                    let isComplete = flaws.isEmpty && exitCode == 0
                    let isFine = areAccepted && Self.explains(exitCode, events)
                    let isRight =
                        (verdict.error == nil) == isComplete && verdict.isAccepted == (isFine && !isComplete)
                        && verdict.error?.exitCode != 0
                    guard !isRight else { continue }
                    Issue.record("\(events), \(accepted), exit code \(exitCode): \(verdict)")
                    return
                }
            }
        }
    }

    /// The verdict on a session with such messages.
    private func verdict(
        _ messages: [(text: String, level: MessageLevel)],
        _ kinds: Set<AcceptedException>,
        _ exitCode: Int32,
        in kind: PassKind? = nil
    ) -> PassVerdict {
        let display = ProgressDisplay(style: .none, output: Memory(), log: .agent("dvm-source", output: Memory()))
        let observer = VolumeObserver(root: "/s", display: display)
        for message in messages { observer.message(message.text, message.level) }
        return observer.verdict(exitCode: exitCode, of: kind, accepting: kinds)
    }

    private static let all = Set(AcceptedException.allCases)
    private static let vanished = ("file has vanished: \"a\"", MessageLevel.warning)
    private static let grown = ("file has grown while it was read: \"f\" (from 1 to 2 bytes)", MessageLevel.warning)
    private static let attribute = (
        "rsync: [receiver] failed to set times on \"d\": Operation not permitted (1)", MessageLevel.errorTransfer
    )
    private static let large = (
        "rsync: [sender] \"c\" has 9 bytes, more than the limit of 8: not transferred", MessageLevel.errorTransfer
    )
    private static let limit = ("Deletions stopped due to --max-delete limit (1 skipped)", MessageLevel.warning)

    @Test("what is accepted hides nothing else")
    func accepted() {
        func judged(
            _ messages: [(String, MessageLevel)],
            _ kinds: Set<AcceptedException>,
            _ exitCode: Int32
        ) -> Bool { verdict(messages.map { ($0.0, $0.1) }, kinds, exitCode).isAccepted }
        let broken = ("cannot read \"b\": Input/output error (5)", MessageLevel.errorTransfer)
        let (all, vanished, attribute, large) = (Self.all, Self.vanished, Self.attribute, Self.large)
        #expect(judged([vanished], [.vanished], 24) && !judged([vanished], [.attributes], 24))
        #expect(!judged([vanished, broken], all, 23) && !judged([broken], all, 23) && !judged([], all, 23))
        #expect(judged([large], [.largeFiles], 23) && !judged([large, broken], all, 23))
        #expect(judged([attribute], [.attributes], 23) && !judged([attribute], [.largeFiles], 23))
        // Names that look like such messages.
        for name in ["why it failed to set up.log", "more than the limit", "a\" b] chown \""] {
            let text = "rsync: [sender] send_files failed to open \"\(name)\": Permission denied (13)"
            #expect(!judged([(text, .errorTransfer)], all, 23))
        }
        #expect(!judged([attribute, ("cannot delete non-empty directory: failed to set", .errorTransfer)], all, 23))
    }

    @Test("attributes of the top directory, which belongs to somebody else, are a kind of their own")
    func top() {
        func judged(_ texts: [String], _ kinds: Set<AcceptedException>) -> Bool {
            verdict(texts.map { (text: "rsync: [generator] failed to set \($0)", level: .errorTransfer) }, kinds, 23)
                .isAccepted
        }
        let top = "times on \".\" (in v): Operation not permitted (1)"
        let ours = "group, times and permissions on \"/.\" (in v): Operation not permitted (1)"
        let below = "times on \"./a\" (in v): Operation not permitted (1)"
        let failing = "times on \".\" (in v): Input/output error (5)"
        #expect(judged([ours], [.topDirectoryAttributes]) && judged([top], [.topDirectoryAttributes]))
        #expect(!judged([top], [.attributes]) && judged([below], [.attributes]))
        #expect(!judged([top, below], [.topDirectoryAttributes]) && !judged([failing], [.topDirectoryAttributes]))
    }

    @Test("a file of which older content stays is accepted only if it became shorter")
    func discarded() {
        func judged(_ messages: [(String, MessageLevel)], _ kinds: Set<AcceptedException>, _ exitCode: Int32) -> Bool {
            verdict(messages.map { ($0.0, $0.1) }, kinds, exitCode).isAccepted
        }
        let all = Self.all
        let gone = ("rsync: [sender] read errors mapping \"/s/e\": it became shorter", MessageLevel.warning)
        let discarded = ("ERROR: e failed verification -- update discarded.", MessageLevel.errorTransfer)
        #expect(judged([gone, gone, discarded], [.changed], 23) && !judged([gone, gone, discarded], [.vanished], 23))
        // What arrived differs from what was read, although the file had not changed; another one had.
        #expect(!judged([discarded], all, 23))
        let inner = ("ERROR: d/e failed verification -- update discarded.", MessageLevel.errorTransfer)
        #expect(!judged([gone, gone, inner], all, 23))
        let other = [EIO, ENODATA].map { number in
            (
                "rsync: [sender] read errors mapping \"/s/e\": \(SystemError.text(of: number)) (\(number))",
                MessageLevel.warning
            )
        }
        for unread in other {
            #expect(!judged([unread, unread, discarded], all, 23))
            #expect(!judged([gone, unread, discarded], all, 23) && !judged([unread, gone, discarded], all, 23))
            #expect(!judged([gone, unread], all, 23))
            // It could be read the second time.
            #expect(verdict([unread], [], 0).error == nil)
            #expect(verdict([unread], all, 0, in: .cutover).error?.failure == .cutoverExceptions)
        }
    }

    @Test("a cutover accepts only what the job names, whatever the exit code")
    func cutover() {
        let warning = ("another warning", MessageLevel.warning)
        let (vanished, grown, attribute, limit) = (Self.vanished, Self.grown, Self.attribute, Self.limit)
        #expect(verdict([grown], [.changed], 0, in: .cutover).isAccepted)
        #expect(!verdict([grown], [.vanished], 0, in: .cutover).isAccepted)
        for (messages, kinds, exitCode) in [
            ([vanished, grown], [.vanished], 24), ([attribute, grown], [.attributes], 23),
            ([Self.large, grown], [.largeFiles], 23), ([vanished, warning], Self.all, 24),
            ([grown, warning], Self.all, 0), ([vanished, limit], [.vanished, .changed], 24),
        ] as [([(String, MessageLevel)], Set<AcceptedException>, Int32)] {
            let verdict = verdict(messages.map { ($0.0, $0.1) }, kinds, exitCode, in: .cutover)
            #expect(!verdict.isAccepted && verdict.error != nil, "\(messages)")
        }
        #expect(verdict([vanished, grown], [.vanished], 24, in: .cutover).error?.failure == .cutoverExceptions)
        #expect(verdict([vanished, grown], [.vanished, .changed], 24, in: .cutover).isAccepted)
    }

    @Test("nothing accepts that deletions stopped, of which a target's exit code says nothing")
    func undeleted() {
        // Before protocol 30 a target has no warnings.
        for level in [MessageLevel.warning, .info] {
            let limit = [(text: Self.limit.0, level: level)]
            let vanished = [(text: Self.vanished.0, level: Self.vanished.1)]
            for kind in [nil, .stage, .cutover] as [PassKind?] {
                #expect(verdict(limit, Self.all, 0, in: kind).error?.failure == .deletionLimit)
                let both = verdict(vanished + limit, Self.all, 24, in: kind)
                #expect(both.error?.failure == .deletionLimit && !both.isAccepted)
            }
        }
        #expect(verdict([], Self.all, 25).error?.exitCode == 25)
        #expect(verdict([("some information", .info)], [], 0).error == nil)
    }
}
