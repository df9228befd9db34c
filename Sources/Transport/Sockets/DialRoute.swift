/// Limits on how a connection is made.
package struct DialRoute: Equatable, Sendable {
    /// Whether only IPv4 or only IPv6 addresses are tried; nil for both.
    package var isIPv4: Bool?
    /// Name or address of this machine that the connection comes from; nil lets the system choose.
    package var localHost: String?
    /// Options that are set on the socket before it is connected.
    package var extras: [ExtraSocketOption] = []

    /// No limits.
    package init() {}
}
