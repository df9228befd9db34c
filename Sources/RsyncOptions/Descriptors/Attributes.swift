extension OptionTable {
    /// Which attributes of an entry are preserved.
    static let attributes: [OptionDescriptor] = [
        .flag("--links, -l", "copy symbolic links as links", \.attributes.links, told: .letter(70)),
        .flag("--perms, -p", "keep permissions", \.attributes.permissions, told: .letter(240)),
        .flag("--times, -t", "keep modification times", \.attributes.times, told: .letter(210)),
        .flag(
            "--omit-dir-times, -O",
            "do not set modification times of directories",
            \.attributes.omitDirectoryTimes,
            told: .letter(110, to: .receiver)
        ),
        .flag(
            "--omit-link-times, -J",
            "do not set times of symbolic links",
            \.attributes.omitLinkTimes,
            told: .letter(120, to: .receiver)
        ),
        .flag("--group, -g", "keep groups", \.attributes.group, told: .letter(190)),
        .flag("--owner, -o", "keep owners (root only)", \.attributes.owner, told: .letter(180)),
        .flag(
            "--numeric-ids",
            "keep owners and groups by number, not by name",
            \.attributes.numericIDs,
            told: .word(370)
        ),
        .toggle(
            "--devices",
            "keep device files (root only)",
            told: .letter(200, "D") { $0.attributes.devices },
            isUsed: { $0.attributes.devices }
        ) { $0.attributes.devices = $1 },
        .toggle(
            "--specials",
            "keep FIFOs and sockets",
            told: .word(50, "--specials, --no-specials") {
                let (devices, specials) = ($0.attributes.devices, $0.attributes.specials)
                return devices == specials ? nil : devices ? "--no-specials" : "--specials"
            },
            isUsed: { $0.attributes.specials }
        ) { $0.attributes.specials = $1 },
        .toggle(
            "-D",
            "same as --devices --specials",
            isUsed: { $0.attributes.devices || $0.attributes.specials }
        ) {
            $0.attributes.devices = $1
            $0.attributes.specials = $1
        },
        .flag("--hard-links, -H", "keep hard links", \.attributes.hardLinks, told: .letter(170)),
        executability,
        chmod,
        .toggle(
            "--acls, -A",
            "keep ACLs (implies -p)",
            told: .letter(260, "A") { $0.attributes.acls },
            isUsed: { $0.attributes.acls }
        ) {
            $0.attributes.acls = $1
            if $1 { $0.attributes.permissions = true }
        },
        .counted(
            "--xattrs, -X",
            "keep extended attributes; twice: those of --fake-super, too",
            \.attributes.extended,
            270
        ),
        .counted(
            "--atimes, -U",
            "keep access times; twice: like --open-noatime, too",
            \.attributes.accessTimes,
            220
        ),
        .unsupported(
            "--crtimes, -N",
            "keep creation times",
            because: "Linux cannot set them",
            mayBeOff: true
        ),
        .flag(
            "--open-noatime",
            "do not change access times when reading (always where permitted)",
            \.attributes.openWithoutAccessTime,
            told: .word(560)
        ),
        .toggle(
            "--super",
            "set owners and create devices even if not root; --no-super: not even as root",
            told: .word(220, "--super", to: .receiver) { $0.attributes.privileges == .attempted ? "--super" : nil },
            isUsed: { $0.attributes.privileges == .attempted }
        ) { $0.attributes.privileges = $1 ? .attempted : .none },
        fakeSuper,
        .identityRules("--usermap=LIST", "map users, FROM:TO with commas (implies -o)", .user, 390),
        .identityRules("--groupmap=LIST", "map groups, FROM:TO with commas (implies -g)", .group, 400),
        chown,
        .flag(
            "--copy-devices",
            "copy the content of devices into files",
            \.attributes.copiesDevices,
            off: false,
            told: .word(538, to: .sender)
        ),
        .flag(
            "--drop-D",
            "create no devices or special files, whatever the other end sends",
            \.attributes.dropsDevices
        ),
        .flag(
            "--munge-links",
            "store links in a form that cannot be followed",
            \.selection.links.munges
        ),
    ]
}
