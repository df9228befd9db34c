"""Forecasts compared with actual usage: trees are copied to small file systems on loop devices, and their peak usage is
compared with the forecast of `dvm-source capacity`; then the same copy goes to a new file system of the size it proposed.
Every mount and loop device is removed when a case ends, however it ends."""

import contextlib
import ctypes
import json
import os
import random
import signal
import subprocess
import threading

from harness.cases import Case, Skipped, check
from harness.programs import peers
from harness.programs.background import Background
from harness.programs.processes import descendants, run
from harness.trees import compare

MIB = 1 << 20
# How much the forecast may exceed the actual usage: 2 % or 2 MiB, whichever is more. It may never be below.
SHARE, SLACK = 50, 2 * MIB
LIBC, CLONE_NEWNS = ctypes.CDLL(None, use_errno=True), 0x00020000

# name: the maker's command, a sufficient image size, and the forecast's options
KINDS = {
    "ext4": (["mkfs.ext4", "-q", "-F", "-b", "4096"], 512, ["--target-file-system", "ext4"]),
    "ext4-1k": (["mkfs.ext4", "-q", "-F", "-b", "1024"], 512,
                ["--target-file-system", "ext4", "--target-block-size", "1024"]),
    "ext4-few-inodes": (["mkfs.ext4", "-q", "-F", "-b", "4096", "-i", "65536"], 512,
                        ["--target-file-system", "ext4", "--target-inode-ratio", "65536"]),
    "xfs": (["mkfs.xfs", "-q", "-f"], 512, ["--target-file-system", "xfs"]),
    "xfs-1k": (["mkfs.xfs", "-q", "-f", "-b", "size=1024"], 512,
               ["--target-file-system", "xfs", "--target-block-size", "1024"]),
    "btrfs": (["mkfs.btrfs", "-q", "-f"], 512, ["--target-file-system", "btrfs"]),
}
# XFS reserves space behind a file that is being written, up to its length again, and takes it back when space is short
# (xfs(5), allocsize): it is not needed, and how much a sample meets depends on the moment.
MEASURED = {"mkfs.xfs": ["-o", "allocsize=4k"]}


# Trees. Each maker fills an existing directory and gets a seeded random.Random.

def write(path, data):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.write(handle, data)
    finally:
        os.close(handle)


def files(count, largest, directories=20, name=lambda number: f"file-{number:05}.dat", smallest=0):
    """`count` files of random lengths in `directories` directories."""
    def make(root, source):
        noise = source.randbytes(largest + MIB)
        for number in range(count):
            directory = f"{root}/subdir{number % directories:03}"
            os.makedirs(directory, exist_ok=True)
            size, at = source.randrange(smallest, largest + 1), source.randrange(MIB)
            write(f"{directory}/{name(number)}", noise[at:at + size])
    return make


def large(count, size):
    """A few large files of noise."""
    def make(root, source):
        for number in range(count):
            with open(f"{root}/disk{number}.img", "wb") as out:
                for _ in range(size // MIB):
                    out.write(source.randbytes(MIB))
                out.write(source.randbytes(size % MIB))
    return make


def sparse(count, length, piece, pieces):
    """Files of `length` with `pieces` of noise at multiples of 64 KiB."""
    def make(root, source):
        for number in range(count):
            with open(f"{root}/sparse{number:03}", "wb") as out:
                out.truncate(length)
                for place in sorted(source.sample(range(length >> 16), pieces)):
                    out.seek(place << 16)
                    out.write(source.randbytes(piece))
    return make


def hard_links(count, names, size):
    """`count` files with `names` names each, in different directories."""
    def make(root, source):
        for number in range(count):
            for link in range(names):
                os.makedirs(f"{root}/links{link}", exist_ok=True)
                path = f"{root}/links{link}/name{number:05}"
                if link:
                    os.link(f"{root}/links0/name{number:05}", path)
                else:
                    write(path, source.randbytes(size))
    return make


def cross_links(directories, files_each, size):
    """Directories with small files, and with long further names of the files of the directory before."""
    def make(root, source):
        for number in range(directories):
            directory, before = f"{root}/subdir{number:04}", f"{root}/subdir{number - 1:04}"
            os.makedirs(directory)
            for file in range(files_each):
                write(f"{directory}/file{file}", source.randbytes(size))
                if number:
                    os.link(f"{before}/file{file}", f"{directory}/further-name-of-file-{file}" + "n" * 80)
    return make


def deep(depth, chains):
    """Chains of directories with a file in each."""
    def make(root, source):
        for chain in range(chains):
            path = f"{root}/chain{chain}"
            for level in range(depth):
                path += f"/d{level}"
            os.makedirs(path)
            while len(path) > len(root) + 8:
                write(path + "/leaf", source.randbytes(700))
                path = os.path.dirname(path)
    return make


def wide(count):
    """Very many empty sibling directories."""
    def make(root, source):
        for number in range(count):
            os.makedirs(f"{root}/w{number % 10}/directory-{number:06}")
    return make


def links(count, length):
    """Symbolic links with targets of a length."""
    def make(root, source):
        for number in range(count):
            os.symlink("t" * length, f"{root}/link{number:05}")
    return make


def mixed(root, source):
    """A little of everything."""
    for number, part in enumerate((files(1500, 9000), large(2, 5 * MIB), sparse(4, 8 * MIB, 4096, 30), links(300, 90),
                                   hard_links(200, 3, 3000), deep(30, 4), wide(200))):
        os.makedirs(f"{root}/part{number}")
        part(f"{root}/part{number}", source)
    os.mkfifo(f"{root}/pipe")
    os.mknod(f"{root}/device", 0o020600, os.makedev(1, 3))


def attributes(root, source):
    """Files with attributes inside and outside the inode."""
    for number in range(1500):
        path = f"{root}/attributed{number:04}"
        write(path, source.randbytes(300))
        os.setxattr(path, "user.note", source.randbytes(20 if number % 3 else 700))


TREES = {
    "tiny": files(8000, 700), "empty": files(15000, 0), "small": files(6000, 8192), "medium": files(900, 300_000),
    "one-directory": files(12000, 100, directories=1), "long-names": files(4000, 2000, 3, lambda n: f"{n:05}" + "n" * 240),
    "large": large(3, 40 * MIB + 12345), "huge": large(1, 200 * MIB), "at-64k": files(1500, 65_537, smallest=65_535),
    "sparse": sparse(20, 64 * MIB, 65_536, 12), "sparse-pieces": sparse(6, 128 * MIB, 4096, 1500),
    "hard-links": hard_links(1500, 6, 5000), "deep": deep(120, 12), "wide": wide(9000), "links-short": links(9000, 40),
    "links-long": links(6000, 300), "mixed": mixed, "inline-edge": files(5000, 2049, smallest=2047),
    "nothing": lambda root, source: None, "attributes": attributes,
}
# Thirty cases: each tree on the file systems where its layout matters most.
CASES = [
    ("tiny", "ext4"), ("tiny", "xfs"), ("tiny", "btrfs"), ("tiny", "ext4-1k"), ("small", "ext4-1k"), ("small", "xfs-1k"),
    ("small", "btrfs"), ("empty", "ext4"), ("empty", "xfs"), ("empty", "btrfs"), ("medium", "ext4"), ("medium", "btrfs"),
    ("one-directory", "ext4-1k"), ("one-directory", "xfs"), ("long-names", "ext4"), ("long-names", "xfs"),
    ("large", "ext4-1k"), ("large", "xfs"), ("huge", "ext4-few-inodes"), ("at-64k", "xfs"), ("sparse", "ext4"),
    ("sparse-pieces", "xfs"), ("hard-links", "ext4"), ("deep", "xfs-1k"), ("wide", "ext4-1k"), ("wide", "xfs"),
    ("links-long", "ext4"), ("mixed", "ext4-few-inodes"), ("mixed", "xfs"), ("mixed", "btrfs"),
    ("sparse-pieces", "ext4-1k"), ("long-names", "btrfs"), ("links-short", "xfs"), ("inline-edge", "btrfs"),
    ("nothing", "ext4"), ("attributes", "ext4"), ("attributes", "xfs"),
]
REDUCED = [("mixed", "ext4-1k"), ("tiny", "xfs"), ("mixed", "btrfs"), ("long-names", "ext4")]


def tool(*argv):
    """Runs a program that must succeed."""
    result = subprocess.run(argv, capture_output=True, text=True)
    check(result.returncode == 0, f"{' '.join(argv)}: {result.stderr.strip()}")
    return result.stdout.strip()


def own_mounts():
    """Gives this process its own mount namespace: its mounts disappear with it, even when it is killed."""
    if LIBC.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    tool("mount", "--make-rprivate", "/")


@contextlib.contextmanager
def mounted(directory, label, maker, size, options=()):
    """A new file system in an image of `size` bytes, mounted. The device and the mount are removed in any case."""
    image = f"{directory}/{label}.img"
    with open(image, "wb") as out:
        out.truncate(size)
    with _attached(directory, label, image, maker, options) as point:
        yield point


@contextlib.contextmanager
def copied(directory, label, master):
    """A copy of a file system in an image, mounted. The device and the mount are removed in any case."""
    image = f"{directory}/{label}.img"
    tool("cp", "--sparse=always", master, image)
    with _attached(directory, label, image, None) as point:
        yield point


@contextlib.contextmanager
def _attached(directory, label, image, maker, options=()):
    point = f"{directory}/{label}"
    os.makedirs(point)
    with contextlib.ExitStack() as stack:
        stack.callback(os.unlink, image)
        device = tool("losetup", "--find", "--show", image)
        detach = ["losetup", "--detach", device]
        try:
            if maker:
                tool(*maker, device)
            tool("mount", *options, device, point)
            stack.callback(_unmount, point)
        finally:
            subprocess.run(detach, capture_output=True)  # while mounted: the kernel does it after the unmount
        yield point


def _unmount(point):
    if subprocess.run(["umount", point], capture_output=True).returncode:
        subprocess.run(["umount", "--lazy", point], capture_output=True)


def used(point):
    """Bytes in use once everything is written: reservations for unwritten data vary."""
    handle = os.open(point, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if LIBC.syncfs(handle):
            raise OSError(ctypes.get_errno(), "syncfs")
        space = os.fstatvfs(handle)
    finally:
        os.close(handle)
    return (space.f_blocks - space.f_bfree) * space.f_frsize


class HighWater(Background):
    """Samples the use of a file system from outside while something fills it; the writers are stopped during a sample."""

    def __init__(self, point):
        super().__init__()
        self.point, self.start, self.peak, self.writers = point, used(point), 0, []
        self.lock = threading.Lock()

    def __exit__(self, *details):
        super().__exit__(*details)
        self._sample()

    @contextlib.contextmanager
    def writing(self, pid):
        """While this process, and what it starts, writes."""
        self.writers.append(pid)
        try:
            yield
        finally:
            with self.lock:
                self.writers.remove(pid)

    def _sample(self):
        with self.lock:
            stopped = [child for pid in self.writers for child in descendants(pid)]
            try:
                for pid in stopped:
                    _signal(pid, signal.SIGSTOP)
                self.peak = max(self.peak, used(self.point) - self.start)
            finally:
                for pid in stopped:
                    _signal(pid, signal.SIGCONT)

    def work(self):
        while not self.done.wait(0.02):
            self._sample()


def _signal(pid, number):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def transfer(setting, directory, source, target, label, carries, water=None):
    """Transfers a tree: our two agents, or stock rsync where attributes are copied, which ours do not support."""
    watched = water.writing if water else lambda pid: contextlib.nullcontext()
    if carries:
        argv = [peers.STOCK_RSYNC, "-aHSX", source + "/", target + "/"]
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            with watched(process.pid):
                words = process.stderr.read().decode(errors="replace")
            check(process.wait() == 0, f"rsync to {label}: {words}")
        return
    with peers.dvm_target(directory, setting.keys, {"data": target}, label=label) as server, \
            watched(server.process.pid):
        outcome = run(peers.dvm_source(setting.keys, source, server.port, "--delete"), timeout=300)
    check(outcome.code == 0, f"the transfer to {label}: {outcome}")
    # lost+found belongs to the file system, not to the tree.
    differences = [one for one in compare.compare(source, target) if "lost+found" not in str(one)]
    check(not differences, "trees differ", *differences[:5])


def edit_largest(source):
    """Changes a byte in the middle of the largest file, which is then rebuilt completely next to its old version."""
    paths = [os.path.join(top, name) for top, _, names in os.walk(source) for name in names]
    path = max(filter(os.path.isfile, paths), key=os.path.getsize, default=None)
    if not path or not os.path.getsize(path):
        return False
    with open(path, "r+b") as out:
        out.seek(os.path.getsize(path) // 2)
        out.write(b"!")
    os.utime(path, (0, 1))
    return True


def forecast(source, options, *more):
    """The JSON output of `dvm-source capacity`; exit code 1 is a result, too."""
    outcome = run([peers.DVM_SOURCE, "capacity", source, "--json", "--round", "1Mi", *options, *more])
    check(outcome.code in (0, 1), f"capacity: {outcome}")
    said = json.loads(outcome.out)
    check(outcome.code == (1 if said.get("fits") is False else 0), f"the exit code is not what it says: {outcome}", said)
    return said


def _capacity(tree, kind):
    def body(setting, directory):
        if os.geteuid() != 0 or not os.path.exists("/dev/loop-control"):
            raise Skipped("needs root and loop devices")
        own_mounts()
        maker, size, options = KINDS[kind]
        carries = tree == "attributes"
        source = directory + "/source"
        os.makedirs(source)
        TREES[tree](source, random.Random(f"capacity {tree}"))
        said = forecast(source, options + ([] if carries else ["--no-xattrs"]))
        needed, inodes, claim = said["neededBytes"], said["neededInodes"], said["proposedBytes"]
        with mounted(directory, "roomy", maker, max(size * MIB, claim), MEASURED.get(maker[0], ())) as roomy:
            inodes_before = os.statvfs(roomy).f_ffree
            with HighWater(roomy) as water:
                transfer(setting, directory, source, roomy, "roomy", carries, water)
            inodes_taken = inodes_before - os.statvfs(roomy).f_ffree
            words = (f"forecast {needed / MIB:.2f}, truth {water.peak / MIB:.2f} MiB ({_percent(needed, water.peak)}), "
                     f"claim {claim / MIB:.0f} MiB")
            check(needed >= water.peak, f"too little: {words}", said["targets"])
            check(needed - water.peak <= max(water.peak // SHARE, SLACK), f"too much: {words}", said["targets"])
            if kind.startswith("ext4"):
                # The root is there before the copy.
                check(inodes_taken == inodes - 1, f"{inodes_taken} inodes taken, {inodes - 1} foretold")
            with mounted(directory, "claim", maker, claim) as small:
                transfer(setting, directory, source, small, "claim", carries)
                # The worst case of a later pass: the largest file is replaced.
                if not carries and edit_largest(source):
                    with HighWater(roomy) as water:
                        transfer(setting, directory, source, roomy, "again", carries, water)
                    check(water.peak <= said["largestTemporary"] + SLACK,
                          f"a later pass took {water.peak} more bytes, {said['largestTemporary']} were expected")
                    transfer(setting, directory, source, small, "claim-again", carries)
                again = forecast(source, options, "--provisioned", str(claim))
                check(again["fits"] or carries, "the claim that it proposed does not fit by its own word", again)
        return words
    return body


def _percent(said, truth):
    return f"{(said - truth) * 100 / truth:+.1f} %" if truth else "nothing"


def capacity_cases(full):
    """Trees on file systems; a few in the reduced form."""
    return [Case(f"capacity/{tree}/{kind}", _capacity(tree, kind), 15) for tree, kind in (CASES if full else REDUCED)]
