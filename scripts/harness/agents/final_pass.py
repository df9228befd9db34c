"""The last pass after writers have stopped: the target is then equal to the source."""

import contextlib
import heapq
import os
import subprocess
import threading
import time

from harness.cases import Case, Failure, Skipped, check
from harness.programs import peers
from harness.programs.background import Background, Relay
from harness.programs.processes import run
from harness.programs.stalled_write import StalledWrite
from harness.transfers.tls import Ends
from harness.trees import compare

REDUCED, FULL = 6, 200
SIZE = 4096
TICK = 10_000_000  # the longest tick of Linux, in nanoseconds


class Writer(Background):
    """Changes the content of files of a fixed size every 20 ms."""

    def __init__(self, directory, count=1, period=0.02):
        super().__init__()
        self.paths = [f"{directory}/state{number}" for number in range(count)]
        self.period, self.number = period, 0
        for path in self.paths:
            with open(path, "wb") as handle:
                handle.write(bytes(SIZE))
        self.handles = [os.open(path, os.O_WRONLY) for path in self.paths]

    def __exit__(self, *details):
        super().__exit__(*details)
        for handle in self.handles:
            os.close(handle)

    def work(self):
        while not self.done.wait(self.period):
            self.change()

    def put(self, handle):
        """Writes the next content: all of it differs from the last one."""
        self.number += 1
        os.pwrite(handle, b"%08d" % self.number * (SIZE // 8), 0)

    def change(self):
        for handle in self.handles:
            self.put(handle)

    def contradictions(self, target):
        """Files at the target whose content is older than their time says."""
        return []


class TickWriter(Writer):
    """Writes each file twice with one modification time, as can happen on kernels with ticks of 10 ms.

    The time is a little ahead, as with a file server's clock: that gives a pass more time to read in between. The files
    take turns, so that whenever one is read, the second write of some is still pending.
    """

    def __init__(self, directory):
        self.settled = {}  # the last content that each file had with each time
        super().__init__(directory, count=20)

    def work(self):
        turns = [(time.time_ns() + number * TICK // 20, number, 0) for number in range(len(self.handles))]
        while not self.done.is_set():
            due, number, moment = heapq.heappop(turns)
            time.sleep(max(0, due - time.time_ns()) / 1e9)
            again = self._first(number) if moment == 0 else self._second(number, moment)
            heapq.heappush(turns, (*again[:1], number, *again[1:]))

    def _write(self, number, moment):
        self.put(self.handles[number])
        os.utime(self.handles[number], ns=(moment, moment))
        self.settled[os.path.basename(self.paths[number]), moment] = self.number

    def _first(self, number):
        moment = time.time_ns() + TICK * 9 // 10
        self._write(number, moment)
        return moment + TICK * 8 // 10, moment

    def _second(self, number, moment):
        # Too late for this tick: a write now would get a different time.
        if time.time_ns() - moment < TICK * 9 // 10:
            self._write(number, moment)
            if time.time_ns() - moment > TICK:
                os.utime(self.handles[number])
                del self.settled[os.path.basename(self.paths[number]), moment]
        return time.time_ns(), 0

    def contradictions(self, target):
        wrong = []
        for path in self.paths:
            name = os.path.basename(path)
            last = self.settled.get((name, os.stat(f"{target}/{name}").st_mtime_ns))
            with open(f"{target}/{name}", "rb") as handle:
                # Later content does not count: the source then has a later time, and the next pass detects it.
                if last is not None and int(handle.read(8)) < last:
                    wrong.append(name)
        return wrong


class OlderProtocol(Relay):
    """Lowers the protocol version that a daemon and its client announce to `version`."""

    def __init__(self, port, version):
        super().__init__(port)
        self.version = version

    def carry(self, near, far, towards):
        line = b""
        while not line.endswith(b"\n"):
            piece = near.recv(1)
            if not piece:
                break
            line += piece
        if line.startswith(b"@RSYNCD: "):
            line = b"@RSYNCD: %d.0" % self.version + line[line.index(b"."):][2:]
        far.sendall(line)
        self.forward(near, far)


@contextlib.contextmanager
def stock_target(setting, directory, program=None, extra="", version=None):
    """A stock daemon behind stock stunnel."""
    target = f"{directory}/target"
    os.makedirs(target, exist_ok=True)
    with contextlib.ExitStack() as stack:
        daemon = stack.enter_context(peers.rsync_daemon(
            program or peers.STOCK_RSYNC, directory, {"data": (target, extra)}, setting.keys.credentials))
        port = stack.enter_context(OlderProtocol(daemon.port, version)).port if version else daemon.port
        tls = stack.enter_context(peers.stunnel_server(directory, setting.keys, port))
        yield target, lambda source, *options: run(peers.dvm_source(setting.keys, source, tls.port, *options))


@contextlib.contextmanager
def agents(setting, directory, source="dvm", target="dvm"):
    """Our agents, or stock rsync behind stock stunnel at one end."""
    with Ends(setting, directory, source, target) as ends:
        yield ends.target, ends.push


@contextlib.contextmanager
def local(setting, directory):
    """Our rsync, local."""
    yield f"{directory}/target", lambda source, *options: run(
        [peers.DVM_RSYNC, "-aH", *(options or ("-@-1",)), f"{source}/", f"{directory}/target/"])


@contextlib.contextmanager
def over_shell(setting, directory):
    """Our rsync at both ends of a remote shell."""
    yield f"{directory}/target", lambda source, *options: run(
        [peers.DVM_RSYNC, "-aH", *(options or ("--modify-window=-1",)), "-e", setting.shell,
         f"--rsync-path={peers.DVM_RSYNC}", f"{source}/", f"nowhere:{directory}/target/"])


@contextlib.contextmanager
def older_target(setting, directory):
    """A stock daemon of another release."""
    if not os.path.exists(peers.OLDER_RSYNC):
        raise Skipped(f"{peers.OLDER_RSYNC} is not there: scripts/install-needed gets it")
    with stock_target(setting, directory, peers.OLDER_RSYNC) as ends:
        yield ends


def _differing(source, target):
    """The names whose contents differ."""
    names = [name for name in os.listdir(source) if os.path.isfile(f"{source}/{name}")]
    return [name for name in names if compare.digest(f"{source}/{name}") != compare.digest(f"{target}/{name}")]


def _rounds(make, writer, rounds, *options, settle=0.1):
    """A pass while a writer works, and a final one after it has stopped, repeatedly."""
    def body(setting, directory):
        source, wrong = f"{directory}/source", []
        os.makedirs(source)
        with make(setting, directory) as (target, push):
            for number in range(rounds(setting)):
                with writer(source) as writing:
                    time.sleep(0.05)  # passes begin at any moment of the writer's work
                    first = push(source, *options)
                    time.sleep(settle)
                early = writing.contradictions(target)
                final = push(source, *options)
                check(first.code == 0 and final.code == 0, f"round {number}: {first}; {final}")
                stale = _differing(source, target)
                if stale or early:
                    wrong.append(f"round {number}: exit 0 with stale {stale}, an earlier content with the time of {early}")
        if wrong:
            raise Failure(f"{len(wrong)} of {rounds(setting)} final passes are wrong", *wrong[:4])
        return f"{rounds(setting)} final passes, 0 wrong"
    return body


def _stalled(make, *during):
    """A write(2) that has set the time and not yet the content: the pass waits for it."""
    def body(setting, directory):
        source = f"{directory}/source"
        os.makedirs(source)
        path = f"{source}/state"
        with open(path, "wb") as handle:
            handle.write(b"old" * (2 * StalledWrite.PAGE // 3 + 1))
        os.truncate(path, 2 * StalledWrite.PAGE)
        with make(setting, directory) as (target, push):
            first = push(source)
            with StalledWrite(path):
                threading.Timer(1, StalledWrite.release).start()
                second = push(source, *during)
            final = push(source)
            codes = [outcome.code for outcome in (first, second, final)]
            check(codes == [0, 0, 0], f"{first}; {second}; {final}")
            check(not _differing(source, target), "exit 0, and the target holds what the write replaced")
    return body


# What differs between the two ends: seconds and nanoseconds after 2024, content, permissions; source first.
_STATES = {
    "same second": ((5, 123_456_789, b"aaaa", 0o644), (5, 500_000_000, b"aaaa", 0o644)),
    "one second": ((5, 123_456_789, b"aaaa", 0o644), (6, 500_000_000, b"aaaa", 0o644)),
    "four seconds": ((5, 123_456_789, b"aaaa", 0o644), (9, 500_000_000, b"aaaa", 0o644)),
    "changed": ((5, 123_456_789, b"aaaa", 0o644), (5, 500_000_000, b"bbbb", 0o644)),
    "permissions": ((5, 123_456_789, b"aaaa", 0o644), (5, 500_000_000, b"aaaa", 0o600)),
    "equal": ((5, 123_456_789, b"aaaa", 0o644), (5, 123_456_789, b"aaaa", 0o644)),
}
_WINDOWS = ["", "-@-1", "--modify-window=0", "-@1", "-@ 2", "-c", "-c -@-1", "--size-only", "-@-1 --size-only", "-I",
            "-n -@-1", "-n", "--protocol=30", "--protocol=30 -@-1"]


def _prepare(directory):
    """Two trees that differ by times."""
    for side, root in enumerate((f"{directory}/source", f"{directory}/target")):
        os.makedirs(f"{root}/directory")
        os.symlink("there", f"{root}/link")
        os.mkfifo(f"{root}/pipe")
        for name, states in _STATES.items():
            second, nanosecond, content, mode = states[side]
            with open(f"{root}/{name}", "wb") as handle:
                handle.write(content)
            os.chmod(f"{root}/{name}", mode)
            _set(f"{root}/{name}", second, nanosecond)
        for name in ("directory", "link", "pipe", "."):
            _set(f"{root}/{name}", *_STATES["same second"][side][:2])
    return f"{directory}/source/", f"{directory}/target/"


def _set(path, second, nanosecond):
    moment = (1_704_067_200 + second) * 10**9 + nanosecond
    os.utime(path, ns=(moment, moment), follow_symlinks=False)


def _as_stock(words, remote):
    """Each option for times with ours and with stock: same lines, same times, same contents."""
    def body(setting, directory):
        found = {}
        for who, program in (("stock", peers.STOCK_RSYNC), ("ours", peers.DVM_RSYNC)):
            source, target = _prepare(f"{directory}/{who}")
            shell = ["-e", setting.shell, f"--rsync-path={program}", "--no-W"] if remote else []
            outcome = run([program, "-ai", *shell, *words.split(), source, ("nowhere:" if remote else "") + target])
            state = {name: (entry.mtime, entry.value) for name, entry in compare.manifest(target).items()}
            found[who] = (outcome.code, sorted(outcome.out.splitlines()), state)
        for what, stock, ours in zip(("exit code", "lines", "tree"), *found.values()):
            check(stock == ours, f"{what} differ", f"stock: {stock}", f"ours:  {ours}")
    return body


def _refused_window(setting, directory):
    """With a module that refuses --modify-window, the pass succeeds and reports that it compared seconds."""
    os.makedirs(f"{directory}/source")
    with stock_target(setting, directory, extra="refuse options = modify-window") as (target, push):
        _expect_seconds(push, f"{directory}/source", target)


def _protocol_30(setting, directory):
    """Protocol 30 has whole seconds, and the summary says so."""
    os.makedirs(f"{directory}/source")
    with stock_target(setting, directory, version=30) as (target, push):
        _expect_seconds(push, f"{directory}/source", target)


def _expect_seconds(push, source, target):
    with open(f"{source}/file", "wb") as handle:
        handle.write(b"content")
    text = push(source, "--progress", "lines")
    check(text.code == 0, str(text))
    check(b"compared in whole seconds" in text.out, f"not said: {text.out.decode()} {text}")
    figures = push(source, "--progress", "json")
    line = b'"timeGrainNanoseconds":1000000000,'
    check(figures.code == 0 and line in figures.out, f"not said: {figures.out.decode()} {figures}")
    return text
    check(not _differing(source, target), "contents differ")


def _coarse_grain(setting, directory):
    """A file system that keeps whole seconds: unchanged files are not sent again, changed ones are."""
    if os.geteuid():
        raise Skipped("needs root")
    image, target, source = f"{directory}/image", f"{directory}/mounted", f"{directory}/source"
    os.makedirs(target)
    os.makedirs(source)
    subprocess.run(["truncate", "-s", "40M", image], check=True)
    subprocess.run(["mkfs.ext4", "-q", "-I", "128", image], check=True, capture_output=True)
    subprocess.run(["mount", "-o", "loop", image, target], check=True)
    try:
        for name in ("kept", "changed"):
            with open(f"{source}/{name}", "wb") as handle:
                handle.write(b"content")
            _set(f"{source}/{name}", 5, 123_456_789)
        with Ends(setting, directory, path=target) as ends:
            first = ends.push(source, "--progress", "lines")
            _set(f"{source}/changed", 6, 123_456_789)
            second = ends.push(source, "--progress", "lines")
        check(first.code == 0 and second.code == 0, f"{first}; {second}")
        check(b"transferred 2" in first.out and b"transferred 1" in second.out, str(second.out.decode()))
        check(b"compared in whole seconds" in second.out, f"not said: {second.out.decode()}")
    finally:
        subprocess.run(["umount", "-l", target], check=True)


def _touched(setting, directory):
    """A file that was only touched costs its block sums, and then has the new time."""
    source = f"{directory}/source"
    os.makedirs(source)
    with open(f"{source}/file", "wb") as handle:
        handle.write(os.urandom(1 << 20))
    _set(f"{source}/file", 5, 1)
    with Ends(setting, directory) as ends:
        first = ends.push(source, "--progress", "lines")
        _set(f"{source}/file", 5, 2)
        second = ends.push(source, "--progress", "lines")
        check(first.code == 0 and second.code == 0, f"{first}; {second}")
        check(b"literal data 0.00KiB" in second.out and b"transferred 1" in second.out, str(second.out.decode()))
        check(b"times compared" not in second.out, second.out.decode())
        times = [os.stat(f"{path}/file").st_mtime_ns for path in (source, ends.target)]
        check(times[0] == times[1], f"times differ: {times}")


def final_cases(full, is_stock):
    """Writers of each kind against each pair of ends, and the reports about times."""
    def rounds(_):
        return FULL if full else REDUCED

    def few(_):
        return FULL // 4 if full else 3

    cases = [Case("final/writer/dvm-rsync over a shell", _rounds(over_shell, Writer, rounds))]
    cases += [Case(f"final/as stock/{'remote' if remote else 'local'} {words or 'default'}", _as_stock(words, remote))
              for words in _WINDOWS for remote in (False, True) if remote or "protocol" not in words]
    if is_stock:  # stock has no agents, and reads a file at any time
        return cases
    ends = {"dvm to dvm": agents, "stock to dvm": lambda *a: agents(*a, source="stock"),
            "dvm to stock": stock_target, "dvm to older stock": older_target}
    cases += [Case(f"final/writer/{name}", _rounds(make, Writer, rounds)) for name, make in ends.items()]
    cases += [Case(f"final/equal times/{name}", _rounds(make, TickWriter, few, settle=0))
              for name, make in [("dvm to dvm", agents), ("dvm to stock", stock_target), ("dvm-rsync", local)]]
    cases += [Case(f"final/write under way/{name}", _stalled(make, *during))
              for name, make, during in [("dvm to dvm", agents, []), ("dvm-rsync", local, []),
                                         ("sums, and then times", local, ["-c", "-@-1"])]]
    cases += [Case("final/said/protocol 30", _protocol_30), Case("final/said/refused option", _refused_window),
              Case("final/coarse grain", _coarse_grain), Case("final/touched", _touched)]
    return cases
