import ArgumentParser
import TransferAgent

/// How volumes are transferred.
struct PassOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: .setting("delete"))
    var delete: Bool?

    @Flag(inversion: .prefixedNo, help: .setting("allow-empty-source"))
    var allowEmptySource: Bool?

    @Flag(inversion: .prefixedNo, help: .setting("mount-point"))
    var mountPoint: Bool?

    @Flag(inversion: .prefixedNo, help: .setting("allow-diverged"))
    var allowDiverged: Bool?

    @Option(help: .setting("delete-limit"))
    var deleteLimit: Int?

    @Option(help: .setting("max-delete"))
    var maxDelete: Int?

    @Option(help: .setting("wait"))
    var wait: Int?

    @Flag(inversion: .prefixedNo, help: .setting("checksum"))
    var checksum: Bool?

    @Option(parsing: .unconditionalSingleValue, help: .setting("include"))
    var include: [String] = []

    @Option(parsing: .unconditionalSingleValue, help: .setting("exclude"))
    var exclude: [String] = []

    @Option(help: .setting("attributes"))
    var attributes: AttributePolicy?

    @Flag(inversion: .prefixedNo, help: .setting("selinux-labels"))
    var selinuxLabels: Bool?

    @Option(help: .setting("owners"))
    var owners: OwnerPolicy?

    @Flag(inversion: .prefixedNo, help: .setting("hard-links"))
    var hardLinks: Bool?

    @Flag(inversion: .prefixedNo, help: .setting("sparse"))
    var sparse: Bool?

    @Flag(inversion: .prefixedNo, help: .setting("partial"))
    var partial: Bool?

    @Flag(inversion: .prefixedNo, help: .setting("omit-dir-times"))
    var omitDirTimes: Bool?

    @Option(help: .setting("block-size"))
    var blockSize: Int?

    @Option(help: .setting("compress"))
    var compress: String?

    @Option(help: .setting("bwlimit"))
    var bwlimit: String?

    @Option(help: .setting("max-file-size"))
    var maxFileSize: String?

    @Option(help: .setting("check"))
    var check: CheckPolicy?

    @Option(help: .setting("when-tight"))
    var whenTight: TightPolicy?

    @Option(help: .setting("attempts"))
    var attempts: Int?

    @Option(help: .setting("retry-for"))
    var retryFor: Int?

    @Option(help: .setting("accept"))
    var accept: [AcceptedException] = []

    /// Adds the flags that were given.
    func give(to layer: inout JobLayer) {
        layer.give("delete", delete)
        layer.give("allow-empty-source", allowEmptySource)
        layer.give("mount-point", mountPoint)
        layer.give("allow-diverged", allowDiverged)
        layer.give("delete-limit", deleteLimit)
        layer.give("max-delete", maxDelete)
        layer.give("wait", wait)
        layer.give("checksum", checksum)
        layer.give("include", include)
        layer.give("exclude", exclude)
        layer.give("attributes", attributes)
        layer.give("selinux-labels", selinuxLabels)
        layer.give("owners", owners)
        layer.give("hard-links", hardLinks)
        layer.give("sparse", sparse)
        layer.give("partial", partial)
        layer.give("omit-dir-times", omitDirTimes)
        layer.give("block-size", blockSize)
        layer.give("compress", compress)
        layer.give("bwlimit", bwlimit)
        layer.give("max-file-size", maxFileSize)
        layer.give("check", check)
        layer.give("when-tight", whenTight)
        layer.give("attempts", attempts)
        layer.give("retry-for", retryFor)
        layer.give("accept", accept.map(\.rawValue))
    }
}

extension CheckPolicy: ExpressibleByArgument {}
extension AttributePolicy: ExpressibleByArgument {}
extension OwnerPolicy: ExpressibleByArgument {}
extension TightPolicy: ExpressibleByArgument {}
extension AcceptedException: ExpressibleByArgument {}
