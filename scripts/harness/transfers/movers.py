"""The command lines and rsyncd.conf of other volume movers, verbatim but for paths and ports (docs/movers.md says where each
comes from): MTC and crane's library, `crane transfer-pvc`, VolSync and pv-migrate. Stock copies to stock first; then our client, our
server, and both take its place: same exit code, same lines, same trees."""

import contextlib
import os
import re
import shutil
from dataclasses import dataclass, field

from harness.cases import Case, Failure, Skipped, check, check_same_exit, check_same_lines
from harness.programs import peers
from harness.programs.processes import Server, free_port, run
from harness.transfers import attributes
from harness.trees import compare

STEPS = ("first copy", "after edits", "once more")
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
VOLSYNC_TLS = [VOLSYNC % " -r" + " --files-from=LIST SOURCE/ rsync://127.0.0.1:PORT/data",
               VOLSYNC_DELETING + "rsync://127.0.0.1:PORT/data"]
VOLSYNC_DAEMON = "--daemon --no-detach --port=PORT"
CRANE_DAEMON = "--daemon --port=PORT --no-detach -vvv"
VOLSYNC_CONF = ("log file = /dev/stdout\naddress = 127.0.0.1\n[data]\npath = TARGET\n%suse chroot = no\nmunge symlinks = no\n"
                "read only = false\nreverse lookup = no\n")
PV_MIGRATE = ["-azv", "--info=progress2,misc0,flist0", "--no-inc-recursive", "-e", "ssh -o StrictHostKeyChecking=no -o "
              "UserKnownHostsFile=/dev/null -o ConnectTimeout=5", "root@source.namespace:SOURCE/", "TARGET/"]


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
    "volsync over ssh": Mover([VOLSYNC % "" + " ENTRIES root@destination.namespace:TARGET",
                               VOLSYNC_DELETING + "root@destination.namespace:TARGET"], omits_directory_times=False),
    "volsync over tls": Mover(VOLSYNC_TLS, VOLSYNC_CONF % "uid = root\ngid = *\n", daemon=VOLSYNC_DAEMON,
                              omits_directory_times=False),
    "volsync over tls, older": Mover([VOLSYNC % "" + " ENTRIES rsync://127.0.0.1:PORT/data", VOLSYNC_TLS[1]],
                                     VOLSYNC_CONF % "uid = root\ngid = *\n", daemon=VOLSYNC_DAEMON, omits_directory_times=False),
    "volsync over tls, not root": Mover(VOLSYNC_TLS, VOLSYNC_CONF % "", daemon=VOLSYNC_DAEMON, user=USER,
                                        omits_directory_times=False),
    "pv-migrate": Mover([PV_MIGRATE], omits_directory_times=False),
    "pv-migrate, deleting": Mover([PV_MIGRATE[:1] + ["--delete"] + PV_MIGRATE[1:]], omits_directory_times=False),
    "pv-migrate, resuming": Mover([PV_MIGRATE[:1] + ["--partial", "--inplace", "--append"] + PV_MIGRATE[1:]],
                                  omits_directory_times=False),
}
# Which ends are our program: the client, the server.
PAIRS = {"our client": (True, False), "our server": (False, True), "both ours": (True, True)}
SSH = """#!/bin/sh
# a remote shell on this machine: drops its options and the host
while [ "${1#-}" != "$1" ]; do case $1 in -[oilp]) shift ;; esac; shift; done
shift; exec sh -c "$*"
"""
# Times and process IDs of log lines, places in sources, versions and roles in brackets.
STAMPS = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\d+\] ")
PLACE = re.compile(rb" at [\w.-]+(\.c\(\d+\))? \[[\w ]+=.*\]$|\[[\w ]+\] |\[[\w ]+=[\w.]+\]")
# What the daemon's -vvv adds to a stock client's output.
DEBUGGING = re.compile(rb"(LOG )?(server_recv|add_rule|recv_file|received \d+ names|get_local_name|generator starting|delta-transmission|"
                       rb"receiving flist|recv_generator|delete_in_dir|pushing local filters|make_file|delete_item|generate_files|"
                       rb"generating and sending|count=|got file_sum|renaming |recv mapped|set ([ug]id|modtime|atime)[ ,]|mknod\(|"
                       rb"protecting )|.* is uptodate$")
# Names whose attributes changed, which it adds, too.
VERBOSE = re.compile(rb"(LOG )?(dir/leaf|file|link|program)$")
# Which name of a file is transferred depends on how many lists have come.
SHARED = re.compile(rb"^(LOG )?(?:(.)f\S+ )?(?:dir/inner/one|dir/two|three)( => .*)?$")
# What the log repeats of standard error, and figures that depend on the clock, on compressors, or on when the other end looks.
FIGURES = re.compile(rb"^LOG rsync|^(LOG )?(sent .* bytes/sec|File list (generation|transfer) time|Total bytes (sent|received)|total size is)|"
                     rb".*(Broken pipe|Connection reset|unexpectedly closed)|\s*[\d.,]+[KMG]? +\d+% .*/s ")
LAST_PROGRESS = re.compile(rb"([\d.,]+[KMG]?) +(100%).*\((xfr#\d+), to-chk=0/")


def _build(source, target, user):
    """A volume with ACLs, extended attributes, sparse files, hard links, other owners, `lost+found` and links that lead out of it;
    and a destination with a `lost+found` of its own and older entries."""
    attributes.build(source, owner=user)
    os.mkdir(f"{source}/lost+found", 0o700)
    attributes._write(f"{source}/lost+found/#12", b"of the source")
    with open(f"{source}/sparse", "wb") as handle:
        handle.truncate(3 << 20)
        handle.seek(1 << 20)
        handle.write(b"island" * 1000)
    attributes._write(f"{source}/dir/inner/one", b"of three names")
    for name in ("dir/two", "three"):
        os.link(f"{source}/dir/inner/one", f"{source}/{name}")
    for name, to in (("absolute", "/etc/hostname"), ("dir/up", "../../../../up"), ("#name", "dir/leaf")):
        os.symlink(to, f"{source}/{name}")
    attributes._write(f"{source}/.hidden", b"hidden\n")
    attributes._write(f"{source}/two words", b"words\n")
    os.makedirs(f"{target}/lost+found")
    attributes._write(f"{target}/lost+found/#7", b"of the target")
    attributes._write(f"{target}/old", b"no longer there")
    attributes._write(f"{target}/large", b"0123456789" * 15_000, 0o600, -900)
    os.makedirs(f"{target}.end")
    for root in (source, target, f"{target}.end"):
        for path, directories, files in os.walk(root, topdown=False):
            for name in [*directories, *files, "."]:
                if user is not None:
                    os.lchown(f"{path}/{name}", user, user)
                if (name, path) not in ((".", source), ("unchanged", source)):
                    os.utime(f"{path}/{name}", (attributes.STAMP,) * 2, follow_symlinks=False)
        os.utime(root, (attributes.STAMP, attributes.STAMP))


def _edit(source, user):
    """What an application does between two passes."""
    attributes.edit(source, "/none", user)
    with open(f"{source}/sparse", "r+b") as handle:
        handle.seek((1 << 20) + 3000)
        handle.write(b"ISLAND")
    os.utime(f"{source}/sparse", (attributes.STAMP + 5,) * 2)
    os.unlink(f"{source}/dir/two")
    os.rename(f"{source}/.hidden", f"{source}/.moved")
    os.utime(source, (attributes.STAMP, attributes.STAMP + 100))
    os.utime(f"{source}/dir", (attributes.STAMP, attributes.STAMP + 100))


def _state(target, omits_directory_times):
    """What is at the destination: attributes and content, and which names share a file."""
    found = attributes.describe(target, "m")
    for name, entry in compare.manifest(target).items():
        aspects = found[os.fsdecode(name)]
        aspects["names"] = entry.twins
        if entry.kind == "file":
            # Steps of 64 KiB: file systems allocate a little more or less.
            aspects["allocated"] = -(-entry.allocated // compare.SPARSE_SLACK)
        if entry.kind == "directory" and (omits_directory_times or aspects["mtime"] > (attributes.STAMP + 10**8) * 10**9):
            aspects.pop("mtime")
    return found


def _lines(outcome, place, is_verbose):
    text = outcome.out.replace(b"\r", b"\n").replace(os.fsencode(place), b"@")
    # A log of the same name does not wait for the end of a line.
    text = STAMPS.sub(rb"\nLOG ", text)
    progress = LAST_PROGRESS.findall(text)
    lines = (SHARED.sub(rb"\1\2 of three names", PLACE.sub(b"", line)) for line in text.split(b"\n"))
    dropped = [FIGURES, DEBUGGING, VERBOSE] if is_verbose else [FIGURES]
    kept = [line for line in lines if line.strip() and not any(pattern.match(line) for pattern in dropped)]
    kept += [b" ".join(found) for found in progress[-1:]]
    errors = (PLACE.sub(b"", line) for line in outcome.err.replace(os.fsencode(place), b"@").split(b"\n"))
    return sorted(kept), sorted(line for line in errors if line.strip() and not FIGURES.match(line))


def _words(line, place, port):
    """A command line's words: `ENTRIES` is what a shell's `*` (with dotglob) stands for."""
    values = {"SOURCE": f"{place}/source", "TARGET": f"{place}/target", "PORT": str(port), "LIST": f"{place}/list",
              "MARKER": f"{place}/list"}
    words = []
    pattern = re.compile(r"\b(" + "|".join(values) + r")\b")
    for word in line.split() if isinstance(line, str) else line:
        if word == "ENTRIES":
            words += [f"{place}/source/{name}" for name in sorted(os.listdir(f"{place}/source"))]
            continue
        words.append(pattern.sub(lambda found: values[found.group(1)], word))
    return words


def _play(mover, place, client, server):
    """Three passes of a mover: the outcome of each of their lines, and the destination after each."""
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(f"{place}/bin")
    os.chmod(place, 0o777)
    _build(f"{place}/source", f"{place}/target", mover.user)
    peers.write(f"{place}/bin/ssh", SSH, 0o755)
    os.symlink(server, f"{place}/bin/rsync")
    secrets, log = peers.write(f"{place}/secrets", "root:aBcDeF\n", 0o600), peers.write(f"{place}/log", "", 0o666)
    as_user = [] if mover.user is None else ["setpriv", f"--reuid={mover.user}", f"--regid={mover.user}", "--clear-groups"]
    if mover.user is not None:
        os.chown(secrets, mover.user, mover.user)
    port, steps = free_port(), []
    with contextlib.ExitStack() as stack:
        if mover.configuration:
            text = mover.configuration.replace("TARGET", f"{place}/target").replace("SECRETS", secrets)
            configuration = peers.write(f"{place}/rsyncd.conf", text)
            argv = [*as_user, server, *mover.daemon.replace("PORT", str(port)).split(), f"--config={configuration}"]
            stack.enter_context(Server(argv, port, log))
        for step in STEPS:
            if step == "after edits":
                _edit(f"{place}/source", mover.user)
            peers.write(f"{place}/list", "".join(f"/{name}\n" for name in sorted(os.listdir(f"{place}/source"))))
            for line in mover.lines:
                outcome = run([*as_user, client, *_words(line, place, port)],
                              env={"RSYNC_PASSWORD": "aBcDeF", "PATH": f"{place}/bin:{os.environ['PATH']}"})
                steps.append((step, outcome, *_lines(outcome, place, "-vvv" in mover.daemon),
                              _state(f"{place}/target", mover.omits_directory_times)))
    return steps


def _body(mover, ours_is_client, ours_is_server):
    def body(_, directory):
        if os.geteuid() != 0:
            raise Skipped("needs root")
        os.chmod(directory, 0o755)
        place = os.path.join(directory, "place")
        stock = _play(mover, place, peers.STOCK_RSYNC, peers.STOCK_RSYNC)
        programs = (peers.DVM_RSYNC if is_ours else peers.STOCK_RSYNC for is_ours in (ours_is_client, ours_is_server))
        ours = _play(mover, place, *programs)
        for (step, theirs, their_lines, their_errors, their_tree), (_, mine, lines, errors, tree) in zip(stock, ours):
            check_same_exit(theirs, mine, f"{step}: ")
            check_same_lines(their_lines, lines, f"{step}: ")
            check_same_lines(their_errors, errors, f"{step}: standard error: ")
            found = attributes.differences(their_tree, tree)
            if found:
                raise Failure(f"{step}: our tree differs from stock's", *found[:12])
        outcomes = [outcome for _, outcome, *_ in stock]
        check(all(outcome.code == mover.code for outcome in outcomes), f"stock: {[str(outcome) for outcome in outcomes]}")
    return body


def mover_cases():
    """Each mover with our program in each end's place."""
    return [Case(f"movers/{name}/{who}", _body(mover, *pair), cost=3)
            for name, mover in MOVERS.items() for who, pair in PAIRS.items()]
