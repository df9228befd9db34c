"""kill -9 at random moments, and the memory of a million files."""

import os
import random
import signal
import threading
import time

from harness.cases import Case, check
from harness.programs import peers
from harness.programs.processes import run, status_kib
from harness.transfers.tls import Ends
from harness.trees import compare, damage
from harness.trees.volumes import empty_files

LIMIT_KIB = 64 << 10


def _killed(victim, seed):
    """Kills the source or the target at a moment of a pass over edited files; then runs the pass again."""
    def body(setting, folder):
        (first, old), (second, new) = setting.trees
        target, moment = folder + "/target", random.Random(seed).random()
        prepared = run([peers.STOCK_RSYNC, "-aHS", first + "/", target + "/"])
        check(prepared.code == 0, str(prepared))
        whole = setting.pass_seconds * moment
        with Ends(setting, folder, path=target) as ends:
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
        with Ends(setting, folder, path=target) as ends:
            again = ends.push(second)
            check(again.code == 0, f"the pass after it: {again}")
        differences = compare.compare(new, target)
        words = f"{victim} killed after {whole:.3f} s (seed {seed})"
        check(not differences, f"{words}: not equal afterwards", *differences[:6])
        return words
    return body


def measure_pass(setting, folder):
    """Seconds that an undisturbed pass over the edited tree takes here, which bounds the random moments."""
    os.makedirs(folder)
    with Ends(setting, folder) as ends:
        ends.push(setting.trees[0][0])
        setting.pass_seconds = ends.push(setting.trees[1][0]).seconds
    print(f"  kill: an undisturbed pass takes {setting.pass_seconds:.3f} s")


def kill_cases(full, seed):
    """Fifty moments, source and target in turn; six in the reduced form."""
    return [Case(f"kill/{('source', 'target')[number % 2]}/{seed + number}",
                 _killed(("source", "target")[number % 2], seed + number), 2) for number in range(50 if full else 6)]


def _memory(count):
    def body(setting, folder):
        source = folder + "/source"
        empty_files(source, count, folders=1000)
        with Ends(setting, folder) as ends:
            peaks, done = {}, threading.Event()

            def watch():
                while not done.wait(0.05):
                    for pid in filter(str.isdigit, os.listdir("/proc")):
                        name = _program(pid)
                        if name and str(folder) in name:
                            key = os.path.basename(name.split()[0]) + " " + name.split()[1]
                            peaks[key] = max(peaks.get(key, 0), status_kib(pid, "VmHWM"))
            watcher, start = threading.Thread(target=watch), time.monotonic()
            watcher.start()
            outcome = ends.push(source, timeout=1800)
            seconds = time.monotonic() - start
            done.set()
            watcher.join()
            check(outcome.code == 0, str(outcome))
            arrived = sum(len(files) for _, _, files in os.walk(ends.target))
            check(arrived == count, f"{arrived} of {count} files arrived")
        words = ", ".join(f"{name} {peak / 1024:.1f} MiB" for name, peak in sorted(peaks.items()))
        check(peaks and max(peaks.values()) <= LIMIT_KIB, f"more than {LIMIT_KIB >> 10} MiB: {words}")
        print(f"  memory: {count} files in {seconds:.1f} s; peak resident: {words}", flush=True)
    return body


def _program(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as line:
            return line.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def memory_cases(full):
    """A million empty files in a thousand directories; fifty thousand in the reduced form."""
    count = 1_000_000 if full else 50_000
    return [Case(f"memory/{count} files", _memory(count), 300 if full else 10)]
