package import LinuxSystem
package import VolumeAccess

/// Why a manifest could not be made or read.
package enum VerificationError: Error, Sendable, CustomStringConvertible {
    /// The volume's root could not be read.
    case volume(VolumeError)
    /// A thread or a file could not be had.
    case system(SystemError)
    /// What is read is not a manifest, or was damaged.
    case malformed(String)
    /// The manifests to be compared were made by different functions.
    case differentFunctions(String, String)

    /// A one-sentence description.
    package var description: String {
        switch self {
        case .volume(let error): "\(error)"
        case .system(let error): "\(error)"
        case .malformed(let reason): "not a valid manifest: \(reason)"
        case .differentFunctions(let one, let other):
            "one manifest was made with \(one), the other with \(other): make both with the same function"
        }
    }
}
