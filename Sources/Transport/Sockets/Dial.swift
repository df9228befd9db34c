import CLinux
import Glibc
import LinuxSystem
import Synchronization

/// Connects to a host over TCP, trying all of its addresses in turn.
///
/// An address gets at least its equal share of the time that is left, so that one that swallows everything does not
/// keep the others from their turn.
///
/// - Parameters:
///   - target: The address to connect to; the port must not be 0.
///   - limit: The time for everything: name resolution and all addresses.
///   - options: What to set on the socket.
///   - route: Limits on how the connection is made.
///   - stop: Ends the attempt with ``TransportError/closed(peer:)`` when thrown.
/// - Returns: The connected stream, whose peer is described as the address that answered.
/// - Throws: ``TransportError``; when all addresses failed the error names each and its answer.
package func dial(
    _ target: HostPort,
    within limit: Duration,
    options: SocketOptions = SocketOptions(),
    route: DialRoute = DialRoute(),
    stop: StopSignal? = nil
) throws(TransportError) -> SocketStream {
    let deadline = monotonicNanoseconds() + limit.clampedNanoseconds
    guard target.port != 0, !target.host.isEmpty else {
        throw .badAddress(text: target.description, reason: "a host and a port are required")
    }
    let addresses = try resolve(target, within: limit, isIPv4: route.isIPv4)
    var locals: [SocketAddress]?
    if let host = route.localHost {
        locals = try resolve(HostPort(host: host, port: 0), within: limit, isIPv4: route.isIPv4)
    }
    var attempts: [ConnectAttempt] = []
    for (index, address) in addresses.enumerated() {
        let now = monotonicNanoseconds()
        guard deadline > now else { break }
        let share = (deadline - now) / Int64(addresses.count - index)
        do throws(SystemError) {
            let socket = try connect(to: address, deadline: now + share, stop: stop) {
                (socket: borrowing Descriptor) throws(SystemError) in
                try options.apply(to: socket)
                for option in route.extras { try option.apply(to: socket.rawValue) }
                if let locals { try bind(socket.rawValue, toOneOf: locals, family: address.family) }
            }
            return try SocketStream(socket, peerDescription: "\(target)")
        } catch {
            guard error.number != ECANCELED else { throw .closed(peer: target.description) }
            attempts.append(ConnectAttempt(address: "\(address.hostPort ?? target)", number: error.number))
        }
    }
    if !attempts.isEmpty, attempts.allSatisfy({ $0.number == ETIMEDOUT }) {
        let names = attempts.map(\.address).joined(separator: ", ")
        throw .timedOut(waitingFor: "the connection to \(target) (tried \(names))", after: limit)
    }
    guard attempts.allSatisfy({ $0.number == ECONNREFUSED }) else {
        throw .unreachable(target: target.description, attempts: attempts)
    }
    throw .refused(target: target.description, attempts: attempts)
}

/// Finds the addresses of a host.
///
/// - Parameters:
///   - target: A name or a numeric address, and a port.
///   - limit: The longest wait for the resolver.
/// - Returns: At least one address, in the order in which ``dial(_:within:options:stop:)`` would try them.
/// - Throws: ``TransportError``.
package func addresses(of target: HostPort, within limit: Duration) throws(TransportError) -> [HostPort] {
    try resolve(target, within: limit).compactMap(\.hostPort)
}

/// Looks a name up, to determine whether that can be done.
///
/// - Parameters:
///   - target: Whose host is looked up.
///   - limit: The longest wait.
/// - Throws: ``TransportError/unknownHost(host:reason:)``, or that it took too long.
package func checkName(of target: HostPort, within limit: Duration) throws(TransportError) {
    _ = try resolve(target, within: limit)
}

/// Binds a socket to the first of the addresses that has the family of the connection.
private func bind(_ socket: Int32, toOneOf locals: [SocketAddress], family: Int32) throws(SystemError) {
    guard let local = locals.first(where: { $0.family == family }) else {
        throw SystemError(operation: "bind", number: EAFNOSUPPORT)
    }
    try systemCall("bind") { local.bind(socket) }
}

/// Connects one socket, without blocking past the deadline.
private func connect(
    to address: SocketAddress,
    deadline: Int64,
    stop: StopSignal?,
    prepare: (borrowing Descriptor) throws(SystemError) -> Void
) throws(SystemError) -> Descriptor {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let socket = Descriptor(owning: try systemCall("socket") { Glibc.socket(address.family, type, 0) })
    let number = socket.rawValue
    try prepare(socket)
    if address.hostPort?.isOnThisMachine == true { avoidPacing(number) }
    guard address.connect(number) != 0 else { return socket }
    let error = errno
    guard error == EINPROGRESS || error == EINTR else { throw SystemError(operation: "connect", number: error) }
    switch try waitUntilReady(number, POLLOUT, stop: stop, deadline: deadline) {
    case .ready: break
    case .stopped: throw SystemError(operation: "connect", number: ECANCELED)
    case .timedOut: throw SystemError(operation: "connect", number: ETIMEDOUT)
    }
    var result: Int32 = 0
    try systemCall("getsockopt") { getOption(number, SOL_SOCKET, SO_ERROR, &result) }
    guard result == 0 else { throw SystemError(operation: "connect", number: result) }
    return socket
}

/// What the resolver's thread leaves behind.
private final class Resolution: Sendable {
    let answer = Mutex<Result<[SocketAddress], TransportError>?>(nil)
}

/// Resolves a name on its own thread: getaddrinfo(3) knows no deadline.
///
/// A resolver that never answers costs one idle thread until it does.
func resolve(
    _ target: HostPort,
    within limit: Duration,
    isIPv4: Bool? = nil
) throws(TransportError) -> [SocketAddress] {
    let resolution = Resolution()
    let thread: WorkerThread
    do throws(SystemError) {
        thread = try WorkerThread(name: "resolve") {
            let answer = Result { () throws(TransportError) in
                try SocketAddress.resolve(target, isPassive: false, isIPv4: isIPv4)
            }
            resolution.answer.withLock { $0 = answer }
        }
    } catch {
        throw .system(error, peer: target.description)
    }
    guard thread.join(within: limit), let answer = resolution.answer.withLock({ $0 }) else {
        throw .timedOut(waitingFor: "the addresses of \(target.host)", after: limit)
    }
    return try answer.get()
}
