"""kill -9 at random moments, and the memory of a million files."""

import fcntl
import os
import random
import shutil
import signal
import threading
import time

from harness.cases import Case, check
from harness.programs import peers
from harness.programs.processes import run, status_kib
from harness.transfers.tls import Ends
from harness.trees import compare, damage
from harness.trees.volumes import attributed_files, empty_files

LIMIT_KIB = 64 << 10


def _killed(victim, seed):
    """Kills the source or the target at a moment of a pass over edited files; then runs the pass again."""
    def body(setting, directory):
        (first, old), (second, new) = setting.trees
        target, moment = directory + "/target", random.Random(seed).random()
        prepared = run([peers.STOCK_RSYNC, "-aHS", first + "/", target + "/"])
        check(prepared.code == 0, str(prepared))
        whole = setting.pass_seconds * moment
        with Ends(setting, directory, path=target) as ends:
            if victim == "source":
                ends.push(second, kill_after=max(whole, 0.001))
            else:
                timer = threading.Timer(whole, lambda: [server.stop(signal.SIGKILL) for server in ends.servers])
                timer.start()
                outcome = ends.push(second, timeout=60)
                timer.join()
                damage.check_outcome(outcome, damage.CONNECTION_LOST | {0})
            findings = damage.torn(old, new, target)
            check(not findings, f"{victim} killed after {whole:.3f} s (seed {seed})", *findings[:6])
        with Ends(setting, directory, path=target) as ends:
            again = ends.push(second)
            check(again.code == 0, f"the pass after it: {again}")
        differences = compare.compare(new, target)
        words = f"{victim} killed after {whole:.3f} s (seed {seed})"
        check(not differences, f"{words}: not equal afterwards", *differences[:6])
        return words
    return body


def measure_pass(setting, directory, *options):
    """Seconds that an undisturbed pass over the edited tree takes here, which bounds the random moments."""
    os.makedirs(directory)
    with Ends(setting, directory) as ends:
        ends.push(setting.trees[0][0])
        seconds = ends.push(setting.trees[1][0], *options).seconds
    print(f"  kill, stop: an undisturbed pass{''.join(f' {option}' for option in options)} takes {seconds:.3f} s")
    return seconds


def kill_cases(full, seed):
    """Fifty moments, source and target in turn; six in the reduced form."""
    return [Case(f"kill/{('source', 'target')[number % 2]}/{seed + number}",
                 _killed(("source", "target")[number % 2], seed + number), 2) for number in range(50 if full else 6)]


class _Peaks:
    """The peak resident memory, in KiB, of the programs whose arguments name a directory, by program and first argument."""

    def __init__(self, directory):
        self._directory, self._done, self.sizes = str(directory), threading.Event(), {}

    def __enter__(self):
        self._watcher = threading.Thread(target=self._watch)
        self._watcher.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._watcher.join()

    def __str__(self):
        return ", ".join(f"{name} {peak / 1024:.1f} MiB" for name, peak in sorted(self.sizes.items()))

    @property
    def largest(self):
        return max(self.sizes.values(), default=0)

    def _watch(self):
        while not self._done.wait(0.05):
            for pid in filter(str.isdigit, os.listdir("/proc")):
                name = _program(pid)
                if self._directory in name and ("rsync" in name.split()[0] or "dvm-" in name.split()[0]):
                    key = os.path.basename(name.split()[0]) + " " + name.split()[1]
                    self.sizes[key] = max(self.sizes.get(key, 0), status_kib(pid, "VmHWM"))


def _alone(body):
    """One such case at a time has its files: a tmpfs has an inode for each half of its pages, too few for two with a million."""
    def alone(setting, directory):
        with open(f"{setting.root}/many-files.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                body(setting, directory)
            finally:
                shutil.rmtree(directory, ignore_errors=True)
    return alone


def _memory(count):
    def body(setting, directory):
        source = directory + "/source"
        empty_files(source, count, directories=1000)
        with Ends(setting, directory) as ends:
            start = time.monotonic()
            with _Peaks(directory) as peaks:
                outcome = ends.push(source, timeout=1800)
            seconds = time.monotonic() - start
            check(outcome.code == 0, str(outcome))
            _check_arrived(count, ends.target)
        check(0 < peaks.largest <= LIMIT_KIB, f"more than {LIMIT_KIB >> 10} MiB: {peaks}")
        print(f"  memory: {count} files in {seconds:.1f} s; peak resident: {peaks}", flush=True)
    return _alone(body)


def _beside_stock(count, options, maker=empty_files):
    """A first and an unchanged pass of dvm-rsync: its largest process has at most twice the memory of stock's.

    Where stock needs very little, because it drops lists that are done, our program itself takes more: then LIMIT_KIB holds.
    """
    def body(setting, directory):
        source, sizes = directory + "/source", {}
        maker(source, count, directories=1000)
        for program in (peers.STOCK_RSYNC, peers.DVM_RSYNC):
            target = f"{directory}/target-{os.path.basename(program)}"
            argv = [program, "-aHAX", "--delete", *options, "-e", setting.shell, f"--rsync-path={program}",
                    source + "/", f"nowhere:{target}/"]
            for times in ("first", "unchanged"):
                with _Peaks(directory) as peaks:
                    outcome = run(argv, 1800)
                check(outcome.code == 0, str(outcome))
                sizes[program, times] = peaks.largest
                print(f"  memory: {count} files{''.join(' ' + option for option in options)}, {times} pass in {outcome.seconds:.1f} s; "
                      f"peak resident: {peaks}", flush=True)
            _check_arrived(count, target)
            shutil.rmtree(target)
        for times in ("first", "unchanged"):
            stock, ours = sizes[peers.STOCK_RSYNC, times], sizes[peers.DVM_RSYNC, times]
            check(0 < ours <= max(2 * stock, LIMIT_KIB), f"{times} pass: {ours} KiB, more than twice the {stock} KiB of stock")
    return _alone(body)


def _check_arrived(count, target):
    arrived = sum(len(files) for _, _, files in os.walk(target))
    check(arrived == count, f"{arrived} of {count} files arrived")


def _program(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line:
            return line.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def memory_cases(full):
    """A million empty files in a thousand directories; fifty thousand in the reduced form. And files with attributes.

    Stock's memory is compared only for the million: with few files the program itself takes most of ours.
    """
    count, attributed = 1_000_000 if full else 50_000, 20_000
    cases = [Case(f"memory/{count} files", _memory(count), 300 if full else 10),
             Case(f"memory/{attributed} files with attributes", _beside_stock(attributed, (), attributed_files), 10)]
    if full:
        cases += [Case(f"memory/{count} files beside stock/{name}", _beside_stock(count, options), 300)
                  for name, options in (("incremental", ()), ("whole list", ("--no-inc-recursive",)))]
    return cases
