import Testing
import VolumeAccess

@testable import VolumeCapacity

@Suite("What a target's user may not do")
struct TargetRightsTests {
    /// What user 1000 in groups 1000 and 5555 cannot keep in a directory of root's.
    private func rights(_ change: (inout TargetFacts, inout TreeFacts) -> Void) -> [TargetCheck.Finding] {
        var target = roomyTarget()
        target.abilities.changesOwner = false
        target.writer = VolumeUser(
            user: 1000,
            groups: [1000, 5555],
            capabilities: [],
            topOwner: 1000,
            topGroup: 5555,
            topPermissions: 0o2770
        )
        var tree = TreeFacts()
        tree.owners.insert(1000)
        tree.groups.insert(5555)
        change(&target, &tree)
        let carried = CarriedAttributes(lists: true, extended: true)
        return TargetCheck(
            tree: tree,
            demand: TargetCheck.Demand(bytes: 1 << 20, inodes: 100),
            target: target,
            carrying: carried
        ).findings
    }

    @Test("a target that is the owner of everything loses nothing")
    func ownOwner() { #expect(rights { _, _ in }.isEmpty) }

    @Test("owners and groups that a target cannot set are named, with what would cure it")
    func owners() throws {
        let one = rights { target, tree in
            tree.owners = NumberSet()
            tree.owners.insert(33)
        }
        #expect(
            one.map(\.text) == [
                "the target, user 1000, cannot set the owners of files (33): give it the capability CHOWN, or run it as user 33"
            ]
        )
        let more = rights { target, tree in
            for number: UInt32 in [0, 33, 1000] {
                tree.owners.insert(number)
                tree.groups.insert(number)
            }
        }
        try #require(more.count == 2)
        #expect(more.allSatisfy { $0.severity == .alters && $0.subject == .attributes })
        #expect(more[0].text.hasSuffix("cannot set the owners of files (0, 33): give it the capability CHOWN"))
        #expect(
            more[1].text.hasPrefix(
                "the target, user 1000 in the groups 1000, 5555, cannot set the groups of files (0, 33): "
            )
        )
        #expect(more[1].text.contains("supplementalGroups") && more[1].text.contains("fsGroup"))
    }

    @Test("a top directory of another owner is a finding of its own, but not with FOWNER")
    func topDirectory() {
        let others = rights { target, _ in target.writer?.topOwner = 0 }
        #expect(others.map(\.subject) == [.topDirectory])
        #expect(others.first?.text.contains("capability FOWNER, or run it as user 0") == true)
        let mayAct = rights { target, _ in
            target.writer?.topOwner = 0
            target.writer?.capabilities = ["FOWNER"]
        }
        #expect(mayAct.isEmpty)
    }

    @Test("trusted attributes and capabilities of files need capabilities of the target")
    func attributes() throws {
        let found = rights { _, tree in
            tree.attributes.add([Array("trusted.x".utf8)])
            tree.attributes.add([Array("security.capability".utf8)])
        }
        try #require(found.count == 2)
        #expect(found[0].text.contains("SYS_ADMIN") && found[1].text.contains("SETFCAP"))
        let kept = rights { target, tree in
            target.writer?.capabilities = ["SYS_ADMIN", "SETFCAP"]
            tree.attributes.add([Array("trusted.x".utf8), Array("security.capability".utf8)])
        }
        #expect(kept.isEmpty)
    }

    @Test(
        "a directory that is closed to the target is refused, with the group that opens it, and on NFS with manage-gids"
    )
    func closed() {
        func text(_ type: String, _ change: (inout VolumeUser) -> Void) -> String {
            let found = rights { target, _ in
                target.space.type = type
                guard var writer = target.writer else { return }
                (writer.isWritable, writer.topOwner, writer.groups) = (false, 0, [1000])
                change(&writer)
                target.writer = writer
            }
            #expect(found.first?.severity == .doesNotFit && found.first?.subject == .access)
            return found.first?.text ?? ""
        }
        let plain = text("ext4") { _ in }
        #expect(plain.contains("belongs to 0:5555 with mode 02770; add 5555 to supplementalGroups"))
        #expect(!plain.contains("manage-gids"))
        #expect(text("nfs4") { _ in }.contains("manage-gids=n"))
        let ignored = text("nfs4") { $0.groups = [1000, 5555] }
        #expect(ignored.contains("closed although this process is in group 5555; an NFS server with manage-gids"))
        #expect(text("nfs4") { $0.user = 0 }.contains("root has no rights there (root_squash)"))
        #expect(text("ext4") { $0.topPermissions = 0o700 }.contains("run as user 0 (runAsUser)"))
    }

    @Test("a server that maps users is named")
    func squashed() {
        let found = rights { target, tree in
            target.space.type = "nfs4"
            target.abilities.squashedOwner = 65534
            target.writer?.user = 0
            target.writer?.capabilities = ["CHOWN", "FOWNER"]
            tree.owners.insert(33)
        }
        // FOWNER counts for nothing there.
        #expect(found.map(\.subject) == [.attributes, .topDirectory])
        #expect(found.last?.text.contains("by user 0: run it as user 1000") == true)
        #expect(found.first?.text.contains("as user 0 belongs to user 65534 (an NFS server with root_squash") == true)
        #expect(found.first?.text.contains("manage-gids=n") == true)
    }
}
