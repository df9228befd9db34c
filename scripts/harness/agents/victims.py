"""An agent that is going to be stopped, alone or as process 1: when it takes signals, which children it leaves uncollected, and what is left
of it."""

import contextlib
import os
import signal
import time

from harness.cases import check
from harness.programs import peers
from harness.programs.background import Background
from harness.programs.processes import descendants
from harness.programs.pushing import wait_for

# The shell leaves a child to the program that takes its place, as an exec in a pod does.
FIRST = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", "(sleep 0.1 &); exec \"$@\"", "--"]
MARK = "INTEROP_CASE"
# The thread of an agent that waits for signals, and how long the exit status of a child may then stay uncollected, in seconds.
SIGNALS, COLLECTED = "dvm-signals", 1


class Victim(Background):
    """The agent that a process became or started. Its environment has MARK with a value of its own."""

    def __init__(self, process, mark):
        super().__init__()
        self.process, self.mark, self.agent, self.uncollected = process, mark, None, set()

    def __enter__(self):
        wait_for(self._is_ready, f"{self.mark} takes signals")
        return super().__enter__()

    def _is_ready(self):
        """Before the agent blocks SIGTERM, to take it in a thread, process 1 would lose it and another one would end of it."""
        self.agent = next((pid for pid in descendants(self.process.pid) if _words(pid)[0] in (peers.DVM_SOURCE, peers.DVM_TARGET)), None)
        return self.process.poll() is not None or self.agent is not None and takes_signals(self.agent)

    def _collects(self):
        """Whether its thread that waits for signals runs."""
        with contextlib.suppress(OSError):
            return any(_status(f"{self.agent}/task/{thread}", "Name") == SIGNALS for thread in os.listdir(f"/proc/{self.agent}/task"))
        return False

    def ended_children(self):
        """Those whose status nobody has collected."""
        return {child for child in descendants(self.agent)[1:] if (_status(child, "State") or "")[:1] == "Z"}

    def work(self):
        """Notes which children wait too long for their status to be collected."""
        since = {}
        while not self.done.wait(0.02):
            ended = self.ended_children() if self._collects() else set()
            since = {child: since.get(child, time.monotonic()) for child in ended}
            self.uncollected |= {child for child in ended if time.monotonic() - since[child] > COLLECTED}

    def stop(self, limit, words):
        """Sends SIGTERM and waits for the end; returns the exit code."""
        begin = time.monotonic()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.agent, signal.SIGTERM)
        code = self.process.wait(timeout=30)
        check(time.monotonic() - begin < limit, f"{words}: it took {time.monotonic() - begin:.1f} s")
        return code

    def has_file_open(self, directory):
        """Whether the agent has a file open in this directory, with or without a name."""
        with contextlib.suppress(OSError):
            open_files = [f"/proc/{self.agent}/fd/{number}" for number in os.listdir(f"/proc/{self.agent}/fd")]
            return any(os.readlink(path).startswith(f"{directory}/") and os.path.isfile(path) for path in open_files)
        return False

    def check_gone(self, words):
        """No process that the agent started is left, and none was left to be collected."""
        check(not self.uncollected, f"{words}: children {self.uncollected} were not collected")
        wait_for(lambda: not _marked(self.mark), f"{words}: processes are left: {[_words(pid) for pid in _marked(self.mark)]}", 5)


def takes_signals(pid):
    """Whether a program blocks SIGTERM."""
    return int(_status(pid, "SigBlk") or "0", 16) >> (signal.SIGTERM - 1) & 1


def _marked(mark):
    """The processes with this mark in their environment."""
    line, found = f"{MARK}={mark}".encode(), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as environment:
            if line in environment.read().split(b"\0"):
                found.append(int(pid))
    return found


def _words(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as line:
        return line.read().decode(errors="replace").split("\0")
    return [""]


def _status(pid, field):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/status") as lines:
        for line in lines:
            if line.startswith(field + ":"):
                return line.split(":", 1)[1].strip()
    return None
