/// A value that is passed to another thread although its type is not `Sendable`.
///
/// ## Invariant
/// The thread that hands it over uses no reference to it before the other thread has ended: the compiler cannot check
/// that, so each use states why.
@safe package struct HandedOver<Value>: @unchecked Sendable {
    /// The value that is handed over.
    package let value: Value

    package init(_ value: Value) { self.value = value }
}

/// Gives up a value of which the caller has the only reference.
func surrender<Value>(_ value: Value) -> sending Value {
    nonisolated(unsafe) let surrendered = value
    return unsafe surrendered
}
