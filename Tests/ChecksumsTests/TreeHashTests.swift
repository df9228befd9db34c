import TestSupport
import Testing

@testable import Checksums

@Suite("Tree hash")
struct TreeHashTests {
    /// The leaves and some of the roots of the test vectors of Certificate Transparency (RFC 6962, section 2.1).
    private static let leaves: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ]

    @Test(
        "the roots are those of RFC 6962's test vectors",
        arguments: [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ]
    )
    func vectors(count: Int, root: String) {
        var hasher = TreeHasher(.sha256)
        var fold = TreeFold()
        for leaf in Self.leaves.prefix(count) { fold.add(hasher.leaf(of: leaf.span), &hasher) }
        #expect(fold.takeRoot(&hasher).description == root)
    }

    /// The definition of RFC 6962, as it stands there.
    private static func root(_ leaves: ArraySlice<TreeDigest>, _ hasher: inout TreeHasher) -> TreeDigest {
        if leaves.isEmpty { return hasher.empty() }
        if leaves.count == 1 { return leaves[leaves.startIndex] }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return hasher.node(root(leaves[..<middle], &hasher), root(leaves[middle...], &hasher))
    }

    @Test("the fold is the definition's root, also by parts of 16 leaves", arguments: TreeHashFunction.allCases)
    func definition(function: TreeHashFunction) {
        var hasher = TreeHasher(function)
        var leaves: [TreeDigest] = []
        for count in 0..<100 {
            let expected = Self.root(leaves[...], &hasher)
            #expect(expected.count == function.digestLength)
            var (whole, parts) = (TreeFold(), TreeFold())
            for leaf in leaves { whole.add(leaf, &hasher) }
            #expect(whole.count == UInt64(count) && whole.takeRoot(&hasher) == expected)
            for start in stride(from: 0, to: count, by: 16) {
                var part = TreeFold()
                for leaf in leaves[start..<min(start + 16, count)] { part.add(leaf, &hasher) }
                parts.add(part.takeRoot(&hasher), &hasher)
            }
            #expect(parts.takeRoot(&hasher) == expected)
            leaves.append(hasher.leaf(of: [UInt8(count), 7].span))
        }
    }

    @Test("each function tells leaves from nodes, and no data from an empty leaf", arguments: TreeHashFunction.allCases)
    func domains(function: TreeHashFunction) {
        var hasher = TreeHasher(function)
        let (one, other) = (hasher.leaf(of: [1].span), hasher.leaf(of: [2].span))
        let pair = one.bytes + other.bytes
        #expect(hasher.node(one, other) != hasher.leaf(of: pair.span))
        #expect(hasher.node(one, other) != hasher.node(other, one))
        let nothing: [UInt8] = []
        #expect(hasher.empty() != hasher.leaf(of: nothing.span))
        #expect(hasher.empty() != .unknown(function))
    }

    @Test("a sum of pieces is that of the whole")
    func streaming() {
        let data = knownBytes(100_000)
        var sum = StreamingSHA256()
        for start in stride(from: 0, to: data.count, by: 7001) {
            sum.update(data[start..<min(start + 7001, data.count)].span)
        }
        var whole = StreamingSHA256()
        whole.update(data.span)
        let (one, other) = (sum.finish(), whole.finish())
        #expect(one == other)
    }
}
