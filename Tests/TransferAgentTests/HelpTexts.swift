/// The help texts of the agents, as shown on a terminal of 80 columns.
enum HelpTexts {
    /// The options that ``transfer`` and ``doctor`` share.
    private static let connection = #"""
          --job <file>            A job file in YAML or JSON; flags count more than it,
                                  and it more than variables DVM_NAME. - is standard
                                  input.
          --settings <file>       A file with a MigrationController, or the
                                  controller's ConfigMap, whose settings for today's
                                  pods count.
          --plan <file>           A file with a MigPlan: its volumes are those of the
                                  job. (with --namespace)
          --namespace <name>      The source namespace. (with --plan)
          --target <host:port>    Where the target listens.
          --ca <pem>              Trust a target whose certificate these CAs issued.
          --pin <sha256>          Accept only the certificate with this SHA-256 digest.
          --psk-file <file>       Use the first IDENTITY:KEY line of this file as
                                  pre-shared key; must not be writable by other users.
          --insecure              Do not verify the target's certificate (unsafe).
          --certificate <pem>     The certificate to present to a target with
                                  --client-ca.
          --private-key <pem>     The certificate's key.
          --server-name <name>    The name in the certificate, if it differs from the
                                  target's host; a certificate without alternative
                                  names that is itself in --ca needs none.
          --proxy <url>           An HTTP proxy: http://[user[:password]@]host:port.
          --proxy-password-file <file>
                                  A file whose first line is the password for the user
                                  in the proxy URL.
          --no-proxy <list>       Hosts and networks that need no proxy, separated by
                                  commas.
          --user <name>           User name. (default: root)
          --password-file <file>  A file whose first line is the password; must not be
                                  writable by other users. - is standard input.
          --connect-timeout <seconds>
                                  How long each of connecting, the proxy's answer and
                                  the TLS handshake may take. (default: 20)
          --keep-alive <seconds>  The keep-alive interval. (default: 20)
          --silence-limit <seconds>
                                  Give up when the target has sent nothing, keep-alives
                                  included, for this long. (default: 120)
          --allow-weak-digest/--no-allow-weak-digest
                                  Allow MD4 for the password, and MD5 with --insecure.
          --strict-secrets/--no-strict-secrets
                                  Refuse files of passwords and keys that their group
                                  or other users can read, instead of warning of them.
          --log-format <log-format>
                                  The format of log lines on standard error. (values:
                                  text, json; default: text)
        """#

    /// The options that ``transfer`` and ``sourceServe`` share.
    private static let job = #"""
          --volume <name[:target]=path>
                                  A volume's name, its name at the target if that
                                  differs, and its mount point.
        \#(connection)
          --job-name <name>       A name for this job: a run with the same name ends
                                  the job's last session at the target instead of
                                  waiting.
          --pass <pass>           The occasion: stage (the application runs: files that
                                  vanish or change are listed, and are no failure) or
                                  cutover (it is stopped: every exception is a
                                  failure). (values: stage, cutover)
          --record <file>         Write a JSON record of the pass to this file when it
                                  begins and when it ends
                                  (docs/schemas/pass-record.schema.json).
          --before <command>      Run this command of a shell before the pass, to bring
                                  the application to rest; the pass ends if it fails.
                                  May be repeated.
          --after <command>       Run this command of a shell after the pass, also
                                  after one that failed. May be repeated.
          --hook-limit <seconds>  How long each of these commands may take. (default:
                                  600)
          --migplan-name <name>   The value of migplan_name for these commands.
                                  (default: that of --plan)
          --migration-namespaces <list>
                                  The value of migration_namespaces for these commands.
                                  (default: those of --plan)
          --supplemental-groups <numbers>
                                  Groups to be in, separated by commas; root joins
                                  them, another user has to be in them.
          --run-as <uid[:gid]>    Started as root, become this user for good, without
                                  capabilities, once secrets are read; commands of
                                  --before and --after run as this user, too.
          --parallel <number>     How many volumes are transferred at the same time;
                                  --bwlimit holds for each of them. (default: 1)
          --delete/--no-delete    Delete entries at the target that the source does not
                                  have. (default: --delete)
          --allow-empty-source/--no-allow-empty-source
                                  Delete at the target even if the source has no
                                  entries.
          --mount-point/--no-mount-point
                                  Refuse a source path on which nothing is mounted.
          --allow-diverged/--no-allow-diverged
                                  Go on if something else has changed the target since
                                  the pass in --record.
          --delete-limit <percent>
                                  Delete nothing if more than this share of the
                                  target's entries would be deleted (from 100 entries
                                  on); 100 for no limit. (default: 50)
          --max-delete <number>   Stop deleting after this many entries (exit code 25).
          --wait <seconds>        How long to wait for a volume that another transfer
                                  is writing to. (default: 0)
          --checksum/--no-checksum
                                  Compare files by checksum instead of by size and time.
          --include <pattern>     Transfer names that match this pattern although one
                                  of --exclude matches; may be repeated.
          --exclude <pattern>     Neither transfer nor delete names that match this
                                  pattern of rsync; may be repeated.
          --attributes <attributes>
                                  ACLs and extended attributes: auto (to a dvm-target
                                  whose file system keeps them), always (to stock
                                  rsync, too) or never. (default: auto) (values: auto,
                                  always, never)
          --selinux-labels/--no-selinux-labels
                                  Copy SELinux labels (security.selinux), too.
          --owners <owners>       How owners and groups are matched: numbers or names.
                                  (default: numbers) (values: numbers, names)
          --hard-links/--no-hard-links
                                  Keep the names of one file names of one file.
                                  (default: --hard-links)
          --sparse/--no-sparse    Make holes where a file has blocks of zeros.
                                  (default: --sparse)
          --partial/--no-partial  Let a stock target keep incomplete files for the next
                                  run.
          --omit-dir-times/--no-omit-dir-times
                                  Leave the times of directories as they are at the
                                  target.
          --block-size <bytes>    The length of the blocks that are compared. (default:
                                  by the length of a file)
          --compress <choice>     Compress with zstd, lz4, zlibx, zlib, none or auto.
          --bwlimit <rate>        The maximum rate per second, such as 500K or 1.5M;
                                  without a unit, KiB.
          --max-file-size <quantity>
                                  Refuse longer files by name (exit code 23), holes
                                  included. (default: 256Ti)
          --check <check>         What the check before the transfer refuses: strict,
                                  fit, warn or none. (default: fit) (values: strict,
                                  fit, warn, none)
          --when-tight <when-tight>
                                  When there is not enough space for the usual method:
                                  refuse, or plan: delete first, small files first, or
                                  write in place. (default: refuse) (values: refuse,
                                  plan)
          --attempts <number>     How often a volume is tried as long as its failure
                                  may pass, with growing pauses of at most a minute.
                                  (default: 20)
          --retry-for <seconds>   How long after its first failure a volume is tried
                                  again. (default: 3600)
          --accept <kind>         End with exit code 0 although there were exceptions
                                  of this kind: vanished, attributes,
                                  top-directory-attributes (accepted unless the target
                                  owns that directory), large-files or changed; may be
                                  repeated. (values: vanished, attributes,
                                  top-directory-attributes, large-files, changed)
          --no-sandbox            Keep all permissions of the user, instead of only
                                  reading the volumes.
          --progress <progress>   How progress is shown. (default: tty on a terminal,
                                  else lines) (values: tty, lines, json, none)
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --termination-log <file>
                                  Write a JSON object about the end of the process to
                                  this file. (default: /dev/termination-log, if it is
                                  there)
        """#

    static let transfer = #"""
        OVERVIEW: Synchronize local volumes to a target.

        Uses rsync's daemon protocol inside TLS: the target is dvm-target serve, or
        stock rsyncd behind stunnel. Owners are matched by number, hard links and holes
        are preserved, ACLs and extended attributes where the target is a dvm-target
        that can keep them; lost+found at the top is ignored. The password comes from
        --password-file, DVM_PASSWORD or RSYNC_PASSWORD, the proxy's from its URL,
        --proxy-password-file or DVM_PROXY_PASSWORD; HTTPS_PROXY and similar variables
        are ignored. All that is asked can stand in a job file (--job) or in variables
        such as DVM_DELETE_LIMIT: docs/jobs.md. Exit codes are rsync's: 0 complete, 23
        some files could not be transferred, 24 some vanished, 25 deletions were
        refused, 20 stopped by SIGTERM or SIGINT, within 5 seconds; with several
        volumes, that of the worst one. SIGHUP and the end of whatever reads the output
        do not stop a transfer.

        USAGE: dvm-source transfer <options>

        OPTIONS:
        \#(job)
          --print-job             Print the job in YAML with the source of each value,
                                  and transfer nothing.
          --json                  Print it as one JSON object instead. (with
                                  --print-job)
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let sourceServe = #"""
        OVERVIEW: Wait for commands that start transfers and steer them.

        Process 1 of a source pod: transfers run in it, and dvm-source start, status,
        attach, limit, pause, resume and stop, which may be started by an exec and die
        with it, only ask it. The job is read once; the files of passwords and
        certificates are read at each start. SIGTERM and SIGINT end it within 5
        seconds: exit code 0, or 20 if a pass was interrupted. SIGHUP is ignored.

        USAGE: dvm-source serve <options>

        OPTIONS:
        \#(job)
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let doctor = #"""
        OVERVIEW: Check the connection to a target and report the first fault.

        Runs one check after the other, in the order of a transfer, and stops at the
        first that fails: name, connection, proxy, TLS, certificate, source, greeting,
        volume, password, writing, space, throughput, idle. Nothing is changed: the
        volume is accessed with a dry run, and its space is checked as a transfer does.
        Exit code 0 when all checks pass, else rsync's for the failure; docs/codes.md
        explains every code.

        USAGE: dvm-source doctor <options>

        OPTIONS:
          --volume <name[:target]=path>
                                  A volume's name, its name at the target if that
                                  differs, and its mount point.
        \#(connection)
          --throughput <seconds>  Measure the throughput for this long, with at most
                                  256 MiB, below the bwlimit of the job; 0 to skip.
                                  (default: 3)
          --idle <seconds>        Leave a connection idle for this long and check that
                                  it survives.
          --json                  Write each step and the result as a JSON object on a
                                  line of its own.
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let serve = #"""
        OVERVIEW: Serve volumes to sources until a signal arrives.

        Uses rsync's daemon protocol inside TLS: the source is dvm-source transfer, or
        stock rsync behind stunnel. Each volume is a module. When ready, it prints a
        line "listening on ADDR:PORT (TLS)". SIGTERM and SIGINT end it within 5
        seconds: sources are told that the target stopped, complete files stay. Exit
        code 0, or 20 if a session was interrupted. SIGHUP is ignored.

        USAGE: dvm-target serve [<options>] --listen <addr:port> --volume <name=path> ... --credentials <file>

        OPTIONS:
          --listen <addr:port>    Listen on this address for TLS clients; port 0 picks
                                  a free port.
          --listen-plain <addr:port>
                                  Listen on this address for clients without TLS, for a
                                  tunnel in the same pod.
          --certificate <pem>     The target's certificate and its chain.
          --private-key <pem>     The certificate's key.
          --client-ca <pem>       Require TLS clients to have a certificate of these
                                  CAs, or to use --psk-file.
          --psk-file <file>       Admit TLS clients that have a key from this file of
                                  IDENTITY:KEY lines; must not be writable by other
                                  users. Without --certificate, only those.
          --volume <name=path>    A volume's name and its mount point.
          --credentials <file>    A file of user:password lines; read again when it
                                  changes, must not be writable by other users.
          --keep-alive <seconds>  The keep-alive interval. (default: 20)
          --durability <durability>
                                  What a complete volume survives: a power cut (the
                                  target waits for its disk), the end of the target
                                  process, or neither. (values: power, process, none;
                                  default: power)
          --max-file-size <quantity>
                                  Refuse longer files by name, holes included.
                                  (default: 256Ti)
          --max-list-memory <quantity>
                                  The maximum memory for a session's file lists.
                                  (default: 1Gi)
          --silence-limit <seconds>
                                  End a session whose source has sent nothing,
                                  keep-alives included, for this long. (default: 120)
          --allow-weak-digest     Allow MD4 for the password, and MD5 for clients
                                  without TLS.
          --strict-secrets        Refuse files of passwords and keys that their group
                                  or other users can read, instead of warning of them.
                                  (default: DVM_STRICT_SECRETS)
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --termination-log <file>
                                  Write a JSON object about the end of the process to
                                  this file. (default: /dev/termination-log, if it is
                                  there)
          --log-format <log-format>
                                  The format of log lines on standard error. (values:
                                  text, json; default: text)
          --supplemental-groups <numbers>
                                  Groups to be in, separated by commas; root joins
                                  them, another user has to be in them. (default:
                                  TARGET_SUPPLEMENTAL_GROUPS)
          --run-as <uid[:gid]>    Started as root, become this user for good, without
                                  capabilities, once secrets are read and ports are
                                  open. (default: DVM_RUN_AS)
          --no-sandbox            Keep all permissions of the user, instead of only
                                  those for the volumes.
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let forecast = #"""
        OVERVIEW: Forecast the space a volume needs at its target, and the size to
        request.

        With a path: scans the volume and computes the space it needs on the target's
        file system, including while a file is being replaced, and the smallest
        sufficient claim. With --rule: the size that today's controller would propose,
        from numbers or from the output of `df -BMB` (--df). Exit code 0: the
        provisioned size is sufficient (or not given); 1: it is not; others: errors.

        USAGE: dvm-source capacity [<options>] [<path>]

        ARGUMENTS:
          <path>                  Where the volume is mounted.

        OPTIONS:
          --rule                  Apply the controller's rule to numbers instead of
                                  scanning a volume.
          --usage-percent <percent>
                                  How full the volume is, as reported by df. (with
                                  --rule)
          --measured <quantity>   The size of its file system. (with --rule)
          --requested <quantity>  The size that its claim requests.
          --provisioned <quantity>
                                  The size that was provisioned for its claim.
          --threshold <points>    Percentage points to keep free, 1 to 99; default 3.
                                  (with --rule)
          --settings <file>       A file with a MigrationController, or the
                                  controller's ConfigMap, for the threshold;
                                  PV_RESIZING_USAGE_THRESHOLD counts more, --threshold
                                  most. (with --rule)
          --df <file>             What `df -BMB` printed; - is standard input. (with
                                  --rule)
          --volume <name>         The volume's name, and its position in df's output.
                                  (with --rule)
          --resizing/--no-resizing
                                  Whether the controller resizes automatically, for the
                                  condition. (with --rule) (default: --resizing)
          --target-file-system <name>
                                  ext4, xfs, btrfs, or unknown for the worst of them.
                                  (default: unknown)
          --target-block-size <bytes>
                                  The target's block size. (default: 4096)
          --target-inode-ratio <bytes>
                                  One inode per this many bytes, as for mkfs.ext4 -i.
          --keep-holes/--no-keep-holes
                                  Whether holes are preserved, as dvm-source transfer
                                  does. (default: --keep-holes)
          --xattrs/--no-xattrs    Whether extended attributes and ACLs take space at
                                  the target, as in a transfer to a dvm-target.
                                  (default: --xattrs)
          --previous <quantity>   The space needed according to an earlier forecast;
                                  the growth since then is added.
          --round <quantity>      The storage provisions multiples of this. (default:
                                  1Gi)
          --json                  One line of JSON.
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let capacity = #"""
        OVERVIEW: Report what a local volume can hold, and whether that is enough.

        Which metadata the file system keeps is probed with files and a directory that
        are removed at once. Exit codes: 0 it fits, or without --needs, it is writable;
        1 it does not fit; 2 the command line is wrong; 3 the volume cannot be examined.

        USAGE: dvm-target capacity <path> [--needs <quantity>] [--json]

        ARGUMENTS:
          <path>                  Where the volume is mounted.

        OPTIONS:
          --needs <quantity>      The total size it must hold, as a Kubernetes quantity
                                  such as 11.3Gi.
          --json                  Print one JSON object.
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let targetStatus = #"""
        OVERVIEW: Show what a running dvm-target does, or probe it.

        Asks over the local socket of the dvm-target serve in this container, which
        answers only its own user and root. Exit code 0, 1 if --ready is asked and it
        accepts no sources, or 10 if none answers.

        USAGE: dvm-target status [--control <socket>] [--json] [--ready] [--live]

        OPTIONS:
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --json                  Print one JSON object
                                  (docs/schemas/target-status.schema.json).
          --ready                 Print nothing; exit code 0 if it accepts sources, for
                                  a readiness probe.
          --live                  Print nothing; exit code 0 if it answers, for a
                                  liveness probe.
          --version               Show the version.
          -h, --help              Show help information.

        """#

    static let drain = #"""
        OVERVIEW: Let a running dvm-target end when its sessions have.

        It accepts no more sources, and exits with 0 when the last session has ended by
        itself; until then, SIGTERM stops it as usual. The command returns at once:
        exit code 0, or 10 if no dvm-target answers.

        USAGE: dvm-target drain [--control <socket>]

        OPTIONS:
          --control <socket>      The agent's local socket: a path, or an abstract name
                                  after @. (default: @ and the program's name; an agent
                                  that is not process 1 has none by default)
          --version               Show the version.
          -h, --help              Show help information.

        """#
}
