import RsyncOptions
import RsyncWire
import Testing

@testable import RsyncEngine

@Suite("Silence of a peer")
struct SilenceTests {
    private static let limit = Duration.seconds(120)
    private static let tick = Duration.seconds(2)

    /// Looks every two seconds, and says after how many seconds it is too long.
    private func end(
        within seconds: Int,
        wait: (Int) -> Int,
        silence: (Int) -> Int,
        allowance: (Int) -> SilenceAllowance = { _ in .limit }
    ) -> Int? {
        let start = ContinuousClock.now
        var judge = SilenceJudge(limit: Self.limit, tick: Self.tick, now: start)
        for second in stride(from: 2, through: seconds, by: 2) {
            let isTooLong = judge.isTooLong(
                .seconds(wait(second)),
                .seconds(silence(second)),
                allowance(second),
                now: start + .seconds(second)
            )
            if isTooLong { return second }
        }
        return nil
    }

    @Test("exceeds the limit, and a byte from the peer restarts it")
    func limit() {
        #expect(end(within: 200, wait: { $0 }, silence: { $0 }) == 120)
        #expect(end(within: 1000, wait: { $0 }, silence: { $0 % 110 }) == nil)
        #expect(end(within: 1000, wait: { $0 }, silence: { $0 < 50 ? 0 : $0 - 50 }) == 170)
    }

    @Test("does not count while this side does not wait, or has just begun to wait")
    func busyHere() {
        #expect(end(within: 1000, wait: { _ in 0 }, silence: { $0 }) == nil)
        #expect(end(within: 1000, wait: { max(0, $0 - 400) }, silence: { $0 }) == 520)
    }

    @Test("does not count while the peer may be busy without sending, and counts from then on")
    func busyThere() {
        let work: (Int) -> SilenceAllowance = { $0 <= 300 ? .unlimited : .limit }
        #expect(end(within: 1000, wait: { $0 }, silence: { $0 }, allowance: work) == 420)
        #expect(end(within: 1000, wait: { $0 }, silence: { $0 }, allowance: { _ in .times(5) }) == 600)
    }

    @Test("does not count time in which this process was stopped")
    func stopped() {
        let start = ContinuousClock.now
        var judge = SilenceJudge(limit: Self.limit, tick: Self.tick, now: start)
        for second in [500, 502] {
            let time = Duration.seconds(second)
            let isTooLong = judge.isTooLong(time, time, .limit, now: start + time)
            #expect(!isTooLong)
        }
    }

    @Test("a stock receiver may checksum indefinitely, delete for five limits, and must send keep-alives otherwise")
    func stockReceiver() {
        var options = TransferOptions()
        options.deletion.isOn = true
        let work = ReceiverWork(state(options))
        #expect(work.allowance == .unlimited)
        work.begin()
        #expect(work.allowance == .times(5))
        work.endComparing()
        work.begin()
        #expect(work.allowance == .limit)
        options.comparison.checksum = true
        let summing = ReceiverWork(state(options))
        summing.begin()
        #expect(summing.allowance == .unlimited)
        options.agent.sendsKeepAlives = true
        #expect(ReceiverWork(state(options)).allowance == .limit)
    }

    @Test("a daemon's limit is adopted when it is shorter, and keep-alives are due in half of it")
    func announced() {
        var options = TransferOptions()
        options.wire.timeout = 100
        let state = state(options)
        #expect(state.keepAliveInterval == .seconds(20))
        for useless: Int32 in [0, -1, 100, 101, 86_401] { #expect(!state.adopt(timeout: useless)) }
        #expect(state.adopt(timeout: 7))
        #expect(state.keepAliveInterval == .seconds(4))
    }

    private func state(_ options: TransferOptions) -> SessionState {
        SessionState(
            options: options,
            parameters: SessionParameters(),
            isServer: false,
            role: "sender",
            observer: SilentObserver(),
            progress: TransferProgress()
        )
    }
}
