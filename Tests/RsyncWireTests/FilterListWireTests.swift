import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@Suite("FilterList on the wire")
struct FilterListWireTests {
    static let wire: [(line: String, sender: String?, receiver: String?)] = [
        ("- *.o", "- *.o", "- *.o"), ("include x/", "+ x/", "+ x/"), ("hide,! a", "-!s a", nil),
        ("show b", "+s b", nil), ("P bar", nil, "-r bar"), ("R rr", nil, "+r rr"), ("-s q", "-s q", nil),
        ("-sr both", "-sr both", "-sr both"), ("-p per", "-p per", "-p per"), ("-,p_under", "-p under", "-p under"),
    ]

    @Test("travels as rsync sends it", arguments: wire)
    func wireText(line: String, sender: String?, receiver: String?) throws {
        var list = FilterList()
        try list.append(line: Array(line.utf8))
        for (side, expected) in [(FilterRule.Sides.sender, sender), (.receiver, receiver)] {
            let sink = ArraySink()
            let output = WireOutput(sink: sink)
            try list.write(for: side, to: output)
            try output.flush()
            let text = expected.map { Array($0.utf8) }
            let head = text.map { [UInt8($0.count), 0, 0, 0] + $0 } ?? []
            #expect(hex(sink.bytes) == hex(head + [0, 0, 0, 0]))
            let copy = try FilterList.read(from: WireInput(source: ArraySource(sink.bytes)))
            if expected != nil { #expect(copy == list) }
        }
    }

    static let old: [(line: String, version: Int32, expected: String?)] = [
        ("- *.o", 28, "*.o"), ("+ x/", 28, "+ x/"), ("- + x", 28, "- + x"), ("- - x", 27, "- - x"),
        ("-p per", 28, "per"), ("-p per", 29, "- per"), ("-s q", 28, nil), ("-! q", 27, nil), ("-s q", 29, "-s q"),
    ]

    @Test("travels in older protocols as rsync sends it", arguments: old)
    func oldText(line: String, version: Int32, expected: String?) throws {
        var list = FilterList()
        try list.append(line: Array(line.utf8))
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.dialect = Dialect(version)
        guard let expected else { return #expect(exitCode { try list.write(for: .sender, to: output) } == 2) }
        try list.write(for: .sender, to: output)
        try output.flush()
        #expect(sink.bytes == [UInt8(expected.utf8.count), 0, 0, 0] + Array(expected.utf8) + [0, 0, 0, 0])
        let input = WireInput(source: ArraySource(sink.bytes))
        input.dialect = Dialect(version)
        let copy = try FilterList.read(from: input)
        #expect(copy.rules.map(\.isInclude) == list.rules.map(\.isInclude))
        #expect(copy.rules.map(\.patternLength) == list.rules.map(\.patternLength))
    }

    @Test(
        "refuses unsupported rules with rsync's exit code",
        arguments: [
            ("xyz", 1), ("-q a", 1), ("- ", 1), ("-", 1), (": .rsync-filter", 1), (". /etc/passwd", 1), ("-/ /abs", 1),
            ("-C", 1), ("-x user.*", 1), ("! now", 1), ("- a", 0), ("clear", 0),
        ]
    )
    func refused(line: String, code: Int32) {
        let stream = [UInt8(line.utf8.count), 0, 0, 0] + Array(line.utf8) + [0, 0, 0, 0]
        #expect(exitCode { _ = try FilterList.read(from: WireInput(source: ArraySource(stream))) } == code)
    }

    @Test("refuses lengths over the limits")
    func limits() throws {
        let long = [UInt8](repeating: UInt8(ascii: "a"), count: 4096)
        for (stream, code) in [
            (bytes(hex: "fcffffff"), 22), (bytes(hex: "00140000"), 22), (bytes(hex: "03000000 2d20"), 12),
            (bytes(hex: "02100000 2d20") + long, 22),
            (bytes(hex: "01100000 2d20") + long.dropLast() + [0, 0, 0, 0], 0),
            (bytes(hex: "0000"), 12),
        ] {
            #expect(exitCode { _ = try FilterList.read(from: WireInput(source: ArraySource(stream))) } == Int32(code))
        }
        let many = [UInt8]((0..<20_000).flatMap { _ in bytes(hex: "03000000 2d2061") })
        #expect(exitCode { _ = try FilterList.read(from: WireInput(source: ArraySource(many))) } == 22)
    }
}
