"""A push of our source that runs during a case, and its output when refused."""

import contextlib
import json
import os
import subprocess
import time

from harness.cases import check, check_equal_trees
from harness.programs import peers
from harness.programs.processes import Outcome
from harness.trees import compare


def tree(path, label, large=0, files=3):
    """A small tree whose first file is transferred at once; `large` bytes follow it."""
    os.makedirs(path)
    for number in range(files):
        peers.write(f"{path}/a{number:03} {label}", label * 10)
    if large:
        with open(f"{path}/z large {label}", "wb") as handle:
            handle.write(os.urandom(large))
    return path


def wait_for(condition, what, seconds=20):
    """Waits until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, f"{what}: not within {seconds} s")
        time.sleep(0.01)


class Pushing:
    """A push that runs during the case; it has transferred its first file."""

    def __init__(self, argv, arrives):
        self.argv, self.arrives = argv, arrives

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        wait_for(lambda: os.path.exists(self.arrives) or self.process.poll() is not None, "the first file")
        check(self.process.poll() is None, f"it ended at once: {self.process.poll()}")
        return self

    def end(self, timeout=30):
        """Waits until it has ended."""
        out, err = self.process.communicate(timeout=timeout)
        return Outcome(self.process.returncode, out, err, 0)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        with contextlib.suppress(ValueError):
            self.process.communicate()


def source(ends, path, *options, **more):
    """The command line of our source to the ends' target."""
    return peers.dvm_source(ends.setting.keys, path, more.pop("port", ends.port), *options, **more)


def finished(outcome):
    """The last JSON object of a run with --progress json."""
    events = [json.loads(line) for line in outcome.out.decode().splitlines()]
    return [event for event in events if event["event"] == "finished"][-1]


def check_same(source_path, target, what="trees differ"):
    """As check_equal_trees; a stock target does not change a root's time that is correct to the second."""
    differences = [line for line in compare.compare(source_path, target) if not str(line).startswith("b'.': mtime")]
    check_equal_trees(differences, what)


def said(outcome):
    return outcome.err.decode(errors="replace")


def check_refused(outcome, code, words, exit_code):
    check(outcome.code == exit_code, f"wanted exit code {exit_code}: {outcome}")
    check(code in said(outcome) and words in said(outcome), f"wanted {code} and {words!r}: {outcome}")
