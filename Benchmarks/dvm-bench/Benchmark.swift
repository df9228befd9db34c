/// Something that works through a number of bytes.
struct Benchmark: Sendable {
    /// What is measured.
    let name: String
    /// How many bytes one run works through.
    let byteCount: Int
    /// Does the work once; the result depends on all of it, so that the optimizer keeps it.
    let run: @Sendable () -> UInt64

    /// Runs once to warm up, then nine times.
    func measure() -> Measurement {
        var check = run()
        var seconds: [Double] = []
        for _ in 0..<9 {
            let clock = ContinuousClock()
            let start = clock.now
            check = check &* 31 &+ run()
            let (whole, atto) = (clock.now - start).components
            seconds.append(Double(whole) + Double(atto) / 1e18)
        }
        seconds.sort()
        let scale = Double(byteCount) / Double(1 << 30)
        return Measurement(name: name, best: scale / seconds[0], median: scale / seconds[4], check: check)
    }
}

/// How fast something was, in GiB/s.
struct Measurement {
    let name: String
    let best: Double
    let median: Double
    /// Printed so that the work cannot be optimized away.
    let check: UInt64

    /// A row of the table for people.
    var line: String {
        let padding = String(repeating: " ", count: max(36 - name.count, 1))
        return "\(name)\(padding)best \(rounded(best)) GiB/s   median \(rounded(median)) GiB/s   (\(check & 0xffff))"
    }

    /// An object for `scripts/bench`.
    var json: String {
        #"{"name": "\#(name)", "bestGiBps": \#(rounded(best)), "medianGiBps": \#(rounded(median))}"#
    }

    private func rounded(_ value: Double) -> Double { Double(Int(value * 1000 + 0.5)) / 1000 }
}
