import LinuxSystem
import VolumeAccess

/// What a source has to know before a pass: which dvm options the target supports, and whether someone else is writing
/// to the volume.
///
///     S>T  {"request":"pass","volume":NAME,"job":ID}
///     T>S  {"options":[NAME, ...],"inUse":TEXT}, the second only when a session is
///
/// The session decides: a source that asks first is not guaranteed the lock.
package enum PassRequest: ControlRequest {
    static let name = "pass"
    static let limit = Duration.seconds(20)
    /// The dvm options of sessions that this target supports; `attributes` stands for ACLs, extended attributes and
    /// SELinux labels.
    package static let options = ["attributes", "delete-guard", "job", "tally"]

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard let name = arguments["volume"]?.asText, let volume = try context.volumes.volume(named: name) else {
            throw .refused("no such volume")
        }
        var answer: [(String, JSONValue)] = [("options", .list(options.map { .text($0) }))]
        let job = arguments["job"]?.asText ?? ""
        do throws(VolumeError) {
            let holder = try context.volumes.writer(of: volume, named: name, job: job, user: Array(context.user.utf8))
            if let holder { answer.append(("inUse", .text(holder))) }
        } catch {
            throw .refused("the volume cannot be examined: \(error)")
        }
        return answer
    }
}

/// A target's answer before a pass.
package struct PassAnswer: Sendable {
    /// The dvm options of sessions that it supports.
    package var options: Set<String>
    /// Who is writing to the volume, for the user; nil for none.
    package var holder: String?
    /// Whether the target has no such volume, or cannot open it.
    package var isRefused: Bool

    package init(options: Set<String> = [], holder: String? = nil, isRefused: Bool = false) {
        self.options = options
        self.holder = holder
        self.isRefused = isRefused
    }
}

extension ControlClient {
    /// Requests what has to be known before a pass.
    ///
    /// - Parameters:
    ///   - volume: The volume's name at the target.
    ///   - job: The requesting job.
    /// - Returns: The answer; for an older target, one without any options.
    /// - Throws: ``ControlError``.
    package func pass(toVolume volume: String, job: String) throws(ControlError) -> PassAnswer {
        let arguments: [(String, JSONValue)] = [("volume", .text(volume)), ("job", .text(job))]
        let answer: JSONValue
        do throws(ControlError) {
            answer = try ask(PassRequest.name, arguments, within: PassRequest.limit + .seconds(10))
        } catch {
            guard case .unknownRequest = error else { throw error }
            return PassAnswer()
        }
        var known: [String] = []
        if case .list(let names)? = answer["options"] { known = names.compactMap(\.asText) }
        return PassAnswer(options: Set(known), holder: answer["inUse"]?.asText.map { PrintableText.ofPeer($0) })
    }
}
