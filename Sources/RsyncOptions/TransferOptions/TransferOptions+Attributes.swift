extension TransferOptions {
    /// Which attributes of an entry are preserved.
    package struct Attributes: Sendable, Equatable {
        /// `-l`.
        package var links = false
        /// `-p`.
        package var permissions = false
        /// `-t`.
        package var times = false
        /// `--omit-dir-times`.
        package var omitDirectoryTimes = false
        /// `-g`.
        package var group = false
        /// `-o`.
        package var owner = false
        /// `--numeric-ids`.
        package var numericIDs = false
        /// `--devices`.
        package var devices = false
        /// `--specials`.
        package var specials = false
        /// `-H`.
        package var hardLinks = false
        /// `-E`; without effect where permissions are preserved.
        package var executability = false
        /// `--chmod`; applied by the side that has the option, to what is listed.
        package var modeChanges = ModeChanges()
        /// `-A`.
        package var acls = false
        /// `-X`, counted: from 2 on also the attributes that `--fake-super` keeps.
        package var extended = 0
        /// Extended attributes that this side neither sends nor sets nor removes; it is not sent to the peer.
        package var attributesLeftOut: Set<[UInt8]> = []
        /// `-U`, counted: from 2 on like `--open-noatime`, too.
        package var accessTimes = 0
        /// `--open-noatime`.
        package var openWithoutAccessTime = false
        /// `-J`.
        package var omitLinkTimes = false
        /// `--usermap`, or what `--chown` says about users; nil when not given.
        package var userRules: IdentityRules?
        /// `--groupmap`, or what `--chown` says about groups; nil when not given.
        package var groupRules: IdentityRules?
        /// `--super`, `--no-super`, `--fake-super`: the last one counts.
        package var privileges = Privileges.ofUser
        /// `--copy-devices`: devices are sent as files with their content.
        package var copiesDevices = false
        /// `--drop-D`; it stays on this side.
        package var dropsDevices = false
        /// `--copy-as`: `USER` or `USER:GROUP`, the user as which this side reads and writes; it stays on this side.
        package var copyAs: String?

        /// The extended attribute that holds a label of SELinux.
        package static let labelName = Array("security.selinux".utf8)

        /// Whether owners, devices and foreign groups can be set.
        package enum Privileges: Sendable {
            /// As far as this process's user is root.
            case ofUser
            /// `--super`: it is attempted by any user.
            case attempted
            /// `--no-super`: not even by root.
            case none
            /// `--fake-super`: they are kept in extended attributes.
            case simulated

            /// Whether this process, running as root or not, tries what only root may.
            package func isSuper(asRoot isRoot: Bool) -> Bool {
                switch self {
                case .ofUser: isRoot
                case .attempted, .simulated: true
                case .none: false
                }
            }
        }
    }
}
