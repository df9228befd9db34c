"""Where and how files are placed at the destination: each set of options with the program under test in every role, and with
stock in its place: same exit code, same lines, same tree around the destination."""

import os
import random
import re
import subprocess

from harness.cases import Case, check, check_equal_trees, check_same_exit, check_same_lines
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers.matrix import ROLES, command
from harness.placing.placement_sets import SETS, TREES
from harness.trees import compare

# After all times that the sets name, in nanoseconds.
NOW = 1_500_000_000 * 10**9
# Which name of a file is transferred and which are linked to it is the receiver's own choice: those called `hard`.
LINKED = re.compile(rb"^(\S+ +)?hard")
# Lines that tell rates, sizes that depend on the implementation, or the progress of list building, and a warning that is
# an error's line in some roles.
UNCOMPARED = re.compile(rb"^(sent |total size is |sending incremental|receiving incremental|building file|created dir|"
                        rb"delta-transmission|delta transmission|total: |Total bytes|File list|"
                        rb"WARNING: .* failed verification|$)")


def plant(directory, text):
    """Makes a tree from lines `PATH | CONTENT | TIME | MODE`, the last two of which may be left out.

    Contents: `/` a directory; `-> TARGET` a symbolic link; `= PATH` a hard link; `*N` N random bytes that depend on the
    file's name up to a dot; `~N` the same with some of them changed; `*N+M` M bytes more; `0*N` N zeros in front and
    behind; `|` a FIFO; everything else is text. Directories without a time get
    one that is not now."""
    late = []
    for line in filter(None, map(str.strip, text.splitlines())):
        path, content, when, mode = (*map(str.strip, line.split("|")), "", "", "")[:4]
        path = os.path.join(directory, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if content == "/":
            os.makedirs(path, exist_ok=True)
        elif content.startswith("-> "):
            os.symlink(content[3:], path)
        elif content.startswith("= "):
            os.link(os.path.join(directory, content[2:]), path)
        elif content == "fifo":
            os.mkfifo(path)
        else:
            with open(path, "wb") as handle:
                handle.write(_content(path, content))
        late.append((path, when, mode))
    for path, when, mode in reversed(late):
        if mode:
            os.chmod(path, int(mode, 8))
        time = int(when or 1_000_000_000)
        os.utime(path, (time, time), follow_symlinks=False)
    for path, below, _ in os.walk(directory, topdown=False):
        for name in below:
            if os.lstat(os.path.join(path, name)).st_mtime > 1_500_000_000:
                os.utime(os.path.join(path, name), (1_100_000_000, 1_100_000_000))


def _content(path, content):
    numbers = re.fullmatch(r"(0?)([*~])(\d+)(?:\+(\d+))?", content)
    if not numbers:
        return content.encode()
    name = os.path.basename(path).split(".")[0]
    data = bytearray(random.Random(name).randbytes(int(numbers[3])))
    if numbers[2] == "~":
        for at in range(0, len(data), 20_000):
            data[at:at + 10] = b"0123456789"
    data += random.Random(name + "more").randbytes(int(numbers[4] or 0))
    return bytes(len(data)) + bytes(data) + bytes(len(data)) if numbers[1] else bytes(data)


def transfer_argv(setting, role, direction, directory, options, ours):
    """The command line; `{base}` in an option is the directory of the trees, as the receiving end names it."""
    source, target = directory + "/source", directory + "/target"
    is_module = "daemon" in role and direction == "push"
    base = "/" + os.path.relpath(directory, setting.root) if is_module else directory
    options = [option.replace("{base}", base) for option in options]
    if role == "local":
        argv = [peers.DVM_RSYNC, *options, source + "/", target + "/"]
    elif role == "ours":
        argv = [part.replace(peers.STOCK_RSYNC, peers.DVM_RSYNC)
                for part in command(setting, "server", direction, source, target, *options)]
    else:
        argv = command(setting, role, direction, source, target, *options)
    if not ours:
        argv = [part.replace(peers.DVM_RSYNC, peers.STOCK_RSYNC).replace(
            f":{setting.our_daemon.port}/", f":{setting.stock_daemon.port}/") for part in argv]
    return argv


def lines(outcome):
    """The comparable output, in an order of its own."""
    return sorted(line for line in outcome.out.split(b"\n") if not UNCOMPARED.match(line) and not LINKED.match(line))


def set_body(entry, role, direction):
    """The case of a set: options, tree, settings."""
    def body(setting, directory):
        options, tree, *settings = entry
        user = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"] if "user" in settings else []
        if user and "daemon" in role:
            return "the daemon is root"
        if "not by daemons" in settings and "daemon" in role:
            return "a daemon has its own limit of verbosity"
        outcomes, trees = [], []
        for who in ("stock", "ours"):
            place = f"{directory}/{who}"
            plant(place, TREES.get(tree, tree))
            if user:
                subprocess.run(["chown", "-R", "1000:1000", place], check=True)
            for _ in range(2 if "twice" in settings else 1):
                outcome = run(user + transfer_argv(setting, role, direction, place, options, who == "ours"), timeout=20)
            outcomes.append(outcome)
            trees.append(compare.manifest(place))
            trees[-1].pop(b".")
            for path, member in trees[-1].items():
                if path == b"parts":
                    member.mtime = NOW  # files without a name do not change it
                # Times that the run itself has made are all the same: now.
                member.mtime = min(member.mtime, NOW)
        stock, ours = outcomes
        check_same_exit(stock, ours)
        skip = ["mtime"] if "times differ" in settings else []
        check_equal_trees(compare.compare(*trees, sparse=True, skip=skip), "our tree differs from stock's")
        if "lines differ" not in settings:
            check_same_lines(lines(stock), lines(ours))
        if {"-vv", "-vvv"} & set(options) and "daemon" in role:
            return "a daemon has its own limit of verbosity"
        for word in (setting[5:] for setting in settings if setting.startswith("says ")):
            for one in outcomes:
                check(word.encode() in one.out + one.err, f"nothing says {word!r}: {one.out!r} {one}")
        return None
    return body


def roles_and_directions():
    """Every role of the program under test, with the directions that make a difference."""
    return [(role, direction) for role in (*ROLES, "ours") for direction in ("push", "pull")] + [("local", "push")]


def placement_cases():
    """Each set of options in each role, both directions."""
    return [Case(f"placement/{name}/{role}/{direction}", set_body(entry, role, direction))
            for name, entry in SETS.items() for role, direction in roles_and_directions()]
