/// What the check before a transfer refuses.
package enum CheckPolicy: String, Sendable, CaseIterable {
    /// Refuses when anything will not fit or will be altered.
    case strict
    /// Refuses what will not fit, warns of what will be altered.
    case fit
    /// Warns of both, and goes on.
    case warn
    /// Does not check.
    case none
}

/// What to do when there is not enough space for the usual method of a transfer.
package enum TightPolicy: String, Sendable, CaseIterable {
    /// Refuses.
    case refuse
    /// Uses the safest method that fits: deletes first; if that is not enough, also writes files in place.
    case plan
}
