import Testing

@testable import RsyncDaemon

@Suite("ModuleRoot")
struct ModuleRootTests {
    private func root(_ path: String, _ usesChroot: Bool?, isSuperuser: Bool = true) -> ModuleRoot {
        ModuleRoot(Array(path.utf8), usesChroot: usesChroot, isSuperuser: isSuperuser)
    }

    @Test("a chroot to the path itself makes it the root; a part behind /./ needs one unless it is switched off")
    func kinds() {
        #expect(root("/srv/m", nil).isRoot && root("/srv/m", true).isRoot && root("/srv/./", nil).isRoot)
        #expect(!root("/srv/m", false).isRoot && !root("/srv/m", nil, isSuperuser: false).isChrooted)
        #expect(root("/srv/./m", nil, isSuperuser: false).isChrooted && !root("/srv/./m", true).isRoot)
        #expect(!root("/srv/./m", false).isChrooted)
    }

    @Test(
        "links with rsync's prefix lead to a directory of the file system's root, or of what rsync changes its root to"
    )
    func munged() {
        func directory(_ root: ModuleRoot) -> String { String(decoding: root.mungedDirectory, as: UTF8.self) }
        #expect(directory(root("/srv/m", true)) == "/srv/m/rsyncd-munged")
        #expect(directory(root("/srv/./m", nil)) == "/srv/rsyncd-munged")
        #expect(directory(root("/srv/m", false)) == "/rsyncd-munged")
    }

    @Test("without a chroot, an absolute path of a parameter is one of the system")
    func inside() {
        func inside(_ path: String, _ root: ModuleRoot) -> String? {
            root.inside(Array(path.utf8)).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(inside("/tmp", root("/srv/m", true)) == "/tmp" && inside("tmp", root("/srv/m", false)) == "tmp")
        #expect(
            inside("/srv/m/tmp", root("/srv/m/", false)) == "/tmp" && inside("/srv/tmp", root("/srv/m", false)) == nil
        )
    }
}
