"""Accidental deletions: an empty source, more than half of a volume, a directory that a file replaces."""

import os
import shutil
import subprocess
import threading

from harness.cases import check, check_equal_trees
from harness.programs import peers
from harness.programs.background import Relay
from harness.programs.processes import run
from harness.programs.pushing import check_refused, check_same, finished, said, source, tree
from harness.transfers.tls import Ends
from harness.trees import compare


def _empty_source(kind):
    def body(setting, directory):
        """Nothing is deleted for an empty source, unless that is requested."""
        empty, full = f"{directory}/empty", tree(f"{directory}/full", "kept")
        os.makedirs(empty + "/lost+found")
        os.chmod(empty, 0o711)
        with Ends(setting, directory, target=kind) as ends:
            check(run(source(ends, empty)).code == 0, "nothing is there to be deleted")
            check(run(source(ends, full)).code == 0, "the first pass")
            for more in ([], ["--check", "none"], ["--delete-limit", "100"]):
                outcome = run(source(ends, empty, "--progress", "json", *more))
                check_refused(outcome, "DVM-3006", "3 of the target's", 25)
                check(finished(outcome)["code"] == "DVM-3006", "the JSON object")
            check_same(full, ends.target, "nothing may be deleted")
            check(run(source(ends, empty, "--no-delete")).code == 0, "with --no-delete")
            outcome = run(source(ends, empty, "--allow-empty-source"))
            check(outcome.code == 0 and os.listdir(ends.target) == [], f"with --allow-empty-source: {outcome}")
    return body


class OneCall(Relay):
    """Forwards its first connection, and closes all others."""

    def __init__(self, to_port):
        super().__init__(to_port)
        self.first = threading.Lock()

    def serve(self, connection):
        if self.first.acquire(blocking=False):
            super().serve(connection)
        else:
            connection.close()


def _one_call(setting, directory):
    """A stock target that takes a single connection: an empty source is refused over it, another continues with a warning."""
    empty, full = f"{directory}/empty", tree(f"{directory}/full", "kept")
    os.makedirs(empty)
    with Ends(setting, directory, target="stock") as ends:
        for more, word in (([], True), (["--delete-limit", "100", "--allow-empty-source"], False)):
            with OneCall(ends.port) as relay:
                outcome = run(source(ends, full, *more, port=relay.port))
            check(outcome.code == 0 and ("deletions cannot be counted in advance" in said(outcome)) == word, str(outcome))
        with OneCall(ends.port) as relay:
            check_refused(run(source(ends, empty, port=relay.port)), "DVM-3006", "3 of the target's", 25)
        check_same(full, ends.target)


def _many_deleted(kind):
    def body(setting, directory):
        """More than half of 100 entries or more is not deleted; new files arrive at a dvm-target."""
        full, less = tree(f"{directory}/full", "full", files=20), tree(f"{directory}/less", "new")
        tree(f"{full}/dir", "inner", files=84)
        for number in range(4):
            shutil.copy2(f"{full}/a{number:03} full", less)
        with Ends(setting, directory, target=kind) as ends:
            check(run(source(ends, full)).code == 0, "the first pass")
            before = compare.manifest(ends.target)
            outcome = run(source(ends, less, "--progress", "json"))
            check_refused(outcome, "DVM-3007", "101 of the target's 105 entries", 25)
            after = compare.manifest(ends.target)
            check(before.keys() <= after.keys(), "something was deleted")
            outcome = run(source(ends, less, "--delete-limit", "100"))
            check(outcome.code == 0, str(outcome))
            check_same(less, ends.target)
            # Fewer than 100 entries: as many as there are.
            check(run(source(ends, tree(f"{directory}/other", "other"))).code == 0, "below 100 entries")
            check_same(f"{directory}/other", ends.target)
    return body


def _half_deleted(setting, directory):
    """Exactly half is deleted, after everything has arrived; directory times stay correct."""
    full = tree(f"{directory}/full", "full", files=60)
    tree(f"{full}/dir", "inner", files=59)
    with Ends(setting, directory) as ends:
        check(run(source(ends, full)).code == 0, "the first pass")
        shutil.rmtree(f"{full}/dir")
        os.utime(full, (1_600_000_000,) * 2)
        outcome = run(source(ends, full, "--progress", "json"))
        check(outcome.code == 0 and finished(outcome)["deleted"] == 60, f"{outcome} {outcome.out[-600:]}")
        check_equal_trees(compare.compare(full, ends.target))


def _deletes_first(setting, directory):
    """Where deletions come first because space is tight, the count comes before them, and a refusal changes nothing."""
    full, less, target = f"{directory}/full", f"{directory}/less", f"{directory}/target"
    for path in (full, less, target):
        os.makedirs(path)
    for number in range(120):
        with open(f"{full}/f{number:03}", "wb") as handle:
            handle.write(os.urandom(60_000))
    for number in range(20):
        shutil.copy2(f"{full}/f{number:03}", less)
    with open(f"{less}/new", "wb") as handle:
        handle.write(os.urandom(4 << 20))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=9m", "dvm-test", target], check=True)
    try:
        with Ends(setting, directory, path=target) as ends:
            check(run(source(ends, full)).code == 0, "the first pass")
            before = compare.manifest(target)
            outcome = run(source(ends, less, "--when-tight", "plan"))
            check_refused(outcome, "DVM-3007", "100 of the target's 120 entries", 25)
            check("deletes before sending" in said(outcome), f"deletions must come first here: {outcome}")
            check_equal_trees(compare.compare(before, target), "nothing may change")
            outcome = run(source(ends, less, "--when-tight", "plan", "--delete-limit", "90"))
            check(outcome.code == 0, str(outcome))
            check_equal_trees(compare.compare(less, target))
    finally:
        subprocess.run(["umount", "-l", target], check=True)


def _directory_becomes_file(setting, directory):
    """A directory with most of the target's entries is not replaced by a file with its name."""
    full, less = tree(f"{directory}/full", "full"), tree(f"{directory}/less", "full")
    tree(f"{full}/dir", "inner", files=120)
    peers.write(f"{less}/dir", "a file now")
    with Ends(setting, directory) as ends:
        check(run(source(ends, full)).code == 0, "the first pass")
        check_refused(run(source(ends, less)), "DVM-", "too much would be deleted", 23)
        check(len(os.listdir(f"{ends.target}/dir")) == 120, "it was deleted")
        check(run(source(ends, less, "--delete-limit", "100")).code == 0, "with leave")
        check_equal_trees(compare.compare(less, ends.target))


def deletion_cases():
    """The bodies of the group "writers" that are about deletions, by name."""
    cases = {
        "one call": _one_call,
        "half deleted": _half_deleted,
        "deletes first": _deletes_first,
        "directory becomes file": _directory_becomes_file,
    }
    for kind in ("dvm", "stock"):
        cases[f"empty source to {kind}"] = _empty_source(kind)
        cases[f"many deleted at {kind}"] = _many_deleted(kind)
    return cases
