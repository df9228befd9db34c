import Glibc
import LinuxSystem
import TestSupport
import Testing

@Suite("Descriptor, SystemError and WorkerThread", .timeLimit(.minutes(10)))
struct DescriptorTests {
    /// A number far above what other tests use, so that nothing else can take it in the meantime.
    private static func reserve() throws -> Int32 {
        let descriptor = try systemCall("open") { open("/dev/null", O_RDONLY | O_CLOEXEC) }
        defer { Glibc.close(descriptor) }
        return try systemCall("fcntl") { fcntl(descriptor, F_DUPFD_CLOEXEC, 900) }
    }

    private static func isOpen(_ number: Int32) -> Bool { fcntl(number, F_GETFD) >= 0 }

    @Test("is closed when its owner releases it")
    func scope() throws {
        let number = try Self.reserve()
        do {
            let descriptor = Descriptor(owning: number)
            #expect(Self.isOpen(descriptor.rawValue))
        }
        #expect(!Self.isOpen(number))
    }

    @Test("closes once, and reports the error of close(2)")
    func close() throws {
        let number = try Self.reserve()
        try Descriptor(owning: number).close()
        #expect(!Self.isOpen(number))
        let error = #expect(throws: SystemError.self) { try Descriptor(owning: -1).close() }
        #expect(error?.number == EBADF)
        #expect(error?.operation == "close")
    }

    @Test("a released number stays open")
    func release() throws {
        let number = Descriptor(owning: try Self.reserve()).release()
        #expect(Self.isOpen(number))
        Glibc.close(number)
    }

    @Test("a duplicate is closed on exec and lives on its own")
    func duplicate() throws {
        let first = Descriptor(owning: try Self.reserve())
        let second = try first.duplicate()
        #expect(second.rawValue != first.rawValue)
        #expect(fcntl(second.rawValue, F_GETFD) & FD_CLOEXEC != 0)
        try first.close()
        #expect(Self.isOpen(second.rawValue))
    }

    @Test("a system call is made again while a signal interrupts it")
    func interrupted() throws {
        var calls = 0
        let value = try systemCall("read") { () -> Int in
            calls += 1
            errno = EINTR
            return calls < 3 ? -1 : 5
        }
        #expect(value == 5)
        #expect(calls == 3)
    }

    @Test("a failed system call names itself and its number")
    func failed() {
        let error = #expect(throws: SystemError.self) {
            try systemCall("open") { open("/nowhere/at/all", O_RDONLY) }
        }
        #expect(error?.operation == "open")
        #expect(error?.number == ENOENT)
        #expect("\(SystemError(operation: "open", number: ENOENT))".contains("No such file or directory"))
    }

    @Test("a thread has its name and can be joined by several")
    func thread() throws {
        let names = BoundedQueue<String>(capacity: 1, name: "names")
        let worker = try WorkerThread(name: "dvm-a-name-that-is-long") {
            var name = [CChar](repeating: 0, count: 16)
            pthread_getname_np(pthread_self(), &name, 16)
            names.push(String(decoding: name.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
        }
        #expect(names.pop() == "dvm-a-name-that")
        let joiners = try (0..<3).map { _ in try Background { worker.join() } }
        for joiner in joiners { try joiner.value() }
        #expect(worker.join(within: .zero))
    }

    @Test("a limited join ends while the thread runs on")
    func limitedJoin() throws {
        let gate = BoundedQueue<Int>(capacity: 1, name: "gate")
        let worker = try WorkerThread(name: "waits") { _ = gate.pop() }
        #expect(!worker.join(within: .milliseconds(20)))
        gate.close()
        worker.join()
    }
}
