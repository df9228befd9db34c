import Transport

/// Silence for some time, which shows whether anything on the connection path cuts idle connections.
///
///     S>T  {"request":"quiet","milliseconds":N}
///     T>S  {"quiet":N}, after that time
///
/// Nothing at all is sent before; TCP keep-alives are off too.
enum QuietRequest: ControlRequest {
    static let name = "quiet"
    static let limit = longest + .seconds(20)
    /// The longest silence.
    static let longest = Duration.seconds(86_400)

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard let time = arguments["milliseconds"]?.asInteger, time > 0, .milliseconds(time) <= longest else {
            throw .refused("the requested time is out of range")
        }
        try setKeepAlive(false, context)
        do throws(ControlError) {
            _ = try context.channel.frame(by: .now + .milliseconds(time), "the end of the silence")
        } catch {
            guard case .silent = error else { throw error }
            try setKeepAlive(true, context)
            return [("quiet", .integer(time))]
        }
        throw .broken("a frame during the silence")
    }

    private static func setKeepAlive(_ isOn: Bool, _ context: ControlContext) throws(ControlError) {
        do throws(TransportError) {
            try context.socket?.setKeepAlive(isOn)
        } catch {
            throw .transport(error)
        }
    }
}

extension ControlClient {
    /// Keeps the connection idle, at both ends.
    ///
    /// - Parameters:
    ///   - duration: For how long.
    ///   - patience: How much later the target's answer may arrive.
    /// - Returns: How long it was idle.
    /// - Throws: ``ControlError``, also when the connection did not survive.
    package func keepQuiet(for duration: Duration, patience: Duration) throws(ControlError) -> Duration {
        let (seconds, attoseconds) = min(duration, QuietRequest.longest).components
        let time = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        let start = ContinuousClock.now
        let arguments: [(String, JSONValue)] = [("milliseconds", .integer(time))]
        _ = try ask(QuietRequest.name, arguments, within: .milliseconds(time) + patience)
        return .now - start
    }
}
