import Glibc

/// Ends the process at once with an exit code, after what was printed has been written.
///
/// For programs whose threads may still be busy: exit(3) runs the destructors of libraries, and a thread that releases
/// a TLS connection while OpenSSL cleans up frees its memory twice.
///
/// - Parameter code: 0 to 255.
package func endProcess(_ code: Int32) -> Never {
    fflush(nil)
    _exit(code)
}
