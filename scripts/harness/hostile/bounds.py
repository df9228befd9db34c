"""Limits on values from peers and volumes: numbers, file lengths, queues, names, and data that expands."""

import hashlib
import os
import struct
import subprocess
import threading
import time

from harness.cases import Case, check
from harness.programs import peers, scripted
from harness.programs.processes import run, status_kib
from harness.transfers.tls import Ends

MIB, GIB, EIB = 1 << 20, 1 << 30, 1 << 60
FACTS = {"fileSystem": "btrfs", "blockSize": 4096, "totalBytes": GIB, "usedBytes": 0, "freeBytes": GIB,
         "readOnly": False, "longestName": 255, "empty": True, "smallestFirst": True}
BTRFS = {"freeContentBytes": 0, "treeBytes": GIB, "usedTreeBytes": 0, "reserveBytes": 0, "copies": 2}
UNUSABLE = "invalid answer from the target"

# Answers about a volume, and the expected error of the source; None: anything but a crash.
ANSWERS = {
    "no bytes in all, trees of an exbibyte": (FACTS | {"totalBytes": 0, "btrfs": BTRFS | {"usedTreeBytes": EIB}},
                                              UNUSABLE),
    "no bytes in all, little in trees": (FACTS | {"totalBytes": 0, "btrfs": BTRFS}, None),
    "every figure as large as can be": (FACTS | {key: 2**63 - 1 for key in ("totalBytes", "usedBytes", "freeBytes")}
                                        | {"btrfs": {key: 2**63 - 1 for key in BTRFS} | {"copies": 4}}, None),
    "negative free space": (FACTS | {"freeBytes": -5}, UNUSABLE),
    "more than 63 bits": (FACTS | {"usedBytes": 2**70}, UNUSABLE),
    "a member missing": ({key: value for key, value in FACTS.items() if key != "longestName"}, UNUSABLE),
    "times and limits at the ends": (FACTS | {"fileSystem": "ext4", "largestFile": 0, "linkLimit": 0,
                                              "earliestTime": 2**63 - 1, "latestTime": -2**63,
                                              "timeGrainNanoseconds": 2**63 - 1}, "altered"),
}


def _control(answer, expected):
    """A target that answers with such values: the source ends cleanly with the expected error."""
    def body(setting, directory):
        source = _tree(directory + "/source")
        # The session is refused, so that only the check runs.
        def refuse(tunnel):
            tunnel.sendall(b"@ERROR: no session here\n")
        answers = {"volume": answer, "sizes": {"allocated": [2**63 - 1]}}
        with scripted.Target(setting.keys, refuse, scripted.Control(answers)) as target:
            outcome = run(peers.dvm_source(setting.keys, source, target.port), 30)
        check(0 < outcome.code < 128, f"the source ended by a signal or took too long: {outcome}")
        check(expected is None or expected in outcome.err.decode(), f"no word of it: {outcome}")
    return body


def _tree(path):
    os.makedirs(path)
    for name, size in (("one", 5), ("two", 100_000)):
        with open(f"{path}/{name}", "wb") as file:
            file.write(os.urandom(size))
    return path


# MARK: sparse files

def _sparse(path, size, data=b""):
    with open(path, "wb") as file:
        file.write(data)
    os.truncate(path, size)


def _too_large(source_kind):
    """Two sparse files of 5 EiB: each is refused by name, everything else arrives, and nothing is read."""
    def body(setting, directory):
        source = _tree(directory + "/source")
        for name in ("huge one", "huge two"):
            _sparse(f"{source}/{name}", 5 * EIB, b"x")
        with Ends(setting, directory, source=source_kind) as ends:
            # Stock would read the zeros for its checksums.
            for checksum in ((), ("--checksum",))[:1 if source_kind == "stock" else 2]:
                outcome = ends.push(source, *checksum, timeout=30)
                words = outcome.out.decode() + outcome.err.decode()
                check(outcome.code == 23, f"not exit 23: {outcome}")
                for name in ("huge one", "huge two"):
                    expected = f"{name}\" has {5 * EIB} bytes, more than the limit"
                    check(expected in words, f"{name} is not named: {words}")
                check(source_kind == "stock" or "DVM-3009" in words, f"no code: {words}")
                check(sorted(os.listdir(ends.target)) == ["one", "two"], f"arrived: {os.listdir(ends.target)}")
    return body


def _settable(setting, directory):
    """--max-file-size at the source: a longer file is refused, a shorter one is not; an invalid quantity is an error."""
    source = _tree(directory + "/source")
    with Ends(setting, directory) as ends:
        outcome = ends.push(source, "--max-file-size", "64Ki")
        check(outcome.code == 23 and b"\"two\" has 100000 bytes" in outcome.err, f"not refused: {outcome}")
        check(os.listdir(ends.target) == ["one"], f"arrived: {os.listdir(ends.target)}")
        outcome = ends.push(source, "--max-file-size", "100k")
        check(outcome.code == 0, f"refused: {outcome}")
        check(ends.push(source, "--max-file-size", "much").code == 2, "taken: much")


def _no_crash(setting, directory):
    """Two such files that already exist at the target are counted without a crash, even by dvm-rsync, which has no limit."""
    source, target = _tree(directory + "/source"), directory + "/target"
    os.makedirs(target)
    for name in ("huge one", "huge two"):
        for place in (source, target):
            _sparse(f"{place}/{name}", 5 * EIB)
            os.utime(f"{place}/{name}", (0, 2**33))
    for options in (("-an", "--stats"), ("-an", "--progress", "--out-format=%M %l %n"),
                    ("-a", "--stats", "-e", setting.shell)):
        remote = "nowhere:" if "-e" in options else ""
        argv = [peers.DVM_RSYNC, *options, f"--rsync-path={peers.DVM_RSYNC}", source + "/", f"{remote}{target}/"]
        outcome = run(argv, 30)
        check(outcome.code == 0, f"{options}: {outcome}")
    with Ends(setting, directory) as ends:
        outcome = ends.push(source, "--check", "none")
        check(outcome.code == 0, f"dvm-source: {outcome}")


def _holes(size):
    """A file of one MiB of data and a long hole: the hole is not read, and is preserved."""
    def body(setting, directory):
        source = directory + "/source"
        os.makedirs(source)
        _sparse(source + "/image", size, os.urandom(MIB))
        with Ends(setting, directory) as ends:
            argv = peers.dvm_source(setting.keys, source, ends.port)
            start = time.monotonic()
            with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
                seconds, read = time.monotonic() - start, _read_bytes(process.pid)
            check(process.returncode == 0, f"exit {process.returncode}")
            arrived = os.stat(ends.target + "/image")
            check(arrived.st_size == size and arrived.st_blocks * 512 <= 2 * MIB, f"arrived: {arrived}")
            with open(source + "/image", "rb") as old, open(ends.target + "/image", "rb") as new:
                check(old.read(2 * MIB) == new.read(2 * MIB), "the content differs")
        check(read < 16 * MIB, f"{read / MIB:.0f} MiB were read of a file with 1 MiB of data")
        return f"{size / GIB:.1f} GiB in {seconds:.1f} s, {read / MIB:.1f} MiB read"
    return body


def _read_bytes(pid):
    """The bytes that a process has read; an ended process must still be a zombie."""
    with open(f"/proc/{pid}/io") as lines:
        return int(next(line for line in lines if line.startswith("rchar:")).split()[1])


# MARK: memory

def _requests(mebibytes, limit):
    """Items with names of 4 KB from a target that does not read: the source stops reading, and its memory stays bounded."""
    def body(setting, directory):
        source, sent, ready = directory + "/source", [0], threading.Event()
        os.makedirs(source)
        with open(source + "/big", "wb") as file:
            file.write(os.urandom(64 * MIB))
        item = b"\xfe\x00\x00" + struct.pack("<H", 0x1000) + b"\x8f\xff" + b"n" * 4095
        flood = item * 256

        def serve(tunnel):
            talk = scripted.open_session(tunnel)
            talk.send(b"\x02" + struct.pack("<H", 0x8000) + bytes(16))  # the whole of the second entry
            tunnel.settimeout(2)
            try:
                while sent[0] < mebibytes * MIB:
                    talk.send(flood)
                    sent[0] += len(flood)
            finally:
                ready.set()
                done.wait(60)
        done = threading.Event()
        with scripted.Target(setting.keys, serve, receive_buffer=65536) as target:
            # A dry run that counts deletions would be the first session; this one has to send data.
            argv = peers.dvm_source(setting.keys, source, target.port, "--no-delete")
            with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
                check(ready.wait(120), "the flood does not end")
                peak = status_kib(process.pid, "VmHWM") / 1024
                process.kill()
            done.set()
        words = f"{sent[0] / MIB:.0f} MiB of {mebibytes} were taken, peak resident {peak:.1f} MiB"
        check(0 < peak <= limit, f"more than {limit} MiB: {words}")
        check(sent[0] < mebibytes * MIB, f"the peer was not made to wait: {words}")
        return words
    return body


def _names(count, limit):
    """A million names of users and groups: the target ends the session, and its memory stays bounded."""
    def body(setting, directory):
        with Ends(setting, directory) as ends:
            talk = scripted.push(ends.port, setting.keys, "-ogrtpe.LsfxC")
            talk.send(scripted.entry(b".", 0o40755, owner=0) + b"\0")
            name = b"u" * 247
            try:
                for start in range(1, count, 1000):
                    names = range(start, start + 1000)
                    talk.send(b"".join(scripted.varint(uid) + b"\xff" + name + b"%08d" % uid for uid in names))
                talk.send(b"\0")
            except OSError:
                pass  # the target has ended the session
            talk.stream.settimeout(5)
            try:
                while True:
                    talk.frame()
            except (OSError, EOFError):
                pass
            talk.stream.close()
            peak = status_kib(ends.servers[0].process.pid, "VmHWM") / 1024
            log = _awaited(ends.servers[0], "exit code")
        check(peak <= limit, f"peak resident {peak:.1f} MiB, more than {limit}: {log[-300:]}")
        check("names of users and groups exceed their limit" in log, f"not refused: {log[-300:]}")
        return f"peak resident {peak:.1f} MiB"
    return body


def _awaited(server, words):
    """The server's log once it contains some text, or after 30 s."""
    deadline = time.monotonic() + 30
    while words not in server.log_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return server.log_text()


# MARK: growth

def _send_file(setting, ends, listed, tokens, digest, *options):
    """Pushes the file `f`, announced with a length, as the given tokens; returns its size, if it is in place, and the
    report about it."""
    path = ends.target + "/f"
    talk = scripted.push(ends.port, setting.keys, "-rtpe.LsfxC", *options)
    talk.send(scripted.entry(b".", 0o40755) + scripted.entry(b"f", 0o100644, listed) + b"\0")
    head = talk.request()
    # From here on a file of another age is the one that was sent.
    before = _age(path)
    tokens = tokens(head) if callable(tokens) else tokens
    talk.send(b"\x02" + struct.pack("<H4i", 0x8000, *head) + tokens + digest)
    deadline = time.monotonic() + 60
    talk.stream.settimeout(0.05)
    while not talk.words and _age(path) == before and time.monotonic() < deadline:
        try:
            talk.frame()
        except OSError:
            continue
    size = os.stat(path).st_size if _age(path) != before else None
    talk.stream.close()
    return size, " ".join(talk.words)


def _age(path):
    return os.stat(path).st_ino if os.path.exists(path) else None


def _basis_again(setting, directory):
    """7 bytes announced, and a basis of 16 MiB referenced eight times in 7 bytes each: reported, and not kept."""
    data = os.urandom(16 * MIB)
    with Ends(setting, directory) as ends:
        with open(ends.target + "/f", "wb") as file:
            file.write(data)

        def runs(head):
            return struct.pack("<BiH", 0x21, 0, head[0] - 1) * 8 + b"\0"
        digest = hashlib.md5(data * 8).digest()
        size, words = _send_file(setting, ends, 7, runs, digest, "--compress-choice=zstd")
        check(size is None, f"accepted with {size} bytes from 57")
        check('"f" has grown from 7 bytes' in words, f"no word of it: {words}")
        check(os.stat(ends.target + "/f").st_size == len(data), "the old file is not as it was")


def _inflated(setting, directory):
    """7 bytes announced, 128 MiB delivered from 4 KB of zstd (400 MiB in full): reported, and not kept."""
    count = 400 if setting.full else 128
    digest = hashlib.md5()
    for _ in range(count):
        digest.update(bytes(MIB))
    tokens = scripted.compressed(scripted.zstd_zeros(count * 8))
    with Ends(setting, directory) as ends:
        size, words = _send_file(setting, ends, 7, tokens, digest.digest(), "--compress-choice=zstd")
        check(size is None, f"accepted with {size} bytes from {len(tokens)}")
        check('"f" has grown from 7 bytes' in words and "not kept" in words, f"no word of it: {words}")
        # The same bytes for a file that was announced are a legitimate hole.
        size, words = _send_file(setting, ends, count * MIB, tokens, digest.digest(), "--compress-choice=zstd")
        check(size == count * MIB, f"an announced file of zeros is refused: {words}")


def _grown(setting, directory):
    """2 bytes announced, 3 MiB delivered, as a log that grows: accepted completely, and reported in the target's log."""
    data = os.urandom(3 * MIB)
    tokens = struct.pack("<i", len(data)) + data + struct.pack("<i", 0)
    with Ends(setting, directory) as ends:
        size, words = _send_file(setting, ends, 2, tokens, hashlib.md5(data).digest())
        check(size == len(data) and not words, f"{size} bytes arrived: {words}")
        with open(ends.target + "/f", "rb") as file:
            check(file.read() == data, "the content differs")
        log = _awaited(ends.servers[0], "exit code")
        check("1 of them grew" in log, f"not logged: {log[-300:]}")


def _reserve(setting, directory):
    """A file that grows endlessly does not use the reserve of a volume of 128 MiB."""
    served = directory + "/small"
    os.makedirs(served)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128m", "dvm-test", served], check=True)
    try:
        data = os.urandom(MIB)
        tokens = (struct.pack("<i", MIB) + data) * 127 + struct.pack("<i", 0)
        with Ends(setting, directory, path=served) as ends:
            size, words = _send_file(setting, ends, 7, tokens, bytes(16))
        check(size is None and "are kept for what was listed" in words, f"{size} bytes arrived: {words}")
    finally:
        subprocess.run(["umount", served], check=True)


def _listed_growth(setting, directory):
    """A log that is appended to between listing and reading arrives; the pass is complete and lists it."""
    source = directory + "/source"
    os.makedirs(source)
    with open(source + "/a", "wb") as file:
        file.write(os.urandom(8 * MIB))
    with open(source + "/z.log", "wb") as file:
        file.write(b"first\n")
    with Ends(setting, directory) as ends:
        argv = peers.dvm_source(setting.keys, source, ends.port, "--bwlimit", "4M")
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            # What was read shows that the list has been sent and the first file is in progress.
            while process.poll() is None and _read_bytes(process.pid) < 2 * MIB:
                time.sleep(0.01)
            with open(source + "/z.log", "ab") as file:
                file.write(b"second\n")
            out, err = process.communicate(timeout=60)
        words = (out + err).decode()
        check(process.returncode == 0, f"exit {process.returncode}: {words}")
        check('file has grown while it was read: "z.log" (from 6 to 13 bytes)' in words, f"not listed: {words}")
        with open(ends.target + "/z.log") as file:
            check(file.read() == "first\nsecond\n", "the content differs")


def bounds_cases(full):
    """Small inputs that once expanded without bound; with `full` in the original sizes."""
    return [
        *(Case(f"bounds/control/{name}", _control(*what)) for name, what in ANSWERS.items()),
        Case("bounds/5 EiB/dvm", _too_large("dvm")),
        Case("bounds/5 EiB/stock", _too_large("stock")),
        Case("bounds/5 EiB/dvm-rsync", _no_crash),
        Case("bounds/max-file-size", _settable),
        Case("bounds/holes", _holes(64 * GIB if full else GIB // 2)),
        Case("bounds/requests", _requests(2000 if full else 300, 128)),
        Case("bounds/names", _names(1_000_000 if full else 500_000, 128)),
        Case("bounds/growth/inflated", _inflated),
        Case("bounds/growth/basis", _basis_again),
        Case("bounds/growth/log", _grown),
        Case("bounds/growth/reserve", _reserve),
        Case("bounds/growth/listed", _listed_growth),
    ]
