"""The matrix by a user who is not root: the program under test in each role, started as user 1000 like the stock release that it
talks to. Tree and itemized lines must be those of stock in its place."""

import contextlib
import itertools
import os
import stat
import subprocess

from harness.cases import Case, Skipped, check, check_equal_trees
from harness.differential import printed
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers import matrix
from harness.trees import compare

USER = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]
# What stock's server prints of a deletion with -i before protocol 29 (docs/differences.md).
NAMELESS = b"*deleting  "


def own_trees(setting):
    """The two versions of the tree, owned by the user, without devices and with everything readable; made by the first case
    of each process."""
    if not hasattr(setting, "own_trees"):
        setting.own_trees = [_own_copy(path, f"{path}-of-user-{os.getpid()}") for path, _ in setting.trees]
    return setting.own_trees


def _own_copy(path, copy):
    subprocess.run(["cp", "-a", path, copy], check=True)
    for top, _, names in os.walk(copy):
        before = os.lstat(top)
        for name in names:
            entry = os.path.join(top, name)
            mode = os.lstat(entry).st_mode
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                os.unlink(entry)
        os.utime(top, ns=(before.st_atime_ns, before.st_mtime_ns))
    subprocess.run(["chown", "-Rh", "1000:1000", copy], check=True)
    subprocess.run(["chmod", "-R", "u+rX", copy], check=True)
    return copy


def _daemon(program, setting, directory):
    """A daemon by the user, with the whole scratch directory as its module."""
    port, password = peers.free_port(), peers.write(f"{directory}/secrets", f"{peers.USER}:{peers.PASSWORD}\n", 0o600)
    os.chown(password, 1000, 1000)
    configuration = peers.write(
        f"{directory}/daemon.conf", f"address = 127.0.0.1\nuse chroot = no\n[trees]\npath = {setting.root}\nread only = no\n"
        f"munge symlinks = no\nauth users = {peers.USER}\nsecrets file = {password}\n")
    return peers.Server([*USER, program, "--daemon", "--no-detach", f"--config={configuration}", f"--port={port}"], port,
                        f"{directory}/daemon.out")


def _two_passes(setting, directory, kind, direction, options, client, server):
    """Copies both versions of the tree to one target; returns the lines and the manifest of each pass."""
    os.makedirs(directory)
    os.chown(directory, 1000, 1000)
    found, target = [], f"{directory}/target"
    with contextlib.ExitStack() as stack:
        argv, prefix = [*USER, client, *options], "nowhere:"
        if kind == "shell":
            argv += ["-e", setting.shell, f"--rsync-path={server}"]
        else:
            daemon = stack.enter_context(_daemon(server, setting, directory))
            password = peers.write(f"{directory}/password", peers.PASSWORD + "\n", 0o600)
            os.chown(password, 1000, 1000)
            argv, prefix = [*argv, f"--password-file={password}"], f"rsync://{peers.USER}@127.0.0.1:{daemon.port}/trees/"
        for source in own_trees(setting):
            here, there = (source, target) if direction == "push" else (target, source)
            there = prefix + (there if kind == "shell" else os.path.relpath(there, setting.root))
            words = [here, there] if direction == "push" else [there, here]
            outcome = run([*argv, *(word + "/" for word in words)])
            check(outcome.code == 0, f"{os.path.basename(client)} to {os.path.basename(server)}: {outcome}")
            lines = outcome.out.replace(os.fsencode(os.path.relpath(directory, setting.root)), b"@").split(b"\n")
            # Which of the names of a file is transferred differs (docs/differences.md).
            found.append((printed.by_file(sorted(filter(None, lines))), compare.manifest(target)))
    return found


def _by_stock(setting, directory, key):
    """What stock does in the place of the program under test; each combination is run once by each process."""
    kept = setting.__dict__.setdefault("user_passes", {})
    if key not in kept:
        kind, direction, protocol, client, server = key
        kept[key] = _two_passes(setting, f"{directory}/stock", kind, direction, _options(protocol, None, "none"), client, server)
    return kept[key]


def _options(protocol, checksum, compressor):
    return ["-aHSi", "--delete", f"--protocol={protocol}", *([f"--cc={checksum}"] if checksum else []),
            *([f"--zc={compressor}"] if compressor != "none" else [])]


def _body(role, direction, protocol, checksum, compressor, stock):
    def body(setting, directory):
        if stock not in setting.stock_daemons:
            raise Skipped(f"{stock} is not there: scripts/install-needed gets it")
        if os.geteuid() != 0:
            raise Skipped("needs root to become another user")
        kind = "daemon" if "daemon" in role else "shell"
        expected = _by_stock(setting, directory, (kind, direction, protocol, *_ends(role, peers.STOCK_RSYNC, stock)))
        passes = _two_passes(setting, f"{directory}/ours", kind, direction, _options(protocol, checksum, compressor),
                             *_ends(role, peers.DVM_RSYNC, stock))
        for name, (lines, tree), (ours, our_tree) in zip(("first copy", "after edits"), expected, passes):
            check_equal_trees(compare.compare(tree, our_tree, sparse=True, protocol=protocol), name)
            if NAMELESS in lines:
                ours = [NAMELESS if line.startswith(NAMELESS + b" ") else line for line in ours]
            check(ours == lines, f"{name}: the lines differ", f"only ours: {_only(ours, lines)}",
                  f"only stock's: {_only(lines, ours)}")
    return body


def _ends(role, tested, stock):
    """Client and server, with the program under test in its role."""
    return (tested, stock) if role.startswith("client") else (stock, tested)


def _only(lines, others):
    return [line for line in lines if line not in others][:5]


def unprivileged_cases(full):
    """Each role, direction and protocol with both releases; with --full each checksum and compressor, too."""
    made = []
    for stock, protocols, mark in ((peers.STOCK_RSYNC, matrix.PROTOCOLS, ""), (peers.OLDER_RSYNC, matrix.OLDER_PROTOCOLS, "/older")):
        for role, direction, protocol in itertools.product(matrix.ROLES, matrix.DIRECTIONS, protocols):
            choices = itertools.product((None, *matrix.CHECKSUMS), matrix.COMPRESSORS) if full else [(None, "none")]
            for checksum, compressor in choices:
                made.append(Case(f"unprivileged/{role}/{direction}/{protocol}/{checksum}/{compressor}{mark}",
                                 _body(role, direction, protocol, checksum, compressor, stock)))
    return made
