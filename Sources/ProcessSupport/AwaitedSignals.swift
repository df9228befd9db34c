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
        var set = SignalSet(numbers)
        set.block()
    }

    /// Waits for one.
    ///
    /// - Parameter limit: The longest wait; nil waits indefinitely.
    /// - Returns: Its number; nil when none came in time.
    package func wait(within limit: Duration? = nil) -> Int32? {
        var set = SignalSet(numbers)
        let deadline = limit.map { ContinuousClock.now + $0 }
        while true {
            let number: Int32
            if let deadline {
                number = set.wait(within: max(.zero, deadline - .now))
                guard number > 0 || errno == EINTR else { return nil }
            } else {
                number = set.wait()
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
}

/// Makes the process ignore SIGPIPE if it would die from it, so that a broken pipe is an error like any other.
package func ignoreBrokenPipeSignals() {
    guard hasDefaultAction(SIGPIPE) else { return }
    signal(SIGPIPE, SIG_IGN)
}
