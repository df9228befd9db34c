import Checksums
import LinuxSystem

/// The digest that stands for a long value of an extended attribute in a file list (protocol specification, transfer
/// 8.1).
enum AttributeDigest {
    static func of(_ value: [UInt8]) -> [UInt8] {
        var sum = StreamingChecksum(.fileList(.md5))
        sum.update(value.span.rawBytes)
        return sum.finish().bytes
    }
}
