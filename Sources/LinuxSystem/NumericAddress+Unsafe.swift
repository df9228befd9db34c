import CLinux
import Glibc

// Numeric network addresses.
//
// Invariant: inet_pton(3) writes the 4 or 16 bytes of the structure that it is given, and they are read during the
// call.

/// The 4 bytes of an IPv4 address or the 16 bytes of an IPv6 address.
///
/// - Parameter text: The numeric address, without brackets and zone.
/// - Returns: The bytes in network order; nil for anything else.
package func numericAddress(_ text: String) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 16)
    if unsafe inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
    return unsafe inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
}
