"""Devices as files (`--copy-devices`, `--write-devices`): each set of options with the program under test in every role, and
with stock in its place. The devices are loop devices; a daemon refuses both options."""

import contextlib
import os
import random
import stat
import subprocess

from harness.cases import Case, Skipped, check, check_equal_trees, check_same_exit, check_same_lines
from harness.programs.processes import run
from harness.placing.placement import lines, plant, roles_and_directions, transfer_argv
from harness.trees import compare

SIZE = 1 << 20
TREE = """
    source/f | text
    source/d/f | text
    target/f | older | 5
"""
# The options, what is at `source/dev` (a device, or a file of so many bytes), and whether a device is at `target/dev`.
SETS = {
    "copied": (["-a", "-i", "--copy-devices"], "device", False),
    "copied without -D": (["-rlpt", "-i", "--copy-devices"], "device", False),
    "copied and compared": (["-a", "-i", "--copy-devices", "--no-W", "-I"], "device", False),
    "copied, hard links": (["-aH", "-i", "--copy-devices"], "device", False),
    "copied, dry run": (["-an", "-i", "--copy-devices"], "device", False),
    "copied and removed": (["-a", "-i", "--copy-devices", "--remove-source-files"], "device", False),
    "not copied": (["-rlpt", "-i"], "device", False),
    "written": (["-a", "-i", "--write-devices"], 300_000, True),
    "written as a delta": (["-a", "-i", "--write-devices", "--no-W"], 300_000, True),
    "written, no times": (["-rlp", "-i", "--write-devices"], 300_000, True),
    "written, sums": (["-ac", "-i", "--write-devices"], 300_000, True),
    "written, dry run": (["-an", "-i", "--write-devices"], 300_000, True),
    "written, appended": (["-a", "-i", "--append", "--write-devices"], 300_000, True),
    "replaced": (["-a", "-i"], 300_000, True),
    "no device there": (["-a", "-i", "--write-devices"], 300_000, False),
    "one into another": (["-a", "-i", "--copy-devices", "--write-devices"], "device", True),
    "a node over another": (["-a", "-i", "--write-devices"], "device", True),
    "too long": (["-a", "--write-devices"], 3 * SIZE, True),
}


@contextlib.contextmanager
def _loop(directory, name):
    """A loop device, by its path."""
    image = f"{directory}/{name}.image"
    with open(image, "wb") as handle:
        handle.truncate(SIZE)
    made = subprocess.run(["losetup", "-f", "--show", image], capture_output=True, text=True)
    if made.returncode:
        raise Skipped(f"no loop device: {made.stderr.strip()}")
    path = made.stdout.strip()
    try:
        yield path
    finally:
        subprocess.run(["losetup", "-d", path], check=True)


def _fill(path, seed):
    with open(path, "r+b") as handle:
        handle.write(random.Random(seed).randbytes(SIZE))


def _node(device, path):
    number = os.stat(device).st_rdev
    os.mknod(path, stat.S_IFBLK | 0o644, number)
    os.utime(path, (1_000_000_000, 1_000_000_000))


def _body(name, entry, role, direction):
    options, source, is_there = entry

    def body(setting, directory):
        outcomes, trees, contents = [], [], []
        with _loop(directory, "source") as first, _loop(directory, "target") as second:
            for who in ("stock", "ours"):
                place = f"{directory}/{who}"
                _fill(first, 1)
                _fill(second, 2)
                plant(place, TREE)
                if source == "device":
                    _node(first, place + "/source/dev")
                    os.mknod(place + "/source/null", stat.S_IFCHR | 0o644, os.makedev(1, 3))
                    os.utime(place + "/source/null", (1_000_000_000, 1_000_000_000))
                else:
                    plant(place, f"source/dev | *{source}")
                if is_there:
                    _node(second, place + "/target/dev")
                outcomes.append(run(transfer_argv(setting, role, direction, place, options, who == "ours"), timeout=20))
                tree = compare.manifest(place)
                tree.pop(b".")
                for member in tree.values():
                    member.mtime = min(member.mtime, 1_500_000_000 * 10**9)
                trees.append(tree)
                with open(second, "rb") as handle:
                    contents.append(handle.read())
        if "daemon" in role and b"refuse" in outcomes[0].err:
            check(all(b"refuse --" in outcome.err and outcome.code for outcome in outcomes), f"not refused: {outcomes}")
            return None
        check_same_exit(*outcomes)
        if name != "too long":
            check_equal_trees(compare.compare(*trees), "our tree differs from stock's")
            check(contents[0] == contents[1], "the device has other content than stock's")
        check_same_lines(*map(lines, outcomes))
        return None
    return body


def device_cases():
    """Each set of options in each role, both directions."""
    return [Case(f"placement/devices {name}/{role}/{direction}", _body(name, entry, role, direction))
            for name, entry in SETS.items() for role, direction in roles_and_directions()]
