/// The rules of `--exclude` and `--include`, first match first.
public struct FilterList: Sendable, Equatable {
    /// Makes an empty list: everything is in the transfer.
    public init() {}
}
