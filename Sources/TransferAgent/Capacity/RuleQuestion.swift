import AgentControl
import LinuxSystem
import VolumeCapacity

/// The question `dvm-source capacity --rule`: which size today's controller would propose.
package struct RuleQuestion: Sendable {
    /// How full the volume is; from df's output when nil.
    package var usagePercent: Int64?
    /// The size of its file system, as a quantity; from df's output when nil.
    package var measured: String?
    /// The requested size of its claim, as a quantity.
    package var requested: String
    /// The provisioned size of its claim, as a quantity.
    package var provisioned: String
    /// Percentage points that should stay free.
    package var threshold: Int64?
    /// What `df -BMB` printed.
    package var diskUsage: String?
    /// The volume's name, or the part of its mount point that df's output has.
    package var volume: String?
    /// Whether the controller resizes by itself.
    package var isAutomatic = true

    /// Makes a question.
    package init(requested: String, provisioned: String) {
        self.requested = requested
        self.provisioned = provisioned
    }

    /// Answers it.
    ///
    /// - Returns: Fits when the provisioned size is at least the proposed one; what df printed may not tell that.
    /// - Throws: ``AgentError`` for a value that cannot be used.
    package func answer() throws(AgentError) -> CapacityAnswer {
        do throws(CapacityError) {
            let usage = try usage()
            let rule = ResizeRule(threshold: threshold)
            let provisioned = try Quantity(parsing: provisioned)
            let decision = try rule.decide(
                usagePercent: usage.usagePercent,
                measured: usage.size,
                requested: try Quantity(parsing: requested),
                provisioned: provisioned
            )
            return Self.report(
                decision,
                rule,
                condition: decision.condition(volume: volume ?? "volume", isAutomatic: isAutomatic),
                fits: try provisioned.wholeBytes() >= decision.bytes
            )
        } catch {
            guard case .unusableOutput = error, diskUsage != nil else { throw AgentError(error) }
            return unmeasured(error)
        }
    }

    /// The answer when df did not tell what the volume has: the condition that a plan then gets.
    private func unmeasured(_ error: CapacityError) -> CapacityAnswer {
        let condition = PlanCondition.analysisFailed(volumes: [volume ?? "volume"])
        let json = JSONValue.object([
            ("proposedBytes", .null), ("proposed", .null), ("reason", .null), ("condition", condition.json),
            ("threshold", .integer(ResizeRule(threshold: threshold).threshold)), ("fits", .null),
            ("error", .text(error.description)),
        ])
        return CapacityAnswer(
            rows: [("error", error.description), ("condition", condition.text)],
            json: json,
            fits: nil
        )
    }

    private func usage() throws(CapacityError) -> DiskUsage {
        let told = try diskUsage.map { text throws(CapacityError) in try DiskUsage(parsing: text, path: volume) }
        let size = try measured.map { text throws(CapacityError) in try Quantity(parsing: text) } ?? told?.size
        guard let size, let percent = usagePercent ?? told?.usagePercent else {
            throw .unusableOutput("use --usage-percent and --measured, or pass df's output with --df")
        }
        return DiskUsage(size: size, used: told?.used ?? Quantity(bytes: 0), usagePercent: percent)
    }

    private static func report(
        _ decision: ResizeDecision,
        _ rule: ResizeRule,
        condition: PlanCondition?,
        fits: Bool
    ) -> CapacityAnswer {
        let json = JSONValue.object([
            ("proposedBytes", .integer(decision.bytes)), ("proposed", .text(decision.proposed.description)),
            ("reason", .text(decision.reason.rawValue)), ("condition", condition?.json ?? .null),
            ("threshold", .integer(rule.threshold)), ("fits", .flag(fits)),
        ])
        var rows = [
            ("proposed", "\(decision.proposed) (\(counted(decision.bytes, "byte", commas: true)))"),
            ("reason", "\(decision.reason.rawValue): \(decision.reason.comment)"),
            ("threshold", "\(rule.threshold) %"),
        ]
        if let condition { rows.append(("condition", condition.text)) }
        return CapacityAnswer(rows: rows, json: json, fits: fits)
    }
}

extension PlanCondition {
    /// As in the status of a plan; the times are the controller's.
    var json: JSONValue {
        .object([
            ("type", .text(type)), ("status", .text(status)), ("reason", .text(reason)),
            ("category", .text(category)), ("durable", .flag(isDurable)), ("message", .text(message)),
        ])
    }
}
