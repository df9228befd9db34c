package import VolumeAccess

/// The target's volumes, as requests need them.
package protocol ControlVolumes: Sendable {
    /// The name of the durability that is guaranteed for a complete volume.
    var durabilityWord: String { get }

    /// Opens a volume by name.
    ///
    /// - Returns: Nil when there is no such volume.
    /// - Throws: ``ControlError/refused(_:)`` when its directory cannot be opened.
    func volume(named name: String) throws(ControlError) -> Volume?

    /// Who currently keeps a session of a job from writing to a volume.
    ///
    /// - Returns: A text for the user; nil for none.
    func writer(of volume: Volume, named name: String, job: String, user: [UInt8]) throws(VolumeError) -> String?
}
