import FileMetadata
import Testing

/// Which extended attributes are copied, and under which names (rsync(1), `--xattrs`, `--fake-super`).
@Suite("Attributes of rsync itself")
struct OwnAttributeNamesTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(
        "what rsync stores about an entry never comes from a peer, whatever it lists",
        arguments: ["user.rsync.%stat", "%stat", "%aacl", "%dacl", "%other"],
        [false, true]
    )
    func ownNames(listed: String, includesOwn: Bool) {
        let rules = AttributeNameRules(isSuper: true, isSimulated: true, includesOwn: includesOwn)
        #expect(rules.localName(of: bytes(listed)) == nil)
        #expect(rules.listedName(of: bytes("user.rsync.%stat")) == nil)
        #expect(!rules.isRemovable(bytes("user.rsync.%stat")))
    }

    @Test("names of other namespaces are stored, and listed without what was put before them")
    func stored() {
        let rules = AttributeNameRules(isSuper: true, isSimulated: true, includesOwn: false)
        #expect(rules.localName(of: bytes("trusted.x")) == bytes("user.rsync.trusted.x"))
        #expect(rules.listedName(of: bytes("user.rsync.trusted.x")) == bytes("trusted.x"))
        #expect(rules.localName(of: bytes("user.x")) == bytes("user.x"))
    }

    @Test("a stored status that is left over is removed when entries are what they show", arguments: [false, true])
    func leftOver(includesOwn: Bool) {
        let rules = AttributeNameRules(isSuper: true, isSimulated: false, includesOwn: includesOwn)
        #expect(rules.isRemovable(bytes("user.rsync.%stat")))
        #expect((rules.localName(of: bytes("user.rsync.%stat")) != nil) == includesOwn)
    }
}
