import CLinux
import Glibc
import LinuxSystem

// Socket addresses in the C library's form.
//
// Invariant: an address is copied from C's memory before that is freed, and never more than fits in `storage`; a
// pointer into `storage` is passed only to a call that ends before the function returns. Every bit pattern is a valid
// value of these structures.

/// A socket address of any family, in the kernel's form.
struct SocketAddress: Sendable {
    private(set) var storage = sockaddr_storage()
    private(set) var length = socklen_t(MemoryLayout<sockaddr_storage>.size)

    var family: Int32 { Int32(storage.ss_family) }

    /// Copies an address found by the resolver.
    private init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
        self.length = min(length, self.length)
        let count = Int(self.length)
        unsafe withUnsafeMutableBytes(of: &storage) { raw in
            unsafe raw.copyMemory(from: UnsafeRawBufferPointer(start: address, count: count))
        }
    }

    /// The local address of a socket; of family `AF_UNSPEC` if it has none.
    init(localOf socket: Int32) {
        unsafe fill { unsafe getsockname(socket, __SOCKADDR_ARG(__sockaddr__: $0), $1) }
    }

    /// The peer address of a socket; of family `AF_UNSPEC` if it has none.
    init(peerOf socket: Int32) {
        unsafe fill { unsafe getpeername(socket, __SOCKADDR_ARG(__sockaddr__: $0), $1) }
    }

    private mutating func fill(_ call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
        var size = length
        let answer = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, &size) }
        }
        if answer == 0 { length = size } else { storage = sockaddr_storage() }
    }

    /// connect(2).
    func connect(_ socket: Int32) -> Int32 {
        unsafe withSockaddr { unsafe Glibc.connect(socket, __CONST_SOCKADDR_ARG(__sockaddr__: $0), $1) }
    }

    /// bind(2).
    func bind(_ socket: Int32) -> Int32 {
        unsafe withSockaddr { unsafe Glibc.bind(socket, __CONST_SOCKADDR_ARG(__sockaddr__: $0), $1) }
    }

    private func withSockaddr<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        unsafe withUnsafePointer(to: storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe body($0, length) }
        }
    }

    /// Numeric host and port; nil for families without ports, such as a socket pair's.
    var hostPort: HostPort? {
        guard family == AF_INET || family == AF_INET6 else { return nil }
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var service = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let hostSize = socklen_t(host.count)
        let serviceSize = socklen_t(service.count)
        let answer = unsafe withSockaddr { pointer, length in
            unsafe getnameinfo(
                pointer,
                length,
                &host,
                hostSize,
                &service,
                serviceSize,
                NI_NUMERICHOST | NI_NUMERICSERV
            )
        }
        guard answer == 0, let port = UInt16(text(service)) else { return nil }
        return HostPort(host: text(host), port: port)
    }

    /// The host's name by a reverse lookup; nil when it has none.
    ///
    /// Blocks for as long as the resolver takes.
    var hostName: String? {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let size = socklen_t(host.count)
        let answer = unsafe withSockaddr { unsafe getnameinfo($0, $1, &host, size, nil, 0, NI_NAMEREQD) }
        return answer == 0 ? text(host) : nil
    }

    private func text(_ buffer: [CChar]) -> String {
        String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Resolves the stream addresses of a host; blocks for as long as the resolver takes.
    ///
    /// - Parameters:
    ///   - target: Name or numeric address, and port; an empty host means any address if `isPassive`.
    ///   - isPassive: Whether the addresses are for listening.
    ///   - isIPv4: Whether only IPv4 or only IPv6 addresses are wanted; nil for both.
    /// - Returns: At least one address.
    /// - Throws: ``TransportError/unknownHost(host:reason:)``.
    static func resolve(
        _ target: HostPort,
        isPassive: Bool,
        isIPv4: Bool? = nil
    ) throws(TransportError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = isIPv4.map { $0 ? AF_INET : AF_INET6 } ?? AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = isPassive ? AI_PASSIVE | AI_NUMERICSERV : AI_NUMERICSERV
        var first: UnsafeMutablePointer<addrinfo>?
        let host: String? = target.host.isEmpty ? nil : target.host
        let code = unsafe getaddrinfo(host, String(target.port), &hints, &first)
        let number = errno
        guard code == 0 else {
            let reason = code == EAI_SYSTEM ? SystemError.text(of: number) : unsafe String(cString: gai_strerror(code))
            throw .unknownHost(host: target.host, reason: reason)
        }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [SocketAddress] = []
        var next = unsafe first
        while let entry = unsafe next?.pointee {
            if let address = unsafe entry.ai_addr {
                unsafe addresses.append(SocketAddress(copying: address, length: entry.ai_addrlen))
            }
            unsafe next = entry.ai_next
        }
        guard !addresses.isEmpty else {
            throw .unknownHost(host: target.host, reason: "the resolver returned no address")
        }
        return addresses
    }
}

extension SocketAddress {
    /// The address of a Unix domain socket; nil for a path that does not fit.
    init?(unixPath path: String) {
        self.init(unixName: Array(path.utf8), length: socklen_t(MemoryLayout<sockaddr_un>.size))
    }

    /// The address of a local socket: a path, or an abstract name after `@` (unix(7)); nil for one that does not fit.
    init?(localName name: String) {
        guard name.hasPrefix("@") else {
            self.init(unixPath: name)
            return
        }
        // An abstract name has no end but the length of the address.
        let bytes = [0] + Array(name.utf8.dropFirst())
        guard bytes.count > 1 else { return nil }
        self.init(unixName: bytes, length: socklen_t(MemoryLayout<sa_family_t>.size + bytes.count))
    }

    private init?(unixName name: [UInt8], length: socklen_t) {
        var address = sockaddr_un()
        let space = MemoryLayout.size(ofValue: address.sun_path)
        guard !name.isEmpty, name.count < space else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        self = unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe SocketAddress(copying: $0, length: length)
            }
        }
    }
}
