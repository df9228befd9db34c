import Checksums
import DeltaTransfer
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

@Suite("Hostile items and tokens")
struct HostileTransferTests {
    /// The cases that this layer decides, by the order of the recording.
    static let names: Set<String> = [
        "count<0", "blen>128K", "blen 128K ok", "count>0 blen 0", "s2 > sumlen", "s2 neg", "rem>blen", "rem neg",
        "block idx oor", "block idx INT_MIN", "count huge blk beyond basis", "xname too long", "z token neg",
        "z token max overflow rel", "z tokenrun zero", "z tokenrun past count", "z flag 0x01", "z bad deflate",
        "z zero-length deflate", "zstd bad", "lz4 bad", "lz4 zero",
    ]
    static let receiver = ((try? Captures.hostile()) ?? []).filter {
        $0.section.hasPrefix("RECEIVER, transfer") && names.contains($0.name)
    }
    static let sender = ((try? Captures.hostile()) ?? []).filter {
        $0.section.hasPrefix("SENDER")
            && ["count<0", "blen 0", "blen>128k", "s2>len", "s2=0 count 1", "s2=-1", "count INT_MAX"].contains($0.name)
    }

    @Test("are all there")
    func complete() {
        #expect(Self.receiver.count == Self.names.count)
        #expect(Self.sender.count == 7)
    }

    @Test("to a receiver end with rsync's exit code", arguments: receiver)
    func receiverCase(hostile: Captures.Hostile) throws {
        let arguments = ServerArguments(
            parsing: (["--server"] + hostile.options + [".", "dst"]).map { Array($0.utf8) },
            from: .shell
        )
        #expect(arguments.refusal == nil)
        let data = hostile.data.dropFirst().flatMap { $0 }
        let filler = [UInt8](repeating: data.last ?? 0, count: hostile.isAbbreviated ? 5000 : 0)
        let input = WireInput(source: ArraySource(data + filler))
        let reader = try TokenReader(input: input, compression: arguments.options.wire.compressChoice ?? .none)
        let code = exitCode {
            #expect(try input.index() == 0)
            _ = try Item.read(from: input)
            let geometry = try BlockGeometry.read(from: input, digestLength: 16)
            try reader.startFile(blockCount: Int32(geometry.count))
            while true {
                if case .end = try reader.next() { break }
            }
            // What rsync tolerated ran into the end of the recorded input.
            _ = try input.bytes(1 << 16, "more")
        }
        #expect(code == hostile.exitCode)
    }

    @Test("to a sender end with rsync's exit code", arguments: sender)
    func senderCase(hostile: Captures.Hostile) throws {
        let input = WireInput(source: ArraySource(hostile.data.flatMap { $0 }))
        let code = exitCode {
            #expect(try FilterList.read(from: input).isEmpty)
            #expect(try input.index() == 1)
            _ = try Item.read(from: input)
            let geometry = try BlockGeometry.read(from: input, digestLength: 16)
            _ = try Signature.read(geometry, recipe: ChecksumRecipe(.md5), from: input)
            _ = try input.bytes(1 << 16, "more")
        }
        #expect(code == hostile.exitCode)
    }
}
