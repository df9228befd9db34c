import Checksums
import FileMetadata
import RsyncOptions
import RsyncWire
import TestSupport
import Testing

/// Reads what a sender writes in a dry run: lists and items without data.
struct ScriptedReceiver {
    let input: WireInput
    let format: FileListFormat
    var decoder: FileListDecoder
    /// The ACLs and extended attributes that came.
    let metadata = ListedMetadata()
    var lists: LiveFileLists
    /// Every list that came.
    var received: [FileList] = []
    /// The length of the stream up to the end of each list, and where it began.
    var ranges: [Range<Int>] = []
    /// The indices of items, with what they led to.
    var items: [(index: Int32, name: [UInt8], isDirectoryOfList: Bool)] = []
    private let length: Int

    init(_ bytes: [UInt8], _ format: FileListFormat, pieceLength: Int = .max, limits: FileListLimits = .standard) {
        input = WireInput(source: ArraySource(bytes, pieceLength: pieceLength))
        input.dialect = format.dialect
        self.format = format
        length = bytes.count
        decoder = FileListDecoder(format: format, limits: limits, metadata: metadata)
        lists = LiveFileLists(isIncremental: format.isIncremental)
    }

    /// Bytes taken; right when the stream comes in one piece.
    private var offset: Int { input.bytesRead == 0 ? 0 : length - input.buffered }

    mutating func receiveList(directory: Int32 = -1) throws(WireError) {
        let name = directory < 0 ? [] : try lists.open(directory)
        let sortsByBytes = format.dialect.sortsByBytes
        let list = FileList(start: lists.nextStart, directory: directory, sortsByBytes: sortsByBytes)
        let start = offset
        try decoder.decode(from: input, into: list, directory: name, holding: lists.footprint)
        ranges.append(start..<max(start, offset))
        lists.append(list)
        received.append(list)
    }

    /// Reads the first list, and lists and items to the end of the stream.
    mutating func receiveAll() throws(WireError) {
        try receiveList()
        while try input.hasMore() {
            let index = try input.index()
            switch index {
            case -1: lists.releaseOldest()
            case -2: try lists.finish()
            case ...(-101): try receiveList(directory: -101 - index)
            default: try receiveItem(index)
            }
        }
    }

    private mutating func receiveItem(_ index: Int32) throws(WireError) {
        let target = try lists.resolve(index)
        guard format.dialect.hasItemFlags else {
            return items.append((index, Array(target.name), target.isDirectoryOfList))
        }
        let flags = try input.uint16("item flags")
        if flags & 0x0800 != 0 { _ = try input.byte("basis type") }
        if flags & 0x1000 != 0 { _ = try input.vstring(limit: 4095, tooLong: 2, "xname") }
        if format.extended, flags & 0x0100 != 0 { try receiveValues(of: target) }
        items.append((index, Array(target.name), target.isDirectoryOfList))
    }

    /// Reads the values of extended attributes, as if all that are missing had been requested.
    private func receiveValues(of target: ListedEntry) throws(WireError) {
        let set = metadata.set(target.holder.attributes(of: target.entry).extended)
        _ = set.request(Array(set.attributes.indices))
        try AttributeValues.readAnswer(from: input) { (place, value) throws(WireError) in
            guard set.awaits(place) else { throw .violation("not requested", exitCode: 2) }
            set.fill([(place, value)])
        }
    }
}

extension FileListFormat {
    /// The format that a capture's option letters, protocol and compatibility flags make.
    init(letters: String, protocolVersion: Int32, flags: Int32, checksum: Bool = false) {
        var options = TransferOptions()
        for letter in letters {
            switch letter {
            case "a": options.setArchive()
            case "r": options.selection.recursive = true
            case "l": options.attributes.links = true
            case "o": options.attributes.owner = true
            case "g": options.attributes.group = true
            case "D": (options.attributes.devices, options.attributes.specials) = (true, true)
            case "H": options.attributes.hardLinks = true
            case "c": options.comparison.checksum = true
            case "U": options.attributes.accessTimes = 1
            case "A": options.attributes.acls = true
            case "X": options.attributes.extended = 1
            default: break
            }
        }
        var session = SessionParameters()
        session.dialect = Dialect(protocolVersion)
        session.flags = CompatibilityFlags(rawValue: flags)
        session.fileChecksum = .xxh128
        self.init(options, session)
    }

    /// The format that the header of a capture tells.
    init(header: [String]) throws {
        let text = header.joined(separator: "\n")
        let negotiated = try #require(text.firstMatch(of: /negotiated: protocol (\d+), compat flags 0x([0-9a-f]+)/))
        let letters = try #require(text.firstMatch(of: #/rsync --checksum-seed=1 -([a-zA-Z]+) /#))
        self.init(
            letters: String(letters.1),
            protocolVersion: Int32(negotiated.1) ?? 0,
            flags: Int32(negotiated.2, radix: 16) ?? 0
        )
    }
}
