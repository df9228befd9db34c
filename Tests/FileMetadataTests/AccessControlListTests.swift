import FileMetadata
import Testing

@Suite("AccessControlList")
struct AccessControlListTests {
    private let named = [
        AccessControlList.Named(isUser: true, id: 5, permissions: 4),
        AccessControlList.Named(isUser: true, id: 1000, permissions: 7),
        AccessControlList.Named(isUser: false, id: 1001, permissions: 5),
    ]

    @Test("the kernel's form comes back as it was")
    func kernel() throws {
        let list = AccessControlList(owner: 6, group: 4, mask: 7, others: 0, named: named)
        #expect(AccessControlList(kernel: list.kernelBytes) == list)
        let small = AccessControlList(owner: 6, group: 4, others: 0)
        #expect(small.kernelBytes.count == 4 + 3 * 8)
        #expect(AccessControlList(kernel: small.kernelBytes) == small)
    }

    @Test(
        "another form is rejected",
        arguments: [[], [2, 0, 0], [1, 0, 0, 0], [2, 0, 0, 0, 1], [2, 0, 0, 0, 3, 0, 7, 0, 0, 0, 0, 0]] as [[UInt8]]
    )
    func rejected(_ bytes: [UInt8]) { #expect(AccessControlList(kernel: bytes) == nil) }

    @Test("entries are written in the kernel's order, whatever order they came in")
    func order() {
        let list = AccessControlList(owner: 6, group: 4, mask: 7, others: 0, named: named.reversed())
        let sorted = AccessControlList(owner: 6, group: 4, mask: 7, others: 0, named: named)
        #expect(list.kernelBytes == sorted.kernelBytes)
        #expect(list.sorted == sorted)
    }

    @Test("what the mode says is left out, and comes back with it")
    func strip() {
        let list = AccessControlList(owner: 6, group: 4, mask: 7, others: 0, named: named)
        #expect(list.stripped(of: 0o670) == AccessControlList(group: 4, named: named))
        #expect(list.stripped(of: 0o640) == AccessControlList(mask: 7, named: named))
        #expect(list.stripped(of: 0o670).completed(with: 0o670) == list)
        #expect(AccessControlList(owner: 6, group: 4, others: 0).stripped(of: 0o640).isEmpty)
        let masked = AccessControlList(owner: 6, group: 6, mask: 4, others: 4)
        #expect(masked.stripped(of: 0o644) == AccessControlList(group: 6, mask: 4))
        #expect(masked.stripped(of: 0o644).completed(with: 0o644) == masked)
    }

    @Test("permissions take precedence over the ACL")
    func permissions() throws {
        let list = AccessControlList(mask: 7, named: named)
        let whole = try #require(list.completed(with: 0o4701))
        #expect(whole.permissions == 0o701 && whole.named == named)
        #expect(AccessControlList(group: 5).completed(with: 0o644) == nil)
    }

    @Test("a default ACL with named entries gets a mask that allows all of them")
    func mask() {
        #expect(AccessControlList(owner: 7, group: 1, others: 0, named: [named[0]]).withMask.mask == 5)
        #expect(AccessControlList(owner: 7, group: 1, others: 0).withMask.mask == nil)
    }

    @Test("access ACLs are compared without what the mode says")
    func comparison() {
        let list = AccessControlList(owner: 6, group: 4, mask: 7, others: 0, named: named)
        var other = list
        (other.owner, other.mask, other.others) = (7, 5, 5)
        #expect(list.hasSameExtension(as: other))
        other.group = 5
        #expect(!list.hasSameExtension(as: other))
    }
}

@Suite("AttributeNameRules")
struct AttributeNameRulesTests {
    private func rules(isSuper: Bool = true, isSimulated: Bool = false, includesOwn: Bool = false) -> AttributeNameRules
    {
        let label = Array("security.selinux".utf8)
        return AttributeNameRules(
            isSuper: isSuper,
            isSimulated: isSimulated,
            includesOwn: includesOwn,
            leavingOut: [label]
        )
    }

    private func listed(_ name: String, _ rules: AttributeNameRules) -> String? {
        rules.listedName(of: Array(name.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    private func local(_ name: String, _ rules: AttributeNameRules) -> String? {
        rules.localName(of: Array(name.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("the user's rules take the place of the selection by namespaces, on the side that they concern")
    func filter() {
        let filter = AttributeFilter { name, isSending in isSending ? name == Array("user.a".utf8) : nil }
        let rules = AttributeNameRules(isSuper: false, isSimulated: false, includesOwn: false, filter: filter)
        #expect(listed("user.a", rules) == nil && listed("user.b", rules) == "user.b")
        #expect(local("user.a", rules) == "user.a" && local("trusted.t", rules) == nil)
        #expect(rules.isRemovable(Array("user.a".utf8)))
        let receiving = AttributeFilter { name, isSending in isSending ? nil : name == Array("user.a".utf8) }
        let other = AttributeNameRules(isSuper: false, isSimulated: false, includesOwn: false, filter: receiving)
        #expect(listed("user.a", other) == "user.a" && local("user.a", other) == nil)
        #expect(local("trusted.t", other) == "trusted.t" && local("system.x", other) == nil)
        #expect(!other.isRemovable(Array("user.a".utf8)) && other.isRemovable(Array("trusted.t".utf8)))
    }

    @Test("system attributes, rsync's own and those left out are never copied")
    func never() {
        for name in ["system.posix_acl_access", "user.rsync.%stat", "security.selinux"] {
            #expect(listed(name, rules()) == nil && local(name, rules()) == nil, "\(name)")
            // rsync 3.5.0 removes its own, which would later be taken for what the entry is.
            let isOwn = name.hasPrefix("user.rsync.")
            #expect(rules().isRemovable(Array(name.utf8)) == isOwn, "\(name)")
        }
        #expect(listed("user.rsync.%stat", rules(includesOwn: true)) == "user.rsync.%stat")
        #expect(local("user.rsync.%stat", rules(includesOwn: true)) == "user.rsync.%stat")
    }

    @Test("a user that is not root sends all that it sees, and sets only its own namespace")
    func user() {
        let rules = rules(isSuper: false)
        #expect(listed("trusted.a", rules) == "trusted.a")
        #expect(local("trusted.a", rules) == nil && local("user.a", rules) == "user.a")
        #expect(!rules.isRemovable(Array("security.a".utf8)) && rules.isRemovable(Array("user.a".utf8)))
    }

    @Test("--fake-super stores other namespaces in the user's")
    func simulated() {
        let rules = rules(isSimulated: true)
        #expect(local("trusted.a", rules) == "user.rsync.trusted.a" && local("user.a", rules) == "user.a")
        #expect(listed("user.rsync.trusted.a", rules) == "trusted.a")
        #expect(rules.sourceName(of: Array("trusted.a".utf8)) == Array("user.rsync.trusted.a".utf8))
        #expect(rules.isRemovable(Array("user.rsync.trusted.a".utf8)))
    }
}

@Suite("ExtendedAttributeSet")
struct ExtendedAttributeSetTests {
    private let name = Array("user.a".utf8)

    @Test("a value is requested once, and only a requested one is taken")
    func requests() {
        let long = ExtendedAttribute(name: name, length: 40, digest: [UInt8](repeating: 1, count: 16))
        let set = ExtendedAttributeSet([ExtendedAttribute(name: name, value: [1]), long])
        set.fill([(0, [2]), (1, [2]), (7, [2])])
        #expect(set.attributes.map(\.value) == [[1], nil] && !set.awaits(1))
        #expect(set.request([0, 1]) == [1] && set.request([1]).isEmpty)
        #expect(!set.knows([1]) && set.awaits(1) && !set.awaits(0))
        set.fill([(0, [2]), (1, [2])])
        #expect(set.knows([0, 1]) && set.attributes.map(\.value) == [[1], [2]] && !set.awaits(1))
        set.fill([(1, [3])])
        #expect(set.attributes[1].value == [2] && set.request([1]).isEmpty)
    }
}

@Suite("PackedAttributes")
struct PackedAttributesTests {
    private let digest = [UInt8](repeating: 7, count: 16)

    @Test(
        "attributes come back as they were",
        arguments: [0, 1, 32, 63, 64, 127, 128, 8191, 8192, 16_383, 16_384, 65_536, 128 << 20]
    )
    func packing(length: Int) {
        let bytes = (0..<min(length, 65_536)).map { UInt8(truncatingIfNeeded: $0) }
        let attributes = [
            ExtendedAttribute(name: Array("user.a".utf8), value: bytes),
            ExtendedAttribute(name: Array("user.b".utf8), length: length, digest: digest),
            ExtendedAttribute(name: bytes, length: length, digest: []),
            ExtendedAttribute(name: Array("user.d".utf8), value: []),
        ]
        let packed = PackedAttributes(attributes)
        #expect(packed.attributes == attributes)
        #expect(packed == PackedAttributes(attributes))
        #expect(packed != PackedAttributes(attributes.reversed()))
        #expect(PackedAttributes([]).attributes.isEmpty)
    }

    @Test("a value that came later keeps its listed length and digest", arguments: [0, 31, 40, 200, 65_536])
    func filling(length: Int) {
        let listed = ExtendedAttribute(name: [1], length: 40, digest: digest)
        let set = ExtendedAttributeSet([ExtendedAttribute(name: [0], value: [9]), listed])
        let value = [UInt8](repeating: 5, count: length)
        #expect(set.request([1]) == [1])
        set.fill([(1, value)])
        #expect(set.attributes[1].value == value && set.attributes[0].value == [9])
        #expect(set.attributes[1].length == 40 && set.attributes[1].digest == digest)
    }

    @Test("a value is not taken for an equal digest")
    func kinds() {
        let value = ExtendedAttribute(name: [1], value: digest)
        let listed = ExtendedAttribute(name: [1], length: 16, digest: digest)
        #expect(PackedAttributes([value]) != PackedAttributes([listed]))
    }
}
