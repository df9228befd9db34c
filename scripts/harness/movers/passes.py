"""The passes of other volume movers (lines.py): MTC and crane's library, `crane transfer-pvc`, pvc-transfer, VolSync and
pv-migrate. Stock copies to stock first; then our client, our server, and both take its place: same exit code, same lines, same trees."""

import contextlib
import os
import re
import shutil

from harness.cases import Case, Failure, Skipped, check, check_same_exit, check_same_lines
from harness.programs import peers
from harness.programs.processes import Server, free_port, run
from harness.transfers import attributes
from harness.movers.lines import MOVERS
from harness.trees import compare

STEPS = ("first copy", "after edits", "once more")
# Which ends are our program: the client, the server.
PAIRS = {"our client": (True, False), "our server": (False, True), "both ours": (True, True)}
SSH = """#!/bin/sh
# a remote shell on this machine: drops its options and the host
while [ "${1#-}" != "$1" ]; do case $1 in -[oilp]) shift ;; esac; shift; done
shift; %s
"""
FREELY, RESTRICTED = 'exec sh -c "$*"', 'SSH_ORIGINAL_COMMAND="$*" LANG=C exec rrsync %s'
# Times and process IDs of log lines, places in sources, versions and roles in brackets.
STAMPS = re.compile(rb"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\d+\] ")
PLACE = re.compile(rb" at [\w.-]+(\.c\(\d+\))? \[[\w ]+=.*\]$|\[[\w ]+\] |\[[\w ]+=[\w.]+\]")
# What the daemon's -vvv adds to a stock client's output.
DEBUGGING = re.compile(rb"(LOG )?(server_recv|add_rule|recv_file|received \d+ names|get_local_name|generator starting|delta-transmission|"
                       rb"receiving flist|recv_generator|delete_in_dir|pushing local filters|make_file|delete_item|generate_files|"
                       rb"generating and sending|count=|got file_sum|renaming |recv mapped|set ([ug]id|modtime|atime)[ ,]|mknod\(|"
                       rb"protecting )|.* is uptodate$")
# Names whose attributes changed, which it adds, too.
VERBOSE = re.compile(rb"(LOG )?(source/)?(dir/leaf|file|link|program)$")
# Which name of a file is transferred depends on how many lists have come.
SHARED = re.compile(rb"^(LOG )?(?:(.)f\S+ )?(?:source/)?(?:dir/inner/one|dir/two|three)( => .*)?$")
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


def _play(mover, place, client, server, is_restricted):
    """Three passes of a mover: the outcome of each of their lines, and the destination after each; and the daemon's log."""
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(f"{place}/bin")
    os.chmod(place, 0o777)
    _build(f"{place}/source", f"{place}/target", mover.user)
    peers.write(f"{place}/bin/ssh", SSH % (RESTRICTED % f"{place}/target" if is_restricted else FREELY), 0o755)
    os.symlink(server, f"{place}/bin/rsync")
    secrets, log = peers.write(f"{place}/secrets", "root:aBcDeF\n", 0o600), peers.write(f"{place}/log", "", 0o666)
    as_user = [] if mover.user is None else ["setpriv", f"--reuid={mover.user}", f"--regid={mover.user}", "--clear-groups"]
    if mover.user is not None:
        os.chown(secrets, mover.user, mover.user)
    port, steps = free_port(), []
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(Server([*as_user, *argv], own_port, log))
                   for argv, own_port in _servers(mover, place, port, client, server, secrets)]
        for step in STEPS:
            if step == "after edits":
                _edit(f"{place}/source", mover.user)
            peers.write(f"{place}/list", "".join(f"/{name}\n" for name in sorted(os.listdir(f"{place}/source"))))
            for line in mover.lines:
                outcome = run([*as_user, client, *_words(line, place, port)], cwd=place if mover.configuration else f"{place}/target",
                              env={"RSYNC_PASSWORD": "aBcDeF", "PATH": f"{place}/bin:{os.environ['PATH']}"})
                lines = ([], []) if "-vvv" in line else _lines(outcome, place, "-vvv" in mover.daemon)
                steps.append((step, outcome, *lines, _state(f"{place}/target", mover.omits_directory_times)))
        # A daemon may write its last lines after its client has ended.
        for each in servers:
            each.settle()
        with open(f"{place}/target.log" if mover.tunnel else log, "rb") as handle:
            return steps, handle.read()


def _servers(mover, place, port, client, server, secrets):
    """The command lines of a mover's daemon, or of the ends of its tunnel, and the port that each listens on."""
    values = {"TARGET": f"{place}/target", "SECRETS": secrets, "SERVER": server, "CONF": f"{place}/rsyncd.conf", "PORT": str(port),
              "INNER": str(free_port())}
    text = re.sub("|".join(values), lambda found: values[found.group()], mover.configuration)
    if not text:
        return []
    configuration = peers.write(f"{place}/rsyncd.conf", text)
    if not mover.tunnel:
        return [([server, *mover.daemon.replace("PORT", str(port)).split(), f"--config={configuration}"], port)]
    key = peers.write(f"{place}/target.psk", "volsync:" + "00112233445566778899aabbccddeeff" * 2 + "\n", 0o600)
    peers.write(f"{place}/target.log", "", 0o666)
    if mover.user is not None:
        os.chown(key, mover.user, mover.user)
    ends = []
    for name, configuration, program, listens_on in zip(("client", "server"), mover.tunnel, (client, server), (port, int(values["INNER"]))):
        text = re.sub("|".join(values), lambda found: values[found.group()], configuration)
        path = peers.write(f"{place}/{name}.conf", text)
        ends.append(([peers.DVM_STUNNEL if program == peers.DVM_RSYNC else "stunnel4", path], listens_on))
    return ends[::-1]


def _logged(log, place):
    """What the log of a daemon says that a tunnel starts. Ours also logs connections, and shows IPv4 addresses as such. Whether the
    end marker's session logs its list depends, with either program, on when the tunnel ends it."""
    names = re.compile(rb"(dir/inner/one|dir/two|three) \d+$")
    lines = (names.sub(b"of three names", STAMPS.sub(b"", line)) for line in log.replace(os.fsencode(place), b"@").replace(b"::ffff:", b"").split(b"\n"))
    return sorted(line for line in lines if line and not re.match(rb"connect from|rsync allowed access|sent \d+ bytes|recv \S+ \[.*\] control \(\) list ", line))


def _body(mover, ours_is_client, ours_is_server):
    def body(_, directory):
        if os.geteuid() != 0:
            raise Skipped("needs root")
        os.chmod(directory, 0o755)
        place = os.path.join(directory, "place")
        # rrsync starts the installed rsync, and without devices.
        is_restricted = mover.is_restricted and not ours_is_server
        stock, their_log = _play(mover, place, peers.STOCK_RSYNC, peers.STOCK_RSYNC, is_restricted)
        programs = (peers.DVM_RSYNC if is_ours else peers.STOCK_RSYNC for is_ours in (ours_is_client, ours_is_server))
        ours, log = _play(mover, place, *programs, is_restricted)
        for (step, theirs, their_lines, their_errors, their_tree), (_, mine, lines, errors, tree) in zip(stock, ours):
            check_same_exit(theirs, mine, f"{step}: ")
            check_same_lines(their_lines, lines, f"{step}: ")
            check_same_lines(their_errors, errors, f"{step}: standard error: ")
            found = attributes.differences(their_tree, tree)
            if found:
                raise Failure(f"{step}: our tree differs from stock's", *found[:12])
        check(mover.awaited in their_log and mover.awaited in log, f"the daemon's log lacks {mover.awaited}")
        if mover.tunnel:
            check_same_lines(_logged(their_log, place), _logged(log, place), "log: ")
        outcomes = [outcome for _, outcome, *_ in stock]
        check(all(outcome.code == mover.code for outcome in outcomes), f"stock: {[str(outcome) for outcome in outcomes]}")
    return body


def mover_cases():
    """Each mover with our program in each end's place."""
    return [Case(f"movers/{name}/{who}", _body(mover, *pair), cost=3)
            for name, mover in MOVERS.items() for who, pair in PAIRS.items()]
