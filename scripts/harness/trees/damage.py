"""What must hold after a failed transfer: a documented exit code, a few clear messages, and no torn file."""

import functools
import os
import random
import re
import time

from harness.cases import Failure, check
from harness.programs import peers
from harness.trees import compare

RSYNC_CODES = {1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 20, 21, 22, 23, 24, 25, 30, 35}
CONNECTION_LOST = {5, 10, 12, 30, 35}
MOST_LINES = 3
CRASH_MARKS = ("Fatal error", "crashed", "Backtrace", "Traceback", "Segmentation")


@functools.cache
def documented_exits():
    """The exit codes in docs/codes.md for each failure code; None where the peer's decides."""
    with open(os.path.join(peers.REPOSITORY, "docs", "codes.md"), encoding="utf-8") as page:
        rows = re.findall(r"^\| (DVM-\d{4}) \| ([^|]*) \|", page.read(), re.M)
    return {code: None if exits == "as sent" else {int(number) for number in re.findall(r"\d+", exits)}
            for code, exits in rows}


def check_documented(outcome, what=""):
    """Checks that an agent that reported a failure code ended with an exit code listed for it in docs/codes.md."""
    # Only at the beginning of our own line: a peer's text may hold anything.
    seen = re.findall(r"^dvm-\w+: (?:volume [^:]*: )?(DVM-\d{4}):", outcome.err.decode(errors="replace"), re.M)
    allowed = [documented_exits()[code] for code in seen]
    if outcome.code and seen and None not in allowed:
        check(outcome.code in set().union(*allowed), f"{what}: docs/codes.md has other exit codes for {seen}: {outcome}")


def check_outcome(outcome, codes, what=""):
    """Checks that the exit code is one of `codes` and documented, and that standard error has one to three lines and no
    crash report."""
    check(outcome.code in codes, f"{what}: wanted exit code {sorted(codes)}, got {outcome}")
    check_documented(outcome, what)
    if outcome.code:
        count = len(outcome.lines())
        check(1 <= count <= MOST_LINES, f"{what}: wanted one clear line, got {count}: {outcome}")
    check(not any(mark in outcome.err.decode(errors="replace") for mark in CRASH_MARKS), f"{what}: crashed: {outcome}")


def settled(target):
    """The target's manifest once it no longer changes: a peer that lost its connection may still be busy."""
    before, deadline = None, time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            now = compare.manifest(target)
        except FileNotFoundError:
            continue
        if now == before:
            return now
        before = now
        time.sleep(0.02)
    raise Failure(f"{target} is still changing 10 s after the end")


def torn(old, new, target):
    """Regular files at the target that are neither entirely old nor entirely new, or lost."""
    found, now = [], settled(target)
    for path in old.keys() | new.keys() | now.keys():
        versions = [tree[path] for tree in (old, new) if path in tree]
        item = now.get(path)
        if item is None:
            if path in old and path in new and old[path].kind == new[path].kind == "file":
                found.append(f"{path!r} is missing, though it is in both versions")
        elif not versions:
            if not is_temporary(path):
                found.append(f"{path!r} is in neither version")
        elif item.kind == "file" and not any(item.value == version.value for version in versions):
            found.append(f"{path!r} is torn: {item.size} bytes that are in neither version")
    return found


def is_temporary(path):
    """Whether a name has the form of an rsync temporary, `.name.XXXXXX`, or of our own."""
    name = os.path.basename(path)
    return name.startswith(b".") and name[-7:-6] == b"."


def check_target(old, new, target, temporaries=False, what=""):
    """Checks that there is no torn file and, unless the program was killed, no temporary file two seconds after the end."""
    findings = torn(old, new, target)
    check(not findings, what, *findings[:6])
    deadline = time.monotonic() + 2
    while not temporaries:
        left = [path for path in settled(target) if is_temporary(path) and path not in old and path not in new]
        if not left:
            break
        check(time.monotonic() < deadline, f"{what}: left behind {left}")
        time.sleep(0.02)


def two_versions(directory, sizes=(3000, 100, 0, 1500), seed=1):
    """Two small trees with the same names and different content: (old path, new path, old manifest, new manifest)."""
    source = random.Random(seed)
    paths = [os.path.join(directory, name) for name in ("old", "new")]
    for step, path in enumerate(paths):
        os.makedirs(path + "/below")
        for number, size in enumerate(sizes):
            with open(f"{path}/{'below/' if number % 2 else ''}file {number}", "wb") as handle:
                handle.write(source.randbytes(size + step * 7))
        with open(f"{path}/only in {os.path.basename(path)}", "wb") as handle:
            handle.write(source.randbytes(333))
        for base, _, names in os.walk(path):
            for name in names:
                os.utime(os.path.join(base, name), (1_600_000_000 + step * 999,) * 2)
    return (*paths, *map(compare.manifest, paths))
