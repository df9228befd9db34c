import LinuxSystem
import Transport

/// How many bytes per second reach the target through nothing but the network and TLS.
///
///     S>T  {"request":"throughput","seconds":N}, then data, then an empty data frame
///     T>S  {"bytes":COUNT,"microseconds":TIME}
///
/// The time is measured by the target, from the request to the empty frame.
enum ThroughputRequest: ControlRequest {
    static let name = "throughput"
    static let limit = Duration.seconds(longest + 20)
    /// The longest measurement in seconds.
    static let longest: Int64 = 3600

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        let start = ContinuousClock.now
        var count: Int64 = 0
        while true {
            guard case .data(let length) = try context.channel.frame(by: context.deadline, "data") else {
                throw .broken("a message among data")
            }
            guard length > 0 else { break }
            count += Int64(length)
        }
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return [
            ("bytes", .integer(count)),
            ("microseconds", .integer(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)),
        ]
    }
}

/// The result of a throughput measurement.
package struct Throughput: Sendable, Equatable {
    /// A number of bytes and the time they took.
    package struct Figure: Sendable, Equatable {
        package let bytes: Int64
        package let duration: Duration

        package init(bytes: Int64, duration: Duration) {
            self.bytes = bytes
            self.duration = duration
        }

        /// Bytes per second.
        package var rate: Double { duration > .zero ? Double(bytes) / duration.inSeconds : 0 }
    }

    /// What the source handed to its kernel, by the source's clock.
    package let sent: Figure
    /// What the target received, by the target's clock.
    package let arrived: Figure
}

extension ControlClient {
    /// Sends zeros as fast as the connection accepts them, or at a limited rate; the target discards them.
    ///
    /// - Parameters:
    ///   - duration: How long; at most an hour.
    ///   - most: How many bytes at most, to within a megabyte.
    ///   - kibibytesPerSecond: The limit; 0 for none.
    /// - Returns: What arrived.
    /// - Throws: ``ControlError``.
    package func throughput(
        for duration: Duration,
        atMost most: Int64,
        kibibytesPerSecond: Int64
    ) throws(ControlError) -> Throughput {
        let duration = min(duration, .seconds(ThroughputRequest.longest))
        try begin(ThroughputRequest.name, [("seconds", .integer(duration.components.seconds))])
        var limit = BandwidthLimit()
        limit.change(to: kibibytesPerSecond)
        // Several frames per write, so that encryption works on large chunks.
        let (length, copies) = (min(ControlChannel.largestPayload, limit.pieceLength), kibibytesPerSecond > 0 ? 1 : 4)
        let frames = [[UInt8]](repeating: ControlChannel.emptyData(count: length), count: copies).flatMap { $0 }
        let start = ContinuousClock.now
        var count: Int64 = 0
        while start.duration(to: .now) < duration, count < most {
            try channel.write(frames)
            count += Int64(copies * length)
            limit.wrote(copies * length)
        }
        let sent = Throughput.Figure(bytes: count, duration: start.duration(to: .now))
        try channel.write(ControlChannel.emptyData(count: 0))
        let answer = try answer(to: ThroughputRequest.name, within: .seconds(30))
        return Throughput(sent: sent, arrived: try Self.arrived(in: answer))
    }

    /// Reads the answer.
    static func arrived(in answer: JSONValue) throws(ControlError) -> Throughput.Figure {
        let reader = AnswerReader(members: answer)
        let bytes = try reader.figure("bytes", in: 0...Int64.max)
        // A request ends long before a week has passed.
        let time = try reader.figure("microseconds", in: 0...604_800_000_000)
        return Throughput.Figure(bytes: bytes, duration: .microseconds(time))
    }
}
