/// Finds what someone may have meant.
enum NearestName {
    /// The name with the fewest letters to insert, remove or replace; capitals, `-` and `_` do not count.
    ///
    /// - Parameters:
    ///   - name: What was written.
    ///   - names: What is known.
    /// - Returns: The name and how far it is; of several, one that begins with what was written, and then the first in
    ///   alphabetical order; nil without names.
    static func of(_ name: String, among names: [String]) -> (name: String, distance: Int)? {
        let folded = folded(name)
        let known = names.sorted().map { name in
            let other = Self.folded(name)
            return (name: name, distance: distance(folded, other), rank: other.starts(with: folded) ? 0 : 1)
        }
        return known.min { ($0.distance, $0.rank) < ($1.distance, $1.rank) }.map { ($0.name, $0.distance) }
    }

    /// At most 64 letters, so that a long key costs nothing.
    private static func folded(_ name: String) -> [Character] {
        Array(name.lowercased().filter { $0 != "-" && $0 != "_" }.prefix(64))
    }

    /// The Levenshtein distance, row by row.
    private static func distance(_ one: [Character], _ other: [Character]) -> Int {
        var row = Array(0...other.count)
        for (index, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for (column, otherLetter) in other.enumerated() {
                let replaced = diagonal + (letter == otherLetter ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, row[column + 1] + 1)
            }
        }
        return row[other.count]
    }
}
