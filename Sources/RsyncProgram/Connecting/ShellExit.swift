import ProcessSupport

/// What the end of a remote shell means for the client's exit code (protocol specification, session 9.1).
enum ShellExit {
    /// The exit code of a client.
    ///
    /// - Parameters:
    ///   - own: The session's own exit code.
    ///   - isBroken: Whether the session did not finish.
    ///   - isPush: Whether this side sends: a receiver that had errors keeps its code if that is the higher one.
    ///   - ending: How the shell ended; nil when waiting failed.
    /// - Returns: A code of rsync's, or the shell's own.
    static func code(own: Int32, isBroken: Bool, isPush: Bool, ending: ChildProgram.Ending?) -> Int32 {
        guard !isBroken else {
            // The connection was closed; the reason may be a code above 12, such as 127.
            // Whether reading (12) or writing (10) detected it is random.
            guard own == 10 || own == 12 else { return own }
            guard case .exited(let code) = ending else { return 12 }
            return max(12, code)
        }
        let shell: Int32 =
            switch ending {
            case .exited(let code): code
            case .killed: 16
            case nil: 21
            }
        if isPush { return shell == 0 ? own : shell }
        return max(own, shell)
    }
}
