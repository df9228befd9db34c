"""Wrong passwords, wrong certificates, full disks and files that change during the transfer."""

import contextlib
import os
import shutil
import subprocess
import threading
import time

from harness.cases import Case, check, check_equal_trees
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers.tls import Ends
from harness.trees import compare, damage

SHRUNK = 5 << 20
STOCK_REFUSED = {5, 10, 12, 35}  # 5: the daemon refuses; 10, 12, 35: the connection fails


def _refused(codes=frozenset({10}), certificate=None, module_extra="", target=None, port="port", **push):
    """A push that must be refused before anything is written."""
    def body(setting, directory):
        old_path, new_path, old, new = damage.two_versions(directory)
        served = shutil.copytree(old_path, directory + "/target")
        options = {key: getattr(setting.keys, value) if key in ("ca", "password") else value
                   for key, value in push.items()}
        pair = certificate and getattr(setting.keys, certificate)
        with Ends(setting, directory, target=target or "dvm", certificate=pair, module_extra=module_extra) as ends:
            outcome = ends.push(new_path, port=getattr(ends, port), timeout=60, **options)
        damage.check_outcome(outcome, STOCK_REFUSED | codes if setting.stock else codes)
        check(not compare.compare(old, served), "the target was changed")
        return str(outcome)
    return body


def _plain_to_tls(setting, directory):
    """Stock rsync without TLS talks to the TLS port: it ends, and the target still serves others."""
    old_path, new_path, old, new = damage.two_versions(directory)
    served = shutil.copytree(old_path, directory + "/target")
    with Ends(setting, directory) as ends:
        outcome = run(peers.stock_push(setting.keys, new_path, ends.port, "--contimeout=20", "--timeout=20"), 60)
        check(outcome.code == 5, str(outcome))
        check(not compare.compare(old, served), "the target was changed")
        after = ends.push(new_path)
        check(after.code == 0, f"the target does not serve the next one: {after}")
    return str(outcome)


def _full_disk(setting, directory):
    """A 2 MiB target: error 11 (or 12, when the connection goes first), files old or new, and no temporary."""
    old_path, new_path, old, new = damage.two_versions(directory, sizes=(300_000, 100, 900_000, 1500, 1_200_000))
    served = directory + "/small disk"
    os.makedirs(served)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2600k", "dvm-test", served], check=True)
    try:
        shutil.copytree(old_path, served, dirs_exist_ok=True)
        with open(served + "/ballast", "wb") as ballast, contextlib.suppress(OSError):
            ballast.write(bytes(100_000))
        old = compare.manifest(served)
        with Ends(setting, directory, path=served) as ends:
            outcome = ends.push(new_path, timeout=60)
            damage.check_outcome(outcome, {11, 12, 23}, "full disk")
            damage.check_target(old, new, served, what="full disk")
    finally:
        subprocess.run(["umount", "-l", served], check=True)
    return str(outcome)


def _unreadable(name):
    """A source without permission to read one file or directory: the rest arrives, code 23, the path is named."""
    def body(setting, directory):
        _, new_path, _, _ = damage.two_versions(directory)
        os.chmod(f"{new_path}/{name}", 0)
        password = shutil.copy(setting.keys.password, directory + "/password")
        os.chown(password, 65534, 65534)
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        with Ends(setting, directory) as ends:
            outcome = ends.push(new_path, prefix=prefix, password=password, timeout=60)
            damage.check_outcome(outcome, {23})
            check(name in outcome.err.decode(errors="replace"), f"{name} is not named: {outcome}")
            arrived = [path for path, item in compare.manifest(ends.target).items() if item.kind == "file"]
            expected = [path for path, item in compare.manifest(new_path).items()
                        if item.kind == "file" and not path.startswith(name.encode())]
            check(sorted(arrived) == sorted(expected), f"arrived: {arrived}")
        return str(outcome)
    return body


def _while_moving(change, codes, after=0.6):
    """Pushes 6 MiB at 3 MiB/s with `change(source)` in the middle; the next pass must make the trees equal."""
    def body(setting, directory):
        source = directory + "/source"
        os.makedirs(source)
        noise = os.urandom(6 << 20)
        with open(source + "/a large", "wb") as handle:
            handle.write(noise)
        for number in range(300):
            with open(f"{source}/m {number:03}", "wb") as handle:
                handle.write(b"%d" % number * 900)
        with open(source + "/z last", "wb") as handle:
            handle.write(b"last")
        with Ends(setting, directory) as ends:
            timer = threading.Timer(after, change, [source])
            timer.start()
            outcome = ends.push(source, "--bwlimit=3000", timeout=60)
            timer.join()
            damage.check_outcome(outcome, codes)
            check(_whole_states(ends.target, noise), "the large file is torn")
            for path in (source, source + "/a large"):  # a change within one second is none to rsync
                os.utime(path, (1_700_000_000, 1_700_000_000))
            final = ends.push(source)
            check(final.code == 0, f"the next pass: {final}")
            check_equal_trees(compare.compare(source, ends.target), "after the next pass")
        return str(outcome)
    return body


def _whole_states(target, noise):
    """Whether the large file is absent or a state it had: a prefix, complete, or with data appended."""
    path = target + "/a large"
    if not os.path.exists(path):
        return True
    with open(path, "rb") as handle:
        data = handle.read()
    return len(data) >= SHRUNK and data[:len(noise)] == noise[:len(data)] and not data[len(noise):].strip(b"more")


def _vanish(source):
    os.unlink(source + "/z last")


def _grow(source):
    with open(source + "/a large", "ab") as handle:
        handle.write(b"more" * 100_000)


def _shrink(source):
    os.truncate(source + "/a large", SHRUNK)


def _busy_source(setting, directory):
    """A file that is rewritten all the time: once it no longer changes, the next pass makes it equal."""
    source, done = directory + "/source", threading.Event()
    os.makedirs(source)
    path = source + "/log"

    def write():
        with open(path, "wb") as handle:
            while not done.is_set():
                handle.write(os.urandom(10_000))
                handle.flush()
                if handle.tell() > 3 << 20:
                    handle.truncate(0)
                    handle.seek(0)
                time.sleep(0.001)
    writer = threading.Thread(target=write)
    writer.start()
    with Ends(setting, directory) as ends:
        for _ in range(6):
            damage.check_outcome(ends.push(source, timeout=60), {0, 23, 24}, "while it is written")
        done.set()
        writer.join()
        os.utime(path, (1_700_000_000, 1_700_000_000))
        check(ends.push(source).code == 0 and not compare.compare(source, ends.target), "not equal when it stood still")


def fault_cases(stock):
    """One case per kind of fault. `stock` leaves out what only our programs guarantee."""
    cases = {
        "wrong password": _refused({5}, password="wrong_password"),
        "unknown module": _refused({5}, volume="nothing"),
        "read-only module": _refused({1}, target="stock", module_extra="read only = yes"),
        "expired certificate": _refused(certificate="expired"),
        "wrong name": _refused(certificate="wrong_name"),
        "tls to the plain port": _refused(port="plain_port"),
        "plain text on the tls port": _plain_to_tls,
        "full disk": _full_disk,
        "unreadable file": _unreadable("file 0"),
        "unreadable directory": _unreadable("below"),
        "file vanishes": _while_moving(_vanish, {24}),
        "file grows": _while_moving(_grow, {0}),
        "file shrinks": _while_moving(_shrink, {0, 23, 24}),
        "file is rewritten all the time": _busy_source,
    }
    if not stock:
        cases["wrong authority"] = _refused(ca="other_ca")
        cases["nobody listens"] = _refused({10}, port="nothing_there")
    return [Case(f"faults/{name}", body) for name, body in cases.items()]
