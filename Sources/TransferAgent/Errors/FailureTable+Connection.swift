/// The rows about the connection to a target.
extension FailureTable {
    static let network = [
        Row(
            .unknownHost,
            exits: .of(10),
            "the target's name has no address",
            cause: "a typo, or a pod whose DNS does not know the name",
            advice: "check the host name and this pod's DNS"
        ),
        Row(
            .connectionRefused,
            exits: .of(10),
            "the target's machine answers, but nobody listens on the port",
            cause: "dvm-target is not running, or listens on another port",
            advice: "check the port, and that dvm-target is running there"
        ),
        Row(
            .unreachable,
            exits: .of(10),
            "there is no way to the target's address",
            cause: "a missing route, or a firewall that says no",
            advice: "check routes, firewalls and egress network policies, or use --proxy"
        ),
        Row(
            .connectTimeout,
            exits: .of(10),
            "nobody answered at the target's address",
            cause: "a firewall or an egress network policy that drops packets in silence, or a machine that is down",
            advice: "check routes, firewalls and egress network policies, or use --proxy"
        ),
        Row(
            .connectionLost,
            exits: .of(10, 12),
            "the connection broke while it was in use",
            cause: "the target's pod was restarted, or something on the path reset the connection",
            advice: "check the target's log, then run again: what was done is kept"
        ),
        Row(
            .idleCut,
            exits: .of(10, 12, 30),
            "something on the path cuts idle connections",
            cause: "the idle time-out of a load balancer, a proxy or a firewall",
            advice: "give a --keep-alive shorter than that time-out, or lengthen the time-out"
        ),
    ]

    static let proxy = [
        Row(
            .proxyAuthentication,
            exits: .of(10),
            "the proxy wants a user and a password",
            cause: "none were given",
            advice: "give them in --proxy http://USER:PASSWORD@HOST:PORT or with --proxy-password-file"
        ),
        Row(
            .proxyForbidden,
            exits: .of(10),
            "the proxy forbids the target",
            cause: "a rule of the proxy about hosts or ports",
            advice: "ask the proxy's administrator to allow CONNECT to the target's host and port"
        ),
        Row(
            .proxyCannotReach,
            exits: .of(10),
            "the proxy works but cannot connect to the target",
            cause: "the proxy does not know the target's name, or nobody listens there",
            advice: "check that the proxy can resolve and reach the target, and that dvm-target is running there"
        ),
        Row(
            .proxyRefused,
            exits: .of(10),
            "the proxy refuses the tunnel",
            cause: "a proxy that does not do CONNECT, or not for this port",
            advice: "check what the proxy allows for CONNECT"
        ),
        Row(
            .notAProxy,
            exits: .of(10),
            "what answers is not an HTTP proxy",
            cause: "a wrong host or port, or a proxy that wants TLS or SOCKS",
            advice: "check the host and port in --proxy"
        ),
        Row(
            .proxyUnknownHost,
            exits: .of(10),
            "the proxy's name has no address",
            cause: "a typo, or a pod whose DNS does not know the name",
            advice: "check the host name in --proxy and this pod's DNS"
        ),
        Row(
            .proxyUnreachable,
            exits: .of(10),
            "this side cannot connect to the proxy",
            cause: "a wrong host or port in --proxy, a proxy that is down, or a network policy in front of it",
            advice: "check the host and port in --proxy, and that this pod may reach them"
        ),
        Row(
            .proxySilent,
            exits: .of(10),
            "the proxy takes the connection and then says nothing",
            cause: "a proxy that waits for a target which does not answer, or no proxy at all",
            advice: "check that the proxy can reach the target, and the host and port in --proxy"
        ),
        Row(
            .proxyLoginRefused,
            exits: .of(10),
            "the proxy does not accept the user and the password",
            cause: "a typo, or a character that a URL must carry percent-encoded",
            advice: "check the user and the password of --proxy; write @ / : % in them as %40 %2F %3A %25"
        ),
        Row(
            .proxySchemeUnknown,
            exits: .of(10),
            "the proxy wants another proof than basic authentication",
            cause: "a proxy set to NTLM, Kerberos or digest only",
            advice: "ask the proxy's administrator for basic authentication, or for a rule without any"
        ),
        Row(
            .proxyTargetTimeout,
            exits: .of(10),
            "the proxy works, but the target did not answer it in time",
            cause: "a firewall between the proxy and the target that drops packets in silence",
            advice: "check routes and firewalls between the proxy and the target"
        ),
    ]

    static let tunnel = [
        Row(
            .notTLS,
            exits: .of(10),
            "the port does not speak TLS",
            cause: "the plain port of a target or of a web server",
            advice: "check that the port is the TLS one"
        ),
        Row(
            .unknownAuthority,
            exits: .of(10),
            "the target's certificate is not signed by a trusted CA",
            cause: "--ca holds another CA, or the target got a new certificate",
            advice: "give the CA that issued the certificate in --ca, or the certificate's SHA-256 in --pin"
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
            "the certificate is for another name",
            cause: "the target is called by a name or an address that its certificate does not carry",
            advice: "give one of the certificate's names in --server-name, or issue it for this host"
        ),
        Row(
            .pinMismatch,
            exits: .of(10),
            "the certificate is not the pinned one",
            cause: "the target got a new certificate, or somebody else answers",
            advice: "make sure who answers there, then give the certificate's SHA-256 in --pin"
        ),
        Row(
            .alert,
            exits: .of(10),
            "the target refused the tunnel",
            cause: "a demand of its TLS settings that this side does not meet",
            advice: "check the log of the other side"
        ),
        Row(
            .clientCertificateRequired,
            exits: .of(10),
            "the target lets in only those who show a certificate",
            cause: "dvm-target runs with --client-ca, or stunnel with verify",
            advice: "give a certificate that the target accepts in --certificate, and its key in --private-key"
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
            "the other side hung up during the TLS handshake",
            cause: "a port of another service, a router without a route of this name, or a filter that reads SNI",
            advice: "check what listens there, and the log of the other side"
        ),
        Row(
            .tunnelBroken,
            exits: .of(10),
            "what came through the tunnel was cut short or damaged",
            cause: "something on the path broke the connection, or changes what it carries",
            advice: "check both logs, then run again: what was done is kept"
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
            "a proxy between here and the target opens TLS",
            cause: "a proxy or firewall that inspects encrypted traffic and shows a certificate of its own",
            advice:
                "have the proxy pass the target's host through unopened (squid: splice); it must not open the tunnel"
        ),
        Row(
            .tlsVersion,
            exits: .of(10),
            "both sides have no version of TLS in common",
            cause: "a target that speaks only TLS 1.1 or older",
            advice: "let the target speak TLS 1.2 or 1.3"
        ),
        Row(
            .routedElsewhere,
            exits: .of(10),
            "a router answered with its own certificate instead of passing the connection to the target",
            cause: "no passthrough route of this name, or one that is not admitted yet",
            advice: "check that the route's host is the name called and that it is of type passthrough"
        ),
        Row(
            .unknownIdentity,
            exits: .of(10),
            "the target does not know the pre-shared key's identity",
            cause: "the two sides have different PSK files",
            advice: "give both sides the same --psk-file"
        ),
        Row(
            .handshakeSilent,
            exits: .of(10),
            "the port takes connections but does not answer the TLS handshake",
            cause: "a service that waits for something else, a load balancer without a target, or an overloaded target",
            advice: "check what listens there, and that the load balancer has a healthy target"
        ),
        Row(
            .noCommonCipher,
            exits: .of(10),
            "both sides have no way of encrypting in common",
            cause: "a target that is set to old ciphers only, or to pre-shared keys only",
            advice: "let the target use ECDHE with AES-GCM or ChaCha20, or give its --psk-file"
        ),
        Row(
            .preSharedKeyMismatch,
            exits: .of(10),
            "both sides know the identity but have different keys for it",
            cause: "a PSK file that was renewed on one side only",
            advice: "give both sides the same --psk-file"
        ),
        Row(
            .preSharedKeyMissing,
            exits: .of(10),
            "one side proves itself by a pre-shared key and the other does not",
            cause: "only one side runs with --psk-file",
            advice: "give both sides a --psk-file, or neither"
        ),
        Row(
            .clientCertificateRefused,
            exits: .of(10),
            "the target does not trust the certificate that this side presented",
            cause: "--client-ca of the target holds another CA than the one that issued --certificate",
            advice: "give --client-ca of the target the CA that issued --certificate"
        ),
    ]
}
