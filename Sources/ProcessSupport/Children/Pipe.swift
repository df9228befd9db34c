import Glibc
package import LinuxSystem

/// A pipe, closed on exec.
package struct Pipe: ~Copyable {
    package let reading: Descriptor
    package let writing: Descriptor

    /// Makes a pipe.
    ///
    /// - Throws: `SystemError` of pipe2(2).
    package init() throws(SystemError) {
        var ends: [2 of Int32] = [-1, -1]
        try systemCall("pipe2") { pipe(&ends) }
        reading = Descriptor(owning: ends[0])
        writing = Descriptor(owning: ends[1])
    }

    /// Keeps the end that is read from and closes the other.
    package consuming func takeReading() -> Descriptor { reading }

    /// Keeps the end that is written to and closes the other.
    package consuming func takeWriting() -> Descriptor { writing }
}
