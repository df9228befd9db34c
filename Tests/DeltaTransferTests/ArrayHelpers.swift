import Checksums
import DeltaTransfer

// Tests think in arrays; a span cannot be taken of a global or inside `#expect`.

func sign(_ basis: [UInt8], _ recipe: ChecksumRecipe = ChecksumRecipe(.xxh128), blockLength: Int? = nil) throws
    -> Signature
{
    try Signature(of: basis.span.bytes, recipe: recipe, blockLength: blockLength)
}

func tokens(_ signature: Signature, _ new: [UInt8]) -> [DeltaToken] {
    Delta.tokens(from: signature, new: new.span.bytes)
}

func patched(_ delta: Delta, _ basis: [UInt8]) throws(DeltaError) -> [UInt8] {
    try Patch.apply(delta, to: basis.span.bytes)
}
