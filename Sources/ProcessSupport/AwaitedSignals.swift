import Glibc
package import LinuxSystem

/// Signals that a program waits for instead of being ended by them.
///
/// ## Concurrency model
/// The signals are blocked in the thread that makes the value, hence in all threads that it starts later; the Swift
/// pool's threads block all signals by themselves. The main thread must not be handed to the Swift runtime (an `async`
/// main): libdispatch then makes a thread that lets every signal in.
package struct AwaitedSignals: Sendable {
    private let numbers: [Int32]

    /// Blocks the signals; called before there are other threads.
    ///
    /// - Parameter numbers: Such as `SIGTERM`.
    package init(blocking numbers: [Int32]) {
        self.numbers = numbers
        var set = set
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Waits for one.
    ///
    /// - Parameter limit: The longest wait; nil waits indefinitely.
    /// - Returns: Its number; nil when none came in time.
    package func wait(within limit: Duration? = nil) -> Int32? {
        var set = set
        let deadline = limit.map { ContinuousClock.now + $0 }
        while true {
            let number: Int32
            if let deadline {
                let (seconds, attoseconds) = max(.zero, deadline - .now).components
                var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
                number = unsafe sigtimedwait(&set, nil, &time)
                guard number > 0 || errno == EINTR else { return nil }
            } else {
                number = unsafe sigwaitinfo(&set, nil)
            }
            if number > 0 { return number }
        }
    }

    /// Waits for signals on its own thread, `dvm-signals`.
    ///
    /// - Parameter handler: Called on that thread with the number of each signal; returns whether to wait for more.
    /// - Throws: `SystemError` when there is no thread.
    package func watch(_ handler: @escaping @Sendable (_ number: Int32) -> Bool) throws(SystemError) {
        _ = try WorkerThread(name: "dvm-signals") {
            while let number = wait(), handler(number) {}
        }
    }

    private var set: sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
        return set
    }
}

/// Makes the process ignore SIGPIPE if it would die from it, so that a broken pipe is an error like any other.
package func ignoreBrokenPipeSignals() {
    var action = sigaction()
    guard unsafe sigaction(SIGPIPE, nil, &action) == 0 else { return }
    guard unsafe action.__sigaction_handler.sa_handler == nil else { return }
    signal(SIGPIPE, SIG_IGN)
}
