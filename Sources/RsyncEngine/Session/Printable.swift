import LinuxSystem
import VolumeAccess

/// A name as printable text.
func printable(_ name: some Sequence<UInt8>) -> String { VolumeError.printable(Array(name)) }

/// A peer's text in printable form.
func shown(_ text: some Collection<UInt8>) -> String { PrintableText.escaped(text) }
