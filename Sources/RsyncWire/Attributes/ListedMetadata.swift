package import FileMetadata
import Synchronization

/// The ACLs and sets of extended attributes of a session's file lists; entries refer to them by number.
///
/// ## Concurrency model
/// Grows while lists are read or made; numbers stay valid. A lock guards everything.
package final class ListedMetadata: Sendable {
    private struct Guarded {
        var accessLists: [AccessControlList] = []
        var defaultLists: [AccessControlList] = []
        var sets: [ExtendedAttributeSet] = []
        /// The numbers of what a sending side has already, so that equal ones share a number.
        var accessNumbers: [AccessControlList: Int32] = [:]
        var defaultNumbers: [AccessControlList: Int32] = [:]
        var setNumbers: [PackedAttributes: Int32] = [:]
        var mappedAccess = 0
        var mappedDefault = 0
        var footprint = 0
    }

    private static let listOverhead = 96
    private let guarded = Mutex(Guarded())

    /// Creates an empty table.
    package init() {}

    /// Its memory in bytes, approximately, for a limit on memory.
    package var footprint: Int { guarded.withLock { $0.footprint } }

    /// Counts memory that the values of attributes take.
    package func count(valueBytes: Int) { guarded.withLock { $0.footprint += valueBytes } }

    // MARK: lookup; -1 stands for none

    /// An access ACL without what the entry's mode says.
    package func accessList(_ number: Int32) -> AccessControlList {
        guarded.withLock { number < 0 ? AccessControlList() : $0.accessLists[Int(number)] }
    }

    /// A default ACL; nil for none.
    package func defaultList(_ number: Int32) -> AccessControlList? {
        guarded.withLock { number < 0 ? nil : $0.defaultLists[Int(number)] }
    }

    /// The extended attributes of an entry.
    package func set(_ number: Int32) -> ExtendedAttributeSet {
        guarded.withLock { number < 0 ? .empty : $0.sets[Int(number)] }
    }

    // MARK: receiving

    func append(accessList list: AccessControlList) -> Int32 {
        guarded.withLock { state in
            state.accessLists.append(list)
            state.footprint += Self.footprint(of: list)
            return Int32(state.accessLists.count - 1)
        }
    }

    func append(defaultList list: AccessControlList) -> Int32 {
        guarded.withLock { state in
            state.defaultLists.append(list)
            state.footprint += Self.footprint(of: list)
            return Int32(state.defaultLists.count - 1)
        }
    }

    func append(_ set: ExtendedAttributeSet) -> Int32 {
        guarded.withLock { state in
            state.sets.append(set)
            state.footprint += set.footprint
            return Int32(state.sets.count - 1)
        }
    }

    /// Replaces the sender's IDs in the ACLs that have come since the last call.
    ///
    /// - Parameter map: The local ID for a named entry.
    package func mapIDs(_ map: (AccessControlList.Named) -> UInt32) {
        func mapped(_ list: AccessControlList) -> AccessControlList {
            var list = list
            for index in list.named.indices { list.named[index].id = map(list.named[index]) }
            return list.sorted
        }
        // Only the thread that receives lists appends and maps.
        let (access, defaults) = guarded.withLock { state in
            defer { (state.mappedAccess, state.mappedDefault) = (state.accessLists.count, state.defaultLists.count) }
            return (state.mappedAccess..<state.accessLists.count, state.mappedDefault..<state.defaultLists.count)
        }
        for index in access {
            let list = mapped(accessList(Int32(index)))
            guarded.withLock { $0.accessLists[index] = list }
        }
        for index in defaults {
            guard let list = defaultList(Int32(index)).map(mapped) else { continue }
            guarded.withLock { $0.defaultLists[index] = list }
        }
    }

    // MARK: sending

    /// The number of an access ACL without what the mode says; -1 for an empty one.
    package func number(ofAccessList list: AccessControlList) -> Int32 {
        guard !list.isEmpty else { return -1 }
        if let known = guarded.withLock({ $0.accessNumbers[list] }) { return known }
        let number = append(accessList: list)
        guarded.withLock { $0.accessNumbers[list] = number }
        return number
    }

    /// The number of a default ACL; -1 for none.
    package func number(ofDefaultList list: AccessControlList?) -> Int32 {
        guard let list, !list.isEmpty else { return -1 }
        if let known = guarded.withLock({ $0.defaultNumbers[list] }) { return known }
        let number = append(defaultList: list)
        guarded.withLock { $0.defaultNumbers[list] = number }
        return number
    }

    /// The number of a set of attributes, in ascending order of their names; -1 for none.
    package func number(of attributes: [ExtendedAttribute]) -> Int32 {
        guard !attributes.isEmpty else { return -1 }
        let packed = PackedAttributes(attributes)
        if let known = guarded.withLock({ $0.setNumbers[packed] }) { return known }
        let number = append(ExtendedAttributeSet(packed))
        guarded.withLock { $0.setNumbers[packed] = number }
        return number
    }

    private static func footprint(of list: AccessControlList) -> Int {
        listOverhead + list.named.count * MemoryLayout<AccessControlList.Named>.stride
    }
}
