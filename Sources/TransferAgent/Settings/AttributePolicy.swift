import RsyncOptions
import VolumeAccess
import VolumeCapacity

/// Whether ACLs and extended attributes are transferred.
package enum AttributePolicy: String, Sendable, CaseIterable {
    /// To a dvm-target, as far as its file system can keep them; not to a stock target, which may lack them.
    case auto
    /// To every target.
    case always
    /// Never.
    case never

    /// What a dvm-target gets.
    ///
    /// - Parameters:
    ///   - isSupported: Whether it is new enough.
    ///   - abilities: What its file system can keep; nil when it was not asked.
    /// - Returns: Which are carried.
    func carried(isSupported: Bool, abilities: FileSystemAbilities?) -> CarriedAttributes {
        switch self {
        case .never: CarriedAttributes()
        case .always: CarriedAttributes(lists: true, extended: true)
        case .auto:
            CarriedAttributes(
                lists: isSupported && abilities?.accessLists != false,
                extended: isSupported && abilities?.userAttributes != false
            )
        }
    }
}

/// How owners and groups are matched.
package enum OwnerPolicy: String, Sendable, CaseIterable {
    /// By number: in a volume, that is what `runAsUser` and `fsGroup` mean.
    case numbers
    /// By name, where both sides know it.
    case names
}

extension TransferOptions {
    /// Requests what is carried.
    mutating func carry(_ carried: CarriedAttributes, labels: Bool) {
        attributes.acls = carried.lists
        attributes.extended = carried.extended ? 1 : 0
        if !labels { attributes.attributesLeftOut = [Attributes.labelName] }
        agent.labels = labels && carried.extended
    }
}
