import AgentTestSupport
import Glibc
import LinuxSystem
import Synchronization
import TestSupport

/// A file that nobody can open until the test lets them: a scan that takes as long as the test wants.
///
/// The kernel asks this object (fanotify(7), FAN_OPEN_PERM), which answers when it is released; needs root.
///
/// ## Concurrency model
/// `asked` closes when somebody waits, `released` when the test lets go; both are queues.
final class HeldFile: Sendable {
    private typealias Initialize = @convention(c) (UInt32, UInt32) -> Int32
    private typealias Mark = @convention(c) (Int32, UInt32, UInt64, Int32, UnsafePointer<CChar>) -> Int32

    private let asked = BoundedQueue<Never>(capacity: 1, name: "somebody at the file")
    private let released = BoundedQueue<Never>(capacity: 1, name: "the file")
    private let number: Int32

    /// Begins to hold.
    init(_ path: String) throws {
        let anything = UnsafeMutableRawPointer(bitPattern: 0)
        guard let initialize = dlsym(anything, "fanotify_init"), let mark = dlsym(anything, "fanotify_mark") else {
            throw Unexpected("this C library has no fanotify")
        }
        // FAN_CLASS_CONTENT, FAN_CLOEXEC; FAN_MARK_ADD, FAN_OPEN_PERM.
        number = unsafeBitCast(initialize, to: Initialize.self)(4 | 1, UInt32(O_RDONLY | O_CLOEXEC))
        guard number >= 0 else { throw Unexpected("fanotify_init: \(errno)") }
        guard unsafeBitCast(mark, to: Mark.self)(number, 1, 0x10000, AT_FDCWD, path) == 0 else {
            throw Unexpected("fanotify_mark: \(errno)")
        }
        let (number, asked, released) = (number, asked, released)
        _ = try Background { Self.answer(number, asked, released) }
    }

    deinit { release() }

    /// Waits until somebody wants to open the file.
    func waitForCaller() throws {
        if case .timedOut = asked.pop(within: .seconds(120)) { throw Unexpected("nobody opens the file") }
    }

    /// Lets everybody in from now on.
    func release() { released.close() }

    /// Answers each question when the file is released; the event carries a descriptor at offset 16.
    private static func answer(_ number: Int32, _ asked: BoundedQueue<Never>, _ released: BoundedQueue<Never>) {
        var event = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(number, &event, event.count)
            guard count >= 24 else { break }
            asked.close()
            _ = released.pop()
            for start in stride(from: 0, to: count - 23, by: 24) {
                let file = event.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: start + 16, as: Int32.self) }
                var reply: [UInt32] = [UInt32(bitPattern: file), 1]
                _ = write(number, &reply, 8)
                close(file)
            }
        }
        close(number)
    }
}
