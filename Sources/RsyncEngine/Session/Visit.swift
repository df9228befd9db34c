import RsyncOptions
import RsyncWire

/// How far a visit to a daemon has progressed.
package enum VisitStep: Sendable, Equatable {
    /// The daemon sent its greeting; both ends will use this version.
    case greeted(version: Int32)
    /// The module exists and requires a password.
    case passwordAsked
    /// The module is open.
    case admitted
}

/// What a visit does in addition to the session's own work.
struct Visit: Sendable {
    let onStep: @Sendable (VisitStep) -> Void
    let work: @Sendable (VisitLine) throws(EngineError) -> Void
}

/// The connection to a daemon between the handshake and the first file list, for testing it.
package struct VisitLine {
    private let channel: SessionChannel
    private let dialect: Dialect

    init(channel: SessionChannel, dialect: Dialect) {
        self.channel = channel
        self.dialect = dialect
    }

    /// Whether ``send(for:atMost:)`` may be used: empty frames are not expected before protocol 31.
    package var takesEmptyFrames: Bool { dialect.takesEmptyFrames }

    /// Sends empty data frames, which are ignored (protocol specification, session 6.2), as fast as possible.
    ///
    /// - Parameters:
    ///   - duration: How long to send; the peer may then still have some to read.
    ///   - most: How many bytes at most, to within 64 KiB.
    /// - Returns: The number of bytes sent.
    /// - Throws: ``EngineError`` when the connection broke.
    package func send(for duration: Duration, atMost most: Int64) throws(EngineError) -> Int64 {
        let output = channel.output
        let before = output.bytesWritten
        let deadline = ContinuousClock.now + duration
        do throws(WireError) {
            while ContinuousClock.now < deadline, output.bytesWritten - before < most {
                for _ in 0..<Self.framesBetweenLooks { try output.message(.data) }
                try output.flush()
            }
        } catch {
            throw .wire(error)
        }
        return output.bytesWritten - before
    }

    /// 64 KiB of frames.
    private static let framesBetweenLooks = 16 * 1024

    /// Leaves the connection idle; returns early if it ends.
    ///
    /// - Parameter duration: How long nothing is sent.
    /// - Returns: Whether the connection is still up, as far as this side knows.
    package func hold(for duration: Duration) -> Bool { !channel.source.waitForEnd(within: duration) }
}

extension ClientSession {
    /// Visits a daemon's module with a push that changes nothing: a dry run that lists only a source's root.
    ///
    /// - Parameters:
    ///   - module: The module's name.
    ///   - source: A directory; nothing in it is read except its names.
    ///   - login: The credentials, for a module that requires a password.
    ///   - onStep: Called for each successful step.
    ///   - work: Called with the connection once the daemon has accepted the arguments.
    /// - Returns: The result. Exit code 0 means that the module accepts pushes.
    package func visit(
        module: [UInt8],
        source: SourceRoot,
        login: Login,
        onStep: @escaping @Sendable (VisitStep) -> Void,
        work: @escaping @Sendable (VisitLine) throws(EngineError) -> Void = { (_) throws(EngineError) in }
    ) -> SessionResult {
        var session = self
        session.options.dryRun = true
        session.options.deletion.isOn = false
        session.options.comparison.checksum = false
        session.options.comparison.comparesNanoseconds = false
        session.options.selection.filters = FilterList()
        session.options.selection.filters.append(FilterRule(pattern: Array("*".utf8), isInclude: false))
        session.visit = Visit(onStep: onStep, work: work)
        return session.run(module: module, .push([source], to: []), login: login)
    }
}
