// Shows that the thread sanitizer sees what it should: `probe locked` uses a contended Mutex and must be clean with
// mutex.c preloaded; `probe racing` writes without a lock right behind one, and must be reported.
import Glibc
import Synchronization

final class Shared: @unchecked Sendable {
    let locked = Mutex(0)
    var unlocked = 0
}

let shared = Shared()
let isRacing = CommandLine.arguments.last == "racing"
var threads: [pthread_t] = []
for _ in 0..<4 {
    var thread = pthread_t()
    let failure = pthread_create(
        &thread,
        nil,
        { _ in
            for _ in 0..<20_000 {
                shared.locked.withLock { value in
                    value += 1
                    // The thread that holds the lock periodically goes to sleep, so that others have to wait for it in the
                    // kernel.
                    if value % 64 == 0 { sched_yield() }
                }
                if isRacing { shared.unlocked += 1 }
            }
            return nil
        },
        nil
    )
    precondition(failure == 0, "a thread cannot be started")
    threads.append(thread)
}
for thread in threads { pthread_join(thread, nil) }
print(shared.locked.withLock { $0 }, shared.unlocked)
