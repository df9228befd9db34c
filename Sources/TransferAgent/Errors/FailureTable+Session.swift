/// The rows about what happens once a target is reached.
extension FailureTable {
    static let refusals = [
        Row(
            .loginRefused,
            exits: .of(5),
            "the target does not accept the user and the password",
            cause: "a user without access to the volume, or a password from another migration",
            advice: "check --user and the password against the target's credentials file"
        ),
        Row(
            .unknownVolume,
            exits: .of(5),
            "the target has no volume of this name",
            cause: "another NAME here than in the target's --volume, or another target",
            advice: "check the volume's NAME against the target's --volume"
        ),
        Row(
            .readOnlyVolume,
            exits: .of(1, 5),
            "the target does not let the volume be written",
            cause: "a module with read only = yes",
            advice: "allow writing to the volume at the target"
        ),
        Row(
            .targetBusy,
            exits: .of(5),
            "the target has as many sessions as it takes",
            cause: "other transfers, or connections that were left behind",
            advice: "run again when other transfers have ended"
        ),
        Row(
            .refusedByTarget,
            exits: .of(5),
            "the target refused, in words of its own",
            cause: "a setting of the target",
            advice: "check the target's log"
        ),
        Row(
            .passwordMissing,
            exits: .of(5),
            "the target wants a password and none was given",
            cause: "neither --password-file nor DVM_PASSWORD is there",
            advice: "give the password by --password-file or in DVM_PASSWORD"
        ),
        Row(
            .notADaemon,
            exits: .of(5),
            "TLS works, but what is behind it is not an rsync daemon",
            cause: "a web server or an ingress that ends TLS itself, or a tunnel that leads to another port",
            advice: "check where the tunnel or the route leads"
        ),
        Row(
            .daemonSilent,
            exits: .of(12, 30),
            "TLS works, but no daemon greets behind it",
            cause: "a tunnel whose own target is down or waits for the client to speak first",
            advice: "check that rsyncd or dvm-target runs behind the tunnel, and where the tunnel leads"
        ),
        Row(
            .accessDenied,
            exits: .of(5),
            "the target does not serve this machine",
            cause: "hosts allow or hosts deny of the module",
            advice: "let the tunnel's address in at the target"
        ),
        Row(
            .volumeInUse,
            exits: .of(5),
            "another session writes to the volume, or to a directory above or below it",
            cause: "another transfer into the same volume, or a session of a source that is gone without a word",
            advice:
                "wait until it has ended, or use --wait; run again under the same --job, a job ends its last session"
        ),
        Row(
            .volumeMissing,
            exits: .of(3, 5),
            "the directory of the volume is not there at the target, or cannot be opened",
            cause: "a volume that was unmounted, or a directory that was removed, after the target had started",
            advice: "put the volume's directory back at the target, then run again; the target need not restart"
        ),
        Row(
            .weakDigest,
            exits: .of(5),
            "the password is not proved by a digest as weak as the target wants it",
            cause: "an rsync at the target that is older than 3.2, or somebody in its place who is after the password",
            advice: "use rsync 3.2 or later at the target, or --ca, --pin or --psk-file, or else --allow-weak-digest"
        ),
        Row(
            .loginTooSlow,
            exits: .none,
            "a client had not logged in when its time was up; only a target's log says this",
            cause: "a port scan or a health check, or a path on which the handshake takes that long",
            advice: "nothing, unless it is a source's connection: then check the path between both"
        ),
        Row(
            .loginDisplaced,
            exits: .none,
            "a client that had not logged in gave way to a newer one; only a target's log says this",
            cause: "more connections than the target keeps before their login, such as an attack on the port",
            advice: "let only the sources reach the port, or run the target with --client-ca or --psk-file"
        ),
    ]

    static let data = [
        Row(
            .outOfSpace,
            exits: .of(11),
            "the target volume is full",
            cause: "a volume that is smaller than what it must hold",
            advice: "enlarge the target volume, then run again: what was done is kept"
        ),
        Row(
            .sourceUnreadable,
            exits: .of(3, 23),
            "the source volume cannot be read",
            cause: "a wrong path, a missing mount or missing permissions",
            advice: "check the path and this program's permissions"
        ),
        Row(
            .targetUnusable,
            exits: .of(3, 5, 11),
            "the target volume cannot be used",
            cause: "a missing mount, a path that is no directory, or missing permissions",
            advice: "check the volume at the target"
        ),
        Row(
            .doesNotFit,
            exits: .of(4, 11),
            "the source volume does not fit into the target volume",
            cause: "a target volume that is smaller, or nearly full",
            advice:
                "enlarge or change the target volume, or see --when-tight; nothing was sent (--check warn goes on regardless)"
        ),
        Row(
            .doesNotSurvive,
            exits: .of(4),
            "the target volume cannot hold something that the source volume has",
            cause: "a file system of another kind, which lacks long names, links, attributes or the like",
            advice: "choose another kind of target volume, or --check fit to accept it; nothing was sent"
        ),
        Row(
            .emptySource,
            exits: .of(25),
            "the source volume has no entries, and the target's would all be deleted",
            cause: "a path or a mount that is not the one that was meant",
            advice: "check the source's path and that it is mounted; --allow-empty-source if it is empty on purpose"
        ),
        Row(
            .tooManyDeletions,
            exits: .of(25),
            "more of the target's entries would be deleted than --delete-limit allows",
            cause: "the wrong volume at either end, or a large part of the source that was removed",
            advice: "check both volumes; --delete-limit 100 if it is meant, --no-delete to delete nothing"
        ),
        Row(
            .writeBack,
            exits: .of(11),
            "the target's disk reported an error while data was written back",
            cause: "a failing or full disk; the error may also concern other writers of the same file system",
            advice:
                "check the target's disk and kernel log, then run again, with --checksum if a target was killed before"
        ),
        Row(
            .fileTooLarge,
            exits: .of(23),
            "the transfer ran to its end, but for files that are larger than the limit",
            cause: "a sparse file whose length somebody set far beyond its data, mostly by mistake",
            advice:
                "make the files listed above smaller (truncate), or raise --max-file-size at both ends, then run again"
        ),
        Row(
            .partial,
            exits: .of(23),
            "the transfer ran to its end, but not everything could be transferred",
            cause: "files that could not be read or written; each is listed",
            advice: "put right what is listed above, then run again"
        ),
        Row(
            .vanished,
            exits: .of(24),
            "the transfer is complete but for files that vanished",
            cause: "an application that removes files while they are copied",
            advice: "files were removed while they were read; run again"
        ),
        Row(
            .deletionLimit,
            exits: .of(25),
            "deletions stopped at their limit",
            cause: "more files to delete than the limit allows",
            advice: "raise the limit at the side that sets it, or delete by hand"
        ),
    ]

    static let session = [
        Row(
            .protocolBroken,
            exits: .of(2, 4, 12, 22),
            "the other side does not keep to rsync's protocol",
            cause: "another service, or a mistake in dvm or the peer",
            advice: "check what listens there; run again, and report it if it comes back"
        ),
        Row(
            .stoppedByPeer,
            exits: .sentByPeer,
            "the target stopped",
            cause: "an error at the target, or somebody who stopped it",
            advice: "check the target's log"
        ),
        Row(
            .silence,
            exits: .of(30),
            "nothing came for longer than allowed",
            cause: "a target or a network that hangs",
            advice: "check the network and the target, then run again: what was done is kept"
        ),
        Row(
            .cancelled,
            exits: .of(20),
            "this side was stopped",
            cause: "a signal, or the end of the pod",
            advice: "run again to go on: what was done is kept"
        ),
        Row(
            .noResources,
            exits: .of(14),
            "this machine has no more threads, files or memory to give",
            cause: "limits of the pod that are too low",
            advice: "check the limits of memory, processes and open files"
        ),
        Row(
            .protocolVersion,
            exits: .of(2),
            "both sides have no version of rsync's protocol in common",
            cause: "an rsync at the target that is older than 3.0",
            advice: "use rsync 3.0 or later at the target, or dvm-target"
        ),
    ]

    static let settings = [
        Row(
            .badSetting,
            exits: .of(1, 2),
            "an option has a value that cannot be used",
            cause: "a typo",
            advice: "see --help"
        ),
        Row(
            .badSecretFile,
            exits: .of(1),
            "a file of secrets cannot be used",
            cause: "a file that is missing, empty, or readable by everybody",
            advice: "put it right, for example with chmod 600"
        ),
        Row(
            .cannotListen,
            exits: .of(10),
            "the program cannot listen on the address",
            cause: "another program has the port, or the address is not this machine's",
            advice: "choose an address of this host and a free port"
        ),
    ]
}
