import LinuxSystem
import Synchronization
import Transport

/// A client's address and, where it may be looked up, its name.
///
/// ## Concurrency model
/// Used by the thread of one connection; `found` is guarded by its lock all the same.
final class ClientHost: Sendable {
    /// Looks hosts up; may block for as long as the resolver takes.
    struct Resolver: Sendable {
        /// The name of an address, if the name has that address.
        let name: @Sendable (_ address: String) -> String?
        /// The addresses of a name; nil if there are none.
        let addresses: @Sendable (_ name: String) -> [[UInt8]]?
    }

    /// The name where nothing is looked up.
    static let undetermined = "UNDETERMINED"
    /// The name of an address that has none, or one that does not lead back to the address.
    static let unknown = "UNKNOWN"

    /// The address as text, without the port.
    let text: String
    /// The address's bytes; nil when there is none (a pipe).
    let address: [UInt8]?
    /// Whether the client's name may be looked up.
    let canLookUpNames: Bool
    /// Whether the addresses of names in rules may be looked up.
    let canLookUpAddresses: Bool
    private let resolver: Resolver
    private let found = Mutex<String??>(nil)

    /// Describes a client.
    ///
    /// - Parameters:
    ///   - peer: The address, with or without a port.
    ///   - canLookUpNames: `reverse lookup`.
    ///   - canLookUpAddresses: `forward lookup`.
    ///   - resolver: Looks hosts up.
    init(_ peer: String, canLookUpNames: Bool, canLookUpAddresses: Bool, resolver: Resolver = .system) {
        var host = peer
        do throws(TransportError) { host = try HostPort(parsing: peer).host } catch {}
        let isMapped = host.lowercased().hasPrefix("::ffff:") && host.contains(".")
        text = isMapped ? String(host.dropFirst(7)) : host
        address = HostRule.address(host)
        (self.canLookUpNames, self.canLookUpAddresses) = (canLookUpNames, canLookUpAddresses)
        self.resolver = resolver
    }

    /// The client's name; nil if it has none or must not be looked up.
    func name() -> String? {
        guard canLookUpNames, address != nil else { return nil }
        return found.withLock { found in
            if let known = found { return known }
            let name = NameLookups.shared.perform { resolver.name(text) } ?? nil
            found = .some(name)
            return name
        }
    }

    /// The name in logs and refusals.
    var shownName: String { canLookUpNames ? name() ?? Self.unknown : Self.undetermined }

    /// Name and address, as in logs and refusals.
    var shown: String { "\(shownName) (\(text))" }

    /// The addresses of a name; nil if it has none, or none can be looked up now.
    func addresses(of name: String) -> [[UInt8]]? { NameLookups.shared.perform { resolver.addresses(name) } ?? nil }
}

/// Limits the lookups at a time: a client that has not logged in causes them, and each may take many seconds.
///
/// ## Concurrency model
/// `running` is atomic.
private final class NameLookups: Sendable {
    static let shared = NameLookups()
    private static let limit = 64

    private let running = Atomic<Int>(0)

    /// Performs a lookup; nil when too many are being performed.
    func perform<Value>(_ lookUp: () -> Value?) -> Value? {
        defer { running.subtract(1, ordering: .relaxed) }
        guard running.add(1, ordering: .relaxed).newValue <= Self.limit else { return nil }
        return lookUp()
    }
}

extension ClientHost.Resolver {
    /// The system's: getnameinfo(3) and getaddrinfo(3).
    static let system = ClientHost.Resolver { address in
        guard let name = HostNames.name(ofAddress: address) else { return nil }
        let own = HostRule.address(address)
        return HostNames.addresses(of: name).contains { HostRule.address($0) == own } ? name : nil
    } addresses: { name in
        let found = HostNames.addresses(of: name).compactMap { HostRule.address($0) }
        return found.isEmpty ? nil : found
    }
}
