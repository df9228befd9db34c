import LinuxSystem
import VolumeAccess

/// A name as text for a person.
func printable(_ name: some Sequence<UInt8>) -> String { VolumeError.printable(Array(name)) }

/// A peer's text for a person.
func shown(_ text: some Collection<UInt8>) -> String { PrintableText.escaped(text) }
