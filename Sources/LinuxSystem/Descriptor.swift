import Glibc

/// A file descriptor with exactly one owner, closed when its owner releases it.
package struct Descriptor: ~Copyable, Sendable {
    /// The number the kernel knows it by, valid as long as this value lives.
    package let rawValue: Int32

    /// Takes ownership of an open descriptor.
    ///
    /// - Parameter rawValue: A descriptor that nothing else will close.
    package init(owning rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit { _ = Glibc.close(rawValue) }

    /// Closes the descriptor and reports what close(2) says: a lost write may show only here.
    ///
    /// - Throws: ``SystemError``; the descriptor is gone in any case.
    package consuming func close() throws(SystemError) {
        let number = rawValue
        discard self
        guard Glibc.close(number) == 0 || errno == EINTR else {
            throw SystemError(operation: "close", number: errno)
        }
    }

    /// Gives up ownership: the caller closes the number from now on.
    package consuming func release() -> Int32 {
        let number = rawValue
        discard self
        return number
    }

    /// A second descriptor of the same open file, closed on exec.
    ///
    /// - Throws: ``SystemError`` of fcntl(2).
    package func duplicate() throws(SystemError) -> Descriptor {
        Descriptor(owning: try systemCall("fcntl") { fcntl(rawValue, F_DUPFD_CLOEXEC, 0) })
    }
}
