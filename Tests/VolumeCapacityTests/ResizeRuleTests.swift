import TestSupport
import Testing
import VolumeCapacity

@Suite("ResizeRule")
struct ResizeRuleTests {
    /// A row of the table in MTC contract 7.3.
    struct Example: Sendable, CustomTestStringConvertible {
        let usage: Int64
        let measured, requested, provisioned: Int64
        let threshold: Int64
        let result: Int64
        let reason: ResizeDecision.Reason

        var testDescription: String { "\(usage) % of \(measured), threshold \(threshold): \(result)" }
    }

    static let examples = [
        Example(usage: 50, measured: 200, requested: 20, provisioned: 20, threshold: 3, result: 200, reason: .mismatch),
        Example(
            usage: 100,
            measured: 200,
            requested: 20,
            provisioned: 20,
            threshold: 3,
            result: 206,
            reason: .usageExceeded
        ),
        Example(
            usage: 100,
            measured: 250,
            requested: 250,
            provisioned: 250,
            threshold: 3,
            result: 257,
            reason: .usageExceeded
        ),
        Example(
            usage: 1,
            measured: 200,
            requested: 150,
            provisioned: 150,
            threshold: 3,
            result: 200,
            reason: .mismatch
        ),
        Example(
            usage: 97,
            measured: 100,
            requested: 100,
            provisioned: 100,
            threshold: 3,
            result: 100,
            reason: .noOperation
        ),
        Example(
            usage: 98,
            measured: 100,
            requested: 100,
            provisioned: 100,
            threshold: 3,
            result: 101,
            reason: .usageExceeded
        ),
        Example(
            usage: 60,
            measured: 100,
            requested: 100,
            provisioned: 120,
            threshold: 41,
            result: 120,
            reason: .usageExceeded
        ),
    ]

    static func decide(
        _ usage: Int64,
        _ measured: Int64,
        _ requested: Int64,
        _ provisioned: Int64,
        threshold: Int64?
    ) throws -> ResizeDecision {
        try ResizeRule(threshold: threshold).decide(
            usagePercent: usage,
            measured: Quantity(bytes: measured),
            requested: Quantity(bytes: requested),
            provisioned: Quantity(bytes: provisioned)
        )
    }

    @Test("computes the examples of the contract", arguments: examples)
    func example(_ example: Example) throws {
        let decision = try Self.decide(
            example.usage,
            example.measured,
            example.requested,
            example.provisioned,
            threshold: example.threshold
        )
        #expect(decision.bytes == example.result)
        #expect(decision.reason == example.reason)
    }

    @Test(
        "uses 3 for an invalid threshold",
        arguments: [(-1, 3), (0, 3), (100, 3), (101, 3), (5, 5), (1, 1), (99, 99), (nil, 3)] as [(Int64?, Int64)]
    )
    func threshold(given: Int64?, used: Int64) {
        #expect(ResizeRule(threshold: given).threshold == used)
    }

    @Test("keeps the format of the size that it comes from")
    func format() throws {
        let decision = try ResizeRule().decide(
            usagePercent: 10,
            measured: Quantity(parsing: "1090M"),
            requested: Quantity(parsing: "1Gi"),
            provisioned: Quantity(parsing: "1Gi")
        )
        #expect(decision.proposed.description == "1090M")
    }

    @Test("says the condition in the controller's words, and none when nothing changes")
    func condition() throws {
        let changed = try Self.decide(100, 250, 250, 250, threshold: 3)
        let done = try #require(changed.condition(volume: "pvc-1"))
        #expect(done.type == "PvCapacityAdjustmentRequired")
        #expect([done.status, done.reason, done.category] == ["False", "Done", "Warn"])
        #expect(done.message.hasSuffix("in the target cluster: [pvc-1]"))
        let undone = try #require(changed.condition(volume: "pvc-1", isAutomatic: false))
        #expect([undone.status, undone.reason] == ["True", "NotDone"])
        #expect(try Self.decide(97, 100, 100, 100, threshold: 3).condition(volume: "pvc-1") == nil)
    }

    @Test("refuses sizes below nothing and sums beyond 64 bits")
    func refusals() {
        #expect(throws: CapacityError.quantityOutOfRange("-1")) { try Self.decide(1, -1, 1, 1, threshold: 3) }
        #expect(throws: CapacityError.quantityOutOfRange("-1%")) { try Self.decide(-1, 1, 1, 1, threshold: 3) }
        #expect(throws: CapacityError.self) { try Self.decide(100, .max, 1, 1, threshold: 3) }
    }
}

@Suite("ResizeRule PropertyTests")
struct ResizeRulePropertyTests {
    @Test("never proposes less than is provisioned, grows with usage, and triggers above 100 only")
    func properties() throws {
        var random = SeededRandom(seed: 6)
        for _ in 0..<20_000 {
            let sizes = (0..<3).map { _ in Int64.random(in: 0...(1 << 50), using: &random) }
            let threshold = Int64.random(in: 1...99, using: &random)
            func at(_ usage: Int64) throws -> ResizeDecision {
                try ResizeRuleTests.decide(usage, sizes[0], sizes[1], sizes[2], threshold: threshold)
            }
            let edge = 100 - threshold
            try #require(try at(edge).reason != .usageExceeded)
            try #require(try at(edge + 1).reason == .usageExceeded)
            var last: Int64 = 0
            for usage in [0, edge / 2, edge] + stride(from: edge + 1, through: 100, by: 7) {
                let decision = try at(usage)
                try #require(decision.bytes >= sizes[2])
                // Where usage takes over, the threshold size replaces a requested one that may be larger.
                if usage != edge + 1 || sizes[1] <= sizes[0] { try #require(decision.bytes >= last) }
                last = decision.bytes
            }
        }
    }
}
