"""The check before a transfer compared with actual usage: file systems on loop devices are filled until they have just less or
just more space than the check requires, then a volume is sent there. What is admitted has to arrive completely; what is
refused must leave no trace, and is then sent by force, which shows whether the refusal was unnecessary."""

import json
import os
import random
import re

from harness.cases import Case, Skipped, check
from harness.programs import peers
from harness.programs.processes import run
from harness.storage import capacity
from harness.trees import compare

MIB = 1 << 20
# Free space in per cent of what the check requires; 100 is exact to the block.
PERCENTS = (80, 90, 95, 97, 99, 100, 100.5, 102, 105)
REDUCED_PERCENTS = (95, 100, 102)
# A refusal may be unnecessary when less than this is missing, apart from what is deleted during the pass: 2 % or 2 MiB, or 4 inodes.
SHARE, SLACK = 50, 2 * MIB

# How each file system is made, its size in MiB, and whether it runs out of inodes
KINDS = {
    "ext4": (["mkfs.ext4", "-q", "-F", "-b", "4096"], 384, False),
    "ext4-1k": (["mkfs.ext4", "-q", "-F", "-b", "1024"], 256, False),
    "ext4-few-inodes": (["mkfs.ext4", "-q", "-F", "-b", "4096", "-N", "12288"], 384, True),
    "xfs": (["mkfs.xfs", "-q", "-f"], 512, False),
    "xfs-1k": (["mkfs.xfs", "-q", "-f", "-b", "size=1024"], 384, False),
    "xfs-wide": (["mkfs.xfs", "-q", "-f", "-i", "size=2048", "-n", "size=16384"], 512, False),
    "btrfs": (["mkfs.btrfs", "-q", "-f"], 512, False),
}
TREES = {
    "tiny": capacity.files(8000, 700), "empty": capacity.files(10_000, 0), "small": capacity.files(5000, 8192),
    "medium": capacity.files(300, 300_000), "one-directory": capacity.files(9000, 100, directories=1),
    "long-names": capacity.files(4000, 2000, 3, lambda number: f"{number:05}" + "n" * 240),
    "large": capacity.large(3, 20 * MIB + 12345), "sparse": capacity.sparse(20, 32 * MIB, 65_536, 12),
    "sparse-pieces": capacity.sparse(6, 128 * MIB, 4096, 600), "hard-links": capacity.hard_links(1500, 6, 5000),
    "deep": capacity.deep(100, 12), "wide": capacity.wide(7000), "links-long": capacity.links(5000, 300),
    "cross-links": capacity.cross_links(400, 5, 3000), "small-directories": capacity.files(6000, 100, 400, smallest=100),
    "inline": capacity.files(4000, 2048, smallest=1000), "mixed": capacity.mixed,
}
# Each tree on the file system where its layout matters most; each is sent to an empty volume and, edited, to one that holds it.
CASES = [
    ("tiny", "ext4"), ("tiny", "ext4-1k"), ("tiny", "xfs"), ("tiny", "btrfs"), ("tiny", "ext4-few-inodes"),
    ("empty", "ext4-1k"), ("empty", "xfs-1k"), ("empty", "btrfs"), ("empty", "ext4-few-inodes"), ("small", "ext4"),
    ("small", "xfs"), ("small", "xfs-1k"), ("small", "btrfs"), ("medium", "ext4"), ("medium", "xfs"), ("medium", "btrfs"),
    ("one-directory", "ext4-1k"), ("one-directory", "xfs"), ("one-directory", "btrfs"), ("long-names", "ext4"),
    ("long-names", "xfs-1k"), ("large", "ext4-1k"), ("large", "xfs"), ("large", "btrfs"), ("sparse", "ext4"),
    ("sparse", "xfs"), ("sparse-pieces", "ext4-1k"), ("sparse-pieces", "xfs"), ("sparse-pieces", "btrfs"),
    ("hard-links", "ext4"), ("hard-links", "btrfs"), ("deep", "xfs-1k"), ("deep", "ext4-few-inodes"), ("wide", "ext4-1k"),
    ("wide", "xfs"), ("links-long", "ext4"), ("links-long", "xfs"), ("mixed", "ext4"), ("mixed", "ext4-1k"),
    ("mixed", "ext4-few-inodes"), ("mixed", "xfs"), ("mixed", "xfs-1k"), ("mixed", "btrfs"), ("inline", "btrfs"),
    ("small-directories", "xfs"), ("small-directories", "ext4"), ("cross-links", "xfs-1k"),
]
REDUCED = [("tiny", "ext4-1k"), ("mixed", "ext4-few-inodes"), ("mixed", "xfs"), ("mixed", "btrfs")]


def edit(source, random_numbers):
    """Changes, replaces, removes and adds entries, a thirtieth of each. Returns the number of removed entries, and their bytes."""
    gone = [0, 0]
    for top, _, names in os.walk(source):
        for name in sorted(names):
            path, dice = f"{top}/{name}", random_numbers.randrange(30)
            plain = os.path.isfile(path) and not os.path.islink(path)
            if dice == 0:
                gone = [gone[0] + 1, gone[1] + max(4096, os.lstat(path).st_blocks * 512)]
                os.unlink(path)
            elif dice == 1 and plain and os.path.getsize(path):
                with open(path, "r+b") as out:
                    out.seek(random_numbers.randrange(os.path.getsize(path)))
                    out.write(b"changed")
                os.utime(path, (0, random_numbers.randrange(1 << 30)))
            elif dice == 2 and plain:
                capacity.write(path + "+", random_numbers.randbytes(min(os.path.getsize(path), 40_000) + 100))
            elif dice == 3 and plain:
                os.unlink(path)
                capacity.write(path, random_numbers.randbytes(random_numbers.randrange(12_000)))
    return gone


class TightVolume:
    """A copy of a prepared file system, with `volume` to be filled and ballast next to it, which fills the rest."""

    def __init__(self, point, lacks_inodes):
        self.point, self.volume, self.lacks_inodes = point, f"{point}/volume", lacks_inodes
        os.makedirs(self.volume, exist_ok=True)
        os.makedirs(f"{point}/ballast")

    def free(self):
        """Bytes or inodes, as reported by the target's agent."""
        capacity.used(self.point)  # nothing is in progress
        outcome = run([peers.DVM_TARGET, "capacity", self.volume, "--json"])
        check(outcome.code == 0, f"dvm-target capacity: {outcome}")
        facts = json.loads(outcome.out)
        return facts["freeInodes"] if self.lacks_inodes else facts["freeBytes"]

    def entries(self):
        """What is in the volume."""
        return sorted((top, *sorted(directories), *sorted(names)) for top, directories, names in os.walk(self.volume))

    def leave(self, wanted):
        """Uses up space until this much is left, never less; returns what is left."""
        if self.lacks_inodes:
            for number in range(self.free() - wanted):
                os.mknod(f"{self.point}/ballast/{number}", 0o100600)
            return self.free()
        for number in range(20):
            spare = self.free() - wanted
            if spare < 4096:
                break
            # The space for the ballast's own extents is known once most of it is written.
            self._take(f"{self.point}/ballast/{number}", spare - (spare // 200 if number == 0 else 0))
        first = f"{self.point}/ballast/0"
        for _ in range(4):
            # The last piece may have cost the ballast a block for its extents.
            if self.free() >= wanted or not os.path.exists(first):
                break
            os.truncate(first, max(0, os.path.getsize(first) - 4096))
        return self.free()

    @staticmethod
    def _take(path, size):
        """Makes a file of a size, or repeatedly half of it until it fits; none when there is no space for a name."""
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT)
        except OSError:
            return
        try:
            while size >= 4096:
                try:
                    os.posix_fallocate(handle, 0, size // 4096 * 4096)
                    return
                except OSError:
                    os.ftruncate(handle, 0)
                    size //= 2
        finally:
            os.close(handle)


def prepared(directory, label, maker, size, source=None, keys=None):
    """The image of a file system with the empty directory `volume`, or with a tree in it."""
    image = f"{directory}/{label}.master"
    with capacity.mounted(directory, label, maker, size) as point:
        os.makedirs(f"{point}/volume")
        if source:
            _send(directory, keys, source, f"{point}/volume", "--check", "none", expect=0)
        os.link(f"{directory}/{label}.img", image)
    return image


def _send(directory, keys, source, target, *options, expect=None):
    with peers.dvm_target(directory, keys, {"data": target}) as server:
        outcome = run(peers.dvm_source(keys, source, server.port, *options), timeout=300)
    check(expect is None or outcome.code == expect, f"a transfer: {outcome}")
    return outcome


def _is_refusal(outcome):
    """Whether the check refused for lack of bytes or inodes; 4 would mean something that the file system cannot store."""
    return outcome.code == 11 and b"does not fit the target" in outcome.err


def _asked(outcome, what):
    """The requirement of the check, from its message."""
    found = re.search(rf"(\d+) {what} needed".encode(), outcome.err)
    check(found, f"the check does not say how many {what} it needs: {outcome}")
    return int(found.group(1))


def _probe(case, percent, demand):
    """One attempt: (space left, "admitted", "refused" or "needless")."""
    setting, directory, image, source, lacks_inodes = case
    with capacity.copied(directory, f"at{percent}", image) as point:
        tight = TightVolume(point, lacks_inodes)
        left = tight.leave(int(demand * percent / 100 + 0.999))
        before = tight.entries()
        outcome = _send(directory, setting.keys, source, tight.volume)
        words = f"at {percent} % ({left} of {demand}): {outcome}"
        if outcome.code == 0:
            differences = compare.compare(source, tight.volume)
            check(not differences, f"trees differ {words}", *differences[:5])
            return left, "admitted"
        check(_is_refusal(outcome), f"failed after it was admitted, {words}")
        check(before == tight.entries(), f"a refusal left something, {words}")
        forced = _send(directory, setting.keys, source, tight.volume, "--check", "none")
        return left, "needless" if forced.code == 0 else "refused"


def _prepare(setting, directory, tree, kind, which, seed):
    """Makes a tree and a file system for it: ((what a probe needs), what was removed since, what the check requires); None for the
    last when the pass needs no space."""
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        raise Skipped("needs root and loop devices")
    capacity.own_mounts()
    maker, size, lacks_inodes = KINDS[kind]
    source, numbers = f"{directory}/source", random.Random(f"admission {tree} {seed}")
    os.makedirs(source)
    TREES[tree](source, numbers)
    if which == "first":
        image, gone = prepared(directory, "new", maker, size * MIB), (0, 0)
    else:
        image = prepared(directory, "full", maker, size * MIB, source, setting.keys)
        gone = edit(source, numbers)
    case = (setting, directory, image, source, lacks_inodes)
    with capacity.copied(directory, "asked", image) as point:
        tight = TightVolume(point, lacks_inodes)
        tight.leave(0)
        outcome = _send(directory, setting.keys, source, tight.volume)
        if outcome.code == 0:
            check(not compare.compare(source, tight.volume), "admitted with almost no space, and trees differ")
            return case, gone, None
        return case, gone, _asked(outcome, "inodes" if lacks_inodes else "bytes")


def _admission(tree, kind, which, seed):
    def body(setting, directory):
        case, gone, demand = _prepare(setting, directory, tree, kind, which, seed)
        if demand is None:
            return "needs no space"
        rows, wasteful, lacks_inodes = [], [], KINDS[kind][2]
        for percent in PERCENTS if setting.full else REDUCED_PERCENTS:
            left, verdict = _probe(case, percent, demand)
            rows.append({"kind": kind, "pass": which, "percent": percent, "verdict": verdict})
            allowed = gone[0] + 4 if lacks_inodes else gone[1] + max(demand // SHARE, SLACK)
            if verdict == "needless" and demand - left > allowed:
                wasteful.append(f"refused with {left} left of {demand}, though it fits")
        with open(f"{setting.root}/admission", "a") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        check(not wasteful, *wasteful)
        return f"asks for {demand}: " + ", ".join(f"{row['percent']} % {row['verdict']}" for row in rows)
    return body


def _exact(tree, kind, which, seed, runs):
    """With exactly the space that the check requires, many times: temporary shortages are random."""
    def body(setting, directory):
        case, _, demand = _prepare(setting, directory, tree, kind, which, seed)
        if demand is None:
            return "needs no space"
        _, _, image, source, lacks_inodes = case
        failures = []
        for number in range(runs):
            with capacity.copied(directory, f"run{number}", image) as point:
                tight = TightVolume(point, lacks_inodes)
                left = tight.leave(demand)
                outcome = _send(directory, setting.keys, source, tight.volume)
                if outcome.code:
                    failures.append(f"run {number} with {left} of {demand}: {outcome}")
                elif number % 10 == 0 and compare.compare(source, tight.volume):
                    failures.append(f"run {number} with {left} of {demand}: trees differ")
        check(not failures, f"{len(failures)} of {runs} failed (seed {seed})", *failures[:4])
        return f"{runs} runs with {demand} of {demand}"
    return body


# Trees whose names need space while much is unwritten, or at the very end, or for a moment: (tree, kind, runs of a first copy and
# of a later pass in the reduced form).
EXACT = [("cross-links", "xfs", 6, 0), ("small-directories", "xfs", 1, 0), ("cross-links", "xfs-wide", 1, 0),
         ("cross-links", "xfs-1k", 0, 0), ("long-names", "ext4", 0, 4)]
# `--full` sends the mixed tree to each kind 100 times on a first and on a later pass, or this often; in cases of RUNS.
OFTEN, RUNS = {("xfs", "first"): 500}, 50


def admission_cases(full, seeds):
    """Trees on file systems, first copies and later passes, with more and less space; and many times with just enough. The
    reduced form has a few of the first, and of the second for each of the seeds."""
    both = ("first", "later")
    cases = [Case(f"admission/{which}/{tree}/{kind}", _admission(tree, kind, which, seeds[0]), 25 if full else 8)
             for tree, kind in (CASES if full else REDUCED) for which in both]
    if not full:
        return cases + [Case(f"admission/exact/{which}/{tree}/{kind}/{seed}", _exact(tree, kind, which, seed, runs), 5)
                        for tree, kind, *both_runs in EXACT for which, runs in zip(both, both_runs) if runs for seed in seeds]
    often = [("mixed", kind, which, OFTEN.get((kind, which), 100)) for kind in KINDS for which in both]
    often += [(tree, kind, which, RUNS) for tree, kind, *_ in EXACT for which in both]
    return cases + [Case(f"admission/exact/{which}/{tree}/{kind}/{seeds[0] + number}",
                         _exact(tree, kind, which, seeds[0] + number, RUNS), 90)
                    for tree, kind, which, runs in often for number in range(runs // RUNS)]


def report(root):
    """Prints how often each amount of space was sufficient, refused, or refused unnecessarily."""
    if not os.path.exists(f"{root}/admission"):
        return
    with open(f"{root}/admission") as lines:
        rows = [json.loads(line) for line in lines]
    print("\nadmission: admitted / rightly refused / needlessly refused, by free space in % of what the check asks for")
    percents = [percent for percent in PERCENTS if any(row["percent"] == percent for row in rows)]
    print(f"{'':24}" + "".join(f"{percent:>10}" for percent in percents))
    for key in sorted({(row["pass"], row["kind"]) for row in rows}):
        cells = ""
        for percent in percents:
            seen = [row["verdict"] for row in rows if (row["pass"], row["kind"], row["percent"]) == (*key, percent)]
            cells += f"{'/'.join(str(seen.count(word)) for word in ('admitted', 'refused', 'needless')):>10}"
        print(f"{' '.join(key):24}{cells}")
