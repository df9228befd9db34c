import CLinux
import Glibc
import LinuxSystem
import RsyncCommand
import Transport

/// A remote shell as a child process, with a stream over its standard input and output.
struct RemoteShell {
    /// Talks with the server that the shell starts.
    let stream: PipeStream
    private let process: pid_t

    /// Starts the shell; its standard error is ours.
    ///
    /// - Parameter arguments: Program and arguments; the program is looked for in PATH.
    /// - Throws: ``CommandError/failed(_:exitCode:)`` with code 14 when no process could be started.
    init(_ arguments: [[UInt8]]) throws(CommandError) {
        do throws(SystemError) {
            let toChild = try PipeEnds()
            let fromChild = try PipeEnds()
            process = try Self.spawn(arguments, input: toChild.reading.rawValue, output: fromChild.writing.rawValue)
            stream = try PipeStream(
                reading: fromChild.reading.duplicate(),
                writing: toChild.writing.duplicate(),
                peerDescription: "the remote shell"
            )
        } catch {
            let program = String(decoding: arguments.first ?? [], as: UTF8.self)
            throw .failed("rsync: [sender] Failed to exec \(program): \(error.reason) (\(error.number))", exitCode: 14)
        }
    }

    private static func spawn(_ arguments: [[UInt8]], input: Int32, output: Int32) throws(SystemError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, input, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        unsafe sigemptyset(&defaults)
        unsafe sigaddset(&defaults, SIGPIPE)
        var blocked = sigset_t()
        unsafe sigemptyset(&blocked)
        unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
        unsafe posix_spawnattr_setsigmask(&attributes, &blocked)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let words = unsafe arguments.map { word in unsafe strdup(word.map { CChar(bitPattern: $0) } + [0]) }
        defer {
            for index in unsafe words.indices { unsafe free(words[index]) }
        }
        guard let program = unsafe words.first ?? nil else { throw SystemError(operation: "strdup", number: ENOMEM) }
        var process: pid_t = 0
        let answer = unsafe posix_spawnp(&process, program, &actions, &attributes, words + [nil], Glibc.environ)
        guard answer == 0 else { throw SystemError(operation: "posix_spawnp", number: answer) }
        return process
    }

    /// Waits for the shell's end.
    ///
    /// - Returns: The exit code that its status stands for (protocol specification, session 9.1).
    func wait() -> Int32 {
        stream.close()
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return 21 }
        }
        let isKilled = status & 0x7F != 0
        let code = (status >> 8) & 0xFF
        return isKilled ? 125 : code == 255 ? 124 : code
    }

    /// Cuts the text of `-e` into words: at blanks, with single and double quotes.
    static func words(of command: [UInt8]) throws(CommandError) -> [[UInt8]] {
        var words: [[UInt8]] = []
        var word: [UInt8]?
        var quote: UInt8?
        for byte in command {
            if let open = quote {
                if byte == open { quote = nil } else { word = (word ?? []) + [byte] }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
                word = word ?? []
            } else if byte == UInt8(ascii: " ") {
                if let word { words.append(word) }
                word = nil
            } else {
                word = (word ?? []) + [byte]
            }
        }
        guard quote == nil else { throw .usage("Missing trailing-quote in remote-shell command.") }
        if let word { words.append(word) }
        guard !words.isEmpty else { throw .usage("the remote-shell command is empty") }
        return words
    }
}

/// A pipe.
private struct PipeEnds: ~Copyable {
    let reading: Descriptor
    let writing: Descriptor

    init() throws(SystemError) {
        var ends: [Int32] = [-1, -1]
        try systemCall("pipe2") { unsafe pipe2(&ends, O_CLOEXEC) }
        reading = Descriptor(owning: ends[0])
        writing = Descriptor(owning: ends[1])
    }
}
