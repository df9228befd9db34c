// Sign, diff and patch two buffers in memory.
import DeltaTransfer

// snippet.buffers
let old: [UInt8] = Array("The quick brown fox jumps over the lazy dog. ".utf8) + Array(repeating: 0x2e, count: 5000)
let new: [UInt8] = Array("A new beginning: ".utf8) + old

// The side with the old content signs it and sends the signature.
let signature = try Signature(of: old.span.bytes)

// The side with the new content finds what the old one lacks, and sends the delta.
let delta = Delta(from: signature, to: new.span.bytes)

// Back at the old content, the delta turns it into the new one.
let rebuilt = try Patch.apply(delta, to: old.span.bytes)
// snippet.end

guard rebuilt == new else { fatalError("the patched buffer differs from the new one") }
print("\(new.count) bytes rebuilt from \(delta.literals.count) literal bytes and \(delta.tokens.count) tokens")
