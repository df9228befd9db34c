import VolumeAccess

/// Bytes of a name as text for a person, with what does not print as `\#ooo`.
func printable(_ name: some Sequence<UInt8>) -> String { VolumeError.printable(Array(name)) }
