import RsyncWire

/// The lists that have arrived and have not been processed.
struct PendingLists {
    /// How many entries are known before a list is processed with `-H`, since a file's other names may be in the lists that follow
    /// (protocol specification, transfer 6).
    private static let lookAhead = 500

    private var lists = ArrayQueue<(list: FileList, owner: ListOwner?)>()
    /// Entries of these lists.
    private var entryCount = 0
    /// Whether no more will come.
    var isComplete = false
    /// Whether all lists have come and been processed.
    var isFinished: Bool { isComplete && lists.isEmpty }

    mutating func append(_ list: FileList, _ owner: ListOwner?) {
        lists.append((list, owner))
        entryCount += list.count
    }

    /// Takes the list to process next; nil if others have to arrive first.
    ///
    /// `inWork`: the number of entries in lists that have been taken and not ended.
    mutating func next(inWork: Int, keepsHardLinks: Bool) -> (list: FileList, owner: ListOwner?)? {
        let isReady = isComplete || !keepsHardLinks || inWork + entryCount >= Self.lookAhead
        guard isReady, let next = lists.popFirst() else { return nil }
        entryCount -= next.list.count
        return next
    }
}
