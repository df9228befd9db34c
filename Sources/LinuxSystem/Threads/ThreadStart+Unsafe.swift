import Glibc

// The start of a thread of the operating system.
//
// Invariant: the new thread takes the one reference that `passRetained` made; without a new thread the caller takes it back.

/// What a new thread begins with.
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
/// - Returns: What pthread_create(3) returned: 0, or the number of an error.
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
