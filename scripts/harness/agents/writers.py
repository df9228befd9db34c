"""One writer per volume, statistics of what is in place, and directories that are replaced."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time

from harness.cases import Case, check, check_equal_trees
from harness.programs import peers
from harness.programs.processes import run
from harness.programs.pushing import Pushing, check_refused, finished, source, tree, wait_for
from harness.agents.deletions import deletion_cases
from harness.transfers.tls import Ends
from harness.trees import compare

SLOW = "--bwlimit=1500"
LARGE = 5 << 20  # three and a half seconds at SLOW


def check_in_use(outcome):
    check_refused(outcome, "DVM-2010", "in use", 5)


# MARK: one writer

def _two_sources(setting, directory):
    """The second is refused while the first writes, and the target is the first's tree."""
    first, second = tree(f"{directory}/first", "one", LARGE), tree(f"{directory}/second", "two")
    with Ends(setting, directory) as ends:
        with Pushing(source(ends, first, SLOW), f"{ends.target}/a000 one") as push:
            check_in_use(run(source(ends, second)))
            check_in_use(run(source(ends, second, "--check", "none", "--job-name", "another")))
            check(push.process.poll() is None, "the first ended before the second was refused")
            outcome = push.end()
        check(outcome.code == 0, f"the first: {outcome}")
        check_equal_trees(compare.compare(first, ends.target))
        check(ends.push(second).code == 0, "a volume that is free again")


def _second_waits(setting, directory):
    """With --wait the second comes after the first."""
    first, second = tree(f"{directory}/first", "one", LARGE), tree(f"{directory}/second", "two")
    with Ends(setting, directory) as ends:
        with Pushing(source(ends, first, SLOW), f"{ends.target}/a000 one") as push:
            waited = run(source(ends, second, "--wait", "30", "--delete-limit", "100"))
            check(push.end().code == 0, "the first")
        check(waited.code == 0 and waited.seconds > 0.5, f"the second: {waited}, {waited.seconds:.1f} s")
        check_equal_trees(compare.compare(second, ends.target))


def _overlapping(names, processes):
    """Volumes that are one directory, or one in another, by the paths of `names`, in one or two target processes."""
    def body(setting, directory):
        os.makedirs(f"{directory}/outer/inner/deep")
        os.symlink(f"{directory}/outer/inner", f"{directory}/link")
        bound = None
        if "bound" in names:
            bound = f"{directory}/bound"
            os.makedirs(bound)
            subprocess.run(["mount", "--bind", f"{directory}/outer/inner", bound], check=True)
        first, second = tree(f"{directory}/first", "one", LARGE), tree(f"{directory}/second", "two")
        keys, (one, two) = setting.keys, [f"{directory}/{name}" for name in names]
        try:
            with contextlib.ExitStack() as stack:
                if processes == 1:
                    server = stack.enter_context(peers.dvm_target(directory, keys, {"one": one, "two": two}))
                    ports = (server.port, server.port)
                else:
                    ports = [stack.enter_context(peers.dvm_target(directory, keys, {name: path}, label=name)).port
                             for name, path in (("one", one), ("two", two))]
                argv = [peers.dvm_source(keys, path, port, "--no-delete", *options, volume=name)
                        for path, port, options, name in ((first, ports[0], [SLOW], "one"),
                                                          (second, ports[1], [], "two"))]
                with Pushing(argv[0], f"{one}/a000 one") as push:
                    check_in_use(run(argv[1]))
        finally:
            if bound:
                subprocess.run(["umount", "-l", bound], check=True)
    return body


def _stock_source(setting, directory):
    """A stock source is refused with an @ERROR line; its dry run and its pull are not, and it excludes others."""
    first, second = tree(f"{directory}/first", "one", LARGE), tree(f"{directory}/second", "two")
    with Ends(setting, directory) as ends, peers.stunnel_client(directory, setting.keys, ends.port) as near:
        stock = peers.stock_push(setting.keys, second, near.port)
        with Pushing(source(ends, first, SLOW), f"{ends.target}/a000 one") as push:
            # Before protocol 31 an exit code cannot be sent, and the connection just ends.
            for options, code in (([], 5), (["--protocol=30"], 12)):
                outcome = run([*stock, *options])
                check(outcome.code == code, str(outcome))
                check(any(line.startswith("@ERROR: ") and "in use" in line for line in outcome.lines()), str(outcome))
            check(run([*stock, "--dry-run"]).code == 0, "a dry run")
            pull = [*stock[:-2], stock[-1], f"{directory}/pulled/"]
            outcome = run([word for word in pull if word != "--delete"])
            check(outcome.code == 0 and os.path.exists(f"{directory}/pulled/a000 one"), f"a pull: {outcome}")
            check(push.end().code == 0, "the first")
        check_equal_trees(compare.compare(first, ends.target))
        large = tree(f"{directory}/third", "three", LARGE)
        slow = [*peers.stock_push(setting.keys, large, near.port), SLOW]
        with Pushing(slow, f"{ends.target}/a000 three") as push:
            check_in_use(run(source(ends, second)))


def _killed(setting, directory):
    """A source that is killed with -9 and restarted at once does not have to wait."""
    first = tree(f"{directory}/first", "one", LARGE)
    with Ends(setting, directory) as ends:
        for _ in range(3):
            shutil.rmtree(ends.target)
            os.makedirs(ends.target)
            with Pushing(source(ends, first, SLOW), f"{ends.target}/a000 one") as push:
                push.process.send_signal(signal.SIGKILL)
                outcome = run(source(ends, first))
                check(outcome.code == 0, f"run again: {outcome}")
            check_equal_trees(compare.compare(first, ends.target))


def _frozen(setting, directory):
    """A stopped source excludes others, but not its own job, which ends it."""
    first, second = tree(f"{directory}/first", "one", LARGE), tree(f"{directory}/second", "two")
    with Ends(setting, directory) as ends:
        with Pushing(source(ends, first, SLOW, "--job-name", "nightly"), f"{ends.target}/a000 one") as push:
            push.process.send_signal(signal.SIGSTOP)
            check_in_use(run(source(ends, second)))
            check_in_use(run(source(ends, second, "--job-name", "another")))
            outcome = run(source(ends, second, "--job-name", "nightly", "--delete-limit", "100"))
            check(outcome.code == 0 and outcome.seconds < 10, f"the job again: {outcome}, {outcome.seconds:.1f} s")
            check_equal_trees(compare.compare(second, ends.target))
            push.process.send_signal(signal.SIGCONT)
            ended = push.end()
            check(ended.code == 10, f"the first must know that it was ended: {ended}")
        check_equal_trees(compare.compare(second, ends.target), "after the first woke up")
        check("its job started again" in ends.servers[0].log_text(), "the log does not say why the first ended")


# MARK: statistics

def _unwritable(how):
    """Statistics count what is in place: nothing, when nothing can be written."""
    def body(setting, directory):
        full, target = tree(f"{directory}/full", "full"), f"{directory}/target"
        tree(target, "old", files=2)
        prefix = []
        if how == "read-only":
            subprocess.run(["mount", "--bind", target, target], check=True)
            subprocess.run(["mount", "-o", "remount,ro,bind", target], check=True)
        else:
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        try:
            server = peers.dvm_target(directory, setting.keys, {"data": target})
            if prefix:
                server.argv = [*prefix, *_readable_by_nobody(server.argv, directory)]
            with server:
                argv = peers.dvm_source(setting.keys, full, server.port, "--check", "none", "--progress", "json")
                outcome = run(argv)
                text = run([*argv, "--progress", "lines"])
            check(outcome.code == 23, str(outcome))
            event = finished(outcome)
            figures = [event[name] for name in ("filesTransferred", "created", "deleted")]
            check(figures == [0, 0, 0] and event["filesSent"] in (0, 3), f"figures {figures}, sent {event['filesSent']}")
            check(b"transferred 0, created 0, deleted 0" in text.out, text.out[-900:])
            check("received 0 files" in server.log_text(), server.log_text()[-400:])
        finally:
            if how == "read-only":
                subprocess.run(["umount", "-l", target], check=True)
    return body


def _readable_by_nobody(argv, directory):
    """The arguments with secrets that another user may read."""
    copies = []
    for word in argv:
        if word.endswith("/credentials") or word.endswith(".key"):
            word = shutil.copy(word, f"{directory}/{os.path.basename(word)}")
            os.chown(word, 65534, 65534)
            os.chmod(word, 0o600)
        copies.append(word)
    return copies


def _interrupted(setting, directory):
    """A stopped run counts no file that has not arrived."""
    full = tree(f"{directory}/full", "full", LARGE, files=40)
    with Ends(setting, directory) as ends:
        argv = source(ends, full, SLOW, "--progress", "json")
        with Pushing(argv, f"{ends.target}/a039 full") as push:
            time.sleep(1.2)  # the target reports what it has once a second
            push.process.send_signal(signal.SIGTERM)
            outcome = push.end()
        check(outcome.code == 20, str(outcome))
        event, there = finished(outcome), compare.manifest(ends.target)
        files = [item for item in there.values() if item.kind == "file"]
        check(0 < event["filesTransferred"] <= len(files), f"{event['filesTransferred']} of {len(files)} in place")
        check(event["created"] < len(there), f"created {event['created']} of {len(there) - 1}")


def _stock_unwritable(setting, directory):
    """A stock target does not report what is in place, and a failed pass does not claim that it is."""
    full, target = tree(f"{directory}/full", "full"), f"{directory}/target"
    os.makedirs(target)
    subprocess.run(["mount", "--bind", target, target], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", target], check=True)
    try:
        with Ends(setting, directory, target="stock", path=target) as ends:
            outcome = run(source(ends, full, "--progress", "json"))
            check(outcome.code != 0, str(outcome))
            event = finished(outcome)
            check(event["filesTransferred"] is None and event["created"] is None, json.dumps(event)[:600])
    finally:
        subprocess.run(["umount", "-l", target], check=True)


# MARK: directories that are replaced

def _removed_directory(setting, directory):
    """A volume whose directory is removed is reported as missing, and used again when it is back."""
    full = tree(f"{directory}/full", "full")
    with Ends(setting, directory) as ends:
        check(run(source(ends, full)).code == 0, "the first pass")
        shutil.rmtree(ends.target)
        for more in ([], ["--check", "none"]):
            check_refused(run(source(ends, full, *more)), "DVM-2011", ends.target, 3)
        keys = setting.keys
        doctor = [peers.DVM_SOURCE, "doctor", "--volume", f"data={full}", "--target", f"127.0.0.1:{ends.port}", "--ca",
                  keys.ca, "--server-name", "localhost", "--user", peers.USER, "--password-file", keys.password]
        outcome = run(doctor)
        check(outcome.code == 3 and b"DVM-2011" in outcome.out + outcome.err, f"the doctor: {outcome} {outcome.out[-600:]}")
        os.makedirs(ends.target)
        check(run(source(ends, full)).code == 0, "created again")
        check_equal_trees(compare.compare(full, ends.target))


# Paths below the case's directory, and in how many target processes they are volumes; the reduced form has some.
OVERLAPS = [((one, two), processes) for one, two in (
    ("outer", "link"), ("link", "outer"), ("outer/inner", "link"), ("outer/inner/deep", "outer"), ("outer", "bound"),
    ("bound", "outer")) for processes in (1, 2)]
REDUCED = [(("outer/inner", "link"), 2), (("outer/inner/deep", "outer"), 1), (("outer", "link"), 2), (("bound", "outer"), 2)]


def _unmounted(setting, directory):
    """A volume that was a mount point is missing when nothing is mounted there; what is below is left alone."""
    full, target = tree(f"{directory}/full", "full"), f"{directory}/target"
    os.makedirs(target)
    mount = ["mount", "-t", "tmpfs", "-o", "size=9m", "dvm-test", target]
    subprocess.run(mount, check=True)
    try:
        with Ends(setting, directory, path=target) as ends:
            check(run(source(ends, full)).code == 0, "the first pass")
            # The previous session may still be ending.
            wait_for(lambda: subprocess.run(["umount", target], capture_output=True).returncode == 0, "unmounting")
            check_refused(run(source(ends, full)), "DVM-2011", "nothing is mounted on", 3)
            check(os.listdir(target) == [], "the directory below was written to")
            # The sandbox only covers the mount at the start.
            subprocess.run(mount, check=True)
            outcome = run(source(ends, full))
            if outcome.code != 0:
                check_refused(outcome, "DVM-2011", "restart dvm-target", 3)
        with Ends(setting, directory, path=target) as ends:
            check(run(source(ends, full)).code == 0, "mounted again, and the target restarted")
            check_equal_trees(compare.compare(full, target))
    finally:
        subprocess.run(["umount", "-l", target], check=False)


def writer_cases(full):
    """All of them are quick; root is needed for mounts."""
    cases = {
        "two sources": _two_sources,
        "stock source": _stock_source,
        "second waits": _second_waits,
        "killed source": _killed,
        "frozen source": _frozen,
        "read-only target": _unwritable("read-only"),
        "unwritable target": _unwritable("user"),
        "stock unwritable": _stock_unwritable,
        "interrupted": _interrupted,
        "removed directory": _removed_directory,
        "unmounted": _unmounted,
    }
    cases |= deletion_cases()
    for names, processes in OVERLAPS if full else REDUCED:
        cases[f"{' and '.join(names)} in {processes}"] = _overlapping(names, processes)
    return [Case(f"writers/{name}", body) for name, body in cases.items()]
