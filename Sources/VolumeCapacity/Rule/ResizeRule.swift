/// The rule by which today's controller sizes a target claim (MTC contract 7.3), to the byte.
///
///     size = requested                                      no-op
///     if measured > size:    size = measured                mismatch
///     if provisioned > size: size = provisioned             mismatch
///     if usage + threshold > 100:
///         size = measured × (usage + threshold) / 100, cut  usage-exceeded
///     proposed = the larger of size and provisioned
///
/// Kept as it is, although one may wonder: usage decides alone, so that a threshold size below the requested one wins
/// over it, and the reason stays `usage-exceeded` when the provisioned size is what is proposed in the end.
package struct ResizeRule: Hashable, Sendable {
    /// What the controller takes when nothing usable is set.
    package static let defaultThreshold: Int64 = 3
    /// Percentage points of a volume that should stay free, 1 to 99.
    package let threshold: Int64

    /// Makes a rule.
    ///
    /// - Parameter threshold: Percentage points; anything but 1 to 99 counts as 3.
    package init(threshold: Int64? = nil) {
        let wanted = threshold ?? Self.defaultThreshold
        self.threshold = (1...99).contains(wanted) ? wanted : Self.defaultThreshold
    }

    /// Applies the rule.
    ///
    /// - Parameters:
    ///   - usagePercent: How full the volume is as df tells it, rounded up; 0 to 100.
    ///   - measured: The size of its file system.
    ///   - requested: What its claim requested.
    ///   - provisioned: The size that its claim was given.
    /// - Returns: What to request at the target, and why.
    /// - Throws: ``CapacityError/quantityOutOfRange(_:)`` for amounts that are not sizes, or a usage that is not a
    ///   percentage.
    package func decide(
        usagePercent: Int64,
        measured: Quantity,
        requested: Quantity,
        provisioned: Quantity
    ) throws(CapacityError) -> ResizeDecision {
        guard (0...100).contains(usagePercent) else { throw .quantityOutOfRange("\(usagePercent)%") }
        let measuredBytes = try size(measured)
        let provisionedBytes = try size(provisioned)
        var bytes = try size(requested)
        var format = requested.format
        var reason = ResizeDecision.Reason.noOperation
        if measuredBytes > bytes { (bytes, format, reason) = (measuredBytes, measured.format, .mismatch) }
        if provisionedBytes > bytes { (bytes, format, reason) = (provisionedBytes, provisioned.format, .mismatch) }
        if usagePercent + threshold > 100 {
            let wanted = Int128(measuredBytes) * Int128(usagePercent + threshold) / 100
            guard let wanted = Int64(exactly: wanted) else { throw .quantityOutOfRange("\(wanted)") }
            (bytes, format, reason) = (wanted, measured.format, .usageExceeded)
        }
        if provisionedBytes > bytes { (bytes, format) = (provisionedBytes, provisioned.format) }
        return ResizeDecision(proposed: Quantity(bytes: bytes, format: format), bytes: bytes, reason: reason)
    }

    private func size(_ quantity: Quantity) throws(CapacityError) -> Int64 {
        let bytes = try quantity.wholeBytes()
        guard bytes >= 0 else { throw .quantityOutOfRange(quantity.description) }
        return bytes
    }
}
