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
        ("-/ /abs", "-/ /abs", "-/ /abs"), ("-x user.*", "-x user.*", "-x user.*"),
        (": .rules", ": .rules", ": .rules"), (":n- .ex", ":n- .ex", ":n- .ex"), (":s .hidden", ":s .hidden", nil),
        (":C", ":C .cvsignore", ":C .cvsignore"), ("dir-merge,w+/p .words", ":w+/p .words", ":w+/p .words"),
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
        ("-p per", 28, "per"), ("-p per", 29, "- per"), ("-s q", 28, "q"), ("-! q", 27, nil), ("-s q", 29, "-s q"),
        ("S q", 27, "+ q"), ("-s! q", 28, nil),
    ]

    @Test("sends old receivers what protects names, or exposes them", arguments: [("P q", "q"), ("R q/", "+ q/")])
    func oldReceiver(line: String, expected: String) throws {
        var list = FilterList()
        try list.append(line: Array(line.utf8))
        #expect(try list.texts(for: .receiver, in: Dialect(28)) == [Array(expected.utf8)])
        #expect(try list.texts(for: .sender, in: Dialect(28)) == [])
    }

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
            ("xyz", 1), ("-q a", 1), ("- ", 1), ("-", 1), (":", 1), (". /etc/passwd", 1), (":-+ a", 1), ("Hs a", 1),
            (":! a", 1), ("! now", 1), ("- a", 0), ("clear", 0), ("-C", 0), (": .rsync-filter", 0),
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
        let many = [UInt8]((0..<70_000).flatMap { _ in bytes(hex: "03000000 2d2061") })
        #expect(exitCode { _ = try FilterList.read(from: WireInput(source: ArraySource(many))) } == 22)
    }

    @Test("sends the CVS rules to a receiver one by one, and a sender their rule")
    func cvs() throws {
        var list = FilterList()
        try list.append(line: Array("-C".utf8))
        try list.append(line: Array("- last".utf8))
        #expect(try sent(list, to: .sender) == ["-C ", "- last"])
        let rules = try sent(list, to: .receiver)
        #expect(rules.first == "-p RCS" && rules.last == "- last" && rules.count > 30)
        list = FilterList()
        try list.appendCVSRules(FilterReader())
        #expect(try sent(list, to: .sender).isEmpty)
        #expect(try sent(list, to: .receiver).first == ":C .cvsignore")
    }

    @Test("an old protocol gets patterns, or an error for what it cannot express")
    func oldProtocols() throws {
        var list = FilterList()
        for line in ["- *.o", "+ x/", "- - lit"] { try list.append(line: Array(line.utf8)) }
        #expect(try sent(list, to: .receiver, version: 28) == ["*.o", "+ x/", "- - lit"])
        for (line, version, side, code) in [
            (": .rules", 28, FilterRule.Sides.sender, 2), ("-p per", 29, .receiver, 2), ("-p per", 29, .sender, 0),
            (": .rules", 29, .receiver, 0), ("P own", 28, .receiver, 0), ("P! own", 28, .receiver, 2),
        ] {
            var list = FilterList()
            try list.append(line: Array(line.utf8))
            let result = exitCode { _ = try sent(list, to: side, version: Int32(version)) }
            #expect(result == Int32(code), "\(line) \(version)")
        }
    }

    @Test("the rule for partial files is sent to every protocol, before 30 without p")
    func partialDirectory() throws {
        for (version, text) in [(32, "-p .parts/"), (29, "- .parts/"), (28, ".parts/")] {
            var options = TransferOptions()
            options.placement.partialDirectory = Array(".parts".utf8)
            options.addImpliedRules()
            #expect(try sent(options.selection.filters, to: .receiver, version: Int32(version)) == [text])
        }
    }

    private func sent(_ list: FilterList, to side: FilterRule.Sides, version: Int32 = 32) throws -> [String] {
        let sink = ArraySink()
        let output = WireOutput(sink: sink)
        output.dialect = Dialect(version)
        try list.write(for: side, to: output)
        try output.flush()
        var texts: [String] = []
        var rest = sink.bytes[...]
        while let length = rest.first, length > 0 {
            texts.append(String(decoding: rest.dropFirst(4).prefix(Int(length)), as: UTF8.self))
            rest = rest.dropFirst(4 + Int(length))
        }
        return texts
    }
}
