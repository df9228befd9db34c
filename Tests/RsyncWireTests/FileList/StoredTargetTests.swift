import RsyncWire
import Testing

@Suite("StoredTarget")
struct StoredTargetTests {
    private func stored(_ target: String, _ form: StoredTarget, depth: Int) -> String {
        String(decoding: form.stored(Array(target.utf8), depth: depth), as: UTF8.self)
    }

    @Test(
        "a confined target leads to nothing above the transfer, as stock rsync stores it",
        arguments: [
            ("/etc/passwd", ["etc/passwd", "etc/passwd", "etc/passwd"]), ("/", [".", ".", "."]),
            ("..", [".", "..", ".."]), ("../..", [".", "../", "../.."]), ("../../../x", ["x", "../x", "../../x"]),
            ("a/../../../b", ["b", "../b", "../../b"]), ("a//b", ["a/b", "a/b", "a/b"]), ("a/", ["a/", "a/", "a/"]),
            ("/../x", ["x", "../x", "../x"]), ("a/b/..", ["a/", "a/", "a/"]), ("a/../../", [".", "../", "../"]),
            ("./..", [".", "..", ".."]), ("../../x/../y", ["y", "../y", "../../y"]), ("..a", ["..a", "..a", "..a"]),
            ("a/.../b", ["a/.../b", "a/.../b", "a/.../b"]), ("sub/../../x", ["x", "../x", "../x"]),
        ]
    )
    func confined(target: String, expected: [String]) {
        #expect((0...2).map { stored(target, .confined, depth: $0) } == expected)
    }

    @Test("other forms: as it is, and with rsync's prefix")
    func others() {
        #expect(stored("/a/../b", .verbatim, depth: 0) == "/a/../b")
        #expect(stored("/a", .munged, depth: 0) == "/rsyncd-munged//a")
    }
}
