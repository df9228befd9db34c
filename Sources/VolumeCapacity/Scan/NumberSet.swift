/// Numbers of users or groups: the first ones that are seen.
package struct NumberSet: Hashable, Sendable {
    /// How many are kept.
    package static let limit = 64

    private var last: UInt32?
    private var kept: Set<UInt32> = []
    /// Whether there are more than are kept.
    package private(set) var hasMore = false

    /// No number.
    package init() {}

    /// Takes one in; most entries of a tree have the number of the one before.
    @inline(__always)
    package mutating func insert(_ number: UInt32) {
        guard number != last else { return }
        last = number
        add(number)
    }

    private mutating func add(_ number: UInt32) {
        guard !kept.contains(number) else { return }
        if kept.count < Self.limit { kept.insert(number) } else { hasMore = true }
    }

    mutating func merge(_ other: NumberSet) {
        for number in other.kept { add(number) }
        if other.hasMore { hasMore = true }
    }

    /// Those that are not in a list, in ascending order.
    package func outside(of list: [Int64]) -> [UInt32] { kept.filter { !list.contains(Int64($0)) }.sorted() }

    /// Numbers as a list in words, with a word for the others.
    package func text(_ numbers: [UInt32]) -> String {
        let words = numbers.prefix(5).map(String.init).joined(separator: ", ")
        return words + (numbers.count > 5 || hasMore ? " and others" : "")
    }
}
