import LinuxSystem

/// Bytes of a configuration or a client as text for messages.
func printable(_ bytes: some Sequence<UInt8>) -> String { PrintableText.ofPeer(Array(bytes)) }
