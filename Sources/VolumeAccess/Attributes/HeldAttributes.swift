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

/// Which attributes to read.
package struct AttributeReading {
    /// Whether to read ACLs.
    let lists: Bool
    /// Whether to read another attribute, by its name.
    let isWanted: (_ name: [UInt8]) -> Bool

    package init(lists: Bool, where isWanted: @escaping (_ name: [UInt8]) -> Bool) {
        self.lists = lists
        self.isWanted = isWanted
    }
}

extension AttributeStore {
    /// Reads ACLs and extended attributes; an entry that has none costs one system call.
    ///
    /// - Parameters:
    ///   - reading: Which to read.
    ///   - path: The entry's path, for errors.
    ///   - shown: The permissions that an entry shows whose ACLs are stored (`--fake-super`); nil where they are real.
    /// - Returns: What the entry has.
    /// - Throws: ``VolumeError`` when the names of the attributes cannot be listed.
    func read(
        _ reading: AttributeReading,
        path: @autoclosure () -> [UInt8],
        shown: UInt32? = nil
    ) throws(VolumeError) -> HeldAttributes {
        var held = HeldAttributes()
        let accessName = shown == nil ? AccessControlList.accessName : StoredStatus.accessListName
        let defaultName = shown == nil ? AccessControlList.defaultName : StoredStatus.defaultListName
        let names: [[UInt8]]
        switch self.names() {
        case .success(let found): names = found
        case .failure(let error): throw .system(operation: error.operation, path: path(), number: error.number)
        }
        for name in names {
            let isDefault = name == defaultName
            let isList = isDefault || name == accessName
            guard isList ? reading.lists : reading.isWanted(name) else { continue }
            switch value(of: name) {
            case .success(let value) where isList:
                let found = shown == nil ? AccessControlList(kernel: value) : AccessControlList(stored: value)
                guard let found = found?.sorted else { continue }
                if isDefault {
                    held.defaultList = found
                } else {
                    held.accessList = if let shown { found.completed(with: shown) } else { found }
                }
            case .success(let value): held.extended.append((name, value))
            // It was removed in the meantime.
            case .failure(let error) where error.number == ENODATA: continue
            case .failure(let error):
                let operation = "\(error.operation) \(String(decoding: name, as: UTF8.self)) of"
                held.failures.append(.system(operation: operation, path: path(), number: error.number))
            }
        }
        held.extended.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return held
    }
}

extension VolumeDirectory {
    /// Reads the ACLs and extended attributes of an entry; one that has none costs one system call.
    ///
    /// - Parameters:
    ///   - name: The entry; nil for the directory itself.
    ///   - reading: Which to read.
    /// - Returns: What the entry has.
    /// - Throws: ``VolumeError`` when the names of the attributes cannot be listed.
    package func heldAttributes(
        of name: Span<UInt8>?,
        _ reading: AttributeReading
    ) throws(VolumeError) -> HeldAttributes {
        if let name { guard isLeafName(name) else { throw .invalidName(bytes(of: name)) } }
        var shown: UInt32?
        if features.simulatesPrivileges {
            let status = if let name { try status(of: name) } else { try status() }
            shown = status?.permissions ?? 0
        }
        guard let name else { return try AttributeStore(self, nil).read(reading, path: relativePath, shown: shown) }
        return try AttributeStore(self, name).read(reading, path: path(of: name), shown: shown)
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

extension Volume {
    /// Reads the ACLs and extended attributes of what a path leads to, where links are followed.
    ///
    /// - Parameters:
    ///   - path: A path below the root.
    ///   - status: The status of what it leads to.
    ///   - following: What links may lead to.
    ///   - reading: Which to read.
    /// - Returns: What a file or directory has; none for anything else, which cannot be opened safely.
    /// - Throws: ``VolumeError`` when it cannot be opened or the names of the attributes cannot be listed.
    package func heldAttributes(
        at path: [UInt8],
        _ status: FileStatus,
        following: LinkFollowing,
        _ reading: AttributeReading
    ) throws(VolumeError) -> HeldAttributes {
        if status.isDirectory {
            return try directory(path.span, following: following).heldAttributes(of: nil, reading)
        }
        guard status.isRegular else { return HeldAttributes() }
        let file = try root.openForReading(path.span, following: following)
        return try AttributeStore(file.descriptor.rawValue).read(
            reading,
            path: path,
            shown: features.simulatesPrivileges ? status.permissions : nil
        )
    }

    /// Reads one extended attribute of what a path leads to; nil if it cannot be read.
    package func extendedAttribute(
        _ attribute: [UInt8],
        at path: [UInt8],
        isDirectory: Bool,
        following: LinkFollowing
    ) -> [UInt8]? {
        do throws(VolumeError) {
            if isDirectory {
                return try directory(path.span, following: following).extendedAttribute(attribute, of: nil)
            }
            let file = try root.openForReading(path.span, following: following)
            return try? AttributeStore(file.descriptor.rawValue).value(of: attribute).get()
        } catch {
            return nil
        }
    }
}
