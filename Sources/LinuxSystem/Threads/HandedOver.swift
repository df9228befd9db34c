/// A value that goes to another thread although its type does not say that it may.
///
/// ## Invariant
/// Whoever hands it over keeps no reference that it uses before the other thread has ended: the compiler cannot see that,
/// so that each use says why.
@safe package struct HandedOver<Value>: @unchecked Sendable {
    /// What was handed over.
    package let value: Value

    package init(_ value: Value) { self.value = value }
}

/// A value that its holder gives up with its only reference to it.
func surrender<Value>(_ value: Value) -> sending Value {
    nonisolated(unsafe) let surrendered = value
    return unsafe surrendered
}
