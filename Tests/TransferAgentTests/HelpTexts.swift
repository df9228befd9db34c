/// The help texts of the agents, as a person sees them on a terminal of 80 columns.
enum HelpTexts {
    static let transfer = #"""
        OVERVIEW: Makes volumes at a target equal to volumes here.

        Speaks rsync's daemon protocol inside TLS: the target is dvm-target serve, or
        stock rsyncd behind stunnel. Owners go by name, hard links and holes are kept,
        lost+found at the top is left alone. The password comes from --password-file,
        DVM_PASSWORD or RSYNC_PASSWORD. Exit codes are rsync's: 0 complete, 23 some
        files could not be transferred, 24 some vanished, 20 stopped by a signal; of
        several volumes the worst counts.

        USAGE: dvm-source transfer [<options>] --volume <name=path> ... --target <host:port>

        OPTIONS:
          --volume <name=path>    A volume and where it is mounted here.
          --target <host:port>    Where the target listens.
          --ca <pem>              Believe the target if these authorities vouch for it.
          --pin <sha256>          Believe the target if its certificate has this digest.
          --psk-file <file>       Believe the target if it knows the first of these
                                  IDENTITY:KEY lines; not readable by everybody.
          --insecure              Believe whoever answers. The data goes to them.
          --certificate <pem>     The certificate to show to a target with --client-ca.
          --private-key <pem>     The certificate's key.
          --server-name <name>    The name in the certificate, if it is not the
                                  target's host.
          --proxy <url>           An HTTP proxy: http://[user:password@]host:port.
          --no-proxy <list>       Hosts and networks that need no proxy, divided by
                                  commas.
          --user <name>           Who to be at the target. (default: root)
          --password-file <file>  A file with the password as its first line; not
                                  readable by everybody.
          --delete/--no-delete    Delete at the target what is not here. (default:
                                  --delete)
          --checksum              Compare files by checksum instead of by size and time.
          --compress <choice>     Compress with zstd, lz4, zlibx, zlib, none or auto.
          --bwlimit <rate>        The most to send per second, such as 500K or 1.5M;
                                  alone, KiB.
          --progress <progress>   How progress is shown. (default: tty on a terminal,
                                  else lines) (values: tty, lines, json, none)
          -h, --help              Show help information.

        """#

    static let serve = #"""
        OVERVIEW: Serves volumes to sources until a signal comes.

        Speaks rsync's daemon protocol inside TLS: the source is dvm-source transfer,
        or stock rsync behind stunnel. Each volume is a module. When it is ready it
        prints a line "listening on ADDR:PORT (TLS)". SIGTERM and SIGINT end it:
        running sessions get 20 seconds, a second signal ends them at once.

        USAGE: dvm-target serve --listen <addr:port> [--listen-plain <addr:port>] [--certificate <pem>] [--private-key <pem>] [--client-ca <pem>] [--psk-file <file>] --volume <name=path> ... --credentials <file>

        OPTIONS:
          --listen <addr:port>    Where TLS clients come in; port 0 takes a free one.
          --listen-plain <addr:port>
                                  Where clients come in without TLS, for a tunnel in
                                  the same pod.
          --certificate <pem>     The certificate to show, and those that vouch for it.
          --private-key <pem>     The certificate's key.
          --client-ca <pem>       Let in only TLS clients for which these authorities
                                  vouch, or that use --psk-file.
          --psk-file <file>       Let in TLS clients that know one of these
                                  IDENTITY:KEY lines; not readable by everybody.
                                  Without --certificate, only them.
          --volume <name=path>    A volume and where it is mounted here.
          --credentials <file>    A file of user:password lines, not readable by
                                  everybody; read once.
          -h, --help              Show help information.

        """#
}
