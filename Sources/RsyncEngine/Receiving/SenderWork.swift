/// What the sending side may be silently busy with, as far as the receiving side knows.
struct SenderWork: SilenceRule {
    /// Whether it sends keep-alives in every phase.
    let sendsKeepAlives: Bool
    let open: OpenRequests

    var allowance: SilenceAllowance { !sendsKeepAlives && open.senderMayBeBusy ? .unlimited : .limit }
}
