"""Passes: begun in the source's agent, which runs them, and shown until they end, however often the stream of an exec breaks."""

import json
import subprocess
import time

from pods import Refused

# Seconds: the longest pause between two tries, and how long the agent of a running pass may be out of reach.
LONGEST_PAUSE, LONGEST_ABSENCE = 60, 600
# The end of a pass that `dvm-source stop` ended: whoever stopped it does not want it tried again.
STOPPED = "DVM-4004"


def run_pass(source, kind):
    """One pass of the source's job, of a kind.

    Returns the pass's end as `dvm-source status --json` tells it. A pass that runs already is waited for first."""
    number = _status(source)["pass"]
    status = _follow(source)
    if status["pass"] != number:
        raise Refused(f"{source.name}: someone else began pass {status['pass']}")
    source.run("dvm-source", "start", "--pass", kind)
    status = _follow(source)
    if status["pass"] != number + 1 or not status["last"]:
        raise Refused(f"{source.name}: pass {number + 1} was begun, but its agent knows pass {status['pass']}: was the pod restarted?")
    return status["last"]


def _follow(source):
    """Shows the running pass until it has ended. The stream of an exec may break: the pass goes on, and is shown again."""
    while (status := _status(source))["state"] not in ("idle", "ended"):
        source.show("dvm-source", "attach", "--progress", "lines")
        time.sleep(1)
    return status


def _status(source):
    """The agent's status, asked again while an exec fails, which says nothing about the agent."""
    deadline, pause = time.monotonic() + LONGEST_ABSENCE, 1
    while True:
        try:
            return source.json("dvm-source", "status", "--json")
        except Refused:
            if time.monotonic() > deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def repeat_pass(source, kind, tries):
    """Passes until one is well, as long as its failure may pass by itself: stage while the application runs, cutover when it is stopped.

    Returns whether the last one is well, and its end."""
    for number in range(1, tries + 1):
        end = run_pass(source, kind)
        reason = f", {end['code']}: {end['reason']}" if end["code"] else ""
        print(f"{kind}, pass {end['pass']}: {end['outcome']}, exit code {end['exitCode']}{reason}", flush=True)
        well = end["exitCode"] == 0
        if well or not end["retryable"] or end["code"] == STOPPED or number == tries:
            return well, end
        time.sleep(min(2 ** number, LONGEST_PAUSE))
    raise AssertionError("at least one try")


def cutover(source, tries, quiesce, unquiesce):
    """Stops the application by a command and makes the last pass; starts the application again if one of them failed.

    Returns what `repeat_pass` does. When that cannot be known, which raises `Refused`, the application stays stopped: the pass may yet succeed."""
    if quiesce and (code := subprocess.run(quiesce, shell=True).returncode):
        _start_again(unquiesce)
        raise Refused(f"{quiesce} ended with exit code {code}")
    well, end = repeat_pass(source, "cutover", tries)
    if not well:
        _start_again(unquiesce)
    return well, end


def _start_again(unquiesce):
    if not unquiesce:
        print("the application stays stopped, for there is no --unquiesce")
    elif code := subprocess.run(unquiesce, shell=True).returncode:
        print(f"the application may still be stopped: {unquiesce} ended with exit code {code}")


def verify(source, job):
    """Compares the content of every file at both ends; returns what differed, a line each.

    It is a pass that compares checksums and then has nothing to transfer. It runs beside the agent, in an exec of its own."""
    output = source.run("dvm-source", "transfer", "--job", job, "--checksum", "--progress", "json", "--control", "@dvm-verify",
                        "--termination-log", "/dev/null", accepted=range(256), patience=None)
    ends = [event for event in map(json.loads, filter(None, output.splitlines())) if event["event"] == "finished"]
    if not ends:
        raise Refused(f"{source.name}: the verification ended before it began: {output.strip()[-800:]}")
    return [finding for end in ends for finding in _findings(end)]


def _findings(end):
    """What the end of a verifying pass says of a volume."""
    if end["exitCode"] != 0:
        yield f"{end['volume']}: exit code {end['exitCode']}, {end['code']}: {end['error']}"
    for count, what in ((end["filesTransferred"], "files differed"), (end["created"], "entries were missing"),
                        (end["deleted"], "entries were too many")):
        if count:
            yield f"{end['volume']}: {count} {what} at the target, and were put right"
