import LinuxSystem

/// A system error as rsync prints it: `No such file or directory (2)`.
struct SystemText: CustomStringConvertible {
    private let number: Int32

    init(_ number: Int32) { self.number = number }

    var description: String { "\(SystemError.text(of: number)) (\(number))" }
}
