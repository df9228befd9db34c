import SecureTunnel

/// Names that identify certificates of inspection products and routers.
enum InspectionNames {
    /// Issuers of TLS inspection products, in lower case, as in the certificates that they present.
    private static let inspectors = [
        "zscaler", "netskope", "fortinet", "fortigate", "palo alto networks", "blue coat", "bluecoat", "symantec ssl",
        "forcepoint", "websense", "check point", "checkpoint", "sophos", "barracuda", "mcafee", "skyhigh",
        "cisco umbrella",
        "opendns", "ironport", "watchguard", "sonicwall", "untangle", "smoothwall", "cato networks", "iboss",
        "contentkeeper",
        "cloudflare gateway", "mitmproxy", "squid", "portswigger", "charles proxy", "fiddler", "ssl inspection",
        "ssl proxy", "tls inspection", "ssl decryption",
    ]

    /// Subjects or issuers of certificates that routers present when no route matches, in lower case.
    private static let routers = [
        "kubernetes ingress controller fake certificate", "traefik default cert", "ingress-operator@", "router-ca",
        "openshift router", "envoy default", "istio ingress",
    ]

    /// Whether a certificate's issuer is a known TLS inspection product.
    static func isInspector(issuer: String) -> Bool {
        let issuer = issuer.lowercased()
        return inspectors.contains(where: issuer.contains)
    }

    /// Whether a certificate is one that a router presents when no route matches.
    static func isRouterDefault(_ certificate: ShownCertificate) -> Bool {
        let text = (certificate.subject + " " + certificate.issuer).lowercased()
        return routers.contains(where: text.contains)
    }
}
