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
        self.name = name
        length = value.count
        self.value = value
        digest = []
    }

    /// An attribute with a long value, of which the digest is known.
    package init(name: [UInt8], length: Int, digest: [UInt8]) {
        self.name = name
        self.length = length
        value = nil
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
        var attributes: [ExtendedAttribute]
        /// Which values were requested from the sender.
        var requested: Set<Int> = []
    }

    private let guarded: Mutex<Guarded>

    /// A set whose attributes are in ascending order of their names.
    package init(_ attributes: [ExtendedAttribute]) {
        guarded = Mutex(Guarded(attributes: attributes))
    }

    /// The set of entries without attributes.
    package static let empty = ExtendedAttributeSet([])

    /// The attributes in order.
    package var attributes: [ExtendedAttribute] { guarded.withLock { $0.attributes } }

    /// Marks values as requested.
    ///
    /// - Parameter places: Places in ``attributes`` whose values are needed.
    /// - Returns: Those that are not known, and were not requested before.
    package func request(_ places: [Int]) -> [Int] {
        guarded.withLock { state in
            places.filter { state.attributes[$0].value == nil && state.requested.insert($0).inserted }
        }
    }

    /// Whether all values at these places are known.
    package func knows(_ places: [Int]) -> Bool {
        guarded.withLock { state in places.allSatisfy { state.attributes[$0].value != nil } }
    }

    /// Stores a requested value.
    ///
    /// - Returns: False if there is no such place, or its value was not requested.
    package func fill(_ place: Int, with value: [UInt8]) -> Bool {
        guarded.withLock { state in
            guard state.requested.contains(place), state.attributes[place].value == nil else { return false }
            state.attributes[place].value = value
            return true
        }
    }

    /// The memory of the set in bytes, approximately, without values that are filled in later.
    package var footprint: Int {
        guarded.withLock { state in
            state.attributes.reduce(Self.overhead) {
                $0 + MemoryLayout<ExtendedAttribute>.stride + Self.overhead + $1.name.count + ($1.value?.count ?? 16)
            }
        }
    }

    private static let overhead = 96
}

extension ExtendedAttributeSet: Hashable {
    /// Sets are compared by identity: lists refer to them.
    package static func == (left: ExtendedAttributeSet, right: ExtendedAttributeSet) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
