/// The rows about what happens once a target is reached.
extension FailureTable {
    static let refusals = [
        Row(
            .loginRefused,
            exits: .of(5),
            "the target rejected the user or the password",
            cause: "a user without access to the volume, or a password from another migration",
            advice: "check --user and the password against the target's credentials file"
        ),
        Row(
            .unknownVolume,
            exits: .of(5),
            "the target has no volume of this name",
            cause: "a NAME that differs from the one in the target's --volume, or the wrong target",
            advice: "check the volume's NAME against the target's --volume"
        ),
        Row(
            .readOnlyVolume,
            exits: .of(1, 5),
            "the target does not allow writing to the volume",
            cause: "a module with read only = yes",
            advice: "allow writing to the volume at the target"
        ),
        Row(
            .targetBusy,
            exits: .of(5),
            "the target has reached its session limit",
            cause: "other transfers, or connections that were left behind",
            advice: "run again when other transfers have ended"
        ),
        Row(
            .refusedByTarget,
            exits: .of(5),
            "the target refused for another reason",
            cause: "a setting of the target",
            advice: "check the target's log"
        ),
        Row(
            .passwordMissing,
            exits: .of(5),
            "the target requires a password and none was given",
            cause: "neither --password-file nor DVM_PASSWORD is set",
            advice: "pass the password with --password-file or in DVM_PASSWORD"
        ),
        Row(
            .notADaemon,
            exits: .of(5),
            "TLS works, but the service behind it is not an rsync daemon",
            cause: "a web server or an ingress that terminates TLS itself, or a tunnel to another port",
            advice: "check the destination of the tunnel or the route"
        ),
        Row(
            .daemonSilent,
            exits: .of(12, 30),
            "TLS works, but no daemon behind it sends a greeting",
            cause: "a tunnel whose backend is down or waits for the client to send first",
            advice: "check that rsyncd or dvm-target runs behind the tunnel, and the tunnel's destination"
        ),
        Row(
            .accessDenied,
            exits: .of(5),
            "the target does not serve this machine",
            cause: "hosts allow or hosts deny of the module",
            advice: "allow the tunnel's address at the target"
        ),
        Row(
            .volumeInUse,
            exits: .of(5),
            "another session is writing to the volume, or to a directory above or below it",
            cause: "another transfer to the same volume, or a session of a source that disappeared",
            advice:
                "wait until it has ended, or use --wait; a run with the same --job-name ends that job's last session"
        ),
        Row(
            .volumeMissing,
            exits: .of(3, 5),
            "the volume's directory does not exist at the target, or cannot be opened",
            cause: "a volume that was unmounted, or a directory that was removed, after the target had started",
            advice: "restore the volume's directory at the target, then run again; the target need not be restarted"
        ),
        Row(
            .weakDigest,
            exits: .of(5),
            "the target requires a digest that is too weak for the password",
            cause:
                "an rsync at the target that is older than 3.2, or an attacker in its place who is after the password",
            advice: "use rsync 3.2 or later at the target, or --ca, --pin or --psk-file, or else --allow-weak-digest"
        ),
        Row(
            .loginTooSlow,
            exits: .none,
            "a client did not log in in time; reported only in a target's log",
            cause: "a port scan or a health check, or a path on which the handshake takes that long",
            advice: "nothing, unless it is a source's connection: then check the connection path"
        ),
        Row(
            .loginEvicted,
            exits: .none,
            "an unauthenticated client was evicted for a newer one; reported only in a target's log",
            cause: "more unauthenticated connections than the target allows, such as an attack on the port",
            advice: "restrict the port to the sources, or run the target with --client-ca or --psk-file"
        ),
    ]

    static let data = [
        Row(
            .outOfSpace,
            exits: .of(11),
            "the target volume is full",
            cause: "a volume that is smaller than its content",
            advice: "enlarge the target volume, then run again; completed work is kept"
        ),
        Row(
            .sourceUnreadable,
            exits: .of(3),
            "the source volume cannot be read",
            cause: "a wrong path, a missing mount or missing permissions",
            advice: "check the path and this program's permissions"
        ),
        Row(
            .targetUnusable,
            exits: .of(3, 5, 11),
            "the target volume cannot be used",
            cause: "a missing mount, a path that is not a directory, or missing permissions",
            advice: "check the volume at the target"
        ),
        Row(
            .doesNotFit,
            exits: .of(4, 11),
            "the source volume does not fit into the target volume",
            cause: "a target volume that is smaller, or nearly full",
            advice:
                "enlarge or change the target volume, or see --when-tight; nothing was sent (--check warn continues regardless)"
        ),
        Row(
            .doesNotSurvive,
            exits: .of(4),
            "the target volume cannot store something that the source volume has",
            cause:
                "a file system of a different type, which does not support long names, links, attributes or the like",
            advice: "choose a different type of target volume, or --check fit to accept it; nothing was sent"
        ),
        Row(
            .emptySource,
            exits: .of(25),
            "the source volume has no entries, and all of the target's would be deleted",
            cause: "a wrong path or mount",
            advice: "check the source's path and that it is mounted; use --allow-empty-source if it is empty on purpose"
        ),
        Row(
            .tooManyDeletions,
            exits: .of(25),
            "more of the target's entries would be deleted than --delete-limit allows",
            cause: "the wrong volume at either end, or a large part of the source that was removed",
            advice: "check both volumes; use --delete-limit 100 if it is intended, or --no-delete to delete nothing"
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
            "the transfer finished, except for files that are larger than the limit",
            cause: "a sparse file whose length was set far beyond its data, usually by mistake",
            advice:
                "make the files listed above smaller (truncate), or raise --max-file-size at both ends, then run again"
        ),
        Row(
            .notMounted,
            exits: .of(3),
            "nothing is mounted on the source's path, although --mount-point says so",
            cause: "a volume that was not attached, or the wrong path",
            advice: "check the path and the pod's mounts; nothing was sent"
        ),
        Row(
            .diverged,
            exits: .of(4),
            "the target was changed by something else since the last pass",
            cause: "an application that already runs at the target, or a pass that goes the wrong way",
            advice:
                "check which side holds the current data; --allow-diverged overwrites the target's, and nothing was sent yet"
        ),
        Row(
            .volumeClosed,
            exits: .of(3),
            "the volume is closed to the user that the source or the target runs as",
            cause: "a volume of a group that the pod is not in, or NFS with root_squash, where root has no rights",
            advice:
                "add the group that is named to supplementalGroups of the pod's securityContext, or choose runAsUser; on NFS see what is said of manage-gids"
        ),
        Row(
            .partial,
            exits: .of(23),
            "the transfer finished, but not everything could be transferred",
            cause: "files that could not be read or written; each is listed",
            advice: "fix what is listed above, then run again"
        ),
        Row(
            .vanished,
            exits: .of(24),
            "the transfer is complete except for files that vanished",
            cause: "an application that removes files while they are copied",
            advice: "run again"
        ),
        Row(
            .deletionLimit,
            exits: .of(25),
            "deletions stopped at the limit",
            cause: "more files to delete than the limit allows",
            advice: "raise the limit on the side that sets it, or delete by hand"
        ),
        Row(
            .cutoverExceptions,
            exits: .of(23),
            "the transfer is complete, but a pass with --pass cutover had exceptions",
            cause: "an application that still writes to the volume; each exception is listed",
            advice: "stop whatever writes to the volume, then run the cutover again, or see --accept"
        ),
    ]

    static let session = [
        Row(
            .protocolBroken,
            exits: .of(2, 4, 12, 22),
            "the other side violated rsync's protocol",
            cause: "another service, or a bug in dvm or the peer",
            advice: "check what listens there; run again, and report it if it recurs"
        ),
        Row(
            .stoppedByPeer,
            exits: .sentByPeer,
            "the target stopped",
            cause: "an error at the target, or it was stopped",
            advice: "check the target's log, then run again; completed work is kept"
        ),
        Row(
            .silence,
            exits: .of(30),
            "nothing was received for longer than the limit",
            cause: "a target or a network that hangs",
            advice: "check the network and the target, then run again; completed work is kept"
        ),
        Row(
            .cancelled,
            exits: .of(20),
            "this side was stopped",
            cause: "a signal, or the end of the pod",
            advice: "run again to continue; completed work is kept"
        ),
        Row(
            .noResources,
            exits: .of(14),
            "this machine has no more threads, open files or memory",
            cause: "pod limits that are too low",
            advice: "check the limits on memory, processes and open files"
        ),
        Row(
            .protocolVersion,
            exits: .of(2),
            "the two sides have no version of rsync's protocol in common",
            cause: "an rsync at the target that is older than 2.6",
            advice: "use rsync 2.6 or later at the target, or dvm-target"
        ),
        Row(
            .hookFailed,
            exits: .ofCommand,
            "a command of --before or --after failed, or took longer than --hook-limit",
            cause: "what the command printed, which is shown, says why",
            advice:
                "correct what the command says; nothing was transferred if it was one of --before, whose pass was not begun"
        ),
    ]

    static let settings = [
        Row(
            .badSetting,
            exits: .of(1, 2),
            "an option or a line of a job file has an invalid value",
            cause: "a typo",
            advice: "see --help and docs/jobs.md"
        ),
        Row(
            .badSecretFile,
            exits: .of(1),
            "a secrets file cannot be used",
            cause: "a file that is missing, empty, not of the expected form, or that other users can change",
            advice:
                "correct what is said of it; for one that others can change, or read with --strict-secrets, chmod 600"
        ),
        Row(
            .cannotListen,
            exits: .of(10),
            "the program cannot listen on the address",
            cause: "another program uses the port, or the address is not local",
            advice: "choose an address of this host and a free port"
        ),
        Row(
            .recordNotWritten,
            exits: .of(11),
            "the record of a pass cannot be written",
            cause: "a directory that is missing, full or read-only",
            advice: "choose a file in a directory that this program may write to; the volumes are not concerned"
        ),
        Row(
            .groupMissing,
            exits: .of(1),
            "the process is not in a group that --supplemental-groups asks for",
            cause: "a pod whose securityContext does not grant the group, and that does not run as root",
            advice:
                "add the group to supplementalGroups of the pod's securityContext, or make it the fsGroup; nothing was sent"
        ),
        Row(
            .identityRefused,
            exits: .of(1),
            "the process cannot become the user that --run-as asks for",
            cause: "a pod that does not start as root, or root without the capabilities SETUID and SETGID",
            advice:
                "set runAsUser and runAsGroup in the pod's securityContext and leave --run-as out, or start as root with SETUID and SETGID"
        ),
    ]

    static let commands = [
        Row(
            .passRunning,
            exits: .of(4),
            "a pass cannot be started beside another one",
            cause: "a command that was given twice, or a dvm-source transfer, which runs one pass",
            advice: "wait for its end with dvm-source attach, or stop it"
        ),
        Row(
            .noPass,
            exits: .of(4),
            "the command concerns a running pass, and none is running",
            cause: "it has ended, or was not started",
            advice: "see dvm-source status for the last result; dvm-source start begins a pass"
        ),
        Row(
            .stopOverdue,
            exits: .of(30),
            "a pass that was told to stop takes long to end",
            cause: "a disk or a network file system that does not answer",
            advice: "see dvm-source status; ending the container ends it in any case"
        ),
        Row(
            .agentEnded,
            exits: .of(12),
            "the agent ended while a command followed its pass",
            cause: "the container was stopped or killed",
            advice: "see the container's log and termination message, then start again; completed work is kept"
        ),
        Row(
            .noAgent,
            exits: .of(10),
            "no agent answers at the local socket",
            cause: "it has not started yet or has ended, runs in another container, or listens elsewhere",
            advice: "check that it runs, and name its socket with --control"
        ),
        Row(
            .agentRefused,
            exits: .of(5),
            "the agent refused a command over its local socket",
            cause:
                "the command runs as another user, 64 commands follow the agent already, or the two are of different versions",
            advice: "run the command as the agent's user or root, end other commands, and use the same version"
        ),
        Row(
            .agentSilent,
            exits: .of(30),
            "the agent did not answer a command over its local socket in time",
            cause: "the container has too little CPU, or is frozen; whether the command has had an effect is unknown",
            advice: "ask for the status, then repeat the command if it had no effect"
        ),
        Row(
            .followerDropped,
            exits: .of(30),
            "the agent dropped a command that followed a pass, which does not depend on it",
            cause: "what the command printed was not read for a minute",
            advice: "ask for the status, and follow the pass again with dvm-source attach if it runs"
        ),
    ]
}
