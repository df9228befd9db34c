"""The command lines and configurations of other volume movers, verbatim but for paths and ports (docs/movers.md says where each
comes from)."""

from dataclasses import dataclass, field

USER = 1000
# A module's name, and the directory of a volume: the MD5 of a claim's name.
ID = "e2ad2b3a6e0b3e4e8f0f5b3e6b0a3c11"
INFO = "--info=COPY2,DEL2,REMOVE2,SKIP2,FLIST2,PROGRESS2,STATS2"
ARCHIVE = "--recursive --links --perms --devices --specials --times --owner --group"
MTC = (f"{ARCHIVE} --hard-links --delete --partial%s --human-readable --log-file=/dev/stdout {INFO}%s --exclude=lost+found "
       f"SOURCE/ rsync://root@localhost/{ID} --port PORT")
MTC_CONF = ("syslog facility = local7\nread only = no\nlist = yes\nlog file = /dev/stdout\nmax verbosity = 4\nauth users = root\n"
            "hosts allow = ::1, 127.0.0.1, localhost\n%smunge symlinks = no\n\n"
            f"[{ID}]\n    comment = archive for destination/claim\n    path = TARGET\n    list = yes\n    read only = false\n"
            "    auth users = root\n    secrets file = SECRETS\n")
AS_ROOT = MTC_CONF % "uid = root\ngid = root\nuse chroot = no\n"
CRANE = ("--recursive --links --perms --times --human-readable --info=COPY,DEL,STATS2,PROGRESS2,FLIST2%s --omit-dir-times --progress "
         "SOURCE/ rsync://root@localhost/data/ --port PORT")
CRANE_END = "--recursive MARKER rsync://root@localhost/termination/ --port PORT"
CRANE_CONF = ("read only = no\nlog file = /dev/stdout\nmax verbosity = 4\nhosts allow = ::1, 127.0.0.1, localhost\n%s"
              "use chroot = no\nmunge symlinks = no\n[data]\npath = TARGET\nlist = yes\nread only = false\n"
              "[termination]\npath = TARGET.end\nlist = yes\nread only = false\n")
VOLSYNC = "-aAhHSxz%s --exclude=lost+found --itemize-changes --info=stats2,misc2"
VOLSYNC_DELETING = ("-rx --exclude=lost+found --ignore-existing --ignore-non-existing --delete --itemize-changes "
                    "--info=stats2,misc2 SOURCE/ ")
VOLSYNC_END = "MARKER rsync://127.0.0.1:PORT/control/complete"
VOLSYNC_TLS = [VOLSYNC % " -r" + " --files-from=LIST SOURCE/ rsync://127.0.0.1:PORT/data",
               VOLSYNC_DELETING + "rsync://127.0.0.1:PORT/data", VOLSYNC_END]
VOLSYNC_SSH = "-aAhHSxz --delete --itemize-changes --info=stats2,misc2 SOURCE/ root@destination.namespace:."
CRANE_DAEMON = "--daemon --port=PORT --no-detach -vvv"
VOLSYNC_CONF = ("pid = TARGET.pid\naddress = 127.0.0.1\nlog file = TARGET.log\nmax verbosity = 10\nuse chroot = false\n"
                "numeric ids = true\nmunge symlinks = false\nopen noatime = true\nreverse lookup = false\n"
                "transfer logging = true\nread only = false\n%s\n\n[data]\ncomment = PVC data\npath = TARGET\n\n"
                "[control]\ncomment = Control files for signaling\npath = TARGET.end\n")
VOLSYNC_GLOBALS = ("; Global options\ndebug = debug\nforeground = yes\noutput = TARGET.%s.log\npid =\nsocket = l:SO_KEEPALIVE=1\n"
                   "socket = l:TCP_KEEPIDLE=180\nsocket = r:SO_KEEPALIVE=1\nsocket = r:TCP_KEEPIDLE=180\nsyslog = no\n\n")
VOLSYNC_CLIENT = VOLSYNC_GLOBALS % "client" + ("[rsync]\nciphers = PSK\nPSKsecrets = TARGET.psk\naccept = 127.0.0.1:PORT\nclient = yes\n"
                                              "connect = 127.0.0.1:INNER\n")
VOLSYNC_SERVER = VOLSYNC_GLOBALS % "server" + ("[rsync]\nciphers = PSK\nPSKsecrets = TARGET.psk\naccept = :::INNER\nclient = no\n"
                                              "exec = SERVER\nexecargs = rsync --server --daemon --config=CONF .\n")
PVC_TRANSFER = (f"{ARCHIVE} --human-readable --log-file=/dev/stdout {INFO} SOURCE rsync://root@localhost/{ID} --port PORT")
PVC_TRANSFER_CONF = ("syslog facility = local7\nread only = no\nlist = yes\nlog file = /dev/stdout\nmax verbosity = 4\nauth users = root\n"
                     f"hosts allow = ::1, 127.0.0.1, localhost\n\n\n[{ID}]\n    comment = archive for destination/claim\n"
                     "    path = TARGET\n    use chroot = no\n    munge symlinks = no\n    list = yes\n    read only = false\n"
                     "    auth users = root\n    secrets file = SECRETS\n")
PV_MIGRATE = ["-azv", "--info=progress2,misc0,flist0", "--no-inc-recursive", "-e", "ssh -o StrictHostKeyChecking=no -o "
              "UserKnownHostsFile=/dev/null -o ConnectTimeout=5 -p 22", "root@source.namespace:SOURCE/", "TARGET/"]


@dataclass
class Mover:
    """Command lines of one pass, in their order (a list is one with blanks in its words), and the daemon's file, if any."""
    lines: list
    configuration: str = ""
    daemon: str = "--daemon --no-detach --port=PORT -vvv"
    # The user that both ends run as, if not root.
    user: int | None = None
    omits_directory_times: bool = True
    code: int = 0
    environment: dict = field(default_factory=dict)
    # The configurations of stunnel at the client and at the server, which starts the daemon for each connection.
    tunnel: tuple = ()
    # What a script waits for in the daemon's log.
    awaited: bytes = b""
    # Whether the server's ssh allows rrsync only.
    is_restricted: bool = False


MOVERS = {
    # MTC contract 1.1, 2.1 and 2.2
    "mtc": Mover([MTC % ("", " --omit-dir-times")], AS_ROOT),
    "mtc, privileged": Mover([MTC % ("", "")], MTC_CONF % "uid = root\ngid = root\nuse chroot = yes\n",
                             omits_directory_times=False),
    "mtc, not root": Mover([MTC % ("", " --omit-dir-times")], MTC_CONF % "use chroot = no\n", user=USER),
    "mtc, limited": Mover([MTC % (" --bwlimit=50000", " --omit-dir-times")], AS_ROOT),
    "mtc, verified": Mover([MTC % ("", " --checksum --omit-dir-times")], AS_ROOT),
    "mtc, sparse": Mover([MTC % ("", " --sparse --no-inplace --omit-dir-times")], AS_ROOT),
    "mtc, extras": Mover([MTC % ("", " --acls --xattrs --numeric-ids --omit-dir-times")], AS_ROOT),
    "mtc, no archive": Mover([MTC.replace(ARCHIVE, "") % ("", " --omit-dir-times")], AS_ROOT, code=1),
    # MTC contract 1.6
    "mtc of 2021": Mover([f"--archive --delete --recursive --hard-links --partial {INFO} --human-readable --port PORT "
                          f"--log-file /dev/stdout SOURCE/ rsync://root@localhost/{ID}/"], AS_ROOT, daemon="--daemon --no-detach --port=PORT",
                         omits_directory_times=False),
    # MTC contract 12.2
    "crane": Mover([CRANE % "", CRANE_END], CRANE_CONF % "", daemon=CRANE_DAEMON, user=USER),
    "crane, verified": Mover([CRANE % " --checksum", CRANE_END], CRANE_CONF % "", daemon=CRANE_DAEMON, user=USER),
    "crane as root": Mover([CRANE % "", CRANE_END], CRANE_CONF % "uid = root\ngid = *\n", daemon=CRANE_DAEMON),
    # docs/movers.md
    "pvc-transfer": Mover([PVC_TRANSFER], PVC_TRANSFER_CONF, user=USER, omits_directory_times=False, awaited=b"_exit_cleanup"),
    "volsync over ssh": Mover([VOLSYNC_SSH], omits_directory_times=False, is_restricted=True),
    "volsync over ssh, verbose": Mover(["-vvv " + VOLSYNC_SSH], omits_directory_times=False, is_restricted=True),
    "volsync over ssh, two commands": Mover([VOLSYNC % "" + " ENTRIES root@destination.namespace:TARGET",
                                             VOLSYNC_DELETING + "root@destination.namespace:TARGET"], omits_directory_times=False),
    "volsync over tls": Mover(VOLSYNC_TLS, VOLSYNC_CONF % "uid = 0\ngid = *", tunnel=(VOLSYNC_CLIENT, VOLSYNC_SERVER),
                              omits_directory_times=False),
    "volsync over tls, older": Mover([VOLSYNC % "" + " ENTRIES rsync://127.0.0.1:PORT/data", *VOLSYNC_TLS[1:]],
                                     VOLSYNC_CONF % "uid = 0\ngid = *", tunnel=(VOLSYNC_CLIENT, VOLSYNC_SERVER),
                                     omits_directory_times=False),
    "volsync over tls, not root": Mover(VOLSYNC_TLS, VOLSYNC_CONF % "\n", tunnel=(VOLSYNC_CLIENT, VOLSYNC_SERVER), user=USER,
                                        omits_directory_times=False),
    "pv-migrate": Mover([PV_MIGRATE], omits_directory_times=False),
    "pv-migrate, deleting": Mover([PV_MIGRATE[:5] + ["--no-o", "--no-g", "--delete"] + PV_MIGRATE[5:]], omits_directory_times=False),
    "pv-migrate, resuming": Mover([PV_MIGRATE[:1] + ["--partial", "--inplace", "--append"] + PV_MIGRATE[1:]],
                                  omits_directory_times=False),
}
