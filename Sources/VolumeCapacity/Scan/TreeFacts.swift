import LinuxSystem
import VolumeAccess

/// What a tree holds, wherever it may go: counts, sums and extremes.
package struct TreeFacts: Hashable, Sendable {
    /// Regular files; one with several names counts once.
    package internal(set) var files: Int64 = 0
    /// Directories, the root among them.
    package internal(set) var directories: Int64 = 0
    /// Symbolic links; one with several names counts once.
    package internal(set) var symbolicLinks: Int64 = 0
    /// Device nodes; one with several names counts once.
    package internal(set) var devices: Int64 = 0
    /// Named pipes and sockets; one with several names counts once.
    package internal(set) var specials: Int64 = 0
    /// Names beyond the first of what has several names in the tree.
    package internal(set) var extraNames: Int64 = 0
    /// Regular files with holes, or on a file system that compresses.
    package internal(set) var sparseFiles: Int64 = 0
    /// The sum of the lengths of regular files, as `du --apparent-size` counts.
    package internal(set) var apparentBytes: Int64 = 0
    /// The space that everything takes here.
    package internal(set) var allocatedBytes: Int64 = 0
    /// The length of the largest file.
    package internal(set) var largestFile: Int64 = 0
    /// The most names that one file has anywhere.
    package internal(set) var highestLinkCount: Int64 = 0
    /// The longest name, in bytes.
    package internal(set) var longestName: Int64 = 0
    /// The longest target of a symbolic link, in bytes.
    package internal(set) var longestTarget: Int64 = 0
    /// The longest path below the root, in bytes.
    package internal(set) var longestPath: Int64 = 0
    /// The earliest and the latest modification time, in whole seconds since 1970; nil for a tree with nothing in it.
    package internal(set) var modificationTimes: ClosedRange<Int64>?
    /// Entries with a modification time finer than a second.
    package internal(set) var fineTimes: Int64 = 0
    /// The largest owner or group number.
    package internal(set) var highestOwner: Int64 = 0
    /// The owners of entries below the root.
    package internal(set) var owners = NumberSet()
    /// The groups of entries below the root.
    package internal(set) var groups = NumberSet()
    /// Extended attributes, ACLs and capabilities.
    package internal(set) var attributes = AttributeFacts()
    /// What could not be read: entries that vanished or are forbidden.
    package internal(set) var unreadable: Int64 = 0

    /// How many inodes the tree has.
    package var inodes: Int64 { files + directories + symbolicLinks + devices + specials }

    /// Whether there is less space in use than the lengths add up to (MTC contract 7.2).
    package var hasSparseFiles: Bool { apparentBytes > allocatedBytes }

    /// Takes in one entry; `isFirstName` is false for the further names of a file.
    @inline(__always)
    mutating func add(_ status: FileStatus, nameLength: Int, pathLength: Int, isFirstName: Bool) {
        longestName = max(longestName, Int64(nameLength))
        longestPath = max(longestPath, Int64(pathLength))
        guard isFirstName else {
            extraNames += 1
            return
        }
        if !status.isDirectory { highestLinkCount = max(highestLinkCount, Int64(status.linkCount)) }
        allocatedBytes = allocatedBytes.addingClamped(status.allocated)
        highestOwner = max(highestOwner, Int64(max(status.owner, status.group)))
        if pathLength > 0 {
            owners.insert(status.owner)
            groups.insert(status.group)
        }
        add(status.modified)
        switch status.kind {
        case .directory: directories += 1
        case .symbolicLink:
            symbolicLinks += 1
            longestTarget = max(longestTarget, status.size)
        case .characterDevice, .blockDevice: devices += 1
        case .fifo, .socket, .unknown: specials += 1
        case .regular:
            files += 1
            apparentBytes = apparentBytes.addingClamped(status.size)
            largestFile = max(largestFile, status.size)
            if status.isSparse { sparseFiles += 1 }
        }
    }

    private mutating func add(_ time: Timestamp) {
        if time.nanoseconds != 0 { fineTimes += 1 }
        guard let known = modificationTimes else {
            modificationTimes = time.seconds...time.seconds
            return
        }
        if !known.contains(time.seconds) {
            modificationTimes = min(known.lowerBound, time.seconds)...max(known.upperBound, time.seconds)
        }
    }

    /// Takes in what another thread saw of the same tree.
    mutating func merge(_ other: TreeFacts) {
        files += other.files
        directories += other.directories
        symbolicLinks += other.symbolicLinks
        devices += other.devices
        specials += other.specials
        extraNames += other.extraNames
        sparseFiles += other.sparseFiles
        apparentBytes = apparentBytes.addingClamped(other.apparentBytes)
        allocatedBytes = allocatedBytes.addingClamped(other.allocatedBytes)
        fineTimes += other.fineTimes
        owners.merge(other.owners)
        groups.merge(other.groups)
        attributes.merge(other.attributes)
        unreadable += other.unreadable
        largestFile = max(largestFile, other.largestFile)
        highestLinkCount = max(highestLinkCount, other.highestLinkCount)
        longestName = max(longestName, other.longestName)
        longestTarget = max(longestTarget, other.longestTarget)
        longestPath = max(longestPath, other.longestPath)
        highestOwner = max(highestOwner, other.highestOwner)
        guard let theirs = other.modificationTimes else { return }
        let ours = modificationTimes ?? theirs
        modificationTimes = min(ours.lowerBound, theirs.lowerBound)...max(ours.upperBound, theirs.upperBound)
    }
}
