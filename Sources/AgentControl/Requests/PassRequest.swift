import LinuxSystem
import VolumeAccess

/// What a source has to know before a pass: which of our own options the target takes, and whether somebody else writes to
/// the volume.
///
///     S>T  {"request":"pass","volume":NAME,"job":ID}
///     T>S  {"options":[NAME, ...],"inUse":TEXT}, the second only when somebody does
///
/// A session says the last word: who asks first need not come first.
package enum PassRequest: ControlRequest {
    static let name = "pass"
    static let limit = Duration.seconds(20)
    /// The options of sessions that this target knows beyond rsync's.
    package static let options = ["delete-guard", "job", "tally"]

    static func answer(
        _ arguments: JSONValue,
        _ context: ControlContext
    ) throws(ControlError) -> [(String, JSONValue)] {
        guard let name = arguments["volume"]?.asText, let volume = try context.volumes.volume(named: name) else {
            throw .refused("there is no such volume here")
        }
        var answer: [(String, JSONValue)] = [("options", .list(options.map { .text($0) }))]
        let job = arguments["job"]?.asText ?? ""
        do throws(VolumeError) {
            let holder = try context.volumes.writer(of: volume, named: name, job: job, user: Array(context.user.utf8))
            if let holder { answer.append(("inUse", .text(holder))) }
        } catch {
            throw .refused("the volume cannot be looked at: \(error)")
        }
        return answer
    }
}

/// What a target says before a pass.
package struct PassAnswer: Sendable {
    /// The options of sessions that it knows beyond rsync's.
    package var options: Set<String>
    /// Who writes to the volume, for a person; nil when nobody does.
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
    /// Asks what there is to know before a pass.
    ///
    /// - Parameters:
    ///   - volume: The volume's name at the target.
    ///   - job: Which job asks.
    /// - Returns: The answer; of an older target one that knows nothing.
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
