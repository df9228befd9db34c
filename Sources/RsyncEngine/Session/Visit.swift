import RsyncOptions
import RsyncWire

/// How far a visit to a daemon has come.
package enum VisitStep: Sendable, Equatable {
    /// The daemon greeted; both ends will speak this version.
    case greeted(version: Int32)
    /// The module is there and wants a password.
    case passwordAsked
    /// The module is open.
    case admitted
}

/// What is done besides a session's own work.
struct Visit: Sendable {
    let onStep: @Sendable (VisitStep) -> Void
    let work: @Sendable (VisitLine) throws(EngineError) -> Void
}

/// The line to a daemon between the handshake and the first file list, for trying it out.
package struct VisitLine {
    private let channel: SessionChannel
    private let dialect: Dialect

    init(channel: SessionChannel, dialect: Dialect) {
        self.channel = channel
        self.dialect = dialect
    }

    /// Whether ``send(for:)`` may be used: before protocol 31 nobody expects empty frames.
    package var takesEmptyFrames: Bool { dialect.takesEmptyFrames }

    /// Sends empty data frames, which mean nothing (protocol specification, session 6.2), as fast as they go.
    ///
    /// - Parameter duration: When to stop; the peer may then still have some to read.
    /// - Returns: How many bytes went out.
    /// - Throws: ``EngineError`` when the line broke.
    package func send(for duration: Duration) throws(EngineError) -> Int64 {
        let output = channel.output
        let before = output.bytesWritten
        let deadline = ContinuousClock.now + duration
        do throws(WireError) {
            while ContinuousClock.now < deadline {
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

    /// Leaves the line alone; comes back early when it ends.
    ///
    /// - Parameter duration: For how long nothing is sent.
    /// - Returns: Whether the line is still there, as far as this side knows.
    package func hold(for duration: Duration) -> Bool { !channel.source.waitForEnd(within: duration) }
}

extension ClientSession {
    /// Visits a daemon's module with a push that changes nothing: a dry run which lists the root of a source alone.
    ///
    /// - Parameters:
    ///   - module: The module's name.
    ///   - source: A directory; nothing in it is read but its names.
    ///   - login: For a module that wants a password.
    ///   - onStep: Called for each step that went well.
    ///   - work: Called on the line once the daemon has taken the arguments.
    /// - Returns: What came of it. Exit code 0 means that the module takes pushes.
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
