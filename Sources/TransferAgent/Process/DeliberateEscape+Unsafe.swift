import Glibc
import LinuxSystem
import ProcessSupport

// Calls that a confined process must not be able to make.
//
// Invariant: C functions get pointers to their caller's strings and to a local variable, which end with the call.

#if DEBUG
/// Test builds only: attempts, on its own thread, what a confined process must not be able to do, and prints the
/// results.
///
/// `DVM_TEST_ESCAPE` contains words such as `read:/etc/shadow write:/tmp/file run:/bin/true link:/from:/to`.
enum DeliberateEscape {
    static func start() {
        guard let value = unsafe getenv("DVM_TEST_ESCAPE") else { return }
        let words = unsafe String(cString: value).split(separator: " ").map(String.init)
        _ = try? WorkerThread(name: "dvm-escape") {
            for word in words {
                let parts = word.split(separator: ":").map(String.init)
                let number = attempt(parts)
                StandardStream.error.write("escape \(word): \(number == 0 ? "done" : SystemError.text(of: number))\n")
            }
        }
    }

    /// The `errno`; 0 on success.
    private static func attempt(_ parts: [String]) -> Int32 {
        switch parts[0] {
        case "read": return opening(parts[1], O_RDONLY)
        case "write": return opening(parts[1], O_WRONLY | O_CREAT)
        case "make": return unsafe mkdir(parts[1], 0o700) == 0 ? 0 : errno
        case "empty": return unsafe rmdir(parts[1]) == 0 ? 0 : errno
        case "remove": return unsafe unlink(parts[1]) == 0 ? 0 : errno
        case "link": return unsafe link(parts[1], parts[2]) == 0 ? 0 : errno
        case "rename": return unsafe rename(parts[1], parts[2]) == 0 ? 0 : errno
        default:
            var process = pid_t()
            return unsafe posix_spawn(&process, parts[1], nil, nil, [nil], nil)
        }
    }

    private static func opening(_ path: String, _ flags: Int32) -> Int32 {
        let number = unsafe open(path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { return errno }
        close(number)
        return 0
    }
}
#endif
