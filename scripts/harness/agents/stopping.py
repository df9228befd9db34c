"""SIGTERM at random moments: an agent ends in time, says how, leaves no process behind, and the next pass completes."""

import contextlib
import json
import os
import random
import subprocess
import time

from harness.agents.victims import FIRST, MARK, Victim, takes_signals
from harness.cases import Case, Skipped, check, check_equal_trees
from harness.programs import peers, schema
from harness.programs.preloaded import slow
from harness.programs.processes import Outcome, run, started
from harness.programs.pushing import source, tree, wait_for
from harness.transfers.tls import Ends
from harness.trees import compare, damage

LIMIT = 5
# Stretches a pass, so that more moments are in the middle of content.
SLOW = ("--bwlimit", "1M")
# How long the commands before and after a pass take together, in seconds.
COMMANDS = 0.4
# How the agents run: "first" is process 1, "commands" are run before and after the pass, "serve" waits for `start`.
SOURCES = [(), ("commands",), ("first", "commands"), ("first", "commands", "serve")]
TARGETS = [(), ("first",)]


def _read(path, name):
    """A JSON file that has to be right by its schema."""
    with open(path, encoding="utf-8") as handle:
        value = json.load(handle)
    faults = schema.faults(name, value)
    check(not faults, f"{path}: {value}", *faults)
    return value


def _report(path, code):
    """The termination message in a file, which has to be about this exit code."""
    check(os.path.getsize(path) <= 4096, f"{path} has {os.path.getsize(path)} bytes")
    report = _read(path, "termination")
    check(report["exitCode"] == code, f"exit code {code}, termination message {report}")
    check(report["outcome"] == ("complete" if code == 0 else "incomplete"), str(report))
    check(code == 0 or report["code"] == "DVM-4004" and report["retryable"], f"not a stop that may be repeated: {report}")
    return report


class _Stopping:
    """A case: an old copy of the tree at the target, a source with the new one, and a moment."""

    def __init__(self, setting, directory, victim, ways, seed, *options):
        if os.geteuid() != 0 and "first" in ways:
            raise Skipped("needs root")
        (first, self.old), (self.new_path, self.new) = setting.trees
        self.setting, self.directory, self.ways = setting, directory, ways
        self.target, self.record = f"{directory}/target", f"{directory}/record.json"
        prepared = run([peers.STOCK_RSYNC, "-aHS", first + "/", self.target + "/"])
        check(prepared.code == 0, str(prepared))
        seconds = setting.slow_seconds if options else setting.pass_seconds
        self.after = random.Random(seed).random() * (seconds + COMMANDS * ("commands" in ways))
        self.words = f"{', '.join((victim, *ways, *options))} stopped after {self.after:.3f} s (seed {seed})"
        self.options = ["--delete", "--record", self.record, "--job-name", "stop", *options]
        if "commands" in ways:
            self.options += ["--before", f"(sleep 0.1 &); sleep {COMMANDS / 2}", "--after",
                             f"touch '{directory}/after'; (sleep 0.1 &); sleep {COMMANDS / 2}"]

    def log(self, agent):
        return f"{self.directory}/{agent}.json"

    def env(self, agent):
        return {MARK: f"{self.directory}/{agent}"}

    @contextlib.contextmanager
    def pushing(self, ends):
        """The source, at work."""
        argv = source(ends, self.new_path, *self.options, "--termination-log", self.log("source"))
        control = ["--control", f"{self.directory}/socket"]
        if "serve" in self.ways:
            argv = [argv[0], "serve", *argv[2:], *control]
        prefix = FIRST if "first" in self.ways else []
        with started([*prefix, *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                     env=dict(os.environ, **self.env("source"))) as push:
            if "serve" in self.ways:
                wait_for(lambda: run([argv[0], "start", *control]).code == 0, "the agent starts a pass")
            yield push

    def check_resumed(self, ends):
        """Nothing is torn, and the next pass with the same record completes."""
        findings = damage.torn(self.old, self.new, self.target)
        check(not findings, self.words, *findings[:6])
        again = ends.push(self.new_path, *self.options)
        check(again.code == 0, f"{self.words}: the pass after it: {again}")
        check_equal_trees(compare.compare(self.new, self.target), f"{self.words}: not equal afterwards")
        check(_read(self.record, "pass-record")["state"] == "ended", f"{self.words}: the record of the pass after it")


def _source_stopped(ways, seed, *options):
    """Stops the source; the target stays for the next pass."""
    def body(setting, directory):
        case = _Stopping(setting, directory, "source", ways, seed, *options)
        with Ends(setting, directory, path=case.target) as ends:
            with case.pushing(ends) as push, Victim(push, case.env("source")[MARK]) as victim:
                time.sleep(case.after)
                code = victim.stop(LIMIT, case.words)
                words = f"{case.words}: {Outcome(code, *push.communicate(timeout=10), 0)}"
            check(code in (0, 20), words)
            victim.check_gone(words)
            _report(case.log("source"), code)
            if code == 0:
                check_equal_trees(compare.compare(case.new, case.target), f"{words}: exit code 0")
            # Also for an application that was brought to rest in vain.
            check(os.path.exists(f"{directory}/after") == ("commands" in ways), f"{words}: --after was not run")
            record = _read(case.record, "pass-record")
            check((record["state"], record["exitCode"]) == ("ended", code), f"{words}: record {record}")
            case.check_resumed(ends)
        return f"{case.words}: exit code {code}"
    return body


def _target_stopped(ways, seed, *options):
    """Stops the target; its source is told, and the next pass is one to another process."""
    def body(setting, directory):
        case = _Stopping(setting, directory, "target", ways, seed, *options)
        prefix = FIRST if "first" in ways else ()
        with Ends(setting, directory, path=case.target, prefix=prefix, env=case.env("target"),
                  serve=("--termination-log", case.log("target"))) as ends:
            server = ends.servers[0]
            with Victim(server.process, case.env("target")[MARK]) as victim:
                argv = source(ends, case.new_path, *case.options, "--termination-log", case.log("source"))
                with started(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as push:
                    wait_for(lambda: push.poll() is not None or takes_signals(push.pid), "the source begins")
                    time.sleep(case.after)
                    code = victim.stop(LIMIT, case.words)
                    outcome = Outcome(push.wait(timeout=30), *push.communicate(), 0)
            words = f"{case.words}: {server.log_text()[-600:]}; its source: {outcome}"
            check(code in (0, 20), words)
            victim.check_gone(words)
            report = _report(case.log("target"), code)
            check((code == 20) == (report["counts"]["sessionsInterrupted"] > 0), f"{words}: {report}")
            if code == 20:
                check(outcome.code == 0 or outcome.code == 20 and b"DVM-4002" in outcome.err, words)
            if outcome.code == 0:
                # The source is told that everything is in place before the session ends.
                check_equal_trees(compare.compare(case.new, case.target), f"{words}: exit code 0")
        with Ends(setting, directory, path=case.target) as ends:
            case.check_resumed(ends)
        return f"{case.words}: exit codes {code}, source {outcome.code}"
    return body


def _slow_disk(victim):
    """What a disk keeps busy longer does not keep the process: a read of the source, or a write of the target, that takes 20 s."""
    def body(setting, directory):
        path, report = tree(f"{directory}/source", "one", 16 << 20), f"{directory}/report.json"
        options = ("--termination-log", report)
        disk = dict(slow(setting, SLOW_READ=20_000, SLOW_WRITE=20_000), **{MARK: directory})
        with Ends(setting, directory, serve=options if victim == "target" else (), env=disk if victim == "target" else None) as ends:
            argv = source(ends, path, *(options if victim == "source" else ()))
            env = dict(os.environ, **(disk if victim == "source" else {}))
            with started(argv, stderr=subprocess.PIPE, env=env) as push:
                with Victim(push if victim == "source" else ends.servers[0].process, directory) as stopped:
                    # The target's file has no name yet.
                    place = path if victim == "source" else ends.target
                    wait_for(lambda: stopped.has_file_open(place), "the large file is open")
                    time.sleep(0.2)
                    code = stopped.stop(LIMIT, f"{victim} with a slow disk")
                stopped.check_gone(f"{victim} with a slow disk")
                check(code == 20, f"exit code {code}: {_report(report, code)}")
                if victim == "target":
                    check(push.wait(timeout=10) == 20, f"its source ended with {push.returncode}: {push.stderr.read()}")
            found = _report(report, code)
            check(victim == "target" or "before everything in progress had ended" in found["reason"], str(found))
    return body


def _collected(setting, directory):
    """As process 1, a source that serves collects what execs and commands leave behind, and what runs of those when it ends goes too."""
    with Ends(setting, directory) as ends:
        case = _Stopping(setting, directory, "source", SOURCES[-1], 0)
        argv = source(ends, case.new_path, "--delete", "--after", "(sleep 0.2 &); (sleep 60 &)", "--control", f"{directory}/socket",
                      "--termination-log", case.log("source"))
        with started([*FIRST, argv[0], "serve", *argv[2:]], stderr=subprocess.DEVNULL,
                     env=dict(os.environ, **case.env("source"))) as push, Victim(push, case.env("source")[MARK]) as victim:
            def start():
                return run([argv[0], "start", "--wait", "--progress", "none", "--control", f"{directory}/socket"]).code == 0
            wait_for(start, "the agent makes a pass")
            wait_for(lambda: not victim.ended_children(), f"children are not collected: {victim.ended_children()}", 10)
            check(victim.stop(LIMIT, "idle") == 0, f"an idle agent ended with {push.returncode}")
            victim.check_gone("idle")
            check(_report(case.log("source"), 0)["counts"]["passes"] == 1, "not one pass")


def stopping_cases(full, seed):
    """Fifty moments for each agent, in the ways of running it in turn, with and without a limit; six in the reduced form."""
    cases = [Case(f"stop/{victim}, slow disk", _slow_disk(victim), 6) for victim in ("source", "target")]
    cases.append(Case("stop/source, children", _collected, 3))
    for number in range(50 if full else 6):
        for name, stopped, ways in (("source", _source_stopped, SOURCES), ("target", _target_stopped, TARGETS)):
            options = SLOW if number // len(ways) % 2 else ()
            cases.append(Case(f"stop/{name}/{seed + number}", stopped(ways[number % len(ways)], seed + number, *options), 3))
    return cases
