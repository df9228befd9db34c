import CLinux
import Glibc
import LinuxSystem

// System calls on sockets and pipes.
//
// Invariant: the kernel accesses only the span, slice or array that a call is given, before the function returns; other
// pointers are to local variables. Each returns the C function's result: after -1, `errno` tells why.

/// recv(2), nonblocking.
func receive(_ socket: Int32, into slice: MemorySlice) -> Int {
    unsafe slice.withUnsafeMutableBytes { unsafe recv(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
}

/// read(2).
func readBytes(_ descriptor: Int32, into slice: MemorySlice) -> Int {
    unsafe slice.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
}

/// send(2), nonblocking and without SIGPIPE.
func send(_ socket: Int32, _ bytes: RawSpan) -> Int {
    unsafe bytes.withUnsafeBytes {
        unsafe Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
    }
}

/// write(2).
func writeBytes(_ descriptor: Int32, _ bytes: RawSpan) -> Int {
    unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
}

/// poll(2) of two descriptors.
func poll(_ watched: inout [2 of pollfd], milliseconds: Int32) -> Int32 {
    var span = watched.mutableSpan
    return unsafe span.withUnsafeMutableBufferPointer { unsafe Glibc.poll($0.baseAddress, 2, milliseconds) }
}

/// setsockopt(2) with a raw value.
func setOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: [UInt8]) -> Int32 {
    unsafe setsockopt(socket, level, name, value, socklen_t(value.count))
}

/// setsockopt(2) with an integer.
func setOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: Int32) -> Int32 {
    unsafe withUnsafePointer(to: value) {
        unsafe setsockopt(socket, level, name, $0, socklen_t(MemoryLayout<Int32>.size))
    }
}

/// Limits the waits of connect(2) and send(2) on a socket that blocks (`SO_SNDTIMEO`).
func setSendLimit(_ socket: Int32, _ limit: Duration) -> Int32 {
    let nanoseconds = limit.clampedNanoseconds
    var time = timeval(tv_sec: Int(nanoseconds / 1_000_000_000), tv_usec: Int(nanoseconds % 1_000_000_000 / 1000))
    return unsafe setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
}

/// Makes close(2) discard unsent data and reset the connection.
func dropOnClose(_ socket: Int32) {
    var immediately = linger(l_onoff: 1, l_linger: 0)
    _ = unsafe setsockopt(socket, SOL_SOCKET, SO_LINGER, &immediately, socklen_t(MemoryLayout<linger>.size))
}

/// getsockopt(2) of an integer.
func getOption(_ socket: Int32, _ level: Int32, _ name: Int32, _ value: inout Int32) -> Int32 {
    var size = socklen_t(MemoryLayout<Int32>.size)
    return unsafe getsockopt(socket, level, name, &value, &size)
}

/// The user of the process that connected a local socket (`SO_PEERCRED`, unix(7)); nil when the kernel does not tell.
func peerUser(_ socket: Int32) -> UInt32? {
    // Process, user and group.
    var credentials: [3 of UInt32] = [0, 0, 0]
    var size = socklen_t(MemoryLayout.size(ofValue: credentials))
    return unsafe getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials[1] : nil
}

/// accept4(2), without the peer's address.
func accept(_ socket: Int32, _ flags: Int32) -> Int32 {
    unsafe accept4(socket, __SOCKADDR_ARG(__sockaddr__: nil), nil, flags)
}

/// socketpair(2) of stream sockets, closed on exec.
func socketPair(_ numbers: inout [2 of Int32]) -> Int32 {
    var span = numbers.mutableSpan
    return unsafe span.withUnsafeMutableBufferPointer {
        unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, $0.baseAddress)
    }
}
