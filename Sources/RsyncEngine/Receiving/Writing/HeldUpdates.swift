import Glibc
import LinuxSystem
import RsyncWire
import Synchronization
import VolumeAccess

/// Complete files that get their names at the end of the transfer (`--delay-updates`; protocol specification, transfer
/// 14.6).
///
/// Used on the generator's thread only.
struct HeldUpdates {
    /// A file, in as little memory as possible: all files of the transfer may be held.
    private struct Update {
        let index: Int32
        let replaces: Bool
    }

    private var updates: [Update] = []

    /// How many files are held.
    var count: Int { updates.count }

    /// Records a file that is complete in the directory for partial files.
    mutating func add(_ plan: TransferPlan) { updates.append(Update(index: plan.index, replaces: plan.replaces)) }

    /// Gives all files their names, in the order in which they were completed.
    ///
    /// - Parameters:
    ///   - context: The destination, and what reports errors.
    ///   - list: The list that they are in.
    ///   - done: Called for each file with its index, and whether it is in place.
    mutating func place(_ context: GeneratorContext, _ list: FileList, _ done: (_ index: Int32, Bool) -> Void) {
        let (sideFiles, backups) = (SideFiles(context.destination.places), context.backups())
        var last: VolumeDirectory?
        let all = updates
        updates = []
        for update in all {
            context.stayAlive()
            let entry = list.entry(sorted: Int(update.index - list.start))
            do throws(VolumeError) {
                let directory = try context.directories.directory(list.parent(of: entry).span)
                if let last, last !== directory { sideFiles.removePlace(of: last) }
                last = directory
                let leaf = context.destination.leaf(of: entry, in: list)
                guard let place = try sideFiles.partials(of: leaf, in: directory) else {
                    throw .missing(directory, leaf)
                }
                if update.replaces { try backups?.keep(leaf.span, in: directory) }
                try place.rename(leaf.span, to: directory, as: leaf.span)
                context.synchronizer?.note(context.destination.path(of: entry, in: list), size: entry.size)
                done(update.index, true)
            } catch {
                context.report(error, "rename")
                done(update.index, false)
            }
        }
        if let last { sideFiles.removePlace(of: last) }
    }
}

/// Which file each name belongs to in a directory that is the one for all partial files.
///
/// What is complete waits there under the last component of its name, so a second file of that name must not replace it.
final class HeldNames: Sendable {
    private let owners = Mutex<[[UInt8]: Int32]>([:])

    /// Takes a name for a file.
    ///
    /// - Parameters:
    ///   - name: The last component of the file's name.
    ///   - index: The file's index on the wire.
    /// - Returns: Whether the file has the name, now or from before; false if it is another file's.
    func take(_ name: ArraySlice<UInt8>, for index: Int32) -> Bool {
        owners.withLock { owners in
            let owner = owners[Array(name), default: index]
            owners[Array(name)] = owner
            return owner == index
        }
    }
}

extension VolumeError {
    fileprivate static func missing(_ directory: VolumeDirectory, _ leaf: ArraySlice<UInt8>) -> VolumeError {
        .system(operation: "rename", path: directory.path(of: leaf.span), number: ENOENT)
    }
}
