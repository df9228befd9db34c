/// The rows about the connection to a target.
extension FailureTable {
    static let network = [
        Row(
            .unknownHost,
            exits: .of(10),
            "the target's name cannot be resolved",
            cause: "a typo, or a pod whose DNS does not know the name",
            advice: "check the host name and this pod's DNS"
        ),
        Row(
            .connectionRefused,
            exits: .of(10),
            "the target's host is up, but nothing listens on the port",
            cause: "dvm-target is not running, or listens on another port",
            advice: "check the port, and that dvm-target is running there"
        ),
        Row(
            .unreachable,
            exits: .of(10),
            "there is no route to the target's address",
            cause: "a missing route, or a firewall that rejects the connection",
            advice: "check routes, firewalls and egress network policies, or use --proxy"
        ),
        Row(
            .connectTimeout,
            exits: .of(10),
            "the target's address did not answer",
            cause: "a firewall or an egress network policy that drops packets, or a host that is down",
            advice: "check routes, firewalls and egress network policies, or use --proxy"
        ),
        Row(
            .connectionLost,
            exits: .of(10, 12),
            "the connection broke while it was in use",
            cause: "the target's pod was restarted, or something on the path reset the connection",
            advice: "check the target's log, then run again; completed work is kept"
        ),
        Row(
            .idleCut,
            exits: .of(10, 12, 30),
            "something on the path cuts idle connections",
            cause: "the idle timeout of a load balancer, a proxy or a firewall",
            advice: "use a --keep-alive shorter than that timeout, or increase the timeout"
        ),
    ]

    static let proxy = [
        Row(
            .proxyAuthentication,
            exits: .of(10),
            "the proxy requires a user and a password",
            cause: "none were given",
            advice: "pass them in --proxy http://USER:PASSWORD@HOST:PORT or with --proxy-password-file"
        ),
        Row(
            .proxyForbidden,
            exits: .of(10),
            "the proxy does not allow the target",
            cause: "an access rule of the proxy for hosts or ports",
            advice: "ask the proxy's administrator to allow CONNECT to the target's host and port"
        ),
        Row(
            .proxyCannotReach,
            exits: .of(10),
            "the proxy works but cannot connect to the target",
            cause: "the proxy cannot resolve the target's name, or nothing listens there",
            advice: "check that the proxy can resolve and reach the target, and that dvm-target is running there"
        ),
        Row(
            .proxyRefused,
            exits: .of(10),
            "the proxy refuses the tunnel",
            cause: "a proxy that does not support CONNECT, or not to this port",
            advice: "check what the proxy allows for CONNECT"
        ),
        Row(
            .notAProxy,
            exits: .of(10),
            "the peer is not an HTTP proxy",
            cause: "a wrong host or port, or a proxy that expects TLS or SOCKS",
            advice: "check the host and port in --proxy"
        ),
        Row(
            .proxyUnknownHost,
            exits: .of(10),
            "the proxy's name cannot be resolved",
            cause: "a typo, or a pod whose DNS does not know the name",
            advice: "check the host name in --proxy and this pod's DNS"
        ),
        Row(
            .proxyUnreachable,
            exits: .of(10),
            "this side cannot connect to the proxy",
            cause: "a wrong host or port in --proxy, a proxy that is down, or a network policy in front of it",
            advice: "check the host and port in --proxy, and that this pod is allowed to reach them"
        ),
        Row(
            .proxySilent,
            exits: .of(10),
            "the proxy accepts the connection but does not reply",
            cause: "a proxy that waits for a target that does not answer, or something that is not a proxy",
            advice: "check that the proxy can reach the target, and the host and port in --proxy"
        ),
        Row(
            .proxyLoginRefused,
            exits: .of(10),
            "the proxy rejected the user or the password",
            cause: "a typo, or a character that must be percent-encoded in a URL",
            advice: "check the user and the password of --proxy; write @ / : % in them as %40 %2F %3A %25"
        ),
        Row(
            .proxySchemeUnknown,
            exits: .of(10),
            "the proxy does not offer basic authentication",
            cause: "a proxy that is configured for NTLM, Kerberos or digest only",
            advice: "ask the proxy's administrator to allow basic authentication, or access without any"
        ),
        Row(
            .proxyTargetTimeout,
            exits: .of(10),
            "the proxy works, but the target did not answer it in time",
            cause: "a firewall between the proxy and the target that drops packets",
            advice: "check routes and firewalls between the proxy and the target"
        ),
    ]

    static let tunnel = [
        Row(
            .notTLS,
            exits: .of(10),
            "the port does not speak TLS",
            cause: "the plaintext port of a target or of a web server",
            advice: "check that the port is the TLS one"
        ),
        Row(
            .unknownAuthority,
            exits: .of(10),
            "the target's certificate is not signed by a trusted CA",
            cause: "--ca has a different CA, or the target got a new certificate",
            advice: "pass the CA that issued the certificate with --ca, or the certificate's SHA-256 with --pin"
        ),
        Row(
            .certificateExpired,
            exits: .of(10),
            "the target's certificate has expired",
            cause: "it was not renewed, or a clock is wrong",
            advice: "renew the certificate"
        ),
        Row(
            .certificateNotYetValid,
            exits: .of(10),
            "the target's certificate is not valid yet",
            cause: "a clock is wrong",
            advice: "check the clocks of both sides"
        ),
        Row(
            .wrongName,
            exits: .of(10),
            "the certificate is for a different name",
            cause: "the target is addressed by a name or an address that is not in its certificate",
            advice: "pass one of the certificate's names with --server-name, or issue it for this host"
        ),
        Row(
            .pinMismatch,
            exits: .of(10),
            "the certificate is not the pinned one",
            cause: "the target got a new certificate, or another host answers",
            advice: "verify which host answers there, then pass the certificate's SHA-256 with --pin"
        ),
        Row(
            .alert,
            exits: .of(10),
            "the target rejected the TLS connection",
            cause: "a requirement of its TLS settings that this side does not meet",
            advice: "check the log of the other side"
        ),
        Row(
            .clientCertificateRequired,
            exits: .of(10),
            "the target requires a client certificate",
            cause: "dvm-target runs with --client-ca, or stunnel with verify",
            advice: "pass a certificate that the target accepts with --certificate, and its key with --private-key"
        ),
        Row(
            .certificateRefused,
            exits: .of(10),
            "the target's certificate cannot be used",
            cause: "a certificate that is damaged, weak or issued for another purpose",
            advice: "check the certificate with openssl x509 -text"
        ),
        Row(
            .handshakeEnded,
            exits: .of(10),
            "the other side closed the connection during the TLS handshake",
            cause: "a port of another service, a router without a route for this name, or a filter that inspects SNI",
            advice: "check what listens there, and the log of the other side"
        ),
        Row(
            .tunnelBroken,
            exits: .of(10),
            "the data received through the tunnel was truncated or damaged",
            cause: "something on the path broke the connection, or modifies its traffic",
            advice: "check both logs, then run again; completed work is kept"
        ),
        Row(
            .badCertificateFile,
            exits: .of(1),
            "a file of certificates or keys cannot be used",
            cause: "a wrong path, a key that is encrypted, or a key of another certificate",
            advice: "check the PEM file"
        ),
        Row(
            .intercepted,
            exits: .of(10),
            "a proxy between here and the target intercepts TLS",
            cause: "a proxy or firewall that inspects encrypted traffic and presents its own certificate",
            advice:
                "configure the proxy to pass the target's host through without TLS interception (squid: splice)"
        ),
        Row(
            .tlsVersion,
            exits: .of(10),
            "the two sides have no TLS version in common",
            cause: "a target that supports only TLS 1.1 or older",
            advice: "enable TLS 1.2 or 1.3 on the target"
        ),
        Row(
            .routedElsewhere,
            exits: .of(10),
            "a router answered with its own certificate instead of passing the connection to the target",
            cause: "no passthrough route for this name, or one that is not admitted yet",
            advice: "check that the route's host is the target's name and that its type is passthrough"
        ),
        Row(
            .unknownIdentity,
            exits: .of(10),
            "the target does not know the pre-shared key's identity",
            cause: "the two sides have different PSK files",
            advice: "use the same --psk-file on both sides"
        ),
        Row(
            .handshakeSilent,
            exits: .of(10),
            "the port accepts connections but does not answer the TLS handshake",
            cause: "a service that expects something else, a load balancer without a target, or an overloaded target",
            advice: "check what listens there, and that the load balancer has a healthy target"
        ),
        Row(
            .noCommonCipher,
            exits: .of(10),
            "the two sides have no cipher in common",
            cause: "a target that is configured for old ciphers only, or for pre-shared keys only",
            advice: "enable ECDHE with AES-GCM or ChaCha20 at the target, or use its --psk-file"
        ),
        Row(
            .preSharedKeyMismatch,
            exits: .of(10),
            "the two sides have different keys for the identity",
            cause: "a PSK file that was renewed on one side only",
            advice: "use the same --psk-file on both sides"
        ),
        Row(
            .preSharedKeyMissing,
            exits: .of(10),
            "one side uses a pre-shared key and the other does not",
            cause: "only one side runs with --psk-file",
            advice: "use --psk-file on both sides, or on neither"
        ),
        Row(
            .clientCertificateRefused,
            exits: .of(10),
            "the target does not trust the certificate that this side presented",
            cause: "the target's --client-ca has a different CA than the one that issued --certificate",
            advice: "pass the CA that issued --certificate to the target's --client-ca"
        ),
    ]
}
