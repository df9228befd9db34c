package import VolumeAccess

/// What a target answers requests about its volumes from.
package protocol ControlVolumes: Sendable {
    /// The word for what is promised of a volume that is called complete.
    var durabilityWord: String { get }

    /// Opens the volume of a name.
    ///
    /// - Returns: Nil when there is no such volume.
    /// - Throws: ``ControlError/refused(_:)`` when its directory cannot be opened.
    func volume(named name: String) throws(ControlError) -> Volume?

    /// Who keeps a session of a job from writing to a volume now.
    ///
    /// - Returns: A text for a person; nil when nobody does.
    func writer(of volume: Volume, named name: String, job: String, user: [UInt8]) throws(VolumeError) -> String?
}
