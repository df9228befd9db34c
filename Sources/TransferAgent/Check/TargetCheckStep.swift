import AgentControl
import RsyncEngine
import RsyncOptions
import RsyncWire
import Transport
import VolumeAccess
import VolumeCapacity

/// The check of a target before a transfer.
///
/// The target's capacity is requested over the control channel and compared with a forecast of the whole volume. When
/// that does not fit and the target holds something already, a dry run determines what really has to be sent.
struct TargetCheckStep {
    let volume: VolumeJob
    /// The pass's source.
    let source: SourceRoot
    let job: SourceJob
    let call: CancellableCall
    let display: ProgressDisplay
    /// Slows down what is sent, or pauses it.
    var pace = SessionPace()
    /// Gets what is said of the volume, too.
    var listener: (String) -> Void = { _ in }
    /// Until when to wait for a volume that someone else writes to.
    var patience = ContinuousClock.now
    /// Whether an attempt before this one has counted what a stock target would delete.
    var hasCountedDeletions = false

    /// The pass before this one, since which nothing else should have changed the target; nil when it is not known.
    var last: LastPass?

    /// Whether the target is a dvm-target that supports ACLs and extended attributes.
    var carriesAttributes = false

    /// How to proceed.
    struct Verdict {
        /// The options to transfer with.
        var options: TransferOptions
        /// The step of the modification times that the target keeps, in nanoseconds.
        var timeGrain: Int64 = 1
        /// The durability that the target guarantees for a complete volume.
        var durability: TargetDurability
        /// The connection to the target, which is reused for the session; nil for a new one.
        var stream: (any ByteStream)?
        /// Whether the target's deletions were counted by a dry run.
        var hasCountedDeletions = false
        /// What was found of attributes of entries that the target cannot keep.
        var foreseen: [String] = []
        /// Whether the target owns the top directory of the volume; nil if that is not known.
        var ownsTop: Bool?
    }

    /// Checks; blocks the calling thread.
    ///
    /// - Returns: How to transfer.
    /// - Throws: ``AgentError``: ``FailureClass/doesNotFit`` and ``FailureClass/doesNotSurvive`` when the check
    ///   refuses.
    mutating func run() throws(AgentError) -> Verdict {
        switch try job.callTarget(for: call) {
        case .stock(let stream):
            if volume.check != .none { say("stock target: not checked") }
            try DivergenceCheck(volume: volume, last: last, display: display).run(asking: nil)
            let answer = try countDeletions(over: stream)
            var options = volume.options
            options.carry(volume.attributes.carried(isSupported: false, abilities: nil), labels: volume.labels)
            warnOfLabels(options)
            // A stock target has no option for it; the source decides alone.
            options.agent.labels = false
            return Verdict(
                options: options,
                durability: .stock,
                stream: answer.stream,
                hasCountedDeletions: answer.hasCounted
            )
        case .ours(let client):
            do throws(AgentError) {
                return try verdict(of: client)
            } catch {
                client.close()
                throw error
            }
        }
    }

    /// Asks a dvm-target; the verdict has the connection, if it is still open.
    private mutating func verdict(of client: ControlClient) throws(AgentError) -> Verdict {
        let pass = try awaitTurn(client)
        if !pass.isRefused {
            try DivergenceCheck(volume: volume, last: last, display: display).run(asking: client)
        }
        let isChecked = volume.check != .none && !pass.isRefused
        carriesAttributes = pass.options.contains("attributes")
        var verdict =
            isChecked ? try verdict(askedOf: client) : Verdict(options: volume.options, durability: .notAsked)
        if !isChecked { verdict.options.carry(carried(to: nil), labels: volume.labels) }
        warnOfLabels(verdict.options)
        if !carriesAttributes { verdict.options.agent.labels = false }
        verdict.options.agent.sendsKeepAlives = client.sendsKeepAlives
        if pass.options.contains("job") { verdict.options.agent.job = job.identity }
        verdict.options.agent.tallies = pass.options.contains("tally")
        if pass.options.contains("delete-guard") {
            volume.brake.apply(to: &verdict.options)
        } else {
            verdict.hasCountedDeletions = try countDeletions(over: nil).hasCounted
        }
        do throws(ControlError) { verdict.stream = try client.turnIntoSession() } catch { throw AgentError(error) }
        return verdict
    }

    /// Guards deletions that the target cannot guard itself.
    private func countDeletions(over stream: (any ByteStream)?) throws(AgentError) -> DeletionSurvey.Answer {
        guard !hasCountedDeletions else { return DeletionSurvey.Answer(stream: stream) }
        var survey = DeletionSurvey(volume: volume, source: source, job: job, call: call, display: display)
        survey.pace = pace
        return try survey.run(over: stream)
    }

    /// Waits while someone else writes to the volume, and determines which options the target knows.
    ///
    /// - Throws: ``AgentError`` of class ``FailureClass/volumeInUse`` when it takes too long.
    private func awaitTurn(_ client: ControlClient) throws(AgentError) -> PassAnswer {
        // A session of a source that has just been killed ends by itself.
        let deadline = max(patience, .now + WriterTable.grace)
        var hasSaid = false
        while true {
            let pass: PassAnswer
            do throws(ControlError) {
                pass = try client.pass(toVolume: volume.module, job: job.identity)
            } catch {
                // An unknown volume, or one that is missing, which the session will report better.
                guard case .refused = error else { throw AgentError(error) }
                return PassAnswer(options: Set(PassRequest.options), isRefused: true)
            }
            guard let holder = pass.holder else { return pass }
            if !hasSaid, volume.wait > .zero { say("waiting: in use: \(holder)") }
            hasSaid = true
            let interval = Duration.milliseconds(volume.wait > .zero ? 500 : 100)
            guard call.mayTryAgain(before: deadline, after: interval) else {
                throw AgentError(.volumeInUse, "the target refused: in use: \(holder)", exitCode: 5)
            }
        }
    }

    private func verdict(askedOf client: ControlClient) throws(AgentError) -> Verdict {
        let facts: TargetFacts
        do throws(ControlError) {
            facts = try client.facts(ofVolume: volume.module)
        } catch {
            switch error {
            case .unknownRequest, .refused:
                // An older target, or an unknown volume, which the session will report better.
                say("not checked: \(error)", .warning)
                var options = volume.options
                options.carry(carried(to: nil), labels: volume.labels)
                options.comparison.comparesNanoseconds = false
                return Verdict(options: options, durability: .older)
            case .transport, .ended, .silent, .broken, .unusable, .loginRefused, .stopped: throw AgentError(error)
            }
        }
        let (options, check) = try compare(with: facts, client)
        var verdict = Verdict(options: options, durability: .older)
        verdict.foreseen = check.findings.filter { $0.subject == .attributes }.map(\.text)
        verdict.ownsTop = facts.ownsTop
        verdict.options.carry(carried(to: facts), labels: volume.labels)
        verdict.options.comparison.comparesNanoseconds = facts.comparesNanoseconds
        verdict.timeGrain = max(1, facts.abilities.timeGrain ?? 1)
        if let durability = facts.durability.flatMap(Durability.init) {
            verdict.durability = .promised(durability)
            verdict.options.agent.notes = true
        }
        return verdict
    }

    /// The attributes that the target gets.
    private func carried(to facts: TargetFacts?) -> CarriedAttributes {
        volume.attributes.carried(isSupported: carriesAttributes, abilities: facts?.abilities)
    }

    /// Labels that were requested are not left out silently.
    private func warnOfLabels(_ options: TransferOptions) {
        guard volume.labels, options.attributes.extended == 0 else { return }
        say("--selinux-labels: the target does not accept extended attributes; labels are not copied", .warning)
    }

    private func say(_ text: String, _ level: MessageLevel = .info) {
        display.message("volume \(volume.name): \(text)", level)
        listener(text)
    }

    // MARK: comparing

    private func compare(
        with facts: TargetFacts,
        _ client: ControlClient
    ) throws(AgentError) -> (TransferOptions, TargetCheck) {
        let forecast = try scan(facts)
        let collisions = facts.abilities.foldsCase == true ? NameCollision.all(in: source.volume) : []
        let need = forecast.worst.need
        let whole = TargetCheck.Demand(
            bytes: facts.isEmpty ? need.bytes : need.bytesWhileUpdating,
            inodes: facts.isEmpty ? need.inodes - 1 : need.inodes + PassMeter.stagers,
            treeBytes: forecast.worst.treeBytes
        )
        let carried = carried(to: facts)
        var check = TargetCheck(
            tree: forecast.tree,
            demand: whole,
            target: facts,
            carrying: carried,
            collisions: collisions
        )
        var strategy = PassStrategy.usual
        // Patterns leave out a part of the volume, which only a dry run knows.
        if !facts.isEmpty || volume.leavesOut, !facts.hasSpace(for: whole) {
            let meter = try DifferenceSurvey(step: self, facts: facts, client: client).run()
            strategy = choose(facts, meter)
            let pass = meter.demand(strategy, deleting: volume.options.deletion.isOn)
            // Neither is ever too little.
            var demand = facts.freeBytesNeeded(for: pass) < facts.freeBytesNeeded(for: whole) ? pass : whole
            demand.inodes = min(pass.inodes, whole.inodes)
            check = TargetCheck(
                tree: forecast.tree,
                demand: demand,
                target: facts,
                carrying: carried,
                collisions: collisions
            )
        } else if !facts.hasSpace(for: whole) {
            strategy = lastResort(facts)
        }
        try judge(check, facts)
        return (options(for: strategy), check)
    }

    private func scan(_ facts: TargetFacts) throws(AgentError) -> Forecast {
        var profiles = facts.profiles
        let carries = carried(to: facts).isAny
        for index in profiles.indices {
            profiles[index].carriesAttributes = carries
            if !volume.options.placement.sparse { profiles[index].keepsHoles = false }
        }
        do throws(CapacityError) {
            return try Forecast.of(
                source.volume,
                on: profiles,
                largestFile: volume.options.limits.largestFile,
                isStopped: { [call] in call.isCancelled }
            )
        } catch {
            throw AgentError(.sourceUnreadable, "the source volume cannot be measured: \(error)", exitCode: 3)
        }
    }

    /// The safest method that fits, among those that are allowed.
    private func choose(_ facts: TargetFacts, _ meter: PassMeter) -> PassStrategy {
        guard volume.whenTight == .plan else { return .usual }
        let strategies = PassStrategy.allCases.filter { facts.ordersFiles || !$0.isSmallestFirst }
        return strategies.first { facts.hasSpace(for: meter.demand($0, deleting: volume.options.deletion.isOn)) }
            ?? lastResort(facts)
    }

    /// The method when none fits: as many whole files as possible.
    private func lastResort(_ facts: TargetFacts) -> PassStrategy {
        volume.whenTight == .plan && volume.check == .warn && facts.ordersFiles ? .smallestFirst : .usual
    }

    // MARK: the verdict

    /// Reports the findings, and refuses if the policy says so.
    private func judge(_ check: TargetCheck, _ facts: TargetFacts) throws(AgentError) {
        for finding in check.findings {
            say("\(finding.severity == .doesNotFit ? "does not fit" : "altered"): \(finding.text)", .warning)
        }
        if check.fits {
            let taken = max(0, facts.freeBytesNeeded(for: check.demand))
            let (free, needed) = (Figures.binary(facts.space.freeBytes), Figures.binary(taken.value))
            say(
                "checked: \(free) free >= \(needed) needed (\(facts.space.type), \(Figures.binary(facts.space.totalBytes)))"
            )
        }
        let refused = check.findings.filter { $0.severity == .doesNotFit || volume.check == .strict }
        guard refused.isEmpty || volume.check == .warn else {
            let texts = refused.prefix(5).map(\.text).joined(separator: "; ")
            if let closed = refused.first(where: { $0.subject == .access }) {
                throw AgentError(.volumeClosed, closed.text, exitCode: 3)
            }
            guard !check.fits else {
                throw AgentError(
                    .doesNotSurvive,
                    "not everything would be preserved at the target: \(texts)",
                    exitCode: 4
                )
            }
            let code: Int32 = facts.hasSpace(for: check.demand) ? 4 : 11
            throw AgentError(.doesNotFit, "the volume does not fit the target: \(texts)", exitCode: code)
        }
    }

    private func options(for strategy: PassStrategy) -> TransferOptions {
        var options = volume.options
        switch strategy {
        case .usual: break
        case .deleteFirst: say("tight: deletes before sending", .warning)
        case .smallestFirst: say("tight: deletes first, then sends small files before large ones", .warning)
        case .inPlace:
            let text = "tight: writes files in place; an incomplete file is neither the old nor the new version"
            say(text, .warning)
        }
        if strategy.deletesFirst, options.deletion.isOn { options.deletion.time = .before }
        options.agent.smallestFirst = strategy.isSmallestFirst
        options.placement.inPlace = strategy.isInPlace
        return options
    }
}
