"""One writer for a volume, deletions that nobody meant, figures of what is in place, and directories that are replaced."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from harness import compare, peers
from harness.cases import Case, check, check_equal_trees
from harness.processes import Outcome, run
from harness.tls import Ends

SLOW = "--bwlimit=1500"
LARGE = 5 << 20  # three and a half seconds at SLOW


def tree(path, label, large=0, files=3):
    """A small tree whose first file comes at once; `large` bytes follow it."""
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
    """A push that runs beside the case, from its first file on."""

    def __init__(self, argv, arrives):
        self.argv, self.arrives = argv, arrives

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        wait_for(lambda: os.path.exists(self.arrives) or self.process.poll() is not None, "the first file")
        check(self.process.poll() is None, f"it ended at once: {self.process.poll()}")
        return self

    def end(self, timeout=30):
        """Waits for its end."""
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
    """As check_equal_trees; a stock target leaves the root's time alone that is right to the second."""
    differences = [line for line in compare.compare(source_path, target) if not str(line).startswith("b'.': mtime")]
    check_equal_trees(differences, what)


def said(outcome):
    return outcome.err.decode(errors="replace")


def check_refused(outcome, code, words, exit_code):
    check(outcome.code == exit_code, f"wanted exit code {exit_code}: {outcome}")
    check(code in said(outcome) and words in said(outcome), f"wanted {code} and {words!r}: {outcome}")


def check_in_use(outcome):
    check_refused(outcome, "DVM-2010", "in use", 5)


# MARK: one writer

def _two_sources(setting, folder):
    """The second is refused while the first writes, and the target is the first's tree."""
    first, second = tree(f"{folder}/first", "one", LARGE), tree(f"{folder}/second", "two")
    with Ends(setting, folder) as ends:
        with Pushing(source(ends, first, SLOW), f"{ends.target}/a000 one") as push:
            check_in_use(run(source(ends, second)))
            check_in_use(run(source(ends, second, "--check", "none", "--job", "another")))
            check(push.process.poll() is None, "the first ended before the second was refused")
            outcome = push.end()
        check(outcome.code == 0, f"the first: {outcome}")
        check_equal_trees(compare.compare(first, ends.target))
        check(ends.push(second).code == 0, "a volume that is free again")


def _second_waits(setting, folder):
    """With --wait the second comes after the first."""
    first, second = tree(f"{folder}/first", "one", LARGE), tree(f"{folder}/second", "two")
    with Ends(setting, folder) as ends:
        with Pushing(source(ends, first, SLOW), f"{ends.target}/a000 one") as push:
            waited = run(source(ends, second, "--wait", "30", "--delete-limit", "100"))
            check(push.end().code == 0, "the first")
        check(waited.code == 0 and waited.seconds > 0.5, f"the second: {waited}, {waited.seconds:.1f} s")
        check_equal_trees(compare.compare(second, ends.target))


def _overlapping(names, processes):
    """Volumes that are one directory, or one in another, by the paths of `names`, in one or two target processes."""
    def body(setting, folder):
        os.makedirs(f"{folder}/outer/inner/deep")
        os.symlink(f"{folder}/outer/inner", f"{folder}/link")
        bound = None
        if "bound" in names:
            bound = f"{folder}/bound"
            os.makedirs(bound)
            subprocess.run(["mount", "--bind", f"{folder}/outer/inner", bound], check=True)
        first, second = tree(f"{folder}/first", "one", LARGE), tree(f"{folder}/second", "two")
        keys, (one, two) = setting.keys, [f"{folder}/{name}" for name in names]
        try:
            with contextlib.ExitStack() as stack:
                if processes == 1:
                    server = stack.enter_context(peers.dvm_target(folder, keys, {"one": one, "two": two}))
                    ports = (server.port, server.port)
                else:
                    ports = [stack.enter_context(peers.dvm_target(folder, keys, {name: path}, label=name)).port
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


def _stock_source(setting, folder):
    """A stock source is refused with an @ERROR line; its dry run and its pull are not, and it keeps others out."""
    first, second = tree(f"{folder}/first", "one", LARGE), tree(f"{folder}/second", "two")
    with Ends(setting, folder) as ends, peers.stunnel_client(folder, setting.keys, ends.port) as near:
        stock = peers.stock_push(setting.keys, second, near.port)
        with Pushing(source(ends, first, SLOW), f"{ends.target}/a000 one") as push:
            # Before protocol 31 an exit code cannot be sent, and the connection just ends.
            for options, code in (([], 5), (["--protocol=30"], 12)):
                outcome = run([*stock, *options])
                check(outcome.code == code, str(outcome))
                check(any(line.startswith("@ERROR: ") and "in use" in line for line in outcome.lines()), str(outcome))
            check(run([*stock, "--dry-run"]).code == 0, "a dry run")
            pull = [*stock[:-2], stock[-1], f"{folder}/pulled/"]
            outcome = run([word for word in pull if word != "--delete"])
            check(outcome.code == 0 and os.path.exists(f"{folder}/pulled/a000 one"), f"a pull: {outcome}")
            check(push.end().code == 0, "the first")
        check_equal_trees(compare.compare(first, ends.target))
        large = tree(f"{folder}/third", "three", LARGE)
        slow = [*peers.stock_push(setting.keys, large, near.port), SLOW]
        with Pushing(slow, f"{ends.target}/a000 three") as push:
            check_in_use(run(source(ends, second)))


def _killed(setting, folder):
    """A source that is killed with -9 and run again at once need not wait."""
    first = tree(f"{folder}/first", "one", LARGE)
    with Ends(setting, folder) as ends:
        for _ in range(3):
            shutil.rmtree(ends.target)
            os.makedirs(ends.target)
            with Pushing(source(ends, first, SLOW), f"{ends.target}/a000 one") as push:
                push.process.send_signal(signal.SIGKILL)
                outcome = run(source(ends, first))
                check(outcome.code == 0, f"run again: {outcome}")
            check_equal_trees(compare.compare(first, ends.target))


def _frozen(setting, folder):
    """A source that stands still keeps others out, but not its own job, which ends it."""
    first, second = tree(f"{folder}/first", "one", LARGE), tree(f"{folder}/second", "two")
    with Ends(setting, folder) as ends:
        with Pushing(source(ends, first, SLOW, "--job", "nightly"), f"{ends.target}/a000 one") as push:
            push.process.send_signal(signal.SIGSTOP)
            check_in_use(run(source(ends, second)))
            check_in_use(run(source(ends, second, "--job", "another")))
            outcome = run(source(ends, second, "--job", "nightly", "--delete-limit", "100"))
            check(outcome.code == 0 and outcome.seconds < 10, f"the job again: {outcome}, {outcome.seconds:.1f} s")
            check_equal_trees(compare.compare(second, ends.target))
            push.process.send_signal(signal.SIGCONT)
            ended = push.end()
            check(ended.code == 10, f"the first must know that it was ended: {ended}")
        check_equal_trees(compare.compare(second, ends.target), "after the first woke up")
        check("its job came again" in ends.servers[0].log_text(), "the log does not say why the first ended")


# MARK: deletions

def _empty_source(kind):
    def body(setting, folder):
        """Nothing is deleted for an empty source, unless that is asked for."""
        empty, full = f"{folder}/empty", tree(f"{folder}/full", "kept")
        os.makedirs(empty + "/lost+found")
        os.chmod(empty, 0o711)
        with Ends(setting, folder, target=kind) as ends:
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


@contextlib.contextmanager
def _one_call_relay(port):
    """A port that hands its first connection on to another port, and hangs up on all others."""
    server = socket.create_server(("127.0.0.1", 0))

    def pump(from_side, to_side):
        with contextlib.suppress(OSError):
            while data := from_side.recv(65536):
                to_side.sendall(data)
            to_side.shutdown(socket.SHUT_WR)

    def accept():
        is_first = True
        with contextlib.suppress(OSError):
            while True:
                near, _ = server.accept()
                if not is_first:
                    near.close()
                    continue
                is_first = False
                far = socket.create_connection(("127.0.0.1", port))
                for pair in ((near, far), (far, near)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield server.getsockname()[1]
    finally:
        server.close()


def _one_call(setting, folder):
    """A stock target that takes a single connection: an empty source is refused over it, another goes on with a warning."""
    empty, full = f"{folder}/empty", tree(f"{folder}/full", "kept")
    os.makedirs(empty)
    with Ends(setting, folder, target="stock") as ends:
        for more, word in (([], True), (["--delete-limit", "100", "--allow-empty-source"], False)):
            with _one_call_relay(ends.port) as port:
                outcome = run(source(ends, full, *more, port=port))
            check(outcome.code == 0 and ("deletions are not counted" in said(outcome)) == word, str(outcome))
        with _one_call_relay(ends.port) as port:
            check_refused(run(source(ends, empty, port=port)), "DVM-3006", "3 of the target's", 25)
        check_same(full, ends.target)


def _many_deleted(kind):
    def body(setting, folder):
        """More than half of 100 entries or more is not deleted; what is new arrives at our own target."""
        full, less = tree(f"{folder}/full", "full", files=20), tree(f"{folder}/less", "new")
        tree(f"{full}/dir", "inner", files=84)
        for number in range(4):
            shutil.copy2(f"{full}/a{number:03} full", less)
        with Ends(setting, folder, target=kind) as ends:
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
            check(run(source(ends, tree(f"{folder}/other", "other"))).code == 0, "below 100 entries")
            check_same(f"{folder}/other", ends.target)
    return body


def _half_deleted(setting, folder):
    """Half is not more than half, and goes after everything has arrived; times of directories stay right."""
    full = tree(f"{folder}/full", "full", files=60)
    tree(f"{full}/dir", "inner", files=59)
    with Ends(setting, folder) as ends:
        check(run(source(ends, full)).code == 0, "the first pass")
        shutil.rmtree(f"{full}/dir")
        os.utime(full, (1_600_000_000,) * 2)
        outcome = run(source(ends, full, "--progress", "json"))
        check(outcome.code == 0 and finished(outcome)["deleted"] == 60, f"{outcome} {outcome.out[-600:]}")
        check_equal_trees(compare.compare(full, ends.target))


def _deletes_first(setting, folder):
    """Where deletions come first because room is tight, the count comes before them, and a refusal changes nothing."""
    full, less, target = f"{folder}/full", f"{folder}/less", f"{folder}/target"
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
        with Ends(setting, folder, path=target) as ends:
            check(run(source(ends, full)).code == 0, "the first pass")
            before = compare.manifest(target)
            outcome = run(source(ends, less, "--when-tight", "plan"))
            check_refused(outcome, "DVM-3007", "100 of the target's 120 entries", 25)
            check("deletes before anything is sent" in said(outcome), f"deletions must come first here: {outcome}")
            check_equal_trees(compare.compare(before, target), "nothing may change")
            outcome = run(source(ends, less, "--when-tight", "plan", "--delete-limit", "90"))
            check(outcome.code == 0, str(outcome))
            check_equal_trees(compare.compare(less, target))
    finally:
        subprocess.run(["umount", "-l", target], check=True)


def _directory_becomes_file(setting, folder):
    """A directory with most of the target's entries does not give way to a file of its name."""
    full, less = tree(f"{folder}/full", "full"), tree(f"{folder}/less", "full")
    tree(f"{full}/dir", "inner", files=120)
    peers.write(f"{less}/dir", "a file now")
    with Ends(setting, folder) as ends:
        check(run(source(ends, full)).code == 0, "the first pass")
        check_refused(run(source(ends, less)), "DVM-", "too much would be deleted", 23)
        check(len(os.listdir(f"{ends.target}/dir")) == 120, "it was deleted")
        check(run(source(ends, less, "--delete-limit", "100")).code == 0, "with leave")
        check_equal_trees(compare.compare(less, ends.target))


# MARK: figures

def _unwritable(how):
    """Figures count what is in place: nothing, when nothing can be written."""
    def body(setting, folder):
        full, target = tree(f"{folder}/full", "full"), f"{folder}/target"
        tree(target, "old", files=2)
        prefix = []
        if how == "read-only":
            subprocess.run(["mount", "--bind", target, target], check=True)
            subprocess.run(["mount", "-o", "remount,ro,bind", target], check=True)
        else:
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        try:
            server = peers.dvm_target(folder, setting.keys, {"data": target})
            if prefix:
                server.argv = [*prefix, *_readable_by_nobody(server.argv, folder)]
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


def _readable_by_nobody(argv, folder):
    """The arguments with secrets that another user may read."""
    copies = []
    for word in argv:
        if word.endswith("/credentials") or word.endswith(".key"):
            word = shutil.copy(word, f"{folder}/{os.path.basename(word)}")
            os.chown(word, 65534, 65534)
            os.chmod(word, 0o600)
        copies.append(word)
    return copies


def _interrupted(setting, folder):
    """A run that is stopped counts no file that has not arrived."""
    full = tree(f"{folder}/full", "full", LARGE, files=40)
    with Ends(setting, folder) as ends:
        argv = source(ends, full, SLOW, "--progress", "json")
        with Pushing(argv, f"{ends.target}/a039 full") as push:
            time.sleep(1.2)  # the target tells what it has once a second
            push.process.send_signal(signal.SIGTERM)
            outcome = push.end()
        check(outcome.code == 20, str(outcome))
        event, there = finished(outcome), compare.manifest(ends.target)
        files = [item for item in there.values() if item.kind == "file"]
        check(0 < event["filesTransferred"] <= len(files), f"{event['filesTransferred']} of {len(files)} in place")
        check(event["created"] < len(there), f"created {event['created']} of {len(there) - 1}")


def _stock_unwritable(setting, folder):
    """A stock target does not tell what is in place, and a failed pass does not say that it is."""
    full, target = tree(f"{folder}/full", "full"), f"{folder}/target"
    os.makedirs(target)
    subprocess.run(["mount", "--bind", target, target], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", target], check=True)
    try:
        with Ends(setting, folder, target="stock", path=target) as ends:
            outcome = run(source(ends, full, "--progress", "json"))
            check(outcome.code != 0, str(outcome))
            event = finished(outcome)
            check(event["filesTransferred"] is None and event["created"] is None, json.dumps(event)[:600])
    finally:
        subprocess.run(["umount", "-l", target], check=True)


# MARK: directories that are replaced

def _removed_directory(setting, folder):
    """A volume whose directory is removed is named as missing, and used again when it is back."""
    full = tree(f"{folder}/full", "full")
    with Ends(setting, folder) as ends:
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
        check(run(source(ends, full)).code == 0, "made anew")
        check_equal_trees(compare.compare(full, ends.target))


# Paths below the case's directory, and in how many target processes they are volumes; the reduced form has some.
OVERLAPS = [((one, two), processes) for one, two in (
    ("outer", "link"), ("link", "outer"), ("outer/inner", "link"), ("outer/inner/deep", "outer"), ("outer", "bound"),
    ("bound", "outer")) for processes in (1, 2)]
REDUCED = [(("outer/inner", "link"), 2), (("outer/inner/deep", "outer"), 1), (("outer", "link"), 2), (("bound", "outer"), 2)]


def _unmounted(setting, folder):
    """A volume that was a mount point is missing when nothing is mounted there; what lies below is left alone."""
    full, target = tree(f"{folder}/full", "full"), f"{folder}/target"
    os.makedirs(target)
    mount = ["mount", "-t", "tmpfs", "-o", "size=9m", "dvm-test", target]
    subprocess.run(mount, check=True)
    try:
        with Ends(setting, folder, path=target) as ends:
            check(run(source(ends, full)).code == 0, "the first pass")
            # The session before may still be ending.
            wait_for(lambda: subprocess.run(["umount", target], capture_output=True).returncode == 0, "unmounting")
            check_refused(run(source(ends, full)), "DVM-2011", "nothing is mounted on", 3)
            check(os.listdir(target) == [], "the directory below was written to")
            # The sandbox knows the mount of the start alone.
            subprocess.run(mount, check=True)
            outcome = run(source(ends, full))
            if outcome.code != 0:
                check_refused(outcome, "DVM-2011", "restart the target", 3)
        with Ends(setting, folder, path=target) as ends:
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
        "one call": _one_call,
        "half deleted": _half_deleted,
        "deletes first": _deletes_first,
        "directory becomes file": _directory_becomes_file,
        "read-only target": _unwritable("read-only"),
        "unwritable target": _unwritable("user"),
        "stock unwritable": _stock_unwritable,
        "interrupted": _interrupted,
        "removed directory": _removed_directory,
        "unmounted": _unmounted,
    }
    for kind in ("dvm", "stock"):
        cases[f"empty source to {kind}"] = _empty_source(kind)
        cases[f"many deleted at {kind}"] = _many_deleted(kind)
    for names, processes in OVERLAPS if full else REDUCED:
        cases[f"{' and '.join(names)} in {processes}"] = _overlapping(names, processes)
    return [Case(f"writers/{name}", body) for name, body in cases.items()]
