import LinuxSystem
import Synchronization

/// A value that is made from files, and made again after one of them has changed.
///
/// Kubernetes replaces the files of a Secret or ConfigMap while programs run, all of them in one step. A value that cannot
/// be made from the new files is reported once for each change, and the former one stays.
///
/// ## Concurrency model
/// `state` is guarded by its lock, which is held while files are read.
final class FileBacked<Value: Sendable>: Sendable {
    /// What became of a renewal.
    enum Renewal {
        /// No file has changed since the value was made.
        case unchanged
        /// The value was made from the new files.
        case renewed
        /// The former value stays; `isNew` if this has not been reported yet.
        case failed(AgentError, isNew: Bool)
    }

    private struct State {
        var value: Value
        /// What each file was like before it was read.
        var marks: [DescriptorStatus?]
        /// Why the files are of no use; nil if `value` comes from them.
        var failure: AgentError?
    }

    private let files: [String]
    private let make: @Sendable () throws(AgentError) -> Value
    private let state: Mutex<State>

    /// Makes the value.
    ///
    /// - Parameters:
    ///   - files: The files; nil ones are passed over.
    ///   - make: Reads them.
    /// - Throws: ``AgentError`` of `make`.
    init(_ files: [String?], _ make: @escaping @Sendable () throws(AgentError) -> Value) throws(AgentError) {
        self.files = files.compactMap(\.self)
        self.make = make
        let marks = Self.marks(self.files)
        state = Mutex(State(value: try make(), marks: marks))
    }

    /// The value from the last files that were of use.
    var value: Value { state.withLock { $0.value } }

    /// Makes the value again if a file has changed.
    func renew() -> Renewal {
        state.withLock { state in
            let marks = Self.marks(files)
            guard marks != state.marks else {
                return state.failure.map { .failed($0, isNew: false) } ?? .unchanged
            }
            state.marks = marks
            do throws(AgentError) {
                state.value = try make()
                state.failure = nil
                return .renewed
            } catch {
                state.failure = error
                return .failed(error, isNew: true)
            }
        }
    }

    /// Symbolic links are followed; nil for a file that is not there.
    private static func marks(_ files: [String]) -> [DescriptorStatus?] {
        files.map { try? DescriptorStatus(ofPath: $0) }
    }
}
