import RsyncOptions
import RsyncWire
import VolumeAccess

@testable import RsyncEngine

extension SessionState {
    /// The state of a client that receives, with default options.
    static func ofReceiver() -> SessionState {
        SessionState(
            options: TransferOptions(),
            parameters: SessionParameters(),
            isServer: false,
            role: "receiver",
            observer: SilentObserver(),
            progress: TransferProgress()
        )
    }
}

extension TransferPlan {
    /// A plan for a new file without a basis.
    ///
    /// - Parameters:
    ///   - name: The file's name; nil for an entry that is in no list.
    ///   - index: Its index.
    ///   - attempt: 0, or 1 for a file that is received a second time.
    /// - Returns: The plan.
    static func ofNewFile(_ name: String? = nil, index: Int32 = 0, attempt: Int = 0) -> TransferPlan {
        ofFile(name, replacing: nil, index: index, attempt: attempt)
    }

    /// A plan for a file without a basis that may be there.
    static func ofFile(
        _ name: String?,
        replacing current: FileStatus?,
        index: Int32 = 0,
        attempt: Int = 0
    ) -> TransferPlan {
        let list = FileList(start: 0, directory: -1)
        var entry = FileEntry()
        entry.mode = 0o100644
        if let name, list.add(entry, parent: [], leaf: Array(name.utf8).span) { entry = list.entries[0] }
        return TransferPlan(
            index: index,
            list: list,
            entry: entry,
            flags: current == nil ? [.transfer, .isNew] : .transfer,
            current: current,
            attributes: FileAttributes(permissions: 0o644),
            basisSize: nil,
            isInPlace: false,
            attempt: attempt
        )
    }
}
