package import FileMetadata
import Glibc
import LinuxSystem

/// The ACLs and extended attributes that an entry has.
package struct HeldAttributes: Sendable {
    /// Its own ACL; nil if its mode says it all.
    package var accessList: AccessControlList?
    /// A directory's ACL for what is created in it.
    package var defaultList: AccessControlList?
    /// The other attributes, under the names of the volume, in ascending order.
    package var extended: [(name: [UInt8], value: [UInt8])] = []
    /// Errors for attributes that could not be read.
    package var failures: [VolumeError] = []

    /// An entry without any.
    package init() {}
}

extension VolumeDirectory {
    /// Reads the ACLs and extended attributes of an entry; one that has none costs one system call.
    ///
    /// - Parameters:
    ///   - name: The entry; nil for the directory itself.
    ///   - lists: Whether to read ACLs.
    ///   - isWanted: Whether to read an attribute, by its name.
    /// - Returns: What the entry has.
    /// - Throws: ``VolumeError`` when the names of the attributes cannot be listed.
    package func heldAttributes(
        of name: Span<UInt8>?,
        lists: Bool,
        where isWanted: (_ name: [UInt8]) -> Bool
    ) throws(VolumeError) -> HeldAttributes {
        if let name { guard isLeafName(name) else { throw .invalidName(bytes(of: name)) } }
        let store = AttributeStore(self, name)
        var held = HeldAttributes()
        let path: [UInt8]
        if let name { path = self.path(of: name) } else { path = relativePath }
        let names: [[UInt8]]
        switch store.names() {
        case .success(let found): names = found
        case .failure(let error): throw .system(operation: error.operation, path: path, number: error.number)
        }
        for name in names {
            let isList = name == AccessControlList.accessName || name == AccessControlList.defaultName
            guard isList ? lists : isWanted(name) else { continue }
            switch store.value(of: name) {
            case .success(let value) where isList: held.take(list: value, named: name)
            case .success(let value): held.extended.append((name, value))
            // It was removed in the meantime.
            case .failure(let error) where error.number == ENODATA: continue
            case .failure(let error):
                let operation = "\(error.operation) \(String(decoding: name, as: UTF8.self)) of"
                held.failures.append(.system(operation: operation, path: path, number: error.number))
            }
        }
        held.extended.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return held
    }

    /// Reads one extended attribute of an entry; nil if it cannot be read.
    ///
    /// - Parameters:
    ///   - attribute: The attribute's name.
    ///   - name: The entry; nil for the directory itself.
    /// - Returns: The value.
    package func extendedAttribute(_ attribute: [UInt8], of name: Span<UInt8>?) -> [UInt8]? {
        if let name { guard isLeafName(name) else { return nil } }
        guard case .success(let value) = AttributeStore(self, name).value(of: attribute) else { return nil }
        return value
    }
}

extension HeldAttributes {
    fileprivate mutating func take(list value: [UInt8], named name: [UInt8]) {
        guard let list = AccessControlList(kernel: value)?.sorted else { return }
        if name == AccessControlList.accessName { accessList = list } else { defaultList = list }
    }
}
