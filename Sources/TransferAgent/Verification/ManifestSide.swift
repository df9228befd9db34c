import Checksums
import LinuxSystem
import ProcessSupport
import VolumeAccess
import VolumeVerification

/// How the digests of a manifest are made.
package enum ManifestHash: String, CaseIterable, Sendable {
    /// By a cryptographic function: nobody can make another content of the same digest.
    case strong
    /// By XXH3-128: finds every accident, and is faster.
    case fast

    var function: TreeHashFunction { self == .strong ? .strong : .xxh128 }
}

/// A volume, or a manifest that was made of one.
struct ManifestSide {
    let path: String
    let stream: any ManifestStream
    /// The volume's manifest while it is made; nil for one that is read.
    private let made: VolumeManifest?

    /// Opens a directory as a volume, anything else as a manifest.
    ///
    /// - Throws: ``AgentError`` when it cannot be read.
    init(_ path: String, hash: ManifestHash, function: TreeHashFunction? = nil) throws(AgentError) {
        self.path = path
        do throws(VerificationError) {
            if let volume = try Self.volume(path) {
                let manifest = try VolumeManifest(volume, function ?? hash.function)
                (made, stream) = (manifest, manifest)
            } else {
                (made, stream) = (nil, try Self.reader(path))
            }
        } catch {
            throw AgentError(error, path)
        }
    }

    private static func volume(_ path: String) throws(VerificationError) -> Volume? {
        do throws(VolumeError) {
            return try Volume.open(path: path)
        } catch {
            guard error.isNotDirectory else { throw .volume(error) }
            return nil
        }
    }

    private static func reader(_ path: String) throws(VerificationError) -> ManifestReader {
        let file: SequentialFile
        do throws(SystemError) { file = try SequentialFile(path) } catch { throw .system(error) }
        return try ManifestReader { (span) throws(VerificationError) in
            do throws(SystemError) { return try file.read(into: &span) } catch { throw .system(error) }
        }
    }

    /// The next step; nil at the end.
    func next() throws(AgentError) -> ManifestItem? {
        do throws(VerificationError) { return try stream.next() } catch { throw AgentError(error, path) }
    }

    /// A record, decoded.
    func record(_ bytes: [UInt8]) throws(AgentError) -> ManifestRecord {
        do throws(VerificationError) { return try ManifestRecord(bytes, stream.function) } catch {
            throw AgentError(error, path)
        }
    }

    /// What could not be read of a volume: the first of it.
    var failures: [String] { made?.failures.map(\.description) ?? [] }
}
