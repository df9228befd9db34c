"""Many volumes from one source to one target, some at once: the memory of both sides, and that nothing of one volume gets into another.

All volumes have the same names, lengths and times, and other bytes each."""

import json
import os
import shutil
import subprocess

from harness.cases import Case, check, check_equal_trees
from harness.programs import peers, schema
from harness.programs.processes import MemoryWatch, Outcome, status_kib
from harness.trees import compare

LIMIT_KIB = 128 << 10
AT_ONCE = 8
TIME = 1_600_000_000


def _put(volume, number, version):
    """Writes a file whose content tells the volume; the length and the time do not."""
    path = f"{volume}/d{number % 20}/f{number}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as handle:
        handle.write(f"{os.path.basename(volume):>8} {number:8} {version:8}\n" * (1 + number % 40))
    os.utime(path, (TIME + version,) * 2)


class _Volumes:
    """The volumes of both sides, and the job with all of them."""

    def __init__(self, setting, directory, count, files):
        self.keys, self.directory, self.names, self.files = setting.keys, directory, [f"v{number}" for number in range(count)], files
        for name in self.names:
            os.makedirs(f"{directory}/to/{name}")
            for number in range(files):
                _put(self.source(name), number, 0)

    def source(self, name):
        return f"{self.directory}/from/{name}"

    def change(self):
        """Changes other files, and another number of them, in each volume, and moves one; returns how many by the volume's name."""
        changes = {}
        for index, name in enumerate(self.names):
            first, count = index % 7, 1 + index % (self.files // 2)
            for number in range(first, first + count):
                _put(self.source(name), number, 1 + index)
            os.rename(f"{self.source(name)}/d{(self.files - 1) % 20}/f{self.files - 1}", f"{self.source(name)}/moved")
            changes[name] = count + 1
        return changes

    def push(self, port, server):
        """A pass over all volumes; returns its record and the peaks of both sides in KiB."""
        record, job = f"{self.directory}/record.json", f"{self.directory}/job.json"
        volumes = [{"name": name, "path": self.source(name)} for name in self.names]
        peers.write(job, json.dumps({"parallel": AT_ONCE, "record": record, "pass": "cutover", "volumes": volumes}))
        argv = [peers.DVM_SOURCE, "transfer", "--job", job, "--target", f"127.0.0.1:{port}", "--ca", self.keys.ca, "--server-name",
                "localhost", "--user", peers.USER, "--password-file", self.keys.password, "--progress", "none"]
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as push:
            with MemoryWatch([push.pid]) as watch:
                outcome = Outcome(push.wait(timeout=900), *push.communicate(), 0)
        check(outcome.code == 0, str(outcome))
        with open(record, encoding="utf-8") as handle:
            value = json.load(handle)
        check(not schema.faults("pass-record", value), *schema.faults("pass-record", value))
        return value, watch.peak_each[push.pid], status_kib(server.process.pid, "VmHWM")

    def check_equal(self, when):
        for name in self.names:
            check_equal_trees(compare.compare(self.source(name), f"{self.directory}/to/{name}"), f"{when}, volume {name}: trees differ")


def _many(count, files):
    def body(setting, directory):
        volumes = _Volumes(setting, directory, count, files)
        paths = {name: f"{directory}/to/{name}" for name in volumes.names}
        peaks = []
        with peers.dvm_target(directory, setting.keys, paths) as server:
            for when in ("first pass", "after changes"):
                changes = volumes.change() if peaks else dict.fromkeys(volumes.names, files)
                record, *both = volumes.push(server.port, server)
                peaks.append(both)
                volumes.check_equal(when)
                figures = {volume["name"]: volume["changed"] for volume in record["volumes"]}
                check(figures == changes, f"{when}: changed files by volume {figures}, wanted {changes}")
        words = "; ".join(f"source {ours / 1024:.1f} MiB, target {theirs / 1024:.1f} MiB" for ours, theirs in peaks)
        check(max(map(max, peaks)) < LIMIT_KIB, f"more than {LIMIT_KIB >> 10} MiB: {words}")
        shutil.rmtree(directory, ignore_errors=True)
        return f"{count} volumes of {files} files, {AT_ONCE} at once: peak resident {words}"
    return body


def many_volumes_cases(full):
    """A hundred volumes of 1,000 files; 24 of 200 in the reduced form."""
    count, files = (100, 1000) if full else (24, 200)
    return [Case(f"memory/{count} volumes of {files} files", _many(count, files), 90 if full else 10)]
