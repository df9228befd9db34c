package import FileMetadata
import Glibc
import LinuxSystem

/// An ACL to set.
package enum AccessListChange: Hashable, Sendable {
    /// This one, which is whole.
    case list(AccessControlList)
    /// None beyond the mode, or no default ACL.
    case none

    /// The ACL, nil for none.
    package init(_ list: AccessControlList?) { self = list.map { .list($0) } ?? .none }
}

/// Extended attributes to set; others are removed.
package struct ExtendedAttributesChange: Hashable, Sendable {
    package let attributes: ExtendedAttributeSet
    package let rules: AttributeNameRules

    package init(_ attributes: ExtendedAttributeSet, _ rules: AttributeNameRules) {
        self.attributes = attributes
        self.rules = rules
    }
}

extension AttributeStore {
    /// Sets an ACL.
    ///
    /// - Returns: 0, or a negative `errno`.
    func set(_ change: AccessListChange, as name: [UInt8]) -> Int {
        switch change {
        case .none: remove(name)
        case .list(let list): set(name, list.kernelBytes)
        }
    }

    /// Brings the extended attributes to those listed.
    ///
    /// - Parameters:
    ///   - change: The attributes.
    ///   - previous: The entry that this one replaces, for long values that are the same there and were not sent.
    /// - Returns: The failures: the attribute, and the number of the error.
    func apply(_ change: ExtendedAttributesChange, previous: AttributeStore?) -> [(name: [UInt8], number: Int32)] {
        var failures: [(name: [UInt8], number: Int32)] = []
        var kept: Set<[UInt8]> = []
        let names = (try? names().get()) ?? []
        let listed = Set(names)
        for attribute in change.attributes.attributes {
            guard let name = change.rules.localName(of: attribute.name), kept.insert(name).inserted else { continue }
            // A new file has none: then each costs one call.
            let current = attribute.value == nil || listed.contains(name) ? try? value(of: name).get() : nil
            guard let value = attribute.value ?? current ?? (try? previous?.value(of: name).get()) else {
                failures.append((name, ENODATA))
                continue
            }
            guard value != current else { continue }
            let result = set(name, value)
            // Some file systems do not list an attribute that they have, and refuse to set it.
            if result < 0, (try? self.value(of: name).get()) != value { failures.append((name, Int32(-result))) }
        }
        for name in names where !kept.contains(name) && change.rules.isRemovable(name) {
            let result = remove(name)
            if result < 0 { failures.append((name, Int32(-result))) }
        }
        return failures
    }
}
