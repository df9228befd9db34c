import VolumeVerification

extension AgentError {
    /// A failure of `VolumeVerification`, as reported to the user.
    ///
    /// - Parameters:
    ///   - error: What happened.
    ///   - path: The volume or manifest.
    init(_ error: VerificationError, _ path: String) {
        switch error {
        case .volume: self.init(.sourceUnreadable, "\(path): \(error)", exitCode: 3)
        case .system: self.init(.noResources, "\(path): \(error)", exitCode: 14)
        case .malformed: self.init(.badManifest, "\(path) is \(error)", exitCode: 2)
        case .differentFunctions: self.init(.badManifest, "\(error)", exitCode: 2)
        }
    }
}
