import Foundation
import LinuxSystem
import ProcessSupport
import TestSupport
import Testing

@Suite("AwaitedSignals")
struct AwaitedSignalsTests {
    @Test("a signal is delivered to the waiter once, instead of ending the process", .timeLimit(.minutes(10)))
    func wait() throws {
        // On its own thread, since the signals stay blocked there.
        let numbers = try Background {
            let signals = AwaitedSignals(blocking: [SIGUSR2, SIGVTALRM])
            var numbers: [Int32?] = [signals.wait(within: .zero)]
            raise(SIGVTALRM)
            numbers += [signals.wait(), signals.wait(within: .milliseconds(20))]
            raise(SIGUSR2)
            numbers += [signals.wait(within: .seconds(10))]
            return numbers
        }
        #expect(try numbers.value() == [nil, SIGVTALRM, nil, SIGUSR2])
    }

    @Test("a wait lasts until its limit, even below a second", .timeLimit(.minutes(10)))
    func limit() throws {
        let elapsed = try Background {
            let signals = AwaitedSignals(blocking: [SIGVTALRM])
            let start = ContinuousClock.now
            _ = signals.wait(within: .milliseconds(300))
            return ContinuousClock.now - start
        }
        #expect(try elapsed.value() >= .milliseconds(290))
    }
}
