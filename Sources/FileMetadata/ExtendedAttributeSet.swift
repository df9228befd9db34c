import Synchronization

/// An extended attribute with its value, or with what stands for a long one in a file list.
package struct ExtendedAttribute: Hashable, Sendable {
    /// The longest value that a file list carries itself, in bytes (protocol specification, transfer 8.1).
    package static let longestListed = 32

    /// The name without a NUL.
    package let name: [UInt8]
    /// The length of the value in bytes.
    package let length: Int
    /// The value; nil while only ``digest`` is known.
    package fileprivate(set) var value: [UInt8]?
    /// The MD5 of a long value that was not sent with the list; empty for others.
    package let digest: [UInt8]

    /// An attribute whose value is known.
    package init(name: [UInt8], value: [UInt8]) {
        self.init(name: name, length: value.count, value: value, digest: [])
    }

    /// An attribute with a long value, of which the digest is known.
    package init(name: [UInt8], length: Int, digest: [UInt8]) {
        self.init(name: name, length: length, value: nil, digest: digest)
    }

    /// A value of `length` bytes that came later has its digest still: lists carry that.
    init(name: [UInt8], length: Int, value: [UInt8]?, digest: [UInt8]) {
        self.name = name
        self.length = length
        self.value = value
        self.digest = digest
    }
}

/// The extended attributes of an entry; entries with equal ones share a set.
///
/// ## Concurrency model
/// The names never change. Long values are filled in by the receiving thread, after the generator has requested them;
/// all values are guarded by a lock.
package final class ExtendedAttributeSet: Sendable {
    private struct Guarded {
        var packed: PackedAttributes
        /// The places of values that were requested from the sender and have not come.
        var awaited: Set<Int> = []
    }

    private let guarded: Mutex<Guarded>

    /// A set whose attributes are in ascending order of their names.
    package init(_ packed: PackedAttributes) { guarded = Mutex(Guarded(packed: packed)) }

    /// A set whose attributes are in ascending order of their names.
    package convenience init(_ attributes: [ExtendedAttribute]) { self.init(PackedAttributes(attributes)) }

    /// The set of entries without attributes.
    package static let empty = ExtendedAttributeSet([])

    /// The attributes in order; they are unpacked for each call.
    package var attributes: [ExtendedAttribute] { guarded.withLock { $0.packed }.attributes }

    /// Marks values as requested.
    ///
    /// - Parameter places: Places in ``attributes`` whose values are needed.
    /// - Returns: Those that are not known, and were not requested before.
    package func request(_ places: [Int]) -> [Int] {
        guard !places.isEmpty else { return [] }
        return guarded.withLock { state in
            let attributes = state.packed.attributes
            return places.filter { attributes[$0].value == nil && state.awaited.insert($0).inserted }
        }
    }

    /// Whether all values at these places are known.
    package func knows(_ places: [Int]) -> Bool {
        let attributes = attributes
        return places.allSatisfy { attributes[$0].value != nil }
    }

    /// Whether the value at a place was requested and has not come.
    package func awaits(_ place: Int) -> Bool { guarded.withLock { $0.awaited.contains(place) } }

    /// Stores requested values, all of an answer at once; others are ignored.
    package func fill(_ values: [(place: Int, value: [UInt8])]) {
        guard !values.isEmpty else { return }
        guarded.withLock { state in
            var attributes = state.packed.attributes
            for (place, value) in values where state.awaited.remove(place) != nil { attributes[place].value = value }
            state.packed = PackedAttributes(attributes)
            // An empty set of another one's capacity would keep its memory.
            if state.awaited.isEmpty { state.awaited = [] }
        }
    }

    /// The memory of the set in bytes, approximately, without values that are filled in later.
    package var footprint: Int { guarded.withLock { Self.overhead + $0.packed.count } }

    private static let overhead = 128
}

extension ExtendedAttributeSet: Hashable {
    /// Sets are compared by identity: lists refer to them.
    package static func == (left: ExtendedAttributeSet, right: ExtendedAttributeSet) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
