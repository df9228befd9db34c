"""A peer that sends random bytes: at once, after the greeting, or after a daemon handshake; through TLS and plain."""

import base64
import contextlib
import hashlib
import random
import socket
import ssl

from harness.cases import Case, check
from harness.programs import peers
from harness.programs.background import Listening
from harness.programs.processes import run
from harness.transfers.tls import Ends
from harness.trees import damage

STAGES = ("at once", "after the greeting", "after the handshake")
SEEDS = 8
GREETING = b"@RSYNCD: 31.0 sha256 md5 md4\n"


def line(connection):
    """One line of the daemon handshake."""
    data = b""
    while not data.endswith(b"\n") and len(data) < 4096:
        piece = connection.recv(1)
        if not piece:
            break
        data += piece
    return data


class NoisyServer(Listening):
    """Acts as a daemon for one client up to a stage, then sends random bytes until it disconnects. Serves TLS when given keys."""

    def __init__(self, stage, seed, keys=None):
        super().__init__()
        self.stage, self.random, self.keys = stage, random.Random(seed), keys

    def serve(self, connection):
        # Further connections are refused.
        self.close()
        connection.settimeout(20)
        if self.keys:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.keys.good)
            connection = context.wrap_socket(connection, server_side=True)
        self._play(connection)
        for _ in range(64):
            connection.sendall(self.random.randbytes(self.random.randrange(1, 20_000)))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    def _play(self, connection):
        if self.stage != "at once":
            connection.sendall(GREETING)
            line(connection)
        if self.stage == "after the handshake":
            line(connection)
            connection.sendall(b"@RSYNCD: AUTHREQD abcdefghijklmnopqrstuv\n")
            line(connection)
            connection.sendall(b"@RSYNCD: OK\n")


def _to_source(stage, seed, tls):
    """Our client with a noisy server: it ends in time, with an exit code and an error line."""
    def body(setting, directory):
        _, new_path, _, _ = damage.two_versions(directory)
        with NoisyServer(stage, seed, setting.keys if tls else None) as server:
            if tls:
                argv = peers.dvm_source(setting.keys, new_path, server.port)
            else:
                argv = [peers.DVM_RSYNC, "-aH", "--timeout=10", f"--password-file={setting.keys.password}",
                        new_path + "/", f"rsync://{peers.USER}@127.0.0.1:{server.port}/data/"]
            outcome = run(argv, 60)
        damage.check_outcome(outcome, damage.RSYNC_CODES, f"seed {seed}")
        return str(outcome)
    return body


def _attack(connection, stage, source):
    """Acts as a client up to a stage, then sends random bytes."""
    connection.settimeout(10)
    with contextlib.suppress(OSError):
        if stage != "at once":
            line(connection)
            connection.sendall(GREETING)
        if stage == "after the handshake":
            connection.sendall(b"data\n")
            challenge = line(connection).split()[-1]
            response = base64.b64encode(hashlib.sha256(peers.PASSWORD.encode() + challenge).digest()).rstrip(b"=")
            connection.sendall(peers.USER.encode() + b" " + response + b"\n")
            check(line(connection) == b"@RSYNCD: OK\n", "the handshake of this test is wrong")
            connection.sendall(b"--server\0-logDtpre.iLsfxCIvu\0--delete\0.\0data/\0\0")
        for _ in range(32):
            connection.sendall(source.randbytes(source.randrange(1, 20_000)))
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass


def _to_target(stage, tls):
    """A noisy client connects to our target, many times; then a normal push must succeed and nothing else be there."""
    def body(setting, directory):
        old_path, new_path, old, new = damage.two_versions(directory)
        with Ends(setting, directory) as ends:
            check(ends.push(old_path).code == 0, "the first push failed")
            for seed in range(SEEDS):
                connection = socket.create_connection(("127.0.0.1", ends.port if tls else ends.plain_port))
                if tls:
                    context = ssl.create_default_context(cafile=setting.keys.ca)
                    connection = context.wrap_socket(connection, server_hostname="localhost")
                _attack(connection, stage, random.Random(seed))
                connection.close()
                damage.check_target(old, new, ends.target, what=f"seed {seed}")
            for server in ends.servers:
                check(server.process.poll() is None, f"the target ended: {server.log_text()[-500:]}")
            outcome = ends.push(new_path)
            check(outcome.code == 0, f"a good push afterwards: {outcome}")
    return body


def noise_cases(stock):
    """Each stage, through TLS and plain, towards either side."""
    cases = []
    for stage in STAGES:
        for tls in (True, False):
            where = "tls" if tls else "plain"
            cases.append(Case(f"noise/to the target/{stage}/{where}", _to_target(stage, tls)))
            if tls and stock:
                continue
            cases += [Case(f"noise/to the source/{stage}/{where}/{seed}", _to_source(stage, seed, tls))
                      for seed in range(SEEDS)]
    return cases
