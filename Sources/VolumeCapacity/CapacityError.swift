import LinuxSystem
package import VolumeAccess

/// What went wrong while a capacity was read, measured or computed.
package enum CapacityError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A text that is not a Kubernetes quantity.
    case malformedQuantity(String)
    /// A quantity that needs more digits than can be kept exactly, or that is not a possible size in bytes.
    case quantityOutOfRange(String)
    /// Output of df(1) that does not hold what is looked for, and why.
    case unusableOutput(String)
    /// A system call failed: its C name, on what, and `errno`.
    case system(operation: String, path: String, number: Int32)
    /// The volume could not be touched.
    case volume(VolumeError)
    /// What was going on was stopped.
    case stopped

    /// One lower-case sentence.
    package var description: String {
        switch self {
        case .malformedQuantity(let text): "\"\(text)\" is not a quantity such as 10Gi, 1.5G, 500M or 1e9"
        case .quantityOutOfRange(let text): "the quantity \"\(text)\" is out of range for a size"
        case .unusableOutput(let reason): "the output of df cannot be used: \(reason)"
        case .system(let operation, let path, let number):
            "\(operation) of \"\(path)\" failed: \(SystemError.text(of: number)) (\(number))"
        case .volume(let error): error.description
        case .stopped: "it was stopped"
        }
    }
}
