import AgentControl
import Glibc
import LinuxSystem
import ProcessSupport

/// What the record of the pass before this one says of the targets' volumes.
package struct LastPass: Sendable {
    /// The longest record that is read, in bytes.
    private static let longest = 64 << 20

    /// When a volume was in place, by the target's clock.
    private struct End {
        let volume: String
        let targetName: String
        let time: LogTime
    }

    private let ends: [End]
    /// Why nothing is known; nil when the record says something.
    let gap: String?

    /// Reads a record.
    ///
    /// - Parameters:
    ///   - path: The file; one that is not there says that there was no pass.
    ///   - target: The target of this pass: a record about another one does not count.
    /// - Throws: ``AgentError`` of class ``FailureClass/badSetting`` for a file that is not a record.
    init(file path: String, target: String) throws(AgentError) {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try SmallFile(Array(path.utf8), kind: .regular).contents(limit: Self.longest)
        } catch {
            if error.number == EFBIG {
                (ends, gap) = ([], "the record of the last pass is too long")
                return
            }
            guard error.number == ENOENT else {
                throw AgentError(.badSetting, "--record \(path): \(error)", exitCode: 1)
            }
            (ends, gap) = ([], nil)
            return
        }
        let record: JSONValue
        do throws(JSONFlaw) {
            record = try JSONValue(parsing: bytes)
        } catch {
            throw AgentError(.badSetting, "--record \(path): \(error)", exitCode: 1)
        }
        guard record["schema"]?.asText == PassRecord.schema else {
            throw AgentError(.badSetting, "--record \(path): the file is not a record of a pass", exitCode: 1)
        }
        guard record["target"]?.asText == target, case .list(let volumes)? = record["volumes"] else {
            (ends, gap) = ([], "the last pass had another target")
            return
        }
        gap = record["state"]?.asText == "ended" ? nil : "the last pass was killed"
        ends = volumes.compactMap { volume in
            guard let name = volume["name"]?.asText, let targetName = volume["targetName"]?.asText,
                let time = volume["targetEnd"]?.asText.flatMap(LogTime.init(parsing:))
            else { return nil }
            return End(volume: name, targetName: targetName, time: time)
        }
    }

    /// When a volume was in place at the end of the last pass.
    ///
    /// - Parameter volume: The volume.
    /// - Returns: By the target's clock; nil when that is not known.
    func end(of volume: VolumeJob) -> LogTime? {
        ends.first { $0.volume == volume.name && $0.targetName == volume.module }?.time
    }
}
