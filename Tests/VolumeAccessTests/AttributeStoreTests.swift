import FileMetadata
import Glibc
import LinuxSystem
import TestSupport
import Testing

@testable import VolumeAccess

@Suite("AttributeStore")
struct AttributeStoreTests {
    /// How the attributes of a leaf are reached: by its directory's descriptor, or by a path on kernels without such
    /// calls.
    static let ways = [true, false]

    private func scratch(_ byDescriptor: Bool) throws -> Scratch {
        let scratch = try Scratch()
        if !byDescriptor { scratch.root.features.attributesAt.refuse() }
        return scratch
    }

    private func value(of name: String, in store: AttributeStore) -> [UInt8]? {
        try? store.value(of: Array(name.utf8)).get()
    }

    @Test("collects what fits on the stack and what does not", arguments: [0, 1, 1023, 1024, 1025, 65_535, 65_536])
    func collecting(length: Int) throws {
        let directory = try TemporaryDirectory(parent: "/dev/shm")
        let content = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let number = openFile(directory.file("f"), O_RDWR | O_CREAT | O_CLOEXEC, mode: 0o600)
        defer { close(number) }
        try #require(AttributeStore(number).set(Array("user.x".utf8), content) == 0)
        let found = collect(upTo: 65_536) { value in kernelCall { Kernel.fgetxattr(number, "user.x", into: value) } }
        #expect(found.result == length)
        #expect(found.bytes == content)
    }

    @Test("a failed call collects nothing, a longer result than announced ends the process")
    func failures() async {
        var calls = 0
        let failed = collect(upTo: 2000) { _ in
            calls += 1
            return -Int(ERANGE)
        }
        #expect(failed.bytes.isEmpty && failed.result == -Int(ERANGE) && calls == 2)
        #expect(collect(upTo: 2000) { _ in -Int(EIO) }.result == -Int(EIO))
        await #expect(processExitsWith: .failure) { _ = collect(upTo: 2000) { _ in 1025 } }
    }

    @Test("a leaf's attributes are those of the entry itself", arguments: ways)
    func leaf(byDescriptor: Bool) throws {
        let scratch = try scratch(byDescriptor)
        try scratch.write("", to: "file")
        try #require(symlink("file", scratch.directory.file("link")) == 0)
        let file = AttributeStore(scratch.root, Array("file".utf8).span)
        let link = AttributeStore(scratch.root, Array("link".utf8).span)
        #expect(file.set(Array("trusted.a".utf8), [1]) == 0)
        #expect(link.set(Array("trusted.a".utf8), [2]) == 0)
        #expect(link.set(Array("user.b".utf8), [3]) == -Int(EPERM))
        #expect(value(of: "trusted.a", in: file) == [1] && value(of: "trusted.a", in: link) == [2])
        #expect(try link.names().get() == [Array("trusted.a".utf8)])
        #expect(link.remove(Array("trusted.a".utf8)) == 0 && link.remove(Array("trusted.a".utf8)) == 0)
        #expect(try link.names().get() == [] && file.names().get().count == 1)
        guard case .failure(let error) = link.value(of: Array("trusted.a".utf8)) else {
            Issue.record("a removed attribute has a value")
            return
        }
        #expect(error.number == ENODATA)
        #expect(scratch.root.features.attributesAt.isSupported || !byDescriptor)
    }

    @Test("long lists and values are read whole", arguments: ways)
    func long(byDescriptor: Bool) throws {
        let scratch = try scratch(byDescriptor)
        try scratch.write("", to: "file")
        let store = AttributeStore(scratch.root, Array("file".utf8).span)
        let names = (0..<60).map { "user.\($0)" + String(repeating: "n", count: 40) }
        for (place, name) in names.enumerated() {
            try #require(store.set(Array(name.utf8), [UInt8](repeating: UInt8(place), count: place * 100)) == 0)
        }
        #expect(Set(try store.names().get().map { String(decoding: $0, as: UTF8.self) }) == Set(names))
        #expect(Set(try scratch.root.extendedAttributeNames(of: Array("file".utf8).span)).count == names.count)
        for (place, name) in names.enumerated() {
            #expect(value(of: name, in: store) == [UInt8](repeating: UInt8(place), count: place * 100))
        }
    }

    @Test("a change sets what differs and removes the rest", arguments: ways)
    func change(byDescriptor: Bool) throws {
        let scratch = try scratch(byDescriptor)
        try scratch.write("", to: "file")
        try scratch.write("", to: "previous")
        let rules = AttributeNameRules(isSuper: true, isSimulated: false, includesOwn: false)
        let store = AttributeStore(scratch.root, Array("file".utf8).span)
        let previous = AttributeStore(scratch.root, Array("previous".utf8).span)
        let names = ["user.changed", "user.digest", "user.equal", "user.new", "user.previous"].map { Array($0.utf8) }
        for name in [names[0], names[1], names[2], Array("user.old".utf8)] { _ = store.set(name, [1]) }
        _ = previous.set(names[4], [5])
        let set = ExtendedAttributeSet([
            ExtendedAttribute(name: names[0], value: [2]), ExtendedAttribute(name: names[1], length: 1, digest: [9]),
            ExtendedAttribute(name: names[2], value: [1]), ExtendedAttribute(name: names[3], value: []),
            ExtendedAttribute(name: names[4], length: 1, digest: [9]),
            ExtendedAttribute(name: Array("user.unknown".utf8), length: 1, digest: [9]),
        ])
        let failures = store.apply(ExtendedAttributesChange(set, rules), previous: previous)
        #expect(failures.map(\.name) == [Array("user.unknown".utf8)] && failures.map(\.number) == [ENODATA])
        #expect(names.map { try? store.value(of: $0).get() } == [[2], [1], [1], [], [5]])
        #expect(try store.names().get().count == names.count)
    }
}
