import AgentControl
import Glibc
import LinuxSystem
import ProcessSupport

/// What the record of the pass before this one says of the targets' volumes.
package struct LastPass: Sendable {
    /// The longest record that is read, in bytes.
    private static let longest = 64 << 20

    /// What the record says of a volume.
    private struct Entry {
        let volume: String
        let targetName: String
        /// When it was in place, by the target's clock; nil when that is not known.
        let end: LogTime?
        /// Why that is not known.
        let gap: String
    }

    private let entries: [Entry]
    /// What to say of volumes that the record does not list; nil when there was no pass.
    private let gap: String?

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
                (entries, gap) = ([], "the record of the last pass is too long")
                return
            }
            guard error.number == ENOENT else {
                throw AgentError(.badSetting, "--record \(path): \(error)", exitCode: 1)
            }
            (entries, gap) = ([], nil)
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
            (entries, gap) = ([], "the last pass had another target")
            return
        }
        gap = "the last pass did not have this volume"
        let wasKilled = record["state"]?.asText != "ended"
        entries = volumes.compactMap { volume in
            guard let name = volume["name"]?.asText, let targetName = volume["targetName"]?.asText else { return nil }
            return Entry(
                volume: name,
                targetName: targetName,
                end: volume["targetEnd"]?.asText.flatMap(LogTime.init(parsing:)),
                gap: Self.gap(of: volume, wasKilled: wasKilled)
            )
        }
    }

    /// Why the record of a volume has no end.
    private static func gap(of volume: JSONValue, wasKilled: Bool) -> String {
        if wasKilled { return "the last pass was killed" }
        guard volume["exitCode"]?.asInteger == 0 else { return "the last pass failed on its way" }
        return "a stock target does not say when the last pass was complete"
    }

    private func entry(of volume: VolumeJob) -> Entry? {
        entries.first { $0.volume == volume.name && $0.targetName == volume.module }
    }

    /// When a volume was in place at the end of the last pass.
    ///
    /// - Parameter volume: The volume.
    /// - Returns: By the target's clock; nil when that is not known.
    func end(of volume: VolumeJob) -> LogTime? { entry(of: volume)?.end }

    /// Why that is not known of a volume; nil when there was no pass.
    func gap(of volume: VolumeJob) -> String? { entry(of: volume)?.gap ?? gap }
}
