"""Power cuts and failing disks: the image of a target's file system is cloned at random moments in and after a pass, as a
power cut would leave it, mounted, and compared; and a disk fails when the kernel writes data back.

The images are on their own XFS, which clones a file in one step: a copy would mix the states of many moments. What
the file system has written to its loop device is in the clone, what only the page cache of the mount holds is not."""

import contextlib
import fcntl
import json
import os
import random
import re
import subprocess
import threading
import time

from harness.cases import Case, Skipped, check, check_equal_trees
from harness.programs import peers
from harness.programs.background import Background
from harness.programs.processes import run
from harness.storage import capacity
from harness.transfers.tls import Ends
from harness.trees import compare

MIB = 1 << 20
FICLONE = 0x40049409
# How each file system is made, its image's size in MiB, and how a clone is mounted beside the original.
KINDS = {
    "ext4": (["mkfs.ext4", "-q", "-F"], 192, []),
    "xfs": (["mkfs.xfs", "-q", "-f"], 320, ["-o", "nouuid"]),
    "btrfs": (["mkfs.btrfs", "-q", "-f"], 192, []),
}


def insist_on_root():
    if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
        raise Skipped("needs root and loop devices")
    capacity.own_mounts()


# Trees

def _content(dice, size, is_sparse):
    """Noise; with runs of zeros in the middle and often at the end when it is to be sparse."""
    data = bytearray(dice.randbytes(size))
    if is_sparse:
        for _ in range(dice.randrange(1, 5)):
            start = dice.randrange(max(1, size))
            data[start:start + 70_000] = bytes(len(data[start:start + 70_000]))
        if dice.randrange(2):
            data[size // 2:] = bytes(size - size // 2)
    return bytes(data)


def _store(path, data, mtime):
    with open(path, "wb") as out:
        out.write(data)
    os.utime(path, ns=(mtime, mtime))


def make_tree(root, dice, count=60, largest=2 * MIB):
    """Files of 0 to `largest` bytes in some directories, a quarter of them sparse, some with two names."""
    for number in range(count):
        directory = f"{root}/subdir{number % 7}"
        os.makedirs(directory, exist_ok=True)
        size = dice.randrange(dice.choice((1, 5000, 70_000, 300_000, largest)))
        path = f"{directory}/file{number:03}"
        _store(path, _content(dice, size, number % 4 == 3), 10**18 + dice.randrange(10**15))
        if number % 13 == 5:
            os.link(path, path + " again")


def _cut_times(root):
    """Cuts the modification times of files and links to whole seconds."""
    for top, _, names in os.walk(root):
        for name in names:
            seconds = int(os.lstat(f"{top}/{name}").st_mtime_ns // 10**9)
            os.utime(f"{top}/{name}", (seconds, seconds), follow_symlinks=False)


def edit_tree(root, dice):
    """Appends, changes in the middle without a change of size, shortens, replaces and removes files, and adds some."""
    for top, _, names in sorted(os.walk(root)):
        for name in sorted(names):
            path, what = f"{top}/{name}", dice.randrange(8)
            with open(path, "rb") as old:
                data = bytearray(old.read())
            if what == 0:
                data += dice.randbytes(dice.randrange(1, 200_000))
            elif what in (1, 2) and data:
                place = dice.randrange(len(data))
                piece = dice.randbytes(dice.randrange(1, 40_000))[:len(data) - place]
                data[place:place + len(piece)] = piece
            elif what == 3:
                del data[len(data) // 2:]
            elif what == 4:
                data = _content(dice, len(data), dice.randrange(2))
            elif what == 5:
                os.unlink(path)
                continue
            else:
                continue
            with open(path, "r+b") as out:  # both names of a file change
                out.write(data)
                out.truncate(len(data))
            mtime = 10**18 + dice.randrange(10**15)
            os.utime(path, ns=(mtime, mtime))
    make_tree(root + "/new", dice, 12)


# Disks

class Disks:
    """The XFS that the images are on."""

    def __init__(self, directory, size=1500):
        self.directory, self.size = directory, size

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.point = self.stack.enter_context(
            capacity.mounted(self.directory, "disks", ["mkfs.xfs", "-q", "-f"], self.size * MIB))
        return self

    def __exit__(self, *details):
        self.stack.close()

    @contextlib.contextmanager
    def attached(self, image, point, *options):
        os.makedirs(point, exist_ok=True)
        device = capacity.tool("losetup", "--find", "--show", image)
        try:
            capacity.tool("mount", *options, device, point)
        finally:
            subprocess.run(["losetup", "--detach", device], capture_output=True)
        try:
            yield point
        finally:
            subprocess.run(["umount", point], check=True)

    @contextlib.contextmanager
    def new(self, kind):
        """A new file system, mounted, with the empty directory `volume`."""
        maker, size, _ = KINDS[kind]
        image = f"{self.point}/{kind}.img"
        with open(image, "wb") as out:
            out.truncate(size * MIB)
        capacity.tool(*maker, image)
        with self.attached(image, f"{self.directory}/{kind}") as point:
            os.makedirs(f"{point}/volume")
            yield point, image
        os.unlink(image)

    def clone(self, image, name):
        path = f"{self.point}/{name}"
        with open(image, "rb") as old, open(path, "wb") as new:
            fcntl.ioctl(new, FICLONE, old.fileno())
        return path


class Neighbour(Background):
    """Another writer on the file system that calls fsync continuously, so that the journal is committed at any moment."""

    def __init__(self, point, dice):
        super().__init__()
        self.path, self.pauses = f"{point}/neighbour", [dice.random() * 0.03 for _ in range(97)]

    def work(self):
        handle, turn = os.open(self.path, os.O_WRONLY | os.O_CREAT), 0
        while not self.done.wait(self.pauses[turn % len(self.pauses)]):
            os.pwrite(handle, b"%d" % turn, 0)
            os.fsync(handle)
            turn += 1
        os.close(handle)


def moments(start_pass, disks, image, dice, during, after, until):
    """Starts a pass and clones the image `during` times before its end and `after` times within `until` seconds after it.

    Returns the outcome of the pass and the clones as (words, path, whether the pass had ended)."""
    taken, outcome = [], []
    thread = threading.Thread(target=lambda: outcome.append(start_pass()))
    begin = time.monotonic()
    thread.start()
    number = 0
    while thread.is_alive() and number < during:
        thread.join(dice.random() * 0.06)
        when = time.monotonic() - begin
        path = disks.clone(image, f"during{number}.img")
        if thread.is_alive():  # else the moment may be on either side of the end
            taken.append((f"{when:.3f} s after the start", path, False))
            number += 1
    thread.join()
    end = time.monotonic()
    for number, moment in enumerate(sorted(dice.random() * until for _ in range(after))):
        time.sleep(max(0, end + moment - time.monotonic()))
        words = f"{time.monotonic() - end:.3f} s after the end"
        taken.append((words, disks.clone(image, f"after{number}.img"), True))
    return outcome[0], taken


def liars(source, target):
    """Files with correct size and time but wrong content: the next pass would not repair them."""
    found = []
    for top, _, names in os.walk(source):
        for name in names:
            path = os.path.join(top, name)
            other = os.path.join(target, os.path.relpath(path, source))
            with contextlib.suppress(FileNotFoundError):
                here, there = os.stat(path), os.stat(other)
                if (here.st_size, here.st_mtime_ns // 10**9) != (there.st_size, there.st_mtime_ns // 10**9):
                    continue
                with open(path, "rb") as one, open(other, "rb") as two:
                    first, second = one.read(), two.read()
                    if first != second:
                        wrong = [place for place in range(0, len(first), 512)
                                 if first[place:place + 512] != second[place:place + 512]]
                        zeros = sum(not any(second[place:place + 512]) for place in wrong)
                        found.append(f"{os.path.relpath(path, source)}: {here.st_size} bytes, size and time are right, "
                                     f"the content is wrong: {len(wrong)} of {(len(first) + 511) // 512} sectors, {zeros} of "
                                     f"them zeros, from {wrong[0]} to {wrong[-1]}")
    return found


# Power cuts

def _check_clone(disks, kind, source, clone, is_complete, again):
    """What is wrong in the state that a power cut at the clone's moment would have left."""
    words, image, has_ended = clone
    with disks.attached(image, f"{disks.directory}/clone", *KINDS[kind][2]) as point:
        volume = f"{point}/volume"
        found = [f"{words}: {finding}" for finding in liars(source, volume)]
        if has_ended and is_complete:
            found += [f"{words}: {finding}" for finding in compare.compare(source, volume)]
        elif again and not found:
            outcome = again(volume)
            check(outcome.code == 0, f"the pass after a power cut {words}: {outcome}")
            found += [f"{words}, after the next pass: {finding}" for finding in compare.compare(source, volume)]
    os.unlink(image)
    return found


def _power_cut(kind, way, is_complete, during, after, until, seed):
    """Two passes, a first copy and one with edits, with clones taken in and after each."""
    def body(setting, directory):
        insist_on_root()
        dice, source = random.Random(f"power {kind} {way.__name__} {seed}"), f"{directory}/source"
        os.makedirs(source)
        wrong, looked = [], 0
        with Disks(directory) as disks, disks.new(kind) as (point, image):
            for turn in ("first", "edited"):
                make_tree(source, dice) if turn == "first" else edit_tree(source, dice)
                if way is stock_source_30:
                    _cut_times(source)
                for top, _, _ in os.walk(source, topdown=False):  # not the second in which the target creates them
                    os.utime(top, ns=(10**18, 10**18 + dice.randrange(10**6) * 10**9))
                with way(setting, directory, f"{point}/volume") as push, Neighbour(point, dice):
                    outcome, clones = moments(lambda: push(source), disks, image, dice, during, after, until)
                check(outcome.code == 0, f"{turn} pass: {outcome}")
                check_equal_trees(compare.compare(source, f"{point}/volume"), f"{turn} pass")
                def again(volume):
                    with way(setting, directory, volume) as push:
                        return push(source)
                for number, clone in enumerate(clones):
                    repeats = setting.full or number == during - 1
                    found = _check_clone(disks, kind, source, clone, is_complete, repeats and again)
                    wrong += [f"{turn} pass, {finding}" for finding in found]
                looked += len(clones)
        check(not wrong, f"{len(wrong)} findings in {looked} clones (seed {seed})", *wrong[:8])
        return f"{looked} clones"
    return body


@contextlib.contextmanager
def agents(setting, directory, volume):
    """dvm-source to dvm-target, with default settings."""
    with Ends(setting, directory, path=volume) as ends:
        yield ends.push


@contextlib.contextmanager
def agents_none(setting, directory, volume):
    """dvm-source to dvm-target with --durability none."""
    with Ends(setting, directory, path=volume, serve=["--durability", "none"]) as ends:
        yield ends.push


@contextlib.contextmanager
def stock_source(setting, directory, volume):
    """Stock rsync through stunnel to dvm-target."""
    with Ends(setting, directory, source="stock", path=volume) as ends:
        yield ends.push


@contextlib.contextmanager
def stock_source_30(setting, directory, volume):
    """The same with protocol 30, which carries whole seconds and has no message for an exit code."""
    with Ends(setting, directory, source="stock", path=volume) as ends:
        yield lambda source, *extra: ends.push(source, "--protocol=30", *extra)


@contextlib.contextmanager
def rsync_fsync(setting, directory, volume):
    """dvm-rsync --fsync at both ends of a remote shell."""
    yield lambda source: run([peers.DVM_RSYNC, "-aHS", "--delete", "--fsync", "-e", setting.shell,
                              f"--rsync-path={peers.DVM_RSYNC}", f"{source}/", f"there:{volume}/"], 120)


@contextlib.contextmanager
def in_place(setting, directory, volume):
    """dvm-rsync --inplace at both ends of a remote shell, without --fsync."""
    yield lambda source: run([peers.DVM_RSYNC, "-aH", "--delete", "--inplace", "-e", setting.shell,
                              f"--rsync-path={peers.DVM_RSYNC}", f"{source}/", f"there:{volume}/"], 120)


@contextlib.contextmanager
def local_copy(setting, directory, volume):
    """dvm-rsync --fsync as a local copy."""
    yield lambda source: run([peers.DVM_RSYNC, "-aHS", "--delete", "--fsync", f"{source}/", f"{volume}/"], 120)


# Disks that fail

@contextlib.contextmanager
def failing_disk(directory):
    """An ext4 without a journal in an image of 200 MiB on a tmpfs with space for 40: most of what is written back fails.

    Yields its mount point, and a function that frees space and mounts it again with an empty page cache."""
    place, point = f"{directory}/small", f"{directory}/failing"
    os.makedirs(place)
    os.makedirs(point)
    capacity.tool("mount", "-t", "tmpfs", "-o", "size=40m", "dvm-test", place)
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: subprocess.run(["umount", "--lazy", place], check=True))
        with open(f"{place}/image", "wb") as out:
            out.truncate(200 * MIB)
        capacity.tool("mkfs.ext4", "-q", "-F", "-O", "^has_journal", f"{place}/image")
        device = capacity.tool("losetup", "--find", "--show", f"{place}/image")
        stack.callback(lambda: subprocess.run(["losetup", "--detach", device], check=True))
        capacity.tool("mount", device, point)
        stack.callback(lambda: subprocess.run(["umount", point], check=True))

        def mend():
            capacity.tool("mount", "-o", "remount,size=400m", place)

        def again():
            capacity.tool("umount", point)
            capacity.tool("mount", device, point)
        yield point, mend, again


def _disk_fails(way, is_ours):
    """Thirty files of 2 MB do not reach the disk: the pass fails, and the next pass after a repair sends them again."""
    def body(setting, directory):
        insist_on_root()
        dice, source = random.Random("failing disk"), f"{directory}/source"
        os.makedirs(source)
        for number in range(30):
            _store(f"{source}/file{number:02}", dice.randbytes(2_000_000), 10**18 + number * 10**9)
        os.utime(source, (10**9, 10**9))
        with failing_disk(directory) as (point, mend, again):
            os.makedirs(f"{point}/volume")
            with way(setting, directory, f"{point}/volume") as push:
                outcome = push(source)
                words = outcome.err.decode(errors="replace")
                # Before protocol 31 the target cannot send its exit code.
                wanted = 23 if way is stock_source_30 else 11
                check(outcome.code == wanted, f"the disk fails: {outcome}")
                check("the disk reported an error while data was written back" in words, f"the disk fails: {outcome}")
                check("Input/output error" in words or "No space left on device" in words, f"the disk fails: {outcome}")
                check("data was lost in \"file" in words, f"the disk fails: {outcome}")
                check(("DVM-3008" in words) == is_ours, f"the disk fails: {outcome}")
                check(len(outcome.lines()) <= 5, f"the disk fails: {outcome}")
                mend()
                second = push(source)
                check(second.code == 0, f"after the mend: {second}")
            again()
            check_equal_trees(compare.compare(source, f"{point}/volume"), "after the mend")
        return str(outcome)
    return body


def _slow_disk(setting, directory):
    """The disk does not respond for four seconds: the source shows the phase and its duration, also in the summary."""
    insist_on_root()
    source = f"{directory}/source"
    os.makedirs(source)
    for number in range(5):
        _store(f"{source}/file{number}", os.urandom(100_000), 10**18 + number)
    with Disks(directory) as disks, disks.new("ext4") as (point, _):
        with agents(setting, directory, f"{point}/volume") as push:
            warm = push(source)
            check(warm.code == 0, str(warm))
            _store(f"{source}/new", b"", 10**18)  # with content, the name would wait for it
            capacity.tool("fsfreeze", "--freeze", disks.point)
            thaw = threading.Timer(4, capacity.tool, ["fsfreeze", "--unfreeze", disks.point])
            thaw.start()
            outcome = push(source, "--progress", "json")
            thaw.join()
            check(outcome.code == 0, str(outcome))
            events = [json.loads(line) for line in outcome.out.splitlines()]
            seen = [event["syncSeconds"] for event in events
                    if event["event"] == "progress" and event["phase"] == "sync"]
            check(len(seen) >= 2 and seen == sorted(seen) and seen[-1] >= 1, f"the phase is not shown: {seen}", *events)
            end, last = events[-2:]
            check(last["event"] == "ended" and last["outcome"] == "complete", last)
            check(end["event"] == "finished" and end["durability"] == "power" and end["syncSeconds"] >= 2, end)
            words = push(source, "--progress", "lines").out.decode()
            check(re.search(r"on disk: synced in [0-9.]+ s", words), words)
    with Ends(setting, directory, target="stock", path=f"{directory}/stock") as ends:
        words = ends.push(source, "--progress", "lines").out.decode()
        check("durability: unknown (stock target)" in words, words)
    return f"the phase at {seen} s"


WAYS = {"agents": (agents, True), "agents, none": (agents_none, False), "stock source": (stock_source, True),
        "stock source, protocol 30": (stock_source_30, True),
        "dvm-rsync --fsync": (rsync_fsync, True), "in place": (in_place, False), "local --fsync": (local_copy, True)}
REDUCED = [("agents", "ext4"), ("agents", "xfs"), ("agents", "btrfs"), ("agents, none", "btrfs"), ("stock source", "ext4"),
           ("dvm-rsync --fsync", "xfs"), ("in place", "ext4"), ("local --fsync", "btrfs")]


def power_cases(full, seed):
    """Fifty moments in and after two passes for each file system and method, shared by two seeds; a few in the reduced form."""
    moments_of = {"during": 9, "after": 4, "until": 10} if full else {"during": 2, "after": 1, "until": 0.5}
    chosen = [(words, kind) for words in WAYS for kind in KINDS] if full else REDUCED
    cases = [Case(f"power/{words}/{kind}/{number}", _power_cut(kind, *WAYS[words], seed=number, **moments_of))
             for number in range(seed, seed + (2 if full else 1)) for words, kind in chosen]
    ways = ["agents", "stock source", "stock source, protocol 30"] + (["dvm-rsync --fsync", "local --fsync"] if full else [])
    cases += [Case(f"power/disk fails/{words}", _disk_fails(WAYS[words][0], words == "agents")) for words in ways]
    return cases + [Case("power/slow disk", _slow_disk)]
