/// How long a volume waits before it is tried again.
enum RetryPause {
    /// The longest pause.
    static let longest = Duration.seconds(60)

    /// The pause after an attempt: twice as long each time, shortened by up to a half at random, so that sources that
    /// failed together do not come back together.
    ///
    /// - Parameters:
    ///   - attempt: The attempt that failed, from 1 on.
    ///   - share: What is left of the pause, 0.5 to 1.
    /// - Returns: Half a second to a minute.
    static func after(attempt: Int, share: Double = .random(in: 0.5...1)) -> Duration {
        let whole = min(longest, .seconds(1 << min(attempt - 1, 6)))
        return whole * share
    }
}
