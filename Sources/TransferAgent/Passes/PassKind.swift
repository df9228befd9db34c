/// The occasion of a pass, which decides what counts as a failure.
package enum PassKind: String, Sendable, CaseIterable {
    /// The application runs: files that vanish or change are expected.
    case stage
    /// The application is stopped: nothing may change any more.
    case cutover
}
