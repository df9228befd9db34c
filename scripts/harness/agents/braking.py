"""Each brake provoked once through a job: what it says in the status, in the record and at the end, and that nothing was changed."""

import json
import os
import re
import subprocess
import time

from harness.cases import Case, Failure, check, check_equal_trees
from harness.programs import peers, schema
from harness.programs.processes import run
from harness.programs.pushing import Pushing, source, tree, wait_for
from harness.transfers.tls import Ends
from harness.trees import compare


class Served:
    """`dvm-source serve` with a job file, for the duration of a `with`. The volume's settings may be changed between two of them."""

    def __init__(self, ends, directory, path, **settings):
        keys = ends.setting.keys
        self.record, self.socket, self.job = f"{directory}/record.json", f"{directory}/socket", f"{directory}/job.json"
        peers.write(self.job, json.dumps({
            "target": f"127.0.0.1:{ends.port}", "ca": keys.ca, "server-name": "localhost", "user": peers.USER,
            "password-file": keys.password, "job-name": "braked", "record": self.record, "attempts": 3,
            "volumes": [{"name": "data", "path": path, **settings}]}))

    def __enter__(self):
        argv = [peers.DVM_SOURCE, "serve", "--job", self.job, "--progress", "none", "--control", self.socket]
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *argv], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        wait_for(lambda: self.process.poll() is not None or self.ask("status").code == 0, "the agent answers")
        if self.process.poll() is not None:
            raise Failure(f"the agent ended with {self.process.returncode}: {self.process.stderr.read().decode(errors='replace')[-800:]}")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=10)

    def ask(self, *words):
        return run([peers.DVM_SOURCE, *words, "--control", self.socket], 60)

    def make_pass(self, code, exit_code, attempts=1):
        """Makes a pass, which ends with this code in the status and in the record; None for a complete one."""
        outcome = self.ask("start", "--wait", "--progress", "none")
        check(outcome.code == exit_code, f"wanted exit code {exit_code}: {outcome}")
        last = json.loads(self.ask("status", "--json").out)["last"]
        with open(self.record, encoding="utf-8") as handle:
            record = json.load(handle)
        check(not schema.faults("pass-record", record), *schema.faults("pass-record", record))
        found = [(place["code"], place["exitCode"]) for place in (last, record, record["volumes"][0])]
        check(found == [(code, exit_code)] * 3, f"wanted {code}, {exit_code}; status, record and volume say {found}: {outcome}")
        seen = record["volumes"][0]["attempts"]
        check(seen == attempts, f"{code}: {seen} attempts, wanted {attempts}")
        return record["volumes"][0]


def _braked(prepare, code, exit_code, attempts=1, settings=None, override=None, setting_of_record=None):
    """A first pass; what `prepare` does to source and target; a pass that is refused; one that `override` allows."""
    def body(setting, directory):
        path = tree(f"{directory}/source", "full", files=120)
        with Ends(setting, directory) as ends:
            with Served(ends, directory, path) as agent:
                agent.make_pass(None, 0)
            prepare(path, ends.target)
            before = compare.manifest(ends.target)
            with Served(ends, directory, path, **(settings or {})) as agent:
                volume = agent.make_pass(code, exit_code, attempts)
                if setting_of_record:
                    name, value = setting_of_record
                    check(volume["brakes"][name] == value, f"the record's brakes: {volume['brakes']}")
            # The top directory's own time is no entry that is lost.
            changed = [line for line in compare.compare(before, ends.target) if not line.startswith("b'.': mtime")]
            check_equal_trees(changed, "the refused pass changed the target")
            if override:
                with Served(ends, directory, path, **override) as agent:
                    agent.make_pass(None, 0)
                check_equal_trees(compare.compare(path, ends.target), f"with {override}")
    return body


def _empty(path, _):
    for name in os.listdir(path):
        os.unlink(f"{path}/{name}")


def _thin_out(path, _):
    for name in sorted(os.listdir(path))[:70]:
        os.unlink(f"{path}/{name}")


def _diverge(_, target):
    """Something else writes to the target after the pass has ended, by the clock that gives times to files, and its grain."""
    name, end = f"{target}/a001 full", time.time_ns()

    def write():
        with open(name, "a", encoding="ascii") as handle:
            handle.write("written there")
        return os.stat(name).st_ctime_ns > end + 30_000_000
    wait_for(write, "a later time")


def _two_writers(setting, directory):
    """A volume that someone else writes to is tried again as often as the job says."""
    path, other = tree(f"{directory}/source", "one"), tree(f"{directory}/other", "two", 64 << 20)
    with Ends(setting, directory) as ends:
        with Pushing(source(ends, other, "--bwlimit=1500"), f"{ends.target}/a000 two") as push:
            with Served(ends, directory, path) as agent:
                agent.make_pass("DVM-2010", 5, attempts=3)
                listed = agent.ask("status").out.decode()
                check(re.search("in use", listed), f"the status does not say who writes: {listed}")
            check(push.process.poll() is None, "the other source had ended before")
            push.process.terminate()
            push.end()


def braking_cases():
    """One case per brake."""
    cases = {
        "empty source": _braked(_empty, "DVM-3006", 25, override={"allow-empty-source": True, "delete-limit": 100},
                                setting_of_record=("allowEmptySource", False)),
        "mass deletion": _braked(_thin_out, "DVM-3007", 25, override={"delete-limit": 90}, setting_of_record=("deleteLimit", 50)),
        "mount point": _braked(lambda *_: None, "DVM-3010", 3, settings={"mount-point": True}, override={},
                               setting_of_record=("mountPoint", True)),
        "diverged": _braked(_diverge, "DVM-3011", 4, override={"allow-diverged": True}, setting_of_record=("allowDiverged", False)),
        "two writers": _two_writers,
    }
    return [Case(f"brakes/{name}", body, 4) for name, body in cases.items()]
