import CLinux
import Glibc

// System calls on processes, signals, arguments and the environment.
//
// Invariant: pointers are to arrays and local variables and end with the call; the arguments and the environment are
// the process's own memory, read while no other thread changes it. Each returns the C function's result.

/// pipe2(2), closed on exec: the read end and the write end.
func pipe(_ ends: inout [2 of Int32]) -> Int32 {
    var span = ends.mutableSpan
    return unsafe span.withUnsafeMutableBufferPointer { unsafe pipe2($0.baseAddress, O_CLOEXEC) }
}

/// waitpid(2).
func waitForEnd(of process: pid_t, _ status: inout Int32) -> pid_t { unsafe waitpid(process, &status, 0) }

/// Collects the exit status of all children that have ended, for a process that starts none itself: its children are
/// those that their own parents have left behind.
package func reapChildren() {
    while waitpid(-1, nil, WNOHANG) > 0 {}
}

/// setgroups(2), for all threads.
func setGroups(_ groups: [UInt32]) -> Int32 { unsafe setgroups(groups.count, groups) }

/// getgroups(2); empty when it fails.
func groupList() -> [UInt32] {
    let count = getgroups(0, nil)
    guard count > 0 else { return [] }
    var groups = [UInt32](repeating: 0, count: Int(count))
    let filled = unsafe getgroups(count, &groups)
    return Array(groups.prefix(Int(max(0, filled))))
}

/// capget(2) of the calling thread; empty sets if it fails.
func capabilitySets() -> dvm_capabilities {
    var held = dvm_capabilities()
    return unsafe dvm_get_capabilities(&held) == 0 ? held : dvm_capabilities()
}

/// getresuid(2) and getresgid(2): the real, effective and saved user and group.
func threeIdentities() -> (users: [UInt32], groups: [UInt32]) {
    var (user, effectiveUser, savedUser) = (uid_t.max, uid_t.max, uid_t.max)
    var (group, effectiveGroup, savedGroup) = (gid_t.max, gid_t.max, gid_t.max)
    unsafe getresuid(&user, &effectiveUser, &savedUser)
    unsafe getresgid(&group, &effectiveGroup, &savedGroup)
    return ([user, effectiveUser, savedUser], [group, effectiveGroup, savedGroup])
}

/// realpath(3).
func resolvedPath(_ path: String) -> String? {
    guard let resolved = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
}

/// The size of a terminal in characters; nil if it does not report one.
func windowSize(_ terminal: Int32) -> winsize? {
    var size = winsize()
    return unsafe dvm_get_window_size(terminal, &size) == 0 ? size : nil
}

/// getrlimit(2).
func readLimits(_ resource: __rlimit_resource_t) -> rlimit? {
    var limits = rlimit()
    return unsafe getrlimit(resource, &limits) == 0 ? limits : nil
}

/// setrlimit(2).
func setLimits(_ resource: __rlimit_resource_t, _ limits: rlimit) {
    _ = unsafe withUnsafePointer(to: limits) { unsafe setrlimit(resource, $0) }
}

/// statx(2) of a path, following symbolic links; nil on failure.
func extendedStatus(_ path: String) -> statx? {
    var status = statx()
    return unsafe dvm_statx(AT_FDCWD, path, 0, 0, &status) == 0 ? status : nil
}

// MARK: Signals

/// A set of signals.
struct SignalSet {
    fileprivate var set = sigset_t()

    init(_ numbers: [Int32]) {
        unsafe sigemptyset(&set)
        for number in numbers { unsafe sigaddset(&set, number) }
    }

    /// All signals.
    static var all: SignalSet {
        var all = SignalSet([])
        unsafe sigfillset(&all.set)
        return all
    }

    /// Blocks the signals in this thread.
    mutating func block() { unsafe pthread_sigmask(SIG_BLOCK, &set, nil) }

    /// sigtimedwait(2).
    mutating func wait(within limit: Duration) -> Int32 {
        let (seconds, attoseconds) = limit.components
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
        return unsafe sigtimedwait(&set, nil, &time)
    }

    /// sigwaitinfo(2).
    mutating func wait() -> Int32 { unsafe sigwaitinfo(&set, nil) }
}

/// Whether a signal has its default action.
func hasDefaultAction(_ signal: Int32) -> Bool {
    var action = sigaction()
    return unsafe sigaction(signal, nil, &action) == 0 && action.__sigaction_handler.sa_handler == nil
}

// MARK: Arguments and environment

/// The argument vector.
func argumentVector() -> [[UInt8]] {
    let vector = unsafe CommandLine.unsafeArgv
    return (0..<Int(CommandLine.argc)).compactMap { index in unsafe vector[index].map { unsafe bytes(of: $0) } }
}

/// The environment, as `NAME=VALUE` strings.
func environmentVector() -> [[UInt8]] {
    var lines: [[UInt8]] = []
    var next = unsafe Glibc.environ
    while let entry = unsafe next.pointee {
        unsafe lines.append(bytes(of: entry))
        unsafe next += 1
    }
    return lines
}

private func bytes(of text: UnsafePointer<CChar>) -> [UInt8] {
    unsafe Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
}

// MARK: Children

/// posix_spawn(3), or posix_spawnp(3) to search for the program in `PATH`.
///
/// - Parameters:
///   - process: Set to its process ID.
///   - program: A path or a name.
///   - isLookedFor: Whether it is a name to search for.
///   - arguments: The program's name first.
///   - environment: `NAME=VALUE` strings.
///   - input: Becomes standard input.
///   - output: Becomes standard output.
///   - defaults: The signals that get their default action; none remains blocked.
///   - beginsSession: Whether it gets a session of its own.
/// - Returns: 0, or an `errno`.
func spawn(
    _ process: inout pid_t,
    _ program: [UInt8],
    isLookedFor: Bool,
    _ arguments: [[UInt8]],
    environment: [[UInt8]],
    input: Int32,
    output: Int32,
    defaults: SignalSet,
    beginsSession: Bool
) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    unsafe posix_spawn_file_actions_init(&actions)
    unsafe posix_spawnattr_init(&attributes)
    defer {
        unsafe posix_spawn_file_actions_destroy(&actions)
        unsafe posix_spawnattr_destroy(&attributes)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
    var none = SignalSet([])
    var defaults = defaults
    unsafe posix_spawnattr_setsigmask(&attributes, &none.set)
    unsafe posix_spawnattr_setsigdefault(&attributes, &defaults.set)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (beginsSession ? Int32(POSIX_SPAWN_SETSID) : 0)
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    var words = unsafe vector(arguments)
    var variables = unsafe vector(environment)
    defer { unsafe (words + variables).forEach { unsafe free($0) } }
    return isLookedFor
        ? unsafe posix_spawnp(&process, text(program), &actions, &attributes, &words, &variables)
        : unsafe posix_spawn(&process, text(program), &actions, &attributes, &words, &variables)
}

/// Heap copies of the strings, followed by a null pointer.
private func vector(_ words: [[UInt8]]) -> [UnsafeMutablePointer<CChar>?] {
    unsafe words.map { word in unsafe strdup(text(word)) } + [nil]
}

/// Bytes as a C string.
private func text(_ bytes: [UInt8]) -> [CChar] { bytes.map { CChar(bitPattern: $0) } + [0] }

/// The characters of the user's locale (`LC_ALL`, `LC_CTYPE`, `LANG`).
package enum CharacterLocale {
    /// Adopts the locale for characters and reads what it is; called before a second thread exists.
    ///
    /// - Returns: Whether its characters are encoded as UTF-8.
    package static func usesUTF8() -> Bool {
        _ = unsafe setlocale(LC_CTYPE, "")
        // The string belongs to libc and is copied before the next call could change it.
        guard let name = unsafe nl_langinfo(nl_item(CODESET)) else { return false }
        return unsafe String(cString: name) == "UTF-8"
    }
}

// MARK: Identity

/// chroot(2), and the new root as the working directory.
package func changeRoot(_ path: [UInt8]) -> Int32 {
    let path = path.map { CChar(bitPattern: $0) } + [0]
    guard unsafe chroot(path) == 0 else { return -1 }
    return unsafe chdir("/")
}

/// setgroups(2) and setgid(2) with one group, for all threads.
package func changeGroups(_ group: UInt32) -> Int32 {
    setGroups([group]) == 0 ? setgid(group) : -1
}
