import Glibc
import FileMetadata
import Glibc
import LinuxSystem
import RsyncOptions
import RsyncWire
import Synchronization
import VolumeAccess

/// The state shared by the threads of a session: its terms, its first failure, its error bits and its statistics.
///
/// ## Concurrency model
/// `guarded` holds what is mutable; the rest is set before the threads start.
final class SessionState: Sendable {
    /// I/O error bits (protocol specification, transfer 1).
    struct ErrorBits: OptionSet, Sendable {
        let rawValue: Int32
        /// A general error, after which nothing is deleted.
        static let general = ErrorBits(rawValue: 1)
        /// A source file vanished.
        static let vanished = ErrorBits(rawValue: 2)
        /// `--max-delete` stopped deletions.
        static let deleteLimit = ErrorBits(rawValue: 4)
    }

    private struct Guarded {
        var failure: EngineError?
        /// The waits that the first failure interrupts.
        var waits: [any Interruptible] = []
        var errorBits: ErrorBits = []
        var sawTransferError = false
        var lacksFiles = false
        var statistics = SessionStatistics()
        var outbox: [(MessageTag, [UInt8])] = []
        /// What is in place, as counted by this side or reported by the peer; nil if neither does.
        var tally: TransferTally?
        /// The last tally sent to the peer, and when it was sent.
        var toldTally: TransferTally?
        var tallyTold = ContinuousClock.now
        /// The path of the destination from the module's or the system's root, without slashes at its ends.
        var destination: [UInt8] = []
    }

    let options: TransferOptions
    let parameters: SessionParameters
    /// Whether messages go to the peer instead of to the user.
    let isServer: Bool
    /// Whether the destination is changed.
    let execution: Execution
    let observer: any TransferObserver
    let progress: TransferProgress
    /// Pauses the sending side; nil when nobody does.
    let pace: SessionPace?
    /// rsync's name for this side in messages: `sender`, `generator` or `receiver`.
    let role: String
    /// Whether owners are matched by name: not with `--numeric-ids`, nor if a module's configuration disables it, which
    /// the peer need not know.
    let mapsNames: Bool
    /// Whether the observer of a server can print messages, as `--stderr=all` asks for.
    private let printsOwnMessages: Bool
    /// The ACLs and extended attributes of the file lists.
    let metadata = ListedMetadata()
    /// Which extended attributes are preserved; nil for none.
    let attributeNames: AttributeNameRules?
    /// What this side's paths are relative to.
    let place: SourcePlace
    private let guarded = Mutex(Guarded())
    /// See ``timeout``.
    private let currentTimeout: Atomic<Int>
    /// Set while the outbox is not empty, so that the owner of the output can check it without taking the lock.
    private let hasOutbox = Atomic<Bool>(false)
    private let failed = Atomic<Bool>(false)
    /// Whether the peer was told of the failure.
    private let hasTold = Atomic<Bool>(false)

    init(
        options: TransferOptions,
        parameters: SessionParameters,
        isServer: Bool,
        role: String,
        observer: any TransferObserver,
        progress: TransferProgress,
        pace: SessionPace? = nil,
        mapsNames: Bool = true,
        lockReach: Int64 = 0,
        printsOwnMessages: Bool = false,
        place: SourcePlace = .user
    ) {
        self.printsOwnMessages = printsOwnMessages
        self.options = options
        attributeNames = Self.attributeNames(options)
        self.place = place
        currentTimeout = Atomic(options.wire.timeout)
        self.mapsNames = mapsNames && !options.attributes.numericIDs
        self.parameters = parameters
        self.isServer = isServer
        self.role = role
        execution = Execution(options)
        if options.agent.tallies || role == "receiver", execution.changesDestination {
            var tally = TransferTally()
            tally.lockReach = lockReach
            guarded.withLock { $0.tally = tally }
        }
        self.observer = observer
        self.progress = progress
        self.pace = pace
    }

    /// Whether there is a failure; takes no lock.
    var hasFailed: Bool { failed.load(ordering: .acquiring) }

    /// The seconds of silence after which one of the sides gives up, so that a keep-alive is due after half of them; 0
    /// when neither does.
    var timeout: Int { currentTimeout.load(ordering: .relaxed) }

    /// Adopts the limit that a daemon announces (protocol specification, session 6.3).
    ///
    /// - Parameter seconds: The announced limit; anything but a shorter time is ignored.
    /// - Returns: Whether it was adopted.
    func adopt(timeout seconds: Int32) -> Bool {
        guard !isServer, (1...86_400).contains(seconds), timeout == 0 || Int(seconds) < timeout else { return false }
        currentTimeout.store(Int(seconds), ordering: .relaxed)
        return true
    }

    // MARK: failure

    /// Ends the work on a long file when the session has failed in the meantime.
    ///
    /// - Throws: The failure.
    func checkFailure() throws(WireError) {
        if hasFailed, let failure { throw failure.asWireError }
    }

    /// Records that the peer is told of the failure.
    ///
    /// - Returns: Whether it has not been told before.
    func beginTelling() -> Bool { !hasTold.exchange(true, ordering: .relaxed) }

    /// The first failure; the session is ending once there is one.
    var failure: EngineError? { guarded.withLock { $0.failure } }

    /// Ends the session: remembers the first cause and wakes every thread.
    func fail(_ error: EngineError) {
        let waits = guarded.withLock { state -> [any Interruptible] in
            guard state.failure == nil else { return [] }
            state.failure = error
            failed.store(true, ordering: .releasing)
            defer { state.waits = [] }
            return state.waits
        }
        for wait in waits { wait.interrupt() }
    }

    /// Registers waits that are interrupted, in this order, when the session fails; immediately if it already has.
    func interruptOnFailure(_ waits: any Interruptible...) {
        let hasFailed = guarded.withLock { state in
            guard state.failure == nil else { return true }
            state.waits += waits
            return false
        }
        if hasFailed { for wait in waits { wait.interrupt() } }
    }

    // MARK: outcome

    func add(_ bits: ErrorBits) { guarded.withLock { $0.errorBits.formUnion(bits) } }

    var errorBits: ErrorBits { guarded.withLock { $0.errorBits } }

    func noteTransferError() { guarded.withLock { $0.sawTransferError = true } }

    /// Records that the sender did not send a file; the reason comes, or should come, in other messages.
    func noteNotSent() { guarded.withLock { $0.lacksFiles = true } }

    /// The exit code if nothing fatal happened (protocol specification, session 9.2).
    var outcomeCode: Int32 {
        guarded.withLock { state in
            if state.errorBits.contains(.general) || state.sawTransferError { return 23 }
            if state.errorBits.contains(.vanished) { return 24 }
            if state.lacksFiles { return 23 }
            return state.errorBits.contains(.deleteLimit) ? 25 : 0
        }
    }

    func count(_ body: (inout SessionStatistics) -> Void) { guarded.withLock { body(&$0.statistics) } }

    /// Counts a file whose content was transferred, or would be without `-n`.
    func countTransfer(of entry: FileEntry) {
        count { statistics in
            statistics.transferredFiles += 1
            statistics.transferredSize.addClamped(entry.size)
        }
    }

    /// Records how long the sender took for the first file list; at least a millisecond, since 0 stands for unknown.
    func noteListBuilt(since start: ContinuousClock.Instant) {
        let milliseconds = (ContinuousClock.now - start) / Duration.milliseconds(1)
        count { $0.listBuildTime = max(1, Int64(milliseconds)) }
    }

    var statistics: SessionStatistics {
        guarded.withLock { state in
            var statistics = state.statistics
            statistics.inPlace = state.tally
            return statistics
        }
    }

    // MARK: what is in place

    /// Updates the count of what is in place.
    func countInPlace(_ body: (inout TransferTally) -> Void) {
        guarded.withLock { state in
            guard var tally = state.tally else { return }
            body(&tally)
            state.tally = tally
        }
    }

    /// Adopts the tally that a dvm receiving side sends.
    func takeTally(_ tally: TransferTally) { guarded.withLock { $0.tally = tally } }

    /// Sends the sender a tally of what is in place, if it requested that; called by the owner of the output.
    ///
    /// - Parameters:
    ///   - output: The output to write to.
    ///   - interval: The least time since the last tally.
    ///   - isLast: Whether everything is in place, of which the tally then tells the time.
    /// - Throws: ``WireError`` when it cannot be written.
    func tellTally(
        to output: WireOutput,
        every interval: Duration = .zero,
        isLast: Bool = false
    ) throws(WireError) {
        guard isServer, options.agent.tallies else { return }
        let clock = wallClock()
        let tally = guarded.withLock { state -> TransferTally? in
            if isLast { state.tally?.finishTime = clock.seconds * 1_000_000_000 + Int64(clock.nanoseconds) }
            guard .now - state.tallyTold >= interval, state.tally != state.toldTally else { return nil }
            state.tallyTold = .now
            state.toldTally = state.tally
            return state.tally
        }
        if let tally { try output.message(.tally, tally.payload) }
    }

    // MARK: phases

    /// Announces a phase after the data: to this side's progress counters, and to a dvm peer.
    func note(_ note: AgentNote) {
        take(note)
        if isServer, options.agent.notes { post(.agentNote, note.encoded) }
    }

    /// Handles a note of this side or the peer about a phase.
    func take(_ note: AgentNote) {
        switch note {
        case .synchronizing: progress.isSynchronizing.store(true, ordering: .relaxed)
        case .synchronized(let time):
            progress.isSynchronizing.store(false, ordering: .relaxed)
            count { $0.synchronization = time }
        }
    }

    // MARK: messages

    /// Reports a message to the user, or to the peer that shows it to one.
    func report(_ text: String, _ level: MessageLevel) {
        if case .errorTransfer = level { noteTransferError() }
        guard sendsMessages else { return observer.message(text, level) }
        observer.sentMessage(text, level)
        // The peer escapes what it shows.
        post(level.tag(in: parameters.dialect), PrintableText.unescaped(text).prefix(5000) + [UInt8(ascii: "\n")])
    }

    /// Reports a line of information that is about a name; the name is escaped where it is printed.
    func inform(_ before: String, _ name: some Sequence<UInt8>, _ after: String = "") {
        let line = Array(before.utf8) + name + Array(after.utf8)
        guard sendsMessages else { return observer.information(line) }
        observer.sentMessage(PrintableText.escaped(line), .info)
        post(.info, line.prefix(5000) + [UInt8(ascii: "\n")])
    }

    /// Whether messages are sent to the peer.
    private var sendsMessages: Bool { isServer && !(printsOwnMessages && options.output.messageRoute == .all) }

    /// Queues a message for the thread that owns the output.
    func post(_ tag: MessageTag, _ payload: [UInt8]) {
        guarded.withLock { $0.outbox.append((tag, payload)) }
        hasOutbox.store(true, ordering: .releasing)
    }

    /// Writes the queued messages; called by the owner of the output only.
    func sendOutbox(to output: WireOutput) throws(WireError) {
        guard hasOutbox.exchange(false, ordering: .acquiring) else { return }
        let messages = guarded.withLock { state in
            defer { state.outbox = [] }
            return state.outbox
        }
        for (tag, payload) in messages { try output.message(tag, payload) }
    }

    /// The text for a file that exceeds this side's size limit.
    func describeTooLarge(_ name: some Sequence<UInt8>, _ size: Int64, _ limit: Int64) -> String {
        "rsync: [\(role)] \"\(PrintableText.path(Array(name)))\" has \(size) bytes, "
            + "\(Self.tooLarge) of \(limit): not transferred"
    }

    /// The phrase in the message for a file that is too large, from either side.
    static let tooLarge = "more than the limit"

    /// Reports the attributes that could not be set on one entry, whose content is in place.
    func report(attributes failures: [VolumeError], role: String) {
        for failure in failures {
            guard let name = failure.extendedName, let number = failure.number else { continue }
            let (shown, reason) = (quoted(atDestination(failure.path)), "\(SystemError.text(of: number)) (\(number))")
            let what =
                name == Array("user.rsync.%stat".utf8)
                ? "failed to write xattr \(PrintableText.path(name)) for \(shown)"
                : "rsync_xal_set: lsetxattr(\(shown),\"\(PrintableText.path(name))\") failed"
            report("rsync: [\(role)] \(what): \(reason)", .errorTransfer)
        }
        let failures = failures.filter { $0.extendedName == nil }
        guard case .system(let operation, let path, let number)? = failures.first else { return }
        let kinds = failures.compactMap(\.attributeName)
        let what =
            kinds.count > 1 ? "\(kinds.dropLast().joined(separator: ", ")) and \(kinds[kinds.count - 1])" : kinds.first
        let text =
            kinds == ["owner"] || kinds == ["group"]
            ? describe(operation, path, number: number, role: role)
            : "rsync: [\(role)] failed to set \(what ?? operation) on \(quoted(atDestination(path))): "
                + "\(SystemError.text(of: number)) (\(number))"
        report(text, .errorTransfer)
    }

    /// The phrases in messages about attributes that could not be set, from either side.
    static let attributesNotSet = [
        "failed to set", "rsync_xal_set: ", "failed to write xattr ", "] chown \"", "] chgrp \"",
    ]

    /// The text rsync prints for a failed operation at the destination (protocol specification, transfer 18.6).
    func describe(_ operation: String, _ path: [UInt8], number: Int32, role: String? = nil) -> String {
        let what = "\(operation) \(quoted(atDestination(path)))"
        return "rsync: [\(role ?? self.role)] \(what) failed: \(SystemError.text(of: number)) (\(number))"
    }

    /// The same for one below a root of the source.
    func describe(_ operation: String, _ error: VolumeError, below root: SourceTable.Root) -> String {
        let number = error.number ?? EIO
        let what = "\(operation) \(quoted(place.shown(error.path, below: root)))"
        return "rsync: [sender] \(what) failed: \(SystemError.text(of: number)) (\(number))"
    }

    /// How the path of the destination, or of a directory beside it, is opened.
    ///
    /// - Parameters:
    ///   - module: The module's root; nil where paths are the user's own.
    ///   - followsAbsolute: Whether absolute links are followed that lead into the module.
    /// - Returns: The rule.
    func pathRule(for module: Volume?, followsAbsolute: Bool) -> PathRule {
        let rule = options.selection.links.paths
        guard let module else { return rule }
        if case .module(_, _, isRoot: true) = place { return rule.enclosed(below: []) }
        return rule.enclosed(below: followsAbsolute ? module.absolutePath : nil)
    }

    /// Says what explains an error about links.
    func noteLink(_ error: VolumeError) {
        if let note = error.note { report(note, .warning) }
    }

    /// The place of the destination, for messages; set before anything is written to it.
    func setDestination(_ root: FilterRoot) { guarded.withLock { $0.destination = root.path } }

    /// The whole path of something at the destination.
    func atDestination(_ path: [UInt8]) -> [UInt8] {
        // Such as that of a directory beside the destination.
        if path.first == PathParts.separator { return path }
        return place.shown(path.isEmpty ? [UInt8(ascii: ".")] : path, in: guarded.withLock { $0.destination })
    }

    /// Reports a listed file of the source that cannot be read.
    func reportUnreadable(_ name: ArraySlice<UInt8>, at path: [UInt8], _ error: VolumeError) {
        if error.isMissing {
            add(.vanished)
            return report("file has vanished: \"\(PrintableText.path(name))\"", .warning)
        }
        add(.general)
        let number = error.number ?? EINVAL
        let reason = "\(SystemError.text(of: number)) (\(number))"
        let what = "\"\(PrintableText.path(path))\"\(place.suffix)"
        report("rsync: [sender] send_files failed to open \(what): \(reason)", .errorTransfer)
    }

    /// Reports a file of which less could be read than it had when it was opened, even if it arrives as it is then.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - number: Why: `errno`; nil for a file that became shorter.
    func reportUnreadPart(at path: [UInt8], _ number: Int32?) {
        let what = "rsync: [sender] read errors mapping \(quoted(path)): "
        guard !options.output.listsChangedFiles else {
            // Not rsync's words for a shorter file, which are also those of an error that a device gives.
            let reason = number.map(Self.reason) ?? SessionResult.becameShorter
            return report(what + reason, .warning)
        }
        add(.general)
        report(what + Self.reason(number ?? ENODATA), .errorTransfer)
    }

    private static func reason(_ number: Int32) -> String { "\(SystemError.text(of: number)) (\(number))" }

    /// A path in a message, with the module that it is in.
    func quoted(_ path: [UInt8]) -> String { "\"\(PrintableText.path(path))\"\(place.suffix)" }
}

extension VolumeError {
    /// The name of the extended attribute that could not be set; nil for every other failure.
    fileprivate var extendedName: [UInt8]? {
        let (call, end) = ("lsetxattr ", " of")
        guard let operation, operation.hasPrefix(call), operation.hasSuffix(end) else { return nil }
        return Array(operation.utf8.dropFirst(call.utf8.count).dropLast(end.utf8.count))
    }

    /// rsync's word for the attribute that a system call failed to set.
    fileprivate var attributeName: String? {
        guard case .system(let operation, _, _) = self else { return nil }
        return switch operation {
        case "chown": "owner"
        case "chgrp": "group"
        case "utimensat": "times"
        case "chmod": "permissions"
        default: operation
        }
    }
}
