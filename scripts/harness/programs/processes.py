"""Starting, timing and ending programs; free ports; temporary directories in memory."""

import contextlib
import os
import random
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass

from harness.programs.background import Background


@dataclass
class Outcome:
    """The result of a finished program. `code` is negative for a signal, 999 for our own timeout."""
    code: int
    out: bytes
    err: bytes
    seconds: float

    def lines(self):
        """Standard error as text lines, blank ones left out."""
        return [line for line in self.err.decode(errors="replace").splitlines() if line.strip()]

    def __str__(self):
        return f"exit {self.code}: " + (" | ".join(self.lines())[-600:] or "(nothing on stderr)")


def run(argv, timeout=45, cwd=None, env=None, kill_after=None):
    """Runs a program to its end. `kill_after` seconds after the start it gets SIGKILL."""
    start = time.monotonic()
    environment = dict(os.environ, **(env or {}))
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=cwd, env=environment, start_new_session=True) as process:
        try:
            out, err = process.communicate(timeout=kill_after or timeout)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            code = -signal.SIGKILL if kill_after else 999
    return Outcome(code, out, err, time.monotonic() - start)


@contextlib.contextmanager
def started(argv, **options):
    """A program that runs during a case; it is ended in any case, since a case that fails does not wait for it."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, **options) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def scratch(label):
    """A directory on /dev/shm (or the usual temporary place), gone at the end."""
    place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    path = tempfile.mkdtemp(prefix=f"dvm-{label}.", dir=place)
    os.chmod(path, 0o755)
    try:
        yield path
    finally:
        remove(path)


def remove(path):
    """Removes a tree, however deep it is: copies of links that lead up may have thousands of levels."""
    subprocess.run(["rm", "-rf", "--", path], check=False)


def free_port():
    """A free TCP port outside the kernel's ephemeral range."""
    while True:
        port = random.SystemRandom().randrange(12_000, 32_000)
        if not listens(port):
            return port


def listens(port):
    """Whether some socket listens on the port, without connecting to it."""
    return _has_socket(port, "0A")


def connected(port):
    """Whether the port has a connection."""
    return _has_socket(port, "01")


def _has_socket(port, state):
    """Whether a socket of this machine with this port is in a state of proc_net_tcp(5)."""
    mark = f":{port:04X}"
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError), open(table) as rows:
            for row in rows:
                fields = row.split()
                if fields[1].endswith(mark) and fields[3] == state:
                    return True
    return False


class Server:
    """A daemon for the duration of a `with`. It is killed with this process, together with its children."""

    def __init__(self, argv, port, log, env=None):
        self.argv, self.port, self.log, self.env = argv, port, log, env
        self.rusage = None

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *self.argv], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, env=dict(os.environ, **(self.env or {})))
        deadline = time.monotonic() + 20
        while not listens(self.port):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"{self.argv[0]} does not listen on {self.port}: {self.log_text()[-800:]}")
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.stop(signal.SIGTERM)

    def stop(self, number):
        """Stops the server with its whole process group and records its resource usage."""
        if self.process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        watchdog = threading.Timer(5, lambda: os.killpg(self.process.pid, signal.SIGKILL))
        watchdog.start()
        _, status, self.rusage = os.wait4(self.process.pid, 0)
        watchdog.cancel()
        self.process.returncode = os.waitstatus_to_exitcode(status)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def settle(self, seconds=5):
        """Waits until the server has ended its sessions, so that their CPU time is in its own account."""
        deadline = time.monotonic() + seconds
        while len(descendants(self.process.pid)) > 1 and time.monotonic() < deadline:
            time.sleep(0.005)

    def log_text(self):
        """What the server printed so far."""
        with open(self.log, errors="replace") as log:
            return log.read()


def descendants(pid):
    """The process and all below it."""
    found = [pid]
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                for child in children.read().split():
                    found += descendants(int(child))
    return found


def status_kib(pid, field):
    """A field of /proc/PID/status in KiB, such as VmHWM; 0 when the process is gone."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as lines:
        for line in lines:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    return 0


class MemoryWatch(Background):
    """Samples the memory of processes and their descendants: the peak of each one, and the peak of the sum, in KiB."""

    def __init__(self, pids, interval=0.02):
        super().__init__()
        self.pids, self.interval = pids, interval
        self.peak_sum, self.peak_each = 0, {}  # sum: resident at one moment; each: the kernel's own high-water mark

    def work(self):
        while not self.done.wait(self.interval):
            total = 0
            for root in list(self.pids):
                for pid in descendants(root):
                    total += status_kib(pid, "VmRSS")
                    self.peak_each[root] = max(self.peak_each.get(root, 0), status_kib(pid, "VmHWM"))
            self.peak_sum = max(self.peak_sum, total)
