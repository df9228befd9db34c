import SecureTunnel

/// Names by which certificates give themselves away.
enum InspectionNames {
    /// Who signs for products that open TLS, in lower case, as it stands in the issuer of what they show.
    private static let inspectors = [
        "zscaler", "netskope", "fortinet", "fortigate", "palo alto networks", "blue coat", "bluecoat", "symantec ssl",
        "forcepoint", "websense", "check point", "checkpoint", "sophos", "barracuda", "mcafee", "skyhigh",
        "cisco umbrella",
        "opendns", "ironport", "watchguard", "sonicwall", "untangle", "smoothwall", "cato networks", "iboss",
        "contentkeeper",
        "cloudflare gateway", "mitmproxy", "squid", "portswigger", "charles proxy", "fiddler", "ssl inspection",
        "ssl proxy", "tls inspection", "ssl decryption",
    ]

    /// What routers show when no route passes a connection on, in lower case, in subject or issuer.
    private static let routers = [
        "kubernetes ingress controller fake certificate", "traefik default cert", "ingress-operator@", "router-ca",
        "openshift router", "envoy default", "istio ingress",
    ]

    /// Whether a certificate's issuer is known to open TLS.
    static func isInspector(issuer: String) -> Bool {
        let issuer = issuer.lowercased()
        return inspectors.contains(where: issuer.contains)
    }

    /// Whether a certificate is known as what a router shows for want of a route.
    static func isRouterDefault(_ certificate: ShownCertificate) -> Bool {
        let text = (certificate.subject + " " + certificate.issuer).lowercased()
        return routers.contains(where: text.contains)
    }
}
