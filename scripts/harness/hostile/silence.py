"""A silent peer ends the session after the limit; a peer that is only busy for long is waited for."""

import contextlib
import hashlib
import hmac
import json
import os
import re
import signal
import ssl
import struct
import subprocess
import time

from harness.cases import Case, check
from harness.hostile.noise import line
from harness.programs import peers
from harness.programs.background import Listening
from harness.programs.preloaded import slow
from harness.programs.processes import Outcome, run
from harness.trees import compare, damage

LIMIT = 2  # seconds of --silence-limit, the minimum
PATIENCE = LIMIT + 6  # seconds within which the session must have ended; two cores are shared
REDUCED = ("silent target/connection", "silent target/control request", "silent target/handshake",
           "silent target/handshake, it reads", "frozen target", "frozen source", "stock source/sums for the list",
           "our target/writes")
SILENT = re.compile(rb"DVM-(4003|1108|1217|2008)\b")
LIST_FLAG = 0x80  # compatibility flags: lists of checksums are exchanged


def limit(seconds=LIMIT):
    """The option of both agents."""
    return ["--silence-limit", str(seconds)]


class ScriptedServer(Listening):
    """Serves each connection with a function on its own thread; a connection stays open until the server ends."""

    def __init__(self, serve):
        super().__init__()
        self.play, self.open = serve, []

    def serve(self, connection):
        self.open.append(connection)
        self.open.append(self.play(connection))

    def __exit__(self, *_):
        self.close()
        for connection in self.open:
            with contextlib.suppress(OSError, AttributeError):
                connection.close()


def tls(keys, connection, *protocols):
    """Accepts TLS; `protocols` are for ALPN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*keys.good)
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context.wrap_socket(connection, server_side=True)


# The steps of a scripted stock daemon before it falls silent.
def _greet(stream):
    stream.sendall(b"@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4\n")
    line(stream), line(stream)


def _admit(stream):
    stream.sendall(b"@RSYNCD: AUTHREQD abcdefghijklmnopqrstuv\n")
    line(stream)
    stream.sendall(b"@RSYNCD: OK\n")


def shake_hands(stream):
    read_until(stream, b"\0\0")
    names = b"xxh128 md5"
    # Compatibility flags as a varint of two bytes, a list of checksums, the seed.
    stream.sendall(bytes([0x80, LIST_FLAG]) + bytes([len(names)]) + names + struct.pack("<i", 7))


STEPS = {"tls": [], "greeting": [_greet], "login": [_greet, _admit], "handshake": [_greet, _admit, shake_hands]}


def read_until(stream, end):
    """Reads byte by byte up to and including `end`."""
    data = b""
    while not data.endswith(end):
        piece = stream.recv(1)
        if not piece:
            raise OSError("the client went")
        data += piece
    return data


def stock_daemon(keys, steps, greedy=False):
    """A scripted stock target that runs some steps; `greedy` continues to read silently."""
    def serve(connection):
        stream = tls(keys, connection)
        for step in steps:
            step(stream)
        while greedy and stream.recv(1 << 16):
            pass
        return stream
    return serve


class Control:
    """The target's end of a control conversation."""

    def __init__(self, keys, connection):
        self.stream = tls(keys, connection, "dvm/1")

    def send(self, message):
        payload = json.dumps(message).encode()
        self.stream.sendall(struct.pack(">IB", len(payload), 1) + payload)

    def receive(self):
        length, _ = struct.unpack(">IB", self._exactly(5))
        return json.loads(self._exactly(length))

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.stream.recv(count - len(data))
            if not piece:
                raise OSError("the client went")
            data += piece
        return data

    def admit(self):
        """Proves the password."""
        challenge = "c" * 64
        self.send({"dvm": 1, "challenge": challenge})
        login = self.receive()
        words = "\0".join(["dvm/1 target", login["user"], challenge, login["challenge"]])
        self.send({"proof": hmac.new(peers.PASSWORD.encode(), words.encode(), hashlib.sha256).hexdigest()})


def mute_control(keys, steps):
    """A dvm-target that falls silent before the login (0) or at the first request (1)."""
    def serve(connection):
        control = Control(keys, connection)
        if steps:
            control.admit()
            control.receive()
        return control.stream
    return serve


def small_tree(directory, name="source", size=300_000):
    """A volume of two files."""
    path = f"{directory}/{name}"
    os.makedirs(path, exist_ok=True)
    for number in range(2):
        with open(f"{path}/file {number}", "wb") as handle:
            handle.write(os.urandom(size))
    return path


def check_left(outcome, patience=PATIENCE, expected=SILENT):
    """Checks that our source gave up in time and reported why."""
    damage.check_outcome(outcome, {10, 30})
    check(expected.search(outcome.err), f"not silence: {outcome}")
    check(outcome.seconds <= patience, f"took {outcome.seconds:.1f} s: {outcome}")


def _to_source(make_serve, *options, patience=PATIENCE, proxy=False):
    """Our source connects to a scripted server."""
    def body(setting, directory):
        source = small_tree(directory)
        with ScriptedServer(make_serve(setting.keys)) as server:
            way = ["--proxy", f"http://127.0.0.1:{server.port}"] if proxy else []
            argv = peers.dvm_source(setting.keys, source, 9 if proxy else server.port, *limit(), *way, *options)
            outcome = run(argv, 60)
        check_left(outcome, patience)
        return f"{outcome.seconds:.1f} s, {outcome}"
    return body


def wait_for(condition, seconds=30):
    """Polls until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        check(time.monotonic() < deadline, "the awaited state did not come")
        time.sleep(0.02)


class Started:
    """A running program, which is killed by its process id at the end."""

    def __init__(self, argv, env=None):
        self.start = time.monotonic()
        self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        start_new_session=True, env=dict(os.environ, **(env or {})))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def outcome(self, timeout):
        """The outcome, with the seconds since `start`."""
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.signal(signal.SIGKILL)
            out, err = self.process.communicate()
            return Outcome(999, out, err, time.monotonic() - self.start)
        return Outcome(self.process.returncode, out, err, time.monotonic() - self.start)


def target(setting, directory, *options, env=None):
    """Our target with the limit, its volume in `directory`/target."""
    os.makedirs(f"{directory}/target", exist_ok=True)
    server = peers.dvm_target(directory, setting.keys, {"data": f"{directory}/target"}, plain=True)
    server.argv += [*limit(), *options]
    server.env = env
    return server


def _frozen(who, *options):
    """One of our agents is stopped (SIGSTOP) in the middle of a file: the other one ends."""
    def body(setting, directory):
        source = small_tree(directory, size=20 << 20)
        with target(setting, directory) as server:
            argv = peers.dvm_source(setting.keys, source, server.port, *limit(), "--bwlimit=2000", *options)
            with Started(argv) as client:
                wait_for(lambda: b"dvm-generate" in threads(server.process.pid))
                if who == "target":
                    os.kill(server.process.pid, signal.SIGSTOP)
                    client.start = time.monotonic()
                    outcome = client.outcome(60)
                    os.kill(server.process.pid, signal.SIGCONT)
                    check_left(outcome, expected=re.compile(b"DVM-4003"))
                    return f"{outcome.seconds:.1f} s, {outcome}"
                client.signal(signal.SIGSTOP)
                start = time.monotonic()
                wait_for(lambda: "DVM-4003" in server.log_text(), PATIENCE)
                return f"{time.monotonic() - start:.1f} s, {server.log_text().splitlines()[-1]}"
    return body


def threads(pid):
    """The names of a process's threads."""
    names = set()
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/comm", "rb") as handle:
                names.add(handle.read().strip())
    return names


def _thawed(setting, directory):
    """An agent that was stopped for longer than the limit continues if the other end has waited for it."""
    source = small_tree(directory, size=1 << 20)
    with target(setting, directory, "--silence-limit", "60") as server:
        argv = peers.dvm_source(setting.keys, source, server.port, *limit(), "--bwlimit=500")
        with Started(argv) as client:
            wait_for(lambda: b"dvm-generate" in threads(server.process.pid))
            client.signal(signal.SIGSTOP)
            time.sleep(2 * LIMIT)  # the elapsed time is what is tested
            client.signal(signal.SIGCONT)
            outcome = client.outcome(60)
        check(outcome.code == 0, f"{outcome}", server.log_text()[-500:])


def honest_trees(directory, kind, size=1 << 20):
    """A source and a target: `same` is equal, `delta` differs in one byte, `delete` has one name too many."""
    source = small_tree(directory, size=size)
    served = f"{directory}/target"
    os.makedirs(served, exist_ok=True)
    if kind in ("same", "delta"):
        subprocess.run(["cp", "-a", source + "/.", served], check=True)
    if kind == "delta":
        for name in os.listdir(served):
            with open(f"{served}/{name}", "r+b") as handle:
                handle.write(b"x")
            os.utime(f"{served}/{name}", (1, 1))
    if kind == "delete":
        for number in range(6):
            peers.write(f"{served}/old {number}", "old")
    return source, served


def _stock_source(kind, *options, seconds=3 * LIMIT, wait=LIMIT):
    """A stock source that is busy for `seconds` without sending is not disconnected by a target whose limit is `wait`."""
    def body(setting, directory):
        source, served = honest_trees(directory, kind)
        per_read = int(seconds * 1000 / 8)  # two files of 1 MiB, in pieces of 256 KiB
        with target(setting, directory, "--silence-limit", str(wait)) as server:
            with Started(peers.stock_push(setting.keys, source, server.plain_port, *options),
                         slow(setting, SLOW_READ=per_read)) as client:
                outcome = client.outcome(60 + 4 * seconds)
        check(outcome.code == 0, f"{outcome}", server.log_text()[-500:])
        check(outcome.seconds >= seconds, f"too fast for this test: {outcome.seconds:.1f} s")
        check(not compare.compare(source, served), "the trees differ")
        return f"{outcome.seconds:.1f} s"
    return body


def _stock_target(kind, speeds, *options):
    """Our source waits for a stock target that is busy for several times the limit."""
    def body(setting, directory):
        source, served = honest_trees(directory, kind)
        daemon = peers.rsync_daemon(peers.STOCK_RSYNC, directory, {"data": (served, "")}, setting.keys.credentials)
        daemon.env = slow(setting, **speeds)
        with daemon, peers.stunnel_server(directory, setting.keys, daemon.port) as tunnel:
            outcome = run(peers.dvm_source(setting.keys, source, tunnel.port, *limit(), *options), 90)
        check(outcome.code == 0, f"{outcome}")
        check(outcome.seconds >= 2 * LIMIT, f"too fast for this test: {outcome.seconds:.1f} s")
        check(not compare.compare(source, served), "the trees differ")
        return f"{outcome.seconds:.1f} s"
    return body


def _our_ends(kind, *options, source_speeds=None, target_speeds=None, size=1 << 20):
    """Our agents wait for each other while one of them is busy for several times the limit."""
    def body(setting, directory):
        source, served = honest_trees(directory, kind, size)
        with target(setting, directory, env=slow(setting, **(target_speeds or {}))) as server:
            with Started(peers.dvm_source(setting.keys, source, server.port, *limit(), *options),
                         slow(setting, **(source_speeds or {}))) as client:
                outcome = client.outcome(90)
        check(outcome.code == 0, f"{outcome}", server.log_text()[-500:])
        check(outcome.seconds >= 2 * LIMIT, f"too fast for this test: {outcome.seconds:.1f} s")
        check(not compare.compare(source, served), "the trees differ")
        return f"{outcome.seconds:.1f} s"
    return body


def silence_cases(full, stock):
    """Silent peers in each phase, and legitimate ones that are busy for long."""
    if stock:
        return []
    bodies = {
        "silent target/connection": _to_source(lambda keys: lambda connection: connection),
        "silent target/proxy": _to_source(lambda keys: lambda connection: connection, proxy=True),
        "silent target/control login": _to_source(lambda keys: mute_control(keys, 0)),
        "silent target/control request": _to_source(lambda keys: mute_control(keys, 1)),
        "silent target/handshake, it reads": _to_source(
            lambda keys: stock_daemon(keys, STEPS["handshake"], greedy=True), "--no-delete"),
        "frozen target": _frozen("target"),
        "frozen target, not checked": _frozen("target", "--check", "none"),
        "frozen source": _frozen("source"),
        "thawed source": _thawed,
        "stock source/sums for the list": _stock_source("same", "-c"),
        "stock source/looks for blocks": _stock_source("delta"),
        "stock target/sums": _stock_target("same", {"SLOW_READ": 1500, "SLOW_COUNT": 4}, "--checksum"),
        "stock target/deletes": _stock_target("delete", {"SLOW_UNLINK": 1000}),
        "our source/sums": _our_ends("same", "--checksum", source_speeds={"SLOW_READ": 5000, "SLOW_COUNT": 1}),
        "our target/sums": _our_ends("same", "--checksum", target_speeds={"SLOW_READ": 800}),
        "our target/deletes": _our_ends(
            "delete", "--check", "none", target_speeds={"SLOW_UNLINK": 900}),
        "our target/writes": _our_ends("new", target_speeds={"SLOW_WRITE": 5000, "SLOW_COUNT": 1}, size=16 << 20),
    }
    for name, steps in STEPS.items():
        bodies[f"silent target/{name}"] = _to_source(lambda keys, steps=steps: stock_daemon(keys, steps), "--no-delete")
    if not full:
        bodies = {name: bodies[name] for name in REDUCED}
    if full:
        bodies["silent target/handshake, with deletion"] = _to_source(
            lambda keys: stock_daemon(keys, STEPS["handshake"]), patience=5 * LIMIT + 6)
        bodies["stock source/sums for 200 s"] = _stock_source("same", "-c", seconds=200, wait=120)
        bodies["stock source/looks for blocks for 130 s a file"] = _stock_source("delta", seconds=260, wait=120)
    return [Case(f"silence/{name}", body) for name, body in bodies.items()]
