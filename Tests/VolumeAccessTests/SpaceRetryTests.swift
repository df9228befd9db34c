import Glibc
import LinuxSystem
import Synchronization
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("Space reserved by unwritten data", .timeLimit(.minutes(10)))
struct SpaceRetryTests {
    @Test(
        "a call that finds no space is retried after writeback, up to three times",
        arguments: [(ENOSPC, 1, 2), (ENOSPC, 3, 4), (EDQUOT, 2, 3), (ENOSPC, 4, 4), (EEXIST, 1, 1)]
            as [(Int32, Int, Int)]
    )
    func attempts(error: Int32, failures: Int, calls: Int) throws {
        let scratch = try Scratch()
        var made = 0
        let result = scratch.root.features.retryingForSpace(of: scratch.root.descriptor) {
            made += 1
            return made <= failures ? -Int(error) : 7
        }
        #expect(made == calls)
        #expect(result == (failures < calls ? 7 : -Int(error)))
    }

    @Test("nothing is written between the writeback and the call that needs the space")
    func writersWait() throws {
        let scratch = try Scratch()
        let hasFailed = Mutex(false)
        let hasWritten = Mutex(false)
        let root = scratch.root
        let staged = try Background { () -> Bool in
            while !hasFailed.withLock({ $0 }) { sched_yield() }
            let file = try root.stage("f".name.span, replacing: false)
            try file.write([1, 2, 3].span)
            hasWritten.withLock { $0 = true }
            return true
        }
        var (calls, wasWrittenBetween) = (0, false)
        let result = root.features.retryingForSpace(of: root.descriptor) {
            calls += 1
            if calls == 1 { return -Int(ENOSPC) }
            // The first call holds nothing; from the second on the volume's writes wait.
            if calls == 2 {
                hasFailed.withLock { $0 = true }
                usleep(50_000)
            }
            wasWrittenBetween = wasWrittenBetween || hasWritten.withLock { $0 }
            return calls < 4 ? -Int(ENOSPC) : 0
        }
        #expect(result == 0)
        #expect(!wasWrittenBetween)
        #expect(try staged.value())
    }

    @Test("a rename that finds no space leaves everything as it was")
    func rename() throws {
        let scratch = try Scratch()
        try scratch.write("old", to: "f")
        #expect(throws: VolumeError.system(operation: "rename", path: "f".name, number: ENOSPC)) {
            try onThread(failing: [SystemCallFault(.renameat, ENOSPC)]) {
                try scratch.root.rename("f".name.span, as: "g".name.span)
            }
        }
        #expect(try scratch.names == ["f"])
    }
}
