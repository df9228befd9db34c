import Glibc

/// What this process examines: the target and the length that `DVM_FUZZ_TARGET` and `DVM_FUZZ_REPEAT` name.
private struct Assignment {
    let target: FuzzTarget
    /// Each input is repeated to this many bytes, which shows work that grows faster than the length; 0 leaves it alone.
    let repeatedLength: Int

    static let current = Assignment()

    private init() {
        let name = Self.variable("DVM_FUZZ_TARGET") ?? ""
        guard let target = FuzzTarget(rawValue: name) else {
            let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
            demand(false, "DVM_FUZZ_TARGET is \"\(name)\", not one of: \(known)")
            exit(2)
        }
        self.target = target
        repeatedLength = Self.variable("DVM_FUZZ_REPEAT").flatMap { Int($0) } ?? 0
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// The input as the target gets it.
    func prepared(_ input: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        guard repeatedLength > 0, !input.isEmpty else { return Array(input) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(repeatedLength + input.count)
        while bytes.count < repeatedLength { bytes += input }
        return bytes
    }
}

/// What libFuzzer calls with each input.
///
/// - Parameters:
///   - start: The input; nil when it is empty.
///   - count: Its length in bytes.
/// - Returns: 0, as libFuzzer wants it.
@c(LLVMFuzzerTestOneInput)
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let assignment = Assignment.current
    let input = assignment.prepared(UnsafeBufferPointer(start: start, count: count))
    let before = processorTime()
    assignment.target.examine(input)
    let spent = processorTime() - before
    demand(spent < .seconds(1), "an input takes less than a second of the processor: \(spent)")
    return 0
}

/// What this process has used of the processor: unlike the clock on the wall, it stands still while others have their turn.
private func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
}

/// Ends the process, which libFuzzer takes for a finding, when something does not hold that must.
func demand(_ claim: Bool, _ rule: @autoclosure () -> String) {
    guard !claim else { return }
    let text = "dvm-fuzz: broken rule: \(rule())\n"
    _ = write(2, text, text.utf8.count)
    abort()
}
