/// The readers of bytes that others wrote: what is fuzzed.
enum FuzzTarget: String, CaseIterable {
    /// What a proxy answers to CONNECT.
    case proxyReply = "proxy-reply"
    /// A proxy's URL.
    case proxyURL = "proxy-url"
    /// The hosts without proxy (first line), and a host that is looked for (second line).
    case bypassList = "bypass-list"
    /// A stunnel configuration file.
    case stunnel
    /// A file of pre-shared keys.
    case preSharedKeys = "psk"
    /// What a peer reports on the control channel, before and after its login.
    case control
    /// A target's answer to a request of the control channel, and what the check before a transfer makes of it.
    case answer
    /// The figures of such an answer, and of files, as numbers.
    case figures
    /// A JSON text.
    case json
    /// The output of df.
    case diskUsage = "df"
    /// A job file in YAML.
    case jobFile = "job-file"
    /// A Kubernetes quantity.
    case quantity

    /// Reads the bytes as the product does and holds the result to its rules.
    func examine(_ bytes: [UInt8]) {
        switch self {
        case .proxyReply: examineProxyReply(bytes)
        case .proxyURL: examineProxyURL(String(decoding: bytes, as: UTF8.self))
        case .bypassList: examineBypassList(String(decoding: bytes, as: UTF8.self))
        case .stunnel: examineStunnelConfiguration(bytes)
        case .preSharedKeys: examinePreSharedKeys(bytes)
        case .control: examineConversation(bytes)
        case .answer: examineAnswer(bytes)
        case .figures: examineFigures(bytes)
        case .json: examineJSON(bytes)
        case .jobFile: examineJobFile(bytes)
        case .diskUsage: examineDiskUsage(String(decoding: bytes, as: UTF8.self))
        case .quantity: examineQuantity(String(decoding: bytes, as: UTF8.self))
        }
    }
}
