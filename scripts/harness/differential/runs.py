"""Runs of one random tree, option set, direction and transport, with stock rsync and ours in each role."""

import collections
import os
import random
import re

from harness.cases import Case, Failure
from harness.differential import explained, options, trees
from harness.programs import peers
from harness.programs.processes import run

FULL, REDUCED = 2000, 60
# The least number of all runs that an option occurs in.
LEAST = 20
# The code of a run that did not end in time.
UNFINISHED = 999
SOURCES = [["src/"], ["src/"], ["src/"], ["src/"], ["src"], ["src/a", "src/sub", "src/c.txt"], ["src/sub/", "src/dir.d"], ["src/./sub"],
           ["src/no such", "src/a"], ["src/a"], ["src/sub"]]
TARGETS = ["dst/", "dst/", "dst/", "dst/", "dst", "dst/new", "dst/new/", "dst/not/there/"]
# Lines that count bytes on the wire or seconds.
UNSTEADY = re.compile(rb"^(sent |total size is .*speedup|Total bytes |Literal data|Matched data|File list |\s+[0-9.,KMG]+ +[0-9]+% )")
# What -vv says about the hash table of block sums, and whether lists come directory by directory, which ours do not with -R
# (docs/differences.md).
OWN_TABLES = re.compile(rb" hash_hits=\d+  false_alarms=\d+")
LIST_KIND = re.compile(rb"(?m)^(sending|receiving|building) (incremental )?file list( ... (done)?)?$|^done$|(?<=e\.)i(?=LsfxCIvu)")
LOUD = {"-v": 1, "-vv": 2, "--remote-option=-vv": 2}
# Where a run took place, as a daemon's module shows it, which program and port it used, and who prints a message.
PLACE = re.compile(rb"/?case\d+/(stock|ours)-(stock|ours)")
PROGRAM = re.compile(rb"(?<= )(/\S+/)?(dvm-)?rsync(?= --server)|(?<=127.0.0.1 port )\d+")
SPEAKER = re.compile(rb"\[(sender|receiver|generator|client|server|Receiver|Sender)[^\]]*\]|\(v?[0-9.]+\)|at [^ ]*\(\d+\)|\[(\d+)\]")


def differential_cases(full, seed):
    """2,000 runs, or the first of them. A case's name has the names of its options, for --only."""
    numbers = range(FULL if full else REDUCED)
    made = [Case(f"differential/{number}/{'+'.join(describe(seed, number)[2])}", _body(seed, number), cost=0.4) for number in numbers]
    return [Case("differential/options", _covered(seed), cost=1), *made] if full else made


def _covered(seed):
    def body(setting, folder):
        counts = collections.Counter(name for number in range(FULL) for name in describe(seed, number)[2])
        rare = [f"{name}: {counts[name]} runs" for name in options.OPTIONS if counts[name] < LEAST]
        if rare:
            raise Failure(f"options in fewer than {LEAST} of {FULL} runs", *rare)
        return f"each of {len(options.OPTIONS)} options in at least {min(counts.values())} runs"
    return body


def describe(seed, number):
    """What the run of a number does: transport, direction, whether by root, names of options, arguments, sources, target,
    files beside the trees."""
    rng = random.Random(f"{seed}/{number}")
    transport = rng.choice(["local", "shell", "shell", "daemon"])
    direction = rng.choice(["push", "pull"])
    is_root = rng.random() < 0.75
    names = options.names_of(rng, number)
    for name in names:
        transport = options.NEEDED.get(name, transport)
    state = options.Run({}, transport, direction, is_root or "copy-as" in names)
    arguments = options.arguments_of(rng, state, names)
    sources, target = rng.choice(SOURCES), rng.choice(TARGETS)
    return rng, state, names, arguments, sources, target


def _body(seed, number):
    def body(setting, folder):
        rng, state, names, arguments, sources, target = describe(seed, number)
        with_attributes = rng.random() < 0.4
        source = trees.random_tree(rng, with_attributes)
        others = [trees.altered_tree(rng, source, with_attributes) for _ in range(3)]
        os.chmod(folder, 0o777)
        pairs = [("stock", "stock"), ("ours", "ours")]
        if state.transport != "local":
            pairs += [("ours", "stock"), ("stock", "ours")]
        expected, findings, notes = None, [], []
        for client, server in pairs:
            place = f"{folder}/{client}-{server}"
            os.mkdir(place)
            _prepare(place, state, source, others)
            found = _run(setting, place, state, arguments, sources, target, client, server)
            if expected is None:
                expected = found
                if found["code"] == UNFINISHED:
                    return "stock did not end: nothing to compare with"
                continue
            differences, reasons = explained.without_known(
                explained.Comparison(arguments, state, others[0], expected, found), _differences(expected, found, others[0]))
            notes += reasons
            if differences:
                findings.append(f"{client} client, {server} server: " + "\n        ".join(differences[:6]))
        if findings:
            user = "root" if state.is_root else "uid 1000"
            line = " ".join(map(repr, [*arguments, *sources, target]))
            raise Failure(f"{state.transport} {state.direction} by {user}: {line}", *findings)
        return "; ".join(dict.fromkeys(notes))
    return body


def _prepare(place, state, source, others):
    owner = None if state.is_root else (1000, 1000)
    os.chown(place, *(owner or (0, 0)))
    trees.write(f"{place}/src", source, owner if state.direction == "push" or state.transport != "daemon" else None)
    for name, tree in zip(("dst", "other", "other2"), others):
        trees.write(f"{place}/{name}", tree, owner)
    for name in ("temp", "part"):
        os.mkdir(f"{place}/{name}")
        os.chown(f"{place}/{name}", *(owner or (0, 0)))
    for name, text in state.files.items():
        with open(f"{place}/{name}", "w") as handle:
            handle.write(text)


def _run(setting, place, state, arguments, sources, target, client, server):
    """One run, by exit code, printed lines and trees."""
    programs = {"stock": peers.STOCK_RSYNC, "ours": peers.DVM_RSYNC}
    argv = [] if state.is_root else ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"]
    own = f"/{os.path.relpath(place, setting.root)}" if state.transport == "daemon" and state.direction == "push" else place
    argv += [programs[client], *(word.replace("=@/", f"={own}/") for word in arguments)]

    def remote(path):
        if state.transport == "shell":
            return f"nowhere:{path}"
        daemon = setting.stock_daemon if server == "stock" else setting.our_daemon
        return f"rsync://{peers.USER}@127.0.0.1:{daemon.port}/trees/{os.path.relpath(place, setting.root)}/{path}"
    if state.transport == "shell":
        argv += ["-e", setting.shell, f"--rsync-path={programs[server]}"]
    elif state.transport == "daemon":
        argv += ["--password-file=password"]
        peers.write(f"{place}/password", peers.PASSWORD + "\n", 0o600)
        if not state.is_root:
            os.chown(f"{place}/password", 1000, 1000)
    if state.transport != "local":
        if state.direction == "push":
            target = remote(target)
        else:
            sources = [remote(path) for path in sources]
    outcome = run([*argv, *sources, target], cwd=place, timeout=60)
    lines = _lines(outcome.out, place, arguments)
    if outcome.code == UNFINISHED:
        # A tree that is copied into itself may be very deep by now.
        return {"code": UNFINISHED, "lines": [*lines, b"(did not end)"], "trees": {}, "err": outcome.err}
    kept = {name: _tree(f"{place}/{name}") for name in ("src", "dst", "other", "kept", "part", "temp")}
    return {"code": outcome.code, "lines": lines, "trees": kept, "err": outcome.err.replace(os.fsencode(place), b"@")}


def _tree(root):
    """A tree as `read` describes it, with one name for the place of all runs in its paths (`--relative`)."""
    found = {PLACE.sub(b"@", path): entry for path, entry in trees.read(root).items()}
    for entry in found.values():
        entry["links"] = [PLACE.sub(b"@", path) for path in entry.get("links", [])]
    return found


def _lines(text, place, arguments):
    """The comparable lines that were printed, in no order."""
    if options.UNSTEADY & set(arguments):
        return []
    if sum(LOUD.get(word, 0) for word in arguments) > 2:
        # Steps of the program's own functions (docs/differences.md).
        return []
    text = PROGRAM.sub(b"PROGRAM", PLACE.sub(b"@", text.replace(os.fsencode(place), b"@")))
    text = OWN_TABLES.sub(b"", text)
    if "-R" in arguments or any(word.startswith("--files-from") for word in arguments):
        text = LIST_KIND.sub(b"", text)
    return sorted(SPEAKER.sub(b"", line) for line in text.split(b"\n") if line and not UNSTEADY.match(line))


def _is_lost_code(expected, found):
    """Whether stock's client lost the exit code of a server that ended before the file list, which our server still sends."""
    said = b"closed (0 bytes received so far)", b"(code %d)" % found["code"]
    return expected["code"] == 12 and found["code"] in (3, 11) and any(words in expected["err"] for words in said)


def _differences(expected, found, before):
    """What differs from the run with stock at both ends, one text each. `before`: the destination as it was."""
    differences = []
    if expected["code"] != found["code"] and not _is_lost_code(expected, found):
        # What was said about it is of use here, and no difference of its own.
        words = [f"ours: {word}" for word in found["err"].decode(errors="replace").strip().splitlines()[:3]]
        words += [f"stock: {word}" for word in expected["err"].decode(errors="replace").strip().splitlines()[:2]]
        differences.append("\n        ".join([f"exit code {found['code']}, stock {expected['code']}", *words]))
    for name in expected["trees"].keys() & found["trees"].keys():
        differences += trees.differences(name, expected["trees"][name], found["trees"][name])
    mine, theirs = found["lines"], expected["lines"]
    if mine != theirs:
        # With incremental recursion, rsync knows names in later lists, ours only those in the same directory: another name
        # may be transferred and the others linked to it (docs/differences.md).
        mine, theirs = by_file(mine), by_file(theirs)
        marked = explained.names_with_set_id(before, expected, found)
        mine, theirs = (explained.without_set_id_changes(lines, marked) for lines in (mine, theirs))
    return differences + _line_differences(theirs, mine)


def by_file(lines):
    """Itemized lines with those about the names of one file joined, whichever of them was transferred."""
    links = [(line[:11], *line[12:].split(b" => ")) for line in lines if line[:1] == b"h" and line.count(b" => ") == 1]
    joined, left = [], list(lines)
    for first in sorted({link[2] for link in links}):
        names = [(flags, name) for flags, name, other in links if other == first]
        found = [line for line in left if line[12:] == first and line[:1] in b"<>c."]
        left = [line for line in left if line not in found and not (line[:1] == b"h" and line.endswith(b" => " + first))]
        marks = sorted([flags[2:] for flags, _ in names] + [line[2:11] for line in found])
        joined.append(b"%r %r" % (sorted([name for _, name in names] + [first]), marks))
    return sorted(left + joined)


def _line_differences(theirs, mine):
    theirs, mine = collections.Counter(theirs), collections.Counter(mine)
    return [f"stock only: {line!r}" for line in sorted((theirs - mine).elements())] + [
        f"ours only: {line!r}" for line in sorted((mine - theirs).elements())]
