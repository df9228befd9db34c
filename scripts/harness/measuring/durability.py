"""The cost of flushing a volume to disk before it is reported complete: dvm-target with --durability power and none,
onto an ext4 in an image on this machine's disk."""

import contextlib
import os
import shutil
import subprocess
import tempfile

from harness.measuring import versus
from harness.programs import peers
from harness.storage import capacity

# The volume that is sent to an empty target.
CASES = {"durability-large": "large", "durability-small": "small"}
GOALS = {name: "none: what it costs" for name in CASES}
MIB = 1 << 20


@contextlib.contextmanager
def disk(size):
    """A new ext4 in an image on the disk, mounted."""
    capacity.own_mounts()
    directory = tempfile.mkdtemp(prefix="dvm-durability.", dir="/var/tmp")
    try:
        with capacity.mounted(directory, "disk", ["mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0"], size) as point:
            yield point
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _start(durability, target):
    @contextlib.contextmanager
    def start(bench, source):
        with peers.dvm_target(bench.root, bench.keys, {"data": target}, options=["--durability", durability]) as server:
            yield peers.dvm_source(bench.keys, source, server.port, "--delete", *versus.without_attributes()), [server]
    return start


def run_case(bench, name, names, runs, measure):
    """Alternates the two `runs` times, each onto an empty and clean file system; returns every sample of each."""
    source = bench.volume(CASES[name])
    with disk(bench.large_size * 3 // 2 + 1024 * MIB) as point:
        target = f"{point}/volume"
        contenders = versus.rivals({"dvm": _start("power", target), "none": _start("none", target)}, bench.switch)
        contenders = {who: start for who, start in contenders.items() if who in names}
        samples = {who: [] for who in contenders}
        for turn in range(runs):
            for who in (list(contenders) if turn % 2 == 0 else list(reversed(contenders))):
                shutil.rmtree(target, ignore_errors=True)
                os.makedirs(target)
                subprocess.run(["sync"], check=True)
                samples[who].append(measure(bench, contenders[who], source))
                if turn == 0:
                    subprocess.run(["diff", "-rq", "--no-dereference", source, target], check=True)
                print(f"  {name} {'power' if who == 'dvm' else who}: {samples[who][-1]['seconds']:.2f} s", flush=True)
    return samples
