/// What the sending side may be at work on without a word, as far as the receiving side knows.
struct SenderWork: SilenceRule {
    /// Whether it shows life in every phase.
    let showsLife: Bool
    let open: OpenRequests

    var allowance: SilenceAllowance { !showsLife && open.senderMayBeBusy ? .unlimited : .limit }
}
