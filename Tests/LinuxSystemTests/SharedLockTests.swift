import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@Suite("SharedLock", .timeLimit(.minutes(10)))
struct SharedLockTests {
    @Test("nobody shares it while a thread has it alone")
    func excludes() throws {
        let lock = SharedLock()
        let value = Mutex((sharers: 0, most: 0, brokenIn: 0))
        let threads = try (0..<4).map { number in
            try Background {
                for _ in 0..<2000 {
                    if number == 0 {
                        lock.alone { value.withLock { if $0.sharers > 0 { $0.brokenIn += 1 } } }
                    } else {
                        lock.shared {
                            value.withLock {
                                $0.sharers += 1
                                $0.most = max($0.most, $0.sharers)
                            }
                            sched_yield()
                            value.withLock { $0.sharers -= 1 }
                        }
                    }
                }
            }
        }
        for thread in threads { try thread.value() }
        #expect(value.withLock { $0.brokenIn } == 0)
        #expect(value.withLock { $0.most } > 1, "it was never shared")
    }
}
