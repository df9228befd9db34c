/// The changes that `--chmod` makes to permissions (rsync(1), `--chmod`).
///
/// A list of items with commas, each for directories only (`D`), for everything else only (`F`), or for both: octal
/// permissions, or classes, an operator, and either permissions or one class to copy from.
package struct ModeChanges: Sendable, Equatable {
    private var items: [Item] = []

    /// No changes.
    package init() {}

    /// Reads a list; nil if an item is not valid.
    package init?(_ text: String) {
        for word in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let item = Item(word) else { return nil }
            items.append(item)
        }
    }

    /// Whether there are none.
    package var isEmpty: Bool { items.isEmpty }

    /// Adds the items of another list, which are applied later.
    package mutating func append(_ other: ModeChanges) { items += other.items }

    /// The permissions after all changes.
    ///
    /// - Parameters:
    ///   - permissions: Permission bits with setuid, setgid and sticky, at most 07777.
    ///   - isDirectory: Whether they are a directory's.
    ///   - mask: The process's umask, which limits items without a class.
    /// - Returns: The new bits.
    package func applied(to permissions: UInt32, isDirectory: Bool, mask: UInt32) -> UInt32 {
        // What `X` asks about is the entry before all changes.
        let takesExecute = isDirectory || permissions & 0o111 != 0
        return items.reduce(permissions) { permissions, item in
            switch item.scope {
            case .directories where !isDirectory, .others where isDirectory: permissions
            default: item.applied(to: permissions, takesExecute: takesExecute, mask: mask)
            }
        }
    }
}

/// One item of the list.
private struct Item: Sendable, Equatable {
    enum Scope: Sendable, Equatable { case all, directories, others }

    enum Operator: UInt8, Sendable, Equatable {
        case add = 0x2b
        case remove = 0x2d
        case set = 0x3d
    }

    enum Change: Sendable, Equatable {
        case octal(UInt32)
        case letters(Operator, Letters)
        /// The permissions of a class; `from` is how far they are shifted.
        case copy(Operator, from: UInt32)
    }

    /// The letters `rwxXst`.
    struct Letters: Sendable, Equatable {
        /// `rwx` as the bits of one class.
        var bits: UInt32 = 0
        var hasConditionalExecute = false
        var hasSetID = false
        var hasSticky = false
    }

    var scope = Scope.all
    /// The bits of the named classes, such as 0070 for `g`; 0 when none was named.
    var classes: UInt32 = 0
    var change: Change

    init?(_ word: Substring.UTF8View) {
        var rest = word
        switch rest.first {
        case UInt8(ascii: "D"): scope = .directories
        case UInt8(ascii: "F"): scope = .others
        default: break
        }
        if scope != .all { rest.removeFirst() }
        if let digit = rest.first, Self.isDigit(digit) {
            guard let octal = UInt32(Substring(rest), radix: 8), octal <= 0o7777 else { return nil }
            change = .octal(octal)
            return
        }
        while let letter = rest.first, let bits = Self.classes(letter) {
            classes |= bits
            rest.removeFirst()
        }
        guard let sign = rest.popFirst().flatMap({ Operator(rawValue: $0) }) else { return nil }
        if rest.count == 1, let letter = rest.first, let shift = Self.shift(letter) {
            change = .copy(sign, from: shift)
            return
        }
        var letters = Letters()
        for letter in rest {
            switch letter {
            case UInt8(ascii: "r"): letters.bits |= 4
            case UInt8(ascii: "w"): letters.bits |= 2
            case UInt8(ascii: "x"): letters.bits |= 1
            case UInt8(ascii: "X"): letters.hasConditionalExecute = true
            case UInt8(ascii: "s"): letters.hasSetID = true
            case UInt8(ascii: "t"): letters.hasSticky = true
            default: return nil
            }
        }
        change = .letters(sign, letters)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func classes(_ letter: UInt8) -> UInt32? {
        letter == UInt8(ascii: "a") ? 0o777 : shift(letter).map { 7 << $0 }
    }

    private static func shift(_ letter: UInt8) -> UInt32? {
        switch letter {
        case UInt8(ascii: "u"): 6
        case UInt8(ascii: "g"): 3
        case UInt8(ascii: "o"): 0
        default: nil
        }
    }

    func applied(to permissions: UInt32, takesExecute: Bool, mask: UInt32) -> UInt32 {
        let reach = classes == 0 ? 0o777 : classes
        // Without a class the umask limits what is set, but `=` clears all of it.
        let limit = classes == 0 ? 0o777 & ~mask : classes
        switch change {
        case .octal(let octal): return octal
        case .copy(let sign, let from):
            let bits = Self.everywhere(permissions >> from & 7) & limit
            // GNU chmod clears the special bit of each class that it sets.
            return sign.result(permissions, bits, clearing: reach | Self.specialBits(of: reach))
        case .letters(let sign, let letters):
            var bits = letters.bits
            if letters.hasConditionalExecute, takesExecute { bits |= 1 }
            bits = Self.everywhere(bits) & limit
            if letters.hasSetID { bits |= setIDBits }
            if letters.hasSticky { bits |= 0o1000 }
            return sign.result(permissions, bits, clearing: reach)
        }
    }

    /// What `s` stands for: setgid with `g`, setuid with `u` and without `g`.
    private var setIDBits: UInt32 {
        let group: UInt32 = classes & 0o070 != 0 ? 0o2000 : 0
        return group | (classes & 0o700 != 0 || group == 0 ? 0o4000 : 0)
    }

    private static func everywhere(_ bits: UInt32) -> UInt32 { bits << 6 | bits << 3 | bits }

    private static func specialBits(of classes: UInt32) -> UInt32 {
        (classes & 0o700 != 0 ? 0o4000 : 0) | (classes & 0o070 != 0 ? 0o2000 : 0) | (classes & 0o007 != 0 ? 0o1000 : 0)
    }
}

extension Item.Operator {
    /// The permissions after bits were added, removed, or set in place of others.
    fileprivate func result(_ permissions: UInt32, _ bits: UInt32, clearing reach: UInt32) -> UInt32 {
        switch self {
        case .add: permissions | bits
        case .remove: permissions & ~bits
        case .set: permissions & ~reach | bits
        }
    }
}
