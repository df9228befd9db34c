/// The rows about manifests and their comparison.
extension FailureTable {
    static let verification = [
        Row(
            .badManifest,
            exits: .of(2),
            "a file is not a manifest, was damaged, or cannot be compared with the other side",
            cause: "another file, an incomplete copy, or manifests that were made with different functions",
            advice: "make the manifest again with dvm-source manifest --output"
        ),
        Row(
            .manifestNotWritten,
            exits: .of(11),
            "a manifest cannot be written",
            cause: "a directory that is missing, full or read-only",
            advice: "choose a file in a directory that this program may write to; the volume is not concerned"
        ),
    ]
}
