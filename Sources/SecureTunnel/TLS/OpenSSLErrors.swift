import COpenSSL

/// The contents of OpenSSL's error queue, oldest first.
struct OpenSSLErrors {
    /// One entry of the queue.
    struct Entry {
        let library: Int32
        let reason: Int32
        let text: String
    }

    let entries: [Entry]

    /// Empties the queue of this thread, so that the next call's errors are its own.
    static func clear() { ERR_clear_error() }

    /// Removes and returns everything in this thread's queue.
    static func drain() -> OpenSSLErrors {
        var entries: [Entry] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { return OpenSSLErrors(entries: entries) }
            let reason = reasonText(code)
            entries.append(
                Entry(
                    library: ERR_GET_LIB(code),
                    reason: ERR_GET_REASON(code),
                    text: reason ?? "error \(String(code, radix: 16))"
                )
            )
        }
    }

    /// Whether an entry has this library and reason.
    func contains(_ library: Int32, _ reason: Int32) -> Bool {
        entries.contains { $0.library == library && $0.reason == reason }
    }

    /// Alerts that OpenSSL 3.0 sends without knowing their names (RFC 8446, 6.2; RFC 7301, 3.2).
    private static let newerAlerts: [Int32: String] = [
        109: "missing extension", 116: "certificate required", 120: "no application protocol",
    ]

    /// An alert that the peer sent.
    struct Alert {
        let number: Int32
        let name: String
    }

    /// The alert of the peer, if one is in the queue.
    var peerAlert: Alert? {
        for entry in entries where entry.library == ERR_LIB_SSL {
            // OpenSSL reports a received alert as a reason at this offset.
            let number = entry.reason - SSL_AD_REASON_OFFSET
            guard number > 0, number < 256 else { continue }
            let name = alertText(number)
            return Alert(number: number, name: Self.newerAlerts[number] ?? name ?? "\(number)")
        }
        return nil
    }

    /// All reasons, joined.
    var text: String { entries.isEmpty ? "no reason given" : entries.map(\.text).joined(separator: ", ") }
}
