import LinuxSystem

/// A system error as rsync prints it: `No such file or directory (2)`.
package struct SystemText: CustomStringConvertible {
    private let number: Int32

    package init(_ number: Int32) { self.number = number }

    package var description: String { "\(SystemError.text(of: number)) (\(number))" }
}
