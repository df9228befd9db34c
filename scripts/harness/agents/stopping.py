"""SIGTERM at random moments: an agent ends in time, says how, and the next pass completes."""

import json
import os
import random
import signal
import subprocess
import time

from harness.cases import Case, check
from harness.programs import peers
from harness.programs.processes import Outcome, run
from harness.programs.pushing import source
from harness.transfers.tls import Ends
from harness.trees import compare, damage

LIMIT = 5
MEMBERS = {"schema", "program", "version", "outcome", "exitCode", "code", "reason", "remedy", "retryable", "volume", "counts"}


def _report(path, code):
    """The termination message in a file, which has to be about this exit code."""
    check(os.path.getsize(path) <= 4096, f"{path} has {os.path.getsize(path)} bytes")
    with open(path, encoding="utf-8") as handle:
        report = json.load(handle)
    check(set(report) == MEMBERS and report["exitCode"] == code, f"exit code {code}, termination message {report}")
    check(report["outcome"] == ("complete" if code == 0 else "incomplete"), str(report))
    check(code == 0 or report["retryable"], f"not retryable: {report}")
    return report


def _stopped(victim, seed):
    """Stops the source or the target at a moment of a pass over edited files; then runs the pass again."""
    def body(setting, directory):
        (first, old), (second, new) = setting.trees
        target, moment = f"{directory}/target", random.Random(seed).random()
        prepared = run([peers.STOCK_RSYNC, "-aHS", first + "/", target + "/"])
        check(prepared.code == 0, str(prepared))
        log = {name: f"{directory}/{name}.json" for name in ("source", "target")}
        words = f"{victim} stopped after {moment * setting.pass_seconds:.3f} s (seed {seed})"
        with Ends(setting, directory, path=target, serve=("--termination-log", log["target"])) as ends:
            argv = source(ends, second, "--delete", "--termination-log", log["source"])
            with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as push:
                # Before it has started it does not take signals yet.
                time.sleep(0.1 + moment * setting.pass_seconds)
                begin = time.monotonic()
                server = ends.servers[0]
                if victim == "target":
                    server.stop(signal.SIGTERM)
                    check(server.process.returncode in (0, 20), f"{words}: {server.process.returncode}: {server.log_text()}")
                    check(time.monotonic() - begin < LIMIT, f"{words}: {time.monotonic() - begin:.1f} s")
                    _report(log["target"], server.process.returncode)
                else:
                    push.send_signal(signal.SIGTERM)
                out, err = push.communicate(timeout=30)
                seconds = time.monotonic() - begin
            outcome = Outcome(push.returncode, out, err, seconds)
            check(seconds < LIMIT or victim == "target", f"{words}: the source took {seconds:.1f} s")
            if victim == "source":
                check(outcome.code in (0, 20), f"{words}: {outcome}")
                _report(log["source"], outcome.code)
            elif server.process.returncode == 20:
                check(outcome.code == 20 and b"DVM-4002" in err, f"{words}: the source of a stopped target: {outcome}")
            findings = damage.torn(old, new, target)
            check(not findings, words, *findings[:6])
        with Ends(setting, directory, path=target) as ends:
            again = ends.push(second)
            check(again.code == 0, f"{words}: the pass after it: {again}")
        differences = compare.compare(new, target)
        check(not differences, f"{words}: not equal afterwards", *differences[:6])
        return words
    return body


def stopping_cases(full, seed):
    """Fifty moments for each agent; three in the reduced form."""
    return [Case(f"stop/{victim}/{seed + number}", _stopped(victim, seed + number), 2)
            for number in range(50 if full else 3) for victim in ("source", "target")]
