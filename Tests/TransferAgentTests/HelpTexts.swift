/// The help texts of the agents, as a person sees them on a terminal of 80 columns.
enum HelpTexts {
    /// What ``transfer`` and ``doctor`` have in common.
    private static let connection = #"""
          --target <host:port>    Where the target listens.
          --ca <pem>              Trust a target whose certificate these CAs issued.
          --pin <sha256>          Accept only the certificate with this SHA-256 digest.
          --psk-file <file>       Use the first IDENTITY:KEY line of this file as
                                  pre-shared key; must not be readable by everybody.
          --insecure              Do not verify the target's certificate (unsafe).
          --certificate <pem>     The certificate to present to a target with
                                  --client-ca.
          --private-key <pem>     The certificate's key.
          --server-name <name>    The name in the certificate, if it is not the
                                  target's host.
          --proxy <url>           An HTTP proxy: http://[user[:password]@]host:port.
          --proxy-password-file <file>
                                  A file with the proxy's password as its first line,
                                  for the URL's user.
          --no-proxy <list>       Hosts and networks that need no proxy, separated by
                                  commas.
          --user <name>           User name. (default: root)
          --password-file <file>  A file with the password as its first line; not
                                  readable by everybody.
          --keep-alive <seconds>  The keep-alive interval. (default: 20)
          --silence-limit <seconds>
                                  Give up when the target has sent nothing, keep-alives
                                  included, for this long. (default: 120)
          --allow-weak-digest     Allow MD4 for the password, and MD5 with --insecure.
          --log-format <log-format>
                                  The form of log lines, on standard error. (values:
                                  text, json; default: text)
        """#

    static let transfer = #"""
        OVERVIEW: Synchronize local volumes to a target.

        Speaks rsync's daemon protocol inside TLS: the target is dvm-target serve, or
        stock rsyncd behind stunnel. Owners go by name, hard links and holes are kept,
        lost+found at the top is left alone. The password comes from --password-file,
        DVM_PASSWORD or RSYNC_PASSWORD, the proxy's from its URL, --proxy-password-file
        or DVM_PROXY_PASSWORD; HTTPS_PROXY and its like are not read. Exit codes are
        rsync's: 0 complete, 23 some files could not be transferred, 24 some vanished,
        25 deletions were refused, 20 stopped by a signal; of several volumes the worst
        counts.

        USAGE: dvm-source transfer [<options>] --volume <name=path> ... --target <host:port>

        OPTIONS:
          --volume <name=path>    A volume and where it is mounted here.
        \#(connection)
          --delete/--no-delete    Delete at the target what is not here. (default:
                                  --delete)
          --allow-empty-source    Delete at the target even if the source has no
                                  entries at all.
          --delete-limit <percent>
                                  The share of the target's entries beyond which
                                  nothing is deleted, from 100 entries on; 100 for no
                                  limit. (default: 50)
          --wait <seconds>        How long to wait for a volume that another transfer
                                  writes to. (default: 0)
          --job <name>            A name for this job: run again under it, it ends its
                                  last session at the target instead of waiting.
          --checksum              Compare files by checksum instead of by size and time.
          --compress <choice>     Compress with zstd, lz4, zlibx, zlib, none or auto.
          --bwlimit <rate>        The most to send per second, such as 500K or 1.5M;
                                  alone, KiB.
          --max-file-size <quantity>
                                  Refuse longer files by name (exit code 23), holes
                                  included. (default: 256Ti)
          --check <check>         What the check before the first byte refuses: strict,
                                  fit, warn or none. (values: strict, fit, warn, none;
                                  default: fit)
          --when-tight <when-tight>
                                  When there is no room for the usual way: refuse, or
                                  plan: delete first, small files first, or write in
                                  place. (values: refuse, plan; default: refuse)
          --no-sandbox            Keep all rights of the user, instead of reading the
                                  volumes alone.
          --progress <progress>   How progress is shown. (default: tty on a terminal,
                                  else lines) (values: tty, lines, json, none)
          -h, --help              Show help information.

        """#

    static let doctor = #"""
        OVERVIEW: Check the connection to a target and report the first fault.

        Takes one step after the other, as a transfer would, and stops at the first
        that fails: name, connection, proxy, TLS, certificate, source, greeting,
        volume, password, writing, space, throughput, idle. Nothing is changed: the
        volume is asked for with a dry run. Exit code 0 when all steps hold, else
        rsync's for the failure; docs/codes.md explains every code.

        USAGE: dvm-source doctor [<options>] --volume <name=path> ... --target <host:port>

        OPTIONS:
          --volume <name=path>    A volume and where it is mounted here.
        \#(connection)
          --throughput <seconds>  Measure the throughput for so long; 0 for not at all.
                                  (default: 3)
          --idle <seconds>        Leave a connection alone for so long and see whether
                                  it lives.
          --json                  Write each step and the result as a JSON object on a
                                  line of its own.
          -h, --help              Show help information.

        """#

    static let serve = #"""
        OVERVIEW: Serve volumes to sources until a signal arrives.

        Speaks rsync's daemon protocol inside TLS: the source is dvm-source transfer,
        or stock rsync behind stunnel. Each volume is a module. When ready, it prints a
        line "listening on ADDR:PORT (TLS)". SIGTERM and SIGINT end it: running
        sessions get 20 seconds, a second signal ends them at once.

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
          --psk-file <file>       Let in TLS clients that know one of these
                                  IDENTITY:KEY lines; not readable by everybody.
                                  Without --certificate, only them.
          --volume <name=path>    A volume and where it is mounted here.
          --credentials <file>    A file of user:password lines, not readable by
                                  everybody; read once.
          --keep-alive <seconds>  The keep-alive interval. (default: 20)
          --durability <durability>
                                  What a volume survives once it is complete: a power
                                  cut (the target waits for its disk), the end of the
                                  target, or none of them. (values: power, process,
                                  none; default: power)
          --max-file-size <quantity>
                                  Refuse longer files by name, holes included.
                                  (default: 256Ti)
          --max-list-memory <quantity>
                                  The most that the file lists of a session may take in
                                  memory. (default: 1Gi)
          --silence-limit <seconds>
                                  End a session whose source has sent nothing,
                                  keep-alives included, for this long. (default: 120)
          --allow-weak-digest     Allow MD4 for the password, and MD5 for clients
                                  without TLS.
          --log-format <log-format>
                                  The form of log lines, on standard error. (values:
                                  text, json; default: text)
          --no-sandbox            Keep all rights of the user, instead of those to the
                                  volumes alone.
          -h, --help              Show help information.

        """#

    static let forecast = #"""
        OVERVIEW: Forecast what a volume takes at its target, and which size to
        request.

        With a path: scans the volume and computes what it takes on the target's file
        system, while a file is replaced too, and the smallest claim that is enough.
        With --rule: the size that today's controller would propose, from numbers or
        from what `df -BMB` printed (--df). Exit code 0: what is provisioned is enough
        (or nothing was said of it); 1: it is not; others: errors.

        USAGE: dvm-source capacity [<options>] [<path>]

        ARGUMENTS:
          <path>                  Where the volume is mounted.

        OPTIONS:
          --rule                  Apply the controller's rule to numbers instead of
                                  scanning a volume.
          --usage-percent <percent>
                                  How full the volume is, as df tells it. (with --rule)
          --measured <quantity>   The size of its file system. (with --rule)
          --requested <quantity>  What its claim asks for.
          --provisioned <quantity>
                                  What its claim got.
          --threshold <points>    Percentage points to stay free, 1 to 99; else 3.
                                  (with --rule)
          --df <file>             What `df -BMB` printed; - is standard input. (with
                                  --rule)
          --volume <name>         The volume's name, and its place in df's output.
                                  (with --rule)
          --resizing/--no-resizing
                                  Whether the controller resizes by itself, for the
                                  condition. (with --rule) (default: --resizing)
          --target-file-system <name>
                                  ext4, xfs, btrfs, or unknown for the worst of them.
                                  (default: unknown)
          --target-block-size <bytes>
                                  The target's block size. (default: 4096)
          --target-inode-ratio <bytes>
                                  One inode for so many bytes, as mkfs.ext4 -i.
          --keep-holes/--no-keep-holes
                                  Whether holes stay holes, as dvm-source transfer
                                  keeps them. (default: --keep-holes)
          --xattrs                Count extended attributes and ACLs too, for a
                                  transfer that carries them.
          --previous <quantity>   What an earlier forecast needed: as much growth is
                                  added.
          --round <quantity>      The storage gives multiples of this. (default: 1Gi)
          --json                  One line of JSON.
          -h, --help              Show help information.

        """#

    static let capacity = #"""
        OVERVIEW: Report what a local volume can take, and whether that is enough.

        What the file system can keep is tried on files and in a directory that are
        removed at once. Exit codes: 0 it fits, or it can be written to when --needs is
        not given; 1 it does not; 2 the command line is wrong; 3 the volume cannot be
        examined.

        USAGE: dvm-target capacity <path> [--needs <quantity>] [--json]

        ARGUMENTS:
          <path>                  Where the volume is mounted.

        OPTIONS:
          --needs <quantity>      What it has to hold in all, as Kubernetes writes it:
                                  11.3Gi.
          --json                  Print one JSON object.
          -h, --help              Show help information.

        """#
}
