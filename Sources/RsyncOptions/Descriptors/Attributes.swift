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
        .unsupported(
            "--omit-link-times, -J",
            "do not set modification times of links",
            because: "not implemented",
            mayBeOff: true
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
        .unsupported("--executability, -E", "keep the executable bits only", because: "not implemented"),
        .unsupported("--chmod=CHANGES", "change permissions in transit", because: "not implemented"),
        .unsupported("--acls, -A", "keep ACLs", because: "ACLs are not transferred", mayBeOff: true),
        .unsupported(
            "--xattrs, -X",
            "keep extended attributes",
            because: "extended attributes are not transferred",
            mayBeOff: true
        ),
        .unsupported("--atimes, -U", "keep access times", because: "access times are not transferred", mayBeOff: true),
        .unsupported(
            "--crtimes, -N",
            "keep creation times",
            because: "Linux cannot set them",
            mayBeOff: true
        ),
        .unsupported(
            "--open-noatime",
            "do not change access times when reading",
            because: "not implemented",
            mayBeOff: true
        ),
        .unsupported("--super", "act as root at the destination", because: "the receiver uses the privileges it has"),
        .unsupported(
            "--fake-super",
            "keep owners, devices and modes in an extended attribute",
            because: "extended attributes are not transferred"
        ),
        .unsupported("--usermap=LIST", "map user names", because: "not implemented"),
        .unsupported("--groupmap=LIST", "map group names", because: "not implemented"),
        .unsupported("--chown=USER:GROUP", "set owner and group", because: "not implemented"),
        .unsupported("--copy-devices", "copy the content of devices into files", because: "not implemented"),
        .unsupported("--drop-D", "create no devices and special files", because: "not implemented"),
        .unsupported(
            "--munge-links",
            "store links in a form that cannot be followed",
            because: "links are kept verbatim",
            mayBeOff: true
        ),
    ]
}
