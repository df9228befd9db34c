import Glibc

// The start of an operating system thread.
//
// Invariant: the new thread consumes the reference that `passRetained` created; if no thread was created, the caller
// releases it.

/// The argument of a new thread.
private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

/// Starts a detached thread.
///
/// - Parameters:
///   - name: At most 15 bytes reach the kernel.
///   - body: Runs once on the new thread.
/// - Returns: The result of pthread_create(3): 0, or an `errno`.
func startThread(name: String, _ body: @escaping @Sendable () -> Void) -> Int32 {
    var handle = pthread_t()
    let argument = unsafe Unmanaged.passRetained(ThreadStart(name: name, body: body)).toOpaque()
    let number = unsafe pthread_create(
        &handle,
        nil,
        { argument in
            guard let argument = unsafe argument else { return nil }
            let start = unsafe Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
            let shortName = String(decoding: start.name.utf8.prefix(15), as: UTF8.self)
            _ = unsafe pthread_setname_np(pthread_self(), shortName)
            start.body()
            return nil
        },
        argument
    )
    if number == 0 { pthread_detach(handle) } else { unsafe Unmanaged<ThreadStart>.fromOpaque(argument).release() }
    return number
}
