package import RsyncOptions

/// What a daemon does around one client's session with a module: identity, commands, log.
///
/// Called in this order, on the connection's thread, which it may block.
package protocol ModuleVisit: AnyObject, Sendable {
    /// Follows the session.
    var observer: any TransferObserver { get }

    /// Ends the visit of a client that did not prove a password.
    func rejectLogin()

    /// Begins the visit of an authenticated client.
    ///
    /// - Parameters:
    ///   - user: The user; empty where no password is needed.
    ///   - earlyInput: What the client sent for the module's first command.
    ///   - module: Gets the directory and what else depends on the user.
    /// - Returns: The reason for refusing, as the text after `@ERROR: `; nil to go on.
    func begin(user: [UInt8], earlyInput: [UInt8], _ module: inout DaemonModule) -> [UInt8]?

    /// Handles the client's request before the session begins.
    ///
    /// - Parameter request: What the client asks for; its options can be changed.
    /// - Returns: The reason for refusing; nil to go on.
    func prepare(_ request: inout VisitRequest) -> EngineError?

    /// Runs the session with the module's identity, and ends the visit.
    func run(_ session: () -> SessionResult) -> SessionResult

    /// Ends a visit whose session did not begin.
    func abandon()
}

/// A client's request to a module.
package struct VisitRequest: Sendable {
    /// The arguments as the client sent them, from `--server` to the `.` before the paths.
    package let words: [[UInt8]]
    /// The paths, with the name of the module in front.
    package let requested: [[UInt8]]
    /// The paths in the module.
    package let paths: [[UInt8]]
    /// Whether the client pulls.
    package let isSender: Bool
    /// The options.
    package var options: TransferOptions
}
