"""Compares two builds of our programs, such as those before and after a change. The benchmark runs programs through
links, which point to the old and to the new build in turn."""

import functools
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

from harness.programs import peers

# The harness's key for each program, and its file name.
PROGRAMS = {"DVM_RSYNC": "dvm-rsync", "DVM_SOURCE": "dvm-source", "DVM_TARGET": "dvm-target", "DVM_STUNNEL": "dvm-stunnel",
            "DVM_BENCH": "dvm-bench"}
# A case is slower when the confidence interval of the ratio of new to old lies above this.
LIMIT = 1.03
LINKS = "DVM_VERSUS_LINKS"


class Switch:
    """Points the links to one of the two builds. Created after `restart`."""

    def __init__(self, old_directory):
        self.links = os.environ[LINKS]
        self.sets = {"old": {name: os.path.join(os.path.abspath(old_directory), name) for name in PROGRAMS.values()},
                     "new": {name: os.environ[f"{LINKS}_{key}"] for key, name in PROGRAMS.items()}}
        self.use("new")

    def use(self, who):
        """Selects the build that is started from now on, "old" or "new"."""
        for name, path in self.sets[who].items():
            os.symlink(path, f"{self.links}/{name}.next")
            os.replace(f"{self.links}/{name}.next", f"{self.links}/{name}")

    def missing(self):
        """The programs that are missing from one of the builds."""
        return sorted({name for programs in self.sets.values() for name, path in programs.items()
                       if not os.access(path, os.X_OK)})

    def close(self):
        """Removes the links."""
        shutil.rmtree(self.links, ignore_errors=True)


def without_attributes():
    """The options of our source that leave out what releases before extended attributes do not move."""
    return ("--attributes", "never") if _takes_attributes(os.path.realpath(peers.DVM_SOURCE)) else ()


@functools.cache
def _takes_attributes(program):
    return b"--attributes" in subprocess.run([program, "transfer", "--help"], stdout=subprocess.PIPE, check=True).stdout


def restart(paths):
    """Starts this script again with links in the place of our programs, whose paths are given by their key; cases take their
    programs' paths when the harness is loaded."""
    links = tempfile.mkdtemp(prefix="dvm-versus.", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    os.chmod(links, 0o755)
    environment = dict(os.environ, **{LINKS: links})
    for key, name in PROGRAMS.items():
        environment[f"{LINKS}_{key}"], environment[key] = os.path.abspath(paths[key]), f"{links}/{name}"
    os.execve(sys.executable, [sys.executable, *sys.argv], environment)


def rivals(contenders, switch):
    """The contenders of a case: its own, or our program from the old and from the new build."""
    def start(who):
        def begin(*arguments):
            switch.use(who)
            return contenders["dvm"](*arguments)
        return begin
    return {who: start(who) for who in ("old", "new")} if switch else contenders


def interval(ratios, rounds=10_000):
    """The median of ratios, and its 95 % confidence interval by bootstrap."""
    numbers = random.Random(1)
    medians = sorted(statistics.median(numbers.choices(ratios, k=len(ratios))) for _ in range(rounds))
    return statistics.median(ratios), medians[int(rounds * 0.025)], medians[int(rounds * 0.975) - 1]


def compared(name, samples):
    """A case's row: medians of both builds, and the ratios of new to old by pairs."""
    row = {"case": name, "pairs": len(samples["new"]), "runs": samples}
    for key in ("seconds", "cpu"):
        row[key] = {who: statistics.median(run[key] for run in runs) for who, runs in samples.items()}
        ratios = [new[key] / max(old[key], 1e-9) for old, new in zip(samples["old"], samples["new"])]
        row[key]["ratio"], row[key]["low"], row[key]["high"] = interval(ratios)
    row["peak_kib"] = {who: statistics.median(run["peak_kib"] for run in runs) for who, runs in samples.items()}
    return row


def show(rows):
    """Prints the rows, and in the last line the slower cases. Returns whether there are none."""
    print(f"\n{'case':20} {'pairs':>5} {'old s':>8} {'new s':>8}   new/old (95 %)          {'CPU new/old (95 %)':24}"
          f" {'old MiB':>8} {'new MiB':>8}")
    for row in rows:
        cells = [f"{row[key]['ratio']:.3f} ({row[key]['low']:.3f} to {row[key]['high']:.3f})" for key in ("seconds", "cpu")]
        print(f"{row['case']:20} {row['pairs']:5} {row['seconds']['old']:8.2f} {row['seconds']['new']:8.2f}   {cells[0]:23}"
              f" {cells[1]:24} {row['peak_kib']['old'] / 1024:8.1f} {row['peak_kib']['new'] / 1024:8.1f}")
    slower = [row["case"] for row in rows if row["seconds"]["low"] > LIMIT]
    print(f"slower (whole interval above {LIMIT}): {', '.join(slower) or 'none'}")
    return not slower
