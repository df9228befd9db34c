/// The levels of message groups: those that an option gave, over those that `-v` implies.
package struct MessageLevels<Group: MessageGroup>: Sendable, Equatable {
    /// The highest level there is; a higher one counts as this.
    private static var highest: Int { 4 }
    /// The most `-v` that add something.
    private static var loudest: Int { 5 }
    /// Four bits for a group: its level and 1, or 0 where none was given.
    private var given: UInt128 = 0
    /// The words of the option with `ALL` and `NONE` as they are sent on.
    private var wholesale: Wholesale?

    private struct Wholesale: Sendable, Equatable {
        var level: Int
        /// The groups that were set after it.
        var later: UInt128 = 0
    }

    package init() {}

    /// The level that was given; nil when `-v` decides.
    package subscript(group: Group) -> Int? {
        get {
            let bits = Int(truncatingIfNeeded: given >> (4 * UInt128(group.rawValue))) & 15
            return bits == 0 ? nil : bits - 1
        }
        set {
            let place = 4 * UInt128(group.rawValue)
            given &= ~(15 << place)
            wholesale?.later &= ~(15 << place)
            guard let newValue else { return }
            let bits = UInt128(min(max(newValue, 0), Self.highest) + 1) << place
            given |= bits
            wholesale?.later |= bits
        }
    }

    /// The level in effect.
    package func level(of group: Group, verbosity: Int) -> Int {
        self[group] ?? Self.implied(group, by: verbosity)
    }

    /// The level that `-v`, repeated so often, implies.
    package static func implied(_ group: Group, by verbosity: Int) -> Int {
        guard verbosity >= 0 else { return 0 }
        return Group.added.prefix(verbosity + 1).reduce(0) { level, step in
            step.first { $0.group == group }?.level ?? level
        }
    }

    /// Lowers what is above the levels that `-v`, repeated so often, implies: `max verbosity` of a daemon.
    ///
    /// A verbosity that `-v` cannot reach does not limit.
    package mutating func limit(to verbosity: Int) {
        guard verbosity <= Self.loudest else { return }
        for group in Group.allCases {
            if let level = self[group] { self[group] = min(level, Self.implied(group, by: verbosity)) }
        }
    }

    /// Sets the levels that the value of an option gives, such as `PROGRESS2,stats`; a name alone means level 1.
    ///
    /// - Returns: The words that are not groups: possibly those of a newer rsync; `help` is among them.
    mutating func set(_ value: String) -> [String] {
        var unknown: [String] = []
        for word in value.split(separator: ",") {
            let name = word.prefix { !$0.isNumber }.uppercased()
            let digits = word.dropFirst(name.count)
            guard let level = digits.isEmpty ? 1 : Int(digits) else {
                unknown.append(String(word))
                continue
            }
            if name == "ALL" || name == "NONE" {
                let level = name == "NONE" ? 0 : min(level, Self.highest)
                for group in Group.allCases { self[group] = level }
                wholesale = Wholesale(level: level)
            } else if let group = Group.allCases.first(where: { $0.name == name }) {
                self[group] = level
            } else {
                unknown.append(String(word))
            }
        }
        return unknown
    }

    /// The levels that remain when only some groups are passed on.
    func told(_ isTold: (Group) -> Bool) -> MessageLevels {
        var levels = MessageLevels()
        if let word = word(isTold) { _ = levels.set(word) }
        return levels
    }

    /// The value that sets the levels again at the other end, which prints only some groups.
    ///
    /// Nil when there is nothing to set.
    func word(_ isTold: (Group) -> Bool) -> String? {
        var words: [String] = []
        if let level = wholesale?.level { words.append(level == 0 ? "NONE" : Self.word("ALL", level)) }
        for group in Group.allCases where isTold(group) {
            guard let level = self[group] else { continue }
            if let wholesale, wholesale.later >> (4 * UInt128(group.rawValue)) & 15 == 0 { continue }
            words.append(Self.word(group.name, level))
        }
        return words.isEmpty ? nil : words.joined(separator: ",")
    }

    private static func word(_ name: String, _ level: Int) -> String { level == 1 ? name : "\(name)\(level)" }

    /// The text of `--info=help` or `--debug=help`.
    package static var help: String {
        func line(_ name: String, _ help: String) -> String {
            name + String(repeating: " ", count: 11 - name.count) + help
        }
        let option = Group.option
        var lines = ["Levels of --\(option): NAME or NAME1 is level 1, NAME2 level 2 and so on; NAME0 is silent.", ""]
        lines += Group.allCases.map { line($0.name, $0.help) }
        lines += [
            "", line("ALL", "all of them, such as ALL4"), line("NONE", "all of them silent, the same as ALL0"),
            line("HELP", "print this"), "", "What each -v adds:",
        ]
        for (verbosity, step) in Group.added.enumerated() where !step.isEmpty {
            lines.append("\(verbosity)) " + step.map { word($0.group.name, $0.level) }.joined(separator: ","))
        }
        return lines.joined(separator: "\n")
    }
}
