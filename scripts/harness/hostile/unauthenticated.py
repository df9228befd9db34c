"""Connections that never log in: they must neither block a transfer nor make the target's memory grow."""

import contextlib
import functools
import os
import socket
import ssl
import threading
import time

from harness.cases import Case, check, check_equal_trees
from harness.programs import peers
from harness.programs.background import Background, Relay
from harness.programs.processes import run, status_kib
from harness.trees import compare

LOGIN_SECONDS = 20  # a target's time limit from the connection to the login
PENALTY_SECONDS = 1  # the delay of the answer to a wrong password
MEMORY_KIB = 96 << 10
GREETING = b"@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4\n"
OLD_RSYNC = os.environ.get("OLD_RSYNC", "")  # another stock rsync, such as 3.2.7


def _tls(port, alpn=None):
    """A TLS connection that accepts any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols([alpn])
    plain = socket.create_connection(("127.0.0.1", port), 10)
    try:
        return context.wrap_socket(plain)
    except OSError:
        plain.close()
        raise


def _hello():
    """The bytes of a ClientHello."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        connection.do_handshake()
    return outgoing.read()


class Client:
    """One connection of a kind, and what it does periodically."""

    def __init__(self, port):
        self.port = port

    def open(self):
        return socket.create_connection(("127.0.0.1", self.port), 10)

    def poke(self, connection):
        """Called about every half second."""


class HalfHandshake(Client):
    def open(self):
        connection = super().open()
        connection.sendall(_hello()[:100])
        return connection


class SilentInTLS(Client):
    def open(self):
        return _tls(self.port)


class SilentAfterGreeting(Client):
    def open(self):
        connection = _tls(self.port)
        connection.recv(200)
        connection.sendall(GREETING)
        return connection


class SilentAfterModule(SilentAfterGreeting):
    def open(self):
        connection = super().open()
        connection.sendall(b"data\n")
        return connection


class SlowWriter(Client):
    """A ClientHello, a byte every half second."""

    def __init__(self, port):
        super().__init__(port)
        self.hello, self.sent = _hello(), {}

    def poke(self, connection):
        done = self.sent.get(connection, 0)
        connection.sendall(self.hello[done:done + 1])
        self.sent[connection] = done + 1


class EarlyInput(SilentAfterGreeting):
    """Sends early input again and again."""
    LINE = b"#early_input=5120\n" + bytes(5120)

    def open(self):
        connection = super().open()
        connection.sendall(self.LINE * 20)
        return connection

    def poke(self, connection):
        connection.sendall(self.LINE * 4)


KINDS = {"tcp": Client, "half a handshake": HalfHandshake, "tls": SilentInTLS, "greeted": SilentAfterGreeting,
         "module named": SilentAfterModule, "slow": SlowWriter, "early input": EarlyInput}


class Crowd(Background):
    """Keeps `count` connections of each kind open: what the target closes is reopened at most `pause` s later."""

    def __init__(self, port, count, kinds=KINDS, pause=0.2):
        super().__init__()
        self.clients = [(KINDS[name](port), count) for name in kinds]
        self.pause, self.opened, self.open_now = pause, 0, {}

    def works(self):
        return [functools.partial(self._keep, *pair) for pair in self.clients]

    def _keep(self, client, count):
        connections, poked = [], time.monotonic()
        while not self.done.is_set():
            while len(connections) < count and not self.done.is_set():
                with contextlib.suppress(OSError):
                    connection = client.open()
                    connection.settimeout(2)
                    connections.append(connection)
                self.opened += 1
            self.open_now[client] = len(connections)
            self.done.wait(self.pause)
            connections = [connection for connection in connections if not self._is_over(connection)]
            if time.monotonic() - poked > 0.5:
                poked = time.monotonic()
                for connection in connections:
                    with contextlib.suppress(OSError):
                        client.poke(connection)
        for connection in connections:
            connection.close()

    @staticmethod
    def _is_over(connection):
        """Whether the other side has closed; received data is discarded."""
        try:
            connection.setblocking(False)
            over = connection.recv(1000) == b""
        except (BlockingIOError, ssl.SSLWantReadError):
            over = False
        except OSError:
            over = True
        if over:
            connection.close()
        else:
            connection.settimeout(2)
        return over

    def wait_until_full(self, seconds=30):
        """Waits until all connections have been opened once."""
        deadline, wanted = time.monotonic() + seconds, sum(count for _, count in self.clients)
        while self.opened < wanted and time.monotonic() < deadline:
            time.sleep(0.02)
        check(self.opened >= wanted, f"only {self.opened} of {wanted} connections were opened in {seconds} s")


class Delay(Relay):
    """Delays all data by `seconds` in each direction."""

    def __init__(self, port, seconds):
        super().__init__(port)
        self.seconds = seconds

    def carry(self, near, far, towards):
        with contextlib.suppress(OSError):
            while data := near.recv(1 << 18):
                time.sleep(self.seconds)
                far.sendall(data)
        far.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def _target(setting, directory):
    """A target with one volume: the server, and the volume's path."""
    path = f"{directory}/volume"
    os.makedirs(path, exist_ok=True)
    with peers.dvm_target(directory, setting.keys, {"data": path}, plain=True) as server:
        yield server, path


def _load(directory, size):
    """A source of some large and many small files."""
    source = f"{directory}/load"
    os.makedirs(source)
    for number in range(4):
        with open(f"{source}/large{number}", "wb") as file:
            file.write(os.urandom(size // 4))
    for number in range(300):
        with open(f"{source}/small{number}", "wb") as file:
            file.write(b"%d" % number * 500)
    return source


def _push_by(setting, directory, server, kind, source, *options):
    """One push by our source, or by a stock rsync through stock stunnel."""
    if kind == "dvm":
        return run(peers.dvm_source(setting.keys, source, server.port, *options), 120)
    with peers.stunnel_client(directory, setting.keys, server.port) as near:
        argv = peers.stock_push(setting.keys, source, near.port, *options)
        return run([kind, *argv[1:]], 120)


def _pushers():
    return ["dvm", peers.STOCK_RSYNC, *([OLD_RSYNC] if os.access(OLD_RSYNC, os.X_OK) else [])]


def _with_idle_connections(count):
    """Silent connections of every kind at once, while trees are pushed at the same speed as without them."""
    def body(setting, directory):
        source, notes = _load(directory, count << 19), []
        with _target(setting, directory) as (server, path):
            def timed(kind):
                for name in os.listdir(path):
                    os.unlink(f"{path}/{name}")
                outcome = _push_by(setting, directory, server, kind, source)
                check(outcome.code == 0, f"{kind}: {outcome}", server.log_text()[-1500:])
                check_equal_trees(compare.compare(source, path), kind)
                return outcome.seconds
            alone = {kind: timed(kind) for kind in _pushers()}
            before = status_kib(server.process.pid, "VmRSS")
            with Crowd(server.port, count) as crowd:
                crowd.wait_until_full()
                silent = status_kib(server.process.pid, "VmRSS")
                for kind in _pushers():
                    seconds = timed(kind)
                    notes.append(f"{os.path.basename(kind)} {alone[kind]:.1f} s alone, {seconds:.1f} s with them")
                    check(seconds < 3 * alone[kind] + 5, notes[-1])
                opened = crowd.opened
            peak = status_kib(server.process.pid, "VmHWM")
            check(peak < MEMORY_KIB, f"the target took {peak} KiB ({before} before, {silent} with the connections)")
        return (f"{opened} connections, {', '.join(notes)}; target {before} KiB before, {silent} with the connections, "
                f"peak {peak}")
    return body


def _against_a_stream(pushes, each, seconds):
    """An endless stream of connections, faster than they time out: a slow legitimate client still gets in."""
    def body(setting, directory):
        source = setting.trees[0][0]
        kinds = ["tcp", "half a handshake", "tls", "greeted", "module named"]
        with _target(setting, directory) as (server, path), Delay(server.port, seconds) as far:
            with Crowd(server.port, each, kinds, pause=0.01) as crowd:
                crowd.wait_until_full()
                start, opened = time.monotonic(), crowd.opened
                for _ in range(pushes):
                    outcome = run(peers.dvm_source(setting.keys, source, far.port), 120)
                    check(outcome.code == 0, f"{outcome}", server.log_text()[-1500:])
                rate = (crowd.opened - opened) / (time.monotonic() - start)
                took = time.monotonic() - start
            check("DVM-2014" in server.log_text(), "no connection was evicted: there are too few")
            check_equal_trees(compare.compare(source, path))
        return f"{pushes} pushes in {took:.1f} s against {rate:.0f} new connections a second"
    return body


def _early_input(setting, directory):
    """64 clients that send early input endlessly; and one that sends it once, like stock, and is served."""
    with _target(setting, directory) as (server, path):
        before = status_kib(server.process.pid, "RssAnon")
        with Crowd(server.port, 64, ["early input"]) as crowd:
            crowd.wait_until_full()
            deadline = time.monotonic() + 3
            while time.monotonic() < deadline and crowd.opened < 1000:
                time.sleep(0.05)
            after = status_kib(server.process.pid, "RssAnon")
        # A connection's data takes 64 KiB at most; its thread and OpenSSL's state about the same again.
        check(after - before < 64 * 160, f"{after - before} KiB for 64 connections")
        with open(f"{directory}/early", "wb") as file:
            file.write(bytes(range(256)) * 20)
        for kind in _pushers()[1:]:
            outcome = _push_by(setting, directory, server, kind, setting.trees[0][0], f"--early-input={directory}/early")
            check(outcome.code == 0, f"{kind} with early input: {outcome}")
    return f"{after - before} KiB more for 64 connections"


def _answer(port, module, user, password_digest=b"nonsense"):
    """The answer to a client of the rsync protocol, and its delay in seconds."""
    with _tls(port) as connection, connection.makefile("rb") as lines:
        lines.readline()
        connection.sendall(GREETING + module + b"\n")
        challenge = lines.readline()
        check(challenge.startswith(b"@RSYNCD: AUTHREQD "), f"{module} was answered by {challenge}")
        start = time.monotonic()
        connection.sendall(user + b" " + password_digest + b"\n")
        return lines.readline(), time.monotonic() - start


def _alike(setting, directory):
    """Unknown volume, unknown user and wrong password: one answer, one delay, one log line; others do not wait."""
    with _target(setting, directory) as (server, path):
        answers = {}
        for module, user in ((b"data", b"mover"), (b"data", b"nobody"), (b"other", b"mover")):
            line, seconds = _answer(server.port, module, user)
            answers[module, user] = line.replace(module, b"X")
            check(seconds >= PENALTY_SECONDS * 0.98, f"{module} {user} was answered after {seconds:.3f} s")
        check(len(set(answers.values())) == 1, str(answers))
        waiting = [threading.Thread(target=_answer, args=(server.port, b"data", b"mover")) for _ in range(64)]
        start = time.monotonic()
        for thread in waiting:
            thread.start()
        outcome = run(peers.dvm_source(setting.keys, setting.trees[0][0], server.port), 60)
        check(outcome.code == 0, str(outcome))
        for thread in waiting:
            thread.join()
        spread = time.monotonic() - start
        check(spread < 30, f"64 wrong passwords at once took {spread:.1f} s")
        # Our own source tries the control channel first.
        other = run(peers.dvm_source(setting.keys, setting.trees[0][0], server.port,
                                     password=setting.keys.wrong_password), 60)
        check(other.code == 5, str(other))
        server.stop(15)
        lines = [line.split(": ", 1)[1] for line in server.log_text().splitlines() if "auth failed" in line]
        check(len(lines) >= 50 and set(lines) == {"refused: auth failed"}, str(set(lines)))
    return f"64 wrong passwords at once in {spread:.1f} s"


def _places_after_password(setting, directory):
    """More idle connections than the session limit, plain and in TLS: a transfer gets in."""
    with _target(setting, directory) as (server, path), contextlib.ExitStack() as stack:
        for port, count in ((server.port, 70), (server.plain_port, 40)):
            for _ in range(count):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
        for _ in range(40):
            stack.enter_context(_tls(server.port))
        for kind in _pushers():
            outcome = _push_by(setting, directory, server, kind, setting.trees[0][0])
            check(outcome.code == 0, f"{kind}: {outcome}", server.log_text()[-800:])
        check_equal_trees(compare.compare(setting.trees[0][0], path))


def _daemon(setting, directory):
    """`dvm-rsync --daemon`: a client that has not answered the challenge does not count against `max connections`; early input is
    bounded."""
    path, keys = f"{directory}/module", setting.keys
    os.makedirs(path)
    modules = {"data": (path, "max connections = 2")}
    with peers.rsync_daemon(peers.DVM_RSYNC, directory, modules, keys.credentials) as daemon, contextlib.ExitStack() as stack:
        before = status_kib(daemon.process.pid, "RssAnon")
        for text in [GREETING + b"data\n"] * 8 + [GREETING + EarlyInput.LINE * 400] * 64:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port), 10))
            connection.recv(200)
            with contextlib.suppress(OSError):
                connection.sendall(text)
        outcome = run(peers.stock_push(keys, setting.trees[0][0], daemon.port, "-S"), 60)
        check(outcome.code == 0, f"{outcome}", daemon.log_text()[-800:])
        check_equal_trees(compare.compare(setting.trees[0][0], path))
        grown = status_kib(daemon.process.pid, "RssAnon") - before
        check(grown < 48 << 10, f"{grown} KiB more")
    return f"{grown} KiB more, a transfer included"


def _deadline(setting, directory):
    """The time limit of the login, whatever a client sends."""
    with _target(setting, directory) as (server, _):
        hello, seconds = _hello(), {}

        def trickle(name, connection, data, pause):
            start = time.monotonic()
            with contextlib.suppress(OSError):
                for byte in data:
                    connection.settimeout(pause)
                    connection.sendall(bytes([byte]))
                    with contextlib.suppress(TimeoutError):
                        if connection.recv(1000) == b"":
                            break
            seconds[name] = time.monotonic() - start
        silent = socket.create_connection(("127.0.0.1", server.port), 10)
        greeting = _tls(server.port)
        greeting.recv(200)
        threads = [threading.Thread(target=trickle, args=arguments) for arguments in (
            ("half a handshake", socket.create_connection(("127.0.0.1", server.port)), hello, 1.5),
            ("a greeting", greeting, b"@RSYNCD: 31.0 sha512 sha256 sha1 md5 md4\n", 1.5))]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        silent.settimeout(LOGIN_SECONDS + 10)
        with contextlib.suppress(OSError):
            silent.recv(100)
        seconds["silent"] = time.monotonic() - start
        for thread in threads:
            thread.join()
        for name, took in seconds.items():
            check(LOGIN_SECONDS - 1 < took < LOGIN_SECONDS + 3, f"{name}: closed after {took:.1f} s")
        return str({name: round(took, 1) for name, took in seconds.items()})


def unauthenticated_cases(full):
    """One case per kind of attack without a password."""
    cases = {
        "sessions count after login": _places_after_password,
        "early input": _early_input,
        "refused alike": _alike,
        "idle connections": _with_idle_connections(200 if full else 30),
        "stream of connections": _against_a_stream(20 if full else 2, 700 if full else 120, 0.025),
    }
    if full:
        cases["deadline"] = _deadline
    cases["daemon"] = _daemon
    return [Case(f"unauthenticated/{name}", body) for name, body in cases.items()]
