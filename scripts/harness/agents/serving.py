"""A source that serves: commands start, follow, slow down, pause and stop its passes, and are killed meanwhile."""

import contextlib
import json
import os
import random
import signal
import subprocess
import time

from harness.cases import Case, check, check_equal_trees
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers.tls import Ends
from harness.trees import compare

MIB = 1 << 20
SIZE = 96 * MIB
# How long both ends wait for a silent peer, and how long the pass is paused, in seconds.
SILENCE, PAUSE = 10, 33


class Agent:
    """`dvm-source serve` for the duration of a `with`, and its commands."""

    def __init__(self, ends, source, directory):
        keys = ends.setting.keys
        self.socket = f"{directory}/socket"
        self.argv = [peers.DVM_SOURCE, "serve", "--volume", f"data={source}", "--target", f"127.0.0.1:{ends.port}",
                     "--ca", keys.ca, "--server-name", "localhost", "--user", peers.USER, "--password-file", keys.password,
                     "--silence-limit", str(SILENCE), "--progress", "none", "--control", self.socket]
        self.log = f"{directory}/serve.log"

    def __enter__(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *self.argv], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)
        self.until(lambda: self.ask("status").code == 0, "the agent does not answer")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        finally:
            self.process.kill()

    def until(self, condition, words, seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            with open(self.log, errors="replace") as log:
                check(time.monotonic() < deadline, f"{words}: {log.read()[-800:]}")
            time.sleep(0.05)

    def command(self, *words):
        return [peers.DVM_SOURCE, *words, "--control", self.socket]

    def ask(self, *words, code=None):
        """Runs a command to its end; with `code` that has to be its exit code."""
        outcome = run(self.command(*words), timeout=120)
        check(code in (None, outcome.code), f"{' '.join(words)}: wanted exit code {code}: {outcome}")
        return outcome

    @contextlib.contextmanager
    def following(self, *words):
        """A command that follows the pass, after the first progress that it shows."""
        with subprocess.Popen(self.command(*words, "--progress", "json"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL) as process:
            while line := process.stdout.readline():
                if json.loads(line)["event"] == "progress":
                    break
            check(line, f"{' '.join(words)} shows no progress")
            try:
                yield process
            finally:
                process.kill()

    def status(self):
        return json.loads(self.ask("status", "--json", code=0).out)

    def moved(self):
        return self.status()["volumes"][0]["bytesMoved"]

    def rate(self, seconds):
        """Bytes per second, measured over a time."""
        start, before = time.monotonic(), self.moved()
        time.sleep(seconds)
        return (self.moved() - before) / (time.monotonic() - start)


def _tree(directory, seed):
    """One large file, and small ones."""
    source, numbers = f"{directory}/source", random.Random(seed)
    os.makedirs(f"{source}/small")
    with open(f"{source}/large", "wb") as file:
        file.write(numbers.randbytes(SIZE))
    for number in range(200):
        with open(f"{source}/small/{number}", "wb") as file:
            file.write(numbers.randbytes(numbers.randrange(2000)))
    return source


def _lost(agent):
    """Commands that follow the pass go away in several ways; the pass goes on."""
    for number, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, 20)):
        with agent.following("attach") as follower:
            follower.send_signal(number)
            check(follower.wait(timeout=10) == code, f"attach after signal {number}: {follower.returncode}")
    with agent.following("attach") as follower:
        # Nobody reads any more.
        follower.stdout.close()
        time.sleep(3)
        check(agent.status()["state"] == "running", "the pass did not outlive the reader of attach")


def _limited(agent):
    """The limit slows the pass down, and is lifted again."""
    agent.ask("limit", "512K", code=0)
    # What was read before is still in buffers.
    agent.until(lambda: agent.rate(1) < MIB, "the limit has no effect")
    slow = agent.rate(6)
    agent.ask("limit", "6M", code=0)
    agent.until(lambda: agent.rate(1) > 2 * MIB, "the higher limit has no effect")
    fast = agent.rate(2)
    check(slow < MIB and 2 * MIB < fast < 9 * MIB, f"{slow / MIB:.2f} MiB/s at 512K, {fast / MIB:.2f} at 6M")
    return f"{slow / MIB:.2f} MiB/s at 512K, {fast / MIB:.2f} at 6M"


def _paused(agent):
    """A pause outlasts the time that either end waits for a silent peer."""
    agent.ask("pause", code=0)
    agent.until(lambda: agent.status()["volumes"][0].get("phase") == "paused", "the pass is not paused")
    before = agent.moved()
    time.sleep(PAUSE)
    status = agent.status()
    check(status["state"] == "running" and status["paused"], f"after {PAUSE} s: {status}")
    check(agent.moved() == before < SIZE, f"{agent.moved() - before} bytes were sent during a pause")
    agent.ask("resume", code=0)
    agent.until(lambda: agent.moved() > before, "the pass does not go on")


def _served(target):
    def body(setting, directory):
        source = _tree(directory, 7)
        extra = () if target == "stock" else ("--silence-limit", str(SILENCE))
        with Ends(setting, directory, target=target, module_extra=f"timeout = {SILENCE}", serve=extra) as ends, \
                Agent(ends, source, directory) as agent:
            agent.ask("attach", code=4)
            agent.ask("limit", "1M", code=0)
            agent.ask("start", code=0)
            agent.ask("start", code=4)
            _lost(agent)
            note = _limited(agent)
            _paused(agent)
            with agent.following("attach") as follower:
                agent.ask("stop", code=0)
                follower.stdout.read()
                check(follower.wait(timeout=20) == 20, f"attach to a pass that was stopped: {follower.returncode}")
            last = agent.status()["last"]
            check(last["pass"] == 1 and last["exitCode"] == 20 and last["code"] == "DVM-4004", f"the last result is {last}")
            agent.ask("limit", "job", code=0)
            agent.ask("start", "--wait", "--progress", "none", code=0)
            check_equal_trees(compare.compare(compare.manifest(source), ends.target), "after the second pass")
            os.unlink(f"{source}/small/0")
            with open(f"{source}/large", "r+b") as file:
                file.write(b"changed")
            agent.ask("start", "--wait", "--progress", "none", code=0)
            check_equal_trees(compare.compare(compare.manifest(source), ends.target), "after the third pass")
            check(agent.status()["last"]["pass"] == 3, "the third pass is not the last")
            agent.process.terminate()
            check(agent.process.wait(timeout=10) == 0, f"an idle agent ended with {agent.process.returncode}")
        return note
    return body


def serving_cases():
    """A target of each kind."""
    return [Case(f"serve/{target}", _served(target), 15) for target in ("dvm", "stock")]
