import DeltaTransfer
import LinuxSystem
import RsyncWire

/// Rebuilds a file from its tokens as a receiver does.
func rebuild(_ reader: TokenReader, _ geometry: BlockGeometry, basis: [UInt8]) throws -> [UInt8] {
    var result: [UInt8] = []
    try reader.startFile(blockCount: Int32(geometry.count))
    while true {
        switch try reader.next() {
        case .end: return result
        case .literal(let bytes): result.append(copying: bytes.span)
        case .copy(let first, let count):
            for block in Int(first)..<Int(first) + count {
                let range = try geometry.range(ofBlock: block)
                let bytes = basis[Int(range.lowerBound)..<Int(range.upperBound)]
                result += bytes
                try reader.matched(bytes.span.bytes)
            }
        }
    }
}

/// One step of a delta to write.
enum Step: Equatable {
    case literal([UInt8])
    case copy(block: Int, count: Int)
}

/// Writes a file's tokens as a sender does.
func send(_ steps: [Step], _ writer: TokenWriter, _ geometry: BlockGeometry, basis: [UInt8], inPlace: Bool) throws {
    for step in steps {
        switch step {
        case .literal(let bytes) where inPlace:
            var rest = bytes[...]
            while !rest.isEmpty {
                let space = try writer.literalSpace(rest.count)
                let piece = rest.prefix(space.count)
                space.copy(piece.span)
                try writer.commitLiteral(space.count)
                rest = rest.dropFirst(space.count)
            }
        case .literal(let bytes): try writer.literal(bytes.span.bytes)
        case .copy(let first, let count):
            try writer.copy(block: Int32(first), count: count)
            for block in first..<first + count {
                let range = try geometry.range(ofBlock: block)
                try writer.matched(basis[Int(range.lowerBound)..<Int(range.upperBound)].span.bytes)
            }
        }
    }
    try writer.end()
}

/// The exit code of the error that `body` throws; 0 when it throws none.
func exitCode(_ body: () throws -> Void) -> Int32 {
    do {
        try body()
        return 0
    } catch let error as WireError {
        return error.exitCode
    } catch {
        return -1
    }
}
