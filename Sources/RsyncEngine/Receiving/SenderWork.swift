/// What the sending side may be silently busy with, as far as the receiving side knows.
struct SenderWork: SilenceRule {
    /// Whether it sends keep-alives in every phase.
    let showsLife: Bool
    let open: OpenRequests

    var allowance: SilenceAllowance { !showsLife && open.senderMayBeBusy ? .unlimited : .limit }
}
