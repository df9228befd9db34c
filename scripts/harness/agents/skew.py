"""Agents of two versions, which talk `dvm/1`: an older source with our target, and our source with an older target. Both passes of a migration,
a limit, a stop of either side, and what is said of what the older one lacks.

The older agents are those of scripts/support/older-agents; OLDER_AGENTS names other directories, separated by colons."""

import contextlib
import json
import os
import signal
import subprocess
import time

from harness.cases import Case, Skipped, check, check_equal_trees
from harness.programs import peers, schema
from harness.programs.processes import Outcome, connected, run
from harness.programs.pushing import said, wait_for
from harness.trees import compare, damage

DIRECTORY = os.path.join(peers.REPOSITORY, ".build", "older-agents")
SLOW = ("--bwlimit", "500K")
# How long an older target may take to stop: those before 339be93 waited for their sessions.
STOPS_WITHIN = 25


def older_agents():
    """The directories with older agents, by the names of their commits."""
    named = os.environ.get("OLDER_AGENTS")
    paths = named.split(":") if named else [f"{DIRECTORY}/{name}" for name in _listed(DIRECTORY)]
    return {os.path.basename(path.rstrip("/")): path for path in paths if os.access(f"{path}/dvm-source", os.X_OK)}


def _listed(directory):
    with contextlib.suppress(OSError):
        return sorted(os.listdir(directory))
    return []


@contextlib.contextmanager
def _programs(older, side):
    """The older program at one side, ours at the other."""
    ours = peers.DVM_SOURCE, peers.DVM_TARGET
    try:
        peers.DVM_SOURCE = f"{older}/dvm-source" if side == "source" else ours[0]
        peers.DVM_TARGET = f"{older}/dvm-target" if side == "target" else ours[1]
        yield
    finally:
        peers.DVM_SOURCE, peers.DVM_TARGET = ours


class _Migration:
    """One volume on its way from the tree to its edited form."""

    def __init__(self, setting, directory, side):
        self.setting, self.directory, self.side = setting, directory, side
        (self.first, self.old), (self.second, self.new) = setting.trees
        self.target, self.record = f"{directory}/target", f"{directory}/record.json"
        os.makedirs(self.target)
        self.server = peers.dvm_target(directory, setting.keys, {"data": self.target})

    def argv(self, path, kind, *options):
        """A pass of a kind; an older source has none."""
        kinds = ("--pass", kind, "--record", self.record) if self.side == "target" else ()
        return peers.dvm_source(self.setting.keys, path, self.server.port, "--delete", *kinds, *options)

    def check_complete(self, path, wanted, kind, *options):
        outcome = run(self.argv(path, kind, *options), 90)
        check(outcome.code == 0, f"{kind}: {outcome}", self.server.log_text()[-600:])
        check_equal_trees(compare.compare(wanted, self.target), f"after the {kind}")
        if self.side == "target":
            with open(self.record, encoding="utf-8") as handle:
                record = json.load(handle)
            check(record["outcome"] == "complete" and not schema.faults("pass-record", record), f"{kind}: {record}")
        return outcome

    def interrupt(self, victim):
        """A slow pass over the edited tree that one side's SIGTERM ends; nothing is torn."""
        again = run([peers.STOCK_RSYNC, "-aHS", "--delete", f"{self.first}/", f"{self.target}/"])
        check(again.code == 0, str(again))
        with subprocess.Popen(self.argv(self.second, "stage", *SLOW), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as push:
            wait_for(lambda: push.poll() is not None or connected(self.server.port), "the source connects")
            time.sleep(0.6)
            begin = time.monotonic()
            if victim == "source":
                push.send_signal(signal.SIGTERM)
            else:
                os.killpg(self.server.process.pid, signal.SIGTERM)
                check(self.server.process.wait(timeout=STOPS_WITHIN) in (0, 20), self.server.log_text()[-600:])
            code = push.wait(timeout=STOPS_WITHIN)
            outcome = Outcome(code, *push.communicate(), time.monotonic() - begin)
        codes = {20} if victim == "source" or "DVM-4002" in said(outcome) else damage.CONNECTION_LOST
        # An older target lets a session that is near its end come to it.
        if code == 0 and victim == "target" and self.side == "target":
            check_equal_trees(compare.compare(self.new, self.target), "the stopped target's source ended with 0")
        else:
            check(code in codes, f"{victim} stopped: {outcome}")
        findings = damage.torn(self.old, self.new, self.target)
        check(not findings, f"{victim} stopped", *findings[:6])
        return f"{victim} stopped: {code} after {outcome.seconds:.1f} s"


def _flow(name, side):
    def body(setting, directory):
        older = older_agents().get(name)
        if not older:
            raise Skipped("no older agents: scripts/support/older-agents builds them")
        with _programs(older, side):
            migration = _Migration(setting, directory, side)
            notes = []
            with migration.server:
                first = migration.check_complete(migration.first, migration.old, "stage")
                notes += [migration.interrupt("source"), migration.interrupt("target")]
            with migration.server:
                migration.check_complete(migration.second, migration.new, "stage")
                last = migration.check_complete(migration.second, migration.new, "cutover", *SLOW)
            # Neither of them tells when a pass ended there, and what has changed since.
            check(side == "source" or "not known whether the target has been changed" in said(last), f"not said: {last}")
        return "; ".join([*notes, *first.lines(), *last.lines()])
    return body


def skew_cases():
    """Each older release at either side."""
    return [Case(f"skew/{name} as {side}", _flow(name, side), 20) for name in older_agents() or ["none"] for side in ("source", "target")]
