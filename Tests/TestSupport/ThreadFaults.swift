import Foundation
import Glibc
import LinuxSystem

/// The numbers of the system calls that tests let fail, on x86-64.
package enum SystemCallNumber: UInt32, Sendable, CaseIterable {
    case lseek = 8
    case ioctl = 16
    case pwrite = 18
    case fcntl = 72
    case fsync = 74
    case fdatasync = 75
    case ftruncate = 77
    case fchmod = 91
    case fchown = 93
    case openat = 257
    case unlinkat = 263
    case renameat = 264
    case linkat = 265
    case symlinkat = 266
    case syncFileRange = 277
    case utimensat = 280
    case fallocate = 285
    case syncfs = 306
    case accept4 = 288
    case eventfd2 = 290
    case copyFileRange = 326
    case statx = 332
    case openat2 = 437
    case fchmodat2 = 452
    case setgroups = 116
    case setresuid = 117
    case setresgid = 119
    case prctl = 157
    case seccomp = 317
}

/// A system call that should fail on one thread.
package struct SystemCallFault: Sendable {
    let number: UInt32
    let error: Int32
    let argument: (index: Int, mask: UInt32)?

    /// Names a call and its failure.
    ///
    /// - Parameters:
    ///   - call: Which.
    ///   - error: The `errno` it should give.
    ///   - argument: Only calls that have any bit of `mask` set in this argument (from 0) fail; nil for all.
    package init(_ call: SystemCallNumber, _ error: Int32, argument: (index: Int, mask: UInt32)? = nil) {
        number = call.rawValue
        self.error = error
        self.argument = argument
    }
}

/// Runs a closure on its own thread on which some system calls fail, as another user if asked.
///
/// The kernel itself gives the errors (a seccomp filter), so nothing has to be faked. Expectations belong after the
/// call: the testing library does not know the thread.
package func onThread<Value: Sendable>(
    failing faults: [SystemCallFault] = [],
    user: UInt32? = nil,
    _ body: @escaping @Sendable () throws -> Value
) throws -> Value {
    let run = Run(body)
    _ = try WorkerThread(name: "faulty") { [faults] in
        run.perform {
            try install(faults)
            guard let user else { return }
            try rawSystemCall(.setgroups, 0, 0)
            try rawSystemCall(.setresgid, Int(user), Int(user), Int(user))
            try rawSystemCall(.setresuid, Int(user), Int(user), Int(user))
        }
    }
    run.done.wait()
    // What the closure holds must not be let go on the thread: cleaning up may need the calls that fail there.
    run.body = nil
    guard let result = run.result else { throw POSIXError(.ECANCELED) }
    return try result.get()
}

/// The work of a thread.
///
/// The thread alone touches it until the semaphore is signalled, the starter alone after that.
private final class Run<Value>: @unchecked Sendable {
    var body: (@Sendable () throws -> Value)?
    var result: Result<Value, any Error>?
    let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () throws -> Value) { self.body = body }

    func perform(after prepare: () throws -> Void) {
        result = Result {
            try prepare()
            guard let body else { throw POSIXError(.ECANCELED) }
            return try body()
        }
        done.signal()
    }
}

/// syscall(2) as a function with fixed arguments: Swift does not import variadic ones.
@discardableResult
private func rawSystemCall(_ call: SystemCallNumber, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) throws -> Int {
    typealias Function = @convention(c) (Int, Int, Int, Int, Int, Int, Int) -> Int
    guard let symbol = dlsym(nil, "syscall") else { throw POSIXError(.ENOSYS) }
    let result = unsafeBitCast(symbol, to: Function.self)(Int(call.rawValue), a, b, c, 0, 0, 0)
    guard result >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return result
}

/// Installs a filter for this thread: each fault is a few instructions, what matches none is allowed.
private func install(_ faults: [SystemCallFault]) throws {
    guard !faults.isEmpty else { return }
    func instruction(_ code: UInt64, _ value: UInt32, ifTrue: UInt64 = 0, ifFalse: UInt64 = 0) -> UInt64 {
        code | ifTrue << 16 | ifFalse << 24 | UInt64(value) << 32
    }
    let load: UInt64 = 0x20
    let jumpEqual: UInt64 = 0x15
    let jumpSet: UInt64 = 0x45
    let answer: UInt64 = 0x06
    var program: [UInt64] = []
    for fault in faults {
        let errorAnswer = instruction(answer, 0x0005_0000 | UInt32(fault.error))
        program.append(instruction(load, 0))
        if let (index, mask) = fault.argument {
            program.append(instruction(jumpEqual, fault.number, ifFalse: 3))
            program.append(instruction(load, UInt32(16 + 8 * index)))
            program.append(instruction(jumpSet, mask, ifFalse: 1))
        } else {
            program.append(instruction(jumpEqual, fault.number, ifFalse: 1))
        }
        program.append(errorAnswer)
    }
    program.append(instruction(answer, 0x7fff_0000))
    let count = program.count
    try program.withUnsafeBufferPointer { instructions in
        var header = (UInt64(count), UInt(bitPattern: instructions.baseAddress))
        try withUnsafePointer(to: &header) { header in
            try rawSystemCall(.prctl, 38, 1)  // PR_SET_NO_NEW_PRIVS
            try rawSystemCall(.seccomp, 1, 0, Int(bitPattern: header))
        }
    }
}
