"""Programs under attack: each is started against a scripted peer, up to the end of the handshake, in protocol 32."""

import base64
import contextlib
import hashlib
import os
import re
import socket
import ssl
import struct
import subprocess
import time
from dataclasses import dataclass, field
from typing import Callable

from harness.cases import Failure
from harness.programs import peers, scripted
from harness.programs.background import Listening
from harness.programs.processes import Outcome, listens
from harness.trees import compare

PATIENCE = 15  # seconds until a victim counts as hanging
EVERYTHING = 0x1FE  # compatibility flags (session 4.2); bit 0 is incremental recursion
SEED = 12345
RECEIVERS = ("server", "daemon", "target", "client")
SENDERS = ("server", "daemon", "client", "source")


@dataclass
class Attack:
    """One attack and the required reaction. `rows` are those of the specification, such as F1; `code` is the exit code or several;
    `play` gets a `Session` once the handshake is over; what the victim's tree holds before is made by `prepare`."""
    rows: str
    name: str
    code: int | tuple
    play: Callable
    letters: str = "tr"
    options: tuple = ()
    sends: bool = False  # the victim's role
    incremental: bool = False
    victims: tuple = ()
    prepare: Callable = lambda tree: None
    arrives: tuple = ()  # names that may be in the victim's tree afterwards
    words: str = ""  # what the victim must say
    silent: str = ""  # what it must not say, and not send either
    requested: str = ""  # what the client asks for below the module, or the argument of a sender
    protocol: int = 32
    bare: bool = False  # `play` has the connection before any handshake

    def against(self):
        """The victims that can be attacked like this. Options are for programs that take rsync's."""
        takes_all = set(self.letters) <= set("trlHop") and not self.options
        return self.victims or tuple(each for each in (SENDERS if self.sends else RECEIVERS)
                                     if takes_all or each not in ("target", "source"))


@dataclass
class Session:
    """The attacker's side of a session behind the handshake."""
    talk: scripted.Talk
    victim: str
    is_client: bool  # the victim
    got: list = field(default_factory=list)
    is_past_filters: bool = False  # of a client

    def send(self, data):
        """Bytes of the stream."""
        self.talk.send(data)

    def message(self, tag, payload=b""):
        """A message by its tag (session 6.3)."""
        self.talk.stream.sendall(struct.pack("<I", (7 + tag) << 24 | len(payload)) + payload)

    def filters(self, data=bytes(4)):
        """The filter list, which only a client sends."""
        if not self.is_client:
            self.send(data)

    def await_data(self):
        """Waits until the victim has sent a request, an item or the end of a list: what a client says first are its filters."""
        count, deadline = 5 if self.is_client else 1, time.monotonic() + PATIENCE
        while len(self.talk.unread) < count and time.monotonic() < deadline:
            tag, payload = self.talk.frame()
            self.talk.unread += payload if tag == scripted.DATA else b""

    def await_request(self):
        """Reads up to the next request for data and returns its sum head; answers ends of lists and phases."""
        if self.is_client and not self.is_past_filters:
            self.talk.data(4)
        self.is_past_filters = True
        while True:
            step = self.talk.data(1)
            if step == b"\0":
                self.send(b"\0")
                continue
            if step == b"\xfe" and self.talk.data(1)[0] >= 0x80:
                self.talk.data(2)
            self.talk.data(step == b"\xfe")
            flags = struct.unpack("<H", self.talk.data(2))[0]
            if flags & 0x8000:
                head = struct.unpack("<4i", self.talk.data(16))
                self.talk.data(head[0] * (4 + head[2]))
                return head

    def drain(self):
        """Ends this direction and reads to the end of the other one."""
        stream, deadline = self.talk.stream, time.monotonic() + PATIENCE
        with contextlib.suppress(OSError, EOFError, struct.error):
            if isinstance(stream, ssl.SSLSocket):
                stream.settimeout(0.5)  # it cannot be closed in one direction
            else:
                stream.settimeout(PATIENCE)
                stream.shutdown(socket.SHUT_WR)
            while time.monotonic() < deadline:
                self.got.append(self.talk.frame()[1])


def _vstring(text):
    return bytes([len(text)]) + text


def _setup(attack):
    """A server's compatibility flags and list of checksums; protocol 30 is played without any."""
    flags = EVERYTHING | attack.incremental
    return bytes([0x80 | flags >> 8, flags & 0xFF]) + _vstring(b"md5") if attack.protocol > 30 else b"\0"


def _arguments(attack, path):
    """The arguments for a server."""
    capabilities = "LsfxCIvu" if attack.protocol > 30 else "Lsx"
    letters = f"-{attack.letters}e.{'i' if attack.incremental else ''}{capabilities}"
    return ["--server", *(["--sender"] if attack.sends else []), letters, *attack.options, ".", path]


def _log_in(stream, volume, protocol=32):
    """A client's part of the daemon handshake up to the arguments; a daemon without a password is fine too."""
    talk = scripted.Talk(stream)
    talk.line()
    stream.sendall(f"@RSYNCD: {protocol}.0 sha512\n{volume}\n".encode())
    answer = talk.line()
    if answer.startswith("@RSYNCD: AUTHREQD"):
        digest = hashlib.sha512((peers.PASSWORD + answer.split()[-1]).encode()).digest()
        stream.sendall(f"{peers.USER} {base64.b64encode(digest).decode().rstrip('=')}\n".encode())
        answer = talk.line()
    if answer != "@RSYNCD: OK":
        raise Failure(f"not let in: {answer}")
    return talk


def _as_client(talk, attack, path, victim):
    """The attacker's session with a server that has been greeted."""
    if victim != "server":
        arguments = _arguments(attack, path)
        talk.stream.sendall(b"".join(argument.encode() + b"\0" for argument in arguments) + b"\0")
    if talk.raw(1)[0] >= 0x80:
        talk.raw(1)
        talk.stream.sendall(_vstring(b"md5"))
        talk.raw(talk.raw(1)[0])  # the server's list
    talk.raw(4)  # the seed
    return Session(talk, victim, False)


def _as_server(talk, attack, victim):
    """The attacker's session with a client of its daemon."""
    if attack.bare:
        return Session(talk, victim, True)
    talk.stream.sendall(f"@RSYNCD: {attack.protocol}.0 md5\n".encode())
    talk.line(), talk.line()
    talk.stream.sendall(b"@RSYNCD: OK\n")
    arguments = [b"?"]
    while arguments[-1]:
        argument = b""
        while not argument.endswith(b"\0"):
            argument += talk.raw(1)
        arguments.append(argument[:-1])
    letters = next(argument for argument in arguments if argument.startswith(b"-") and argument[1:2] != b"-")
    compresses = b"z" in letters.partition(b"e")[0] and not any(b"compress" in each for each in arguments)
    talk.stream.sendall(_setup(attack) + (_vstring(b"zstd") if compresses else b""))
    for _ in range((1 + compresses) * (attack.protocol > 30)):
        talk.raw(talk.raw(1)[0])
    talk.stream.sendall(struct.pack("<i", SEED))
    return Session(talk, victim, True)


def _play(attack, session):
    """Plays the attack; that the victim ends the session in the middle of it is fine."""
    with contextlib.suppress(OSError, EOFError):
        attack.play(session)
    session.drain()


class _Attacker(Listening):
    """A daemon that plays an attack on each of its clients."""

    def __init__(self, attack, victim, keys=None):
        super().__init__()
        self.attack, self.victim, self.keys, self.sessions, self.problems = attack, victim, keys, [], []

    def serve(self, stream):
        stream.settimeout(PATIENCE)
        try:
            if self.keys:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.keys.good)
                stream = context.wrap_socket(stream, server_side=True)
            session = _as_server(scripted.Talk(stream), self.attack, self.victim)
            self.sessions.append(session)
            _play(self.attack, session)
        except (OSError, EOFError):
            pass  # the victim has ended the session
        except Exception as problem:
            self.problems.append(f"the attacker failed: {problem!r}")
        stream.close()


def _finish(process):
    """The outcome of a program that ends by itself."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        return Outcome(999, out, err, PATIENCE)
    return Outcome(process.returncode, out, err, 0)


def _on_server(setting, directory, tree, attack, victim):
    """A server on a socket as standard input and output, started as by a remote shell; for `daemon`, the daemon."""
    near, far = socket.socketpair()
    argv = [peers.DVM_RSYNC, *_arguments(attack, f"{tree}/{attack.requested * attack.sends}")]
    if victim == "daemon":
        configuration = peers.write(f"{directory}/rsyncd.conf", f"log file = {directory}/log\n[m]\npath = {tree}\n"
                                    "read only = no\nuse chroot = no\nuid = root\ngid = root\nmunge symlinks = no\n")
        argv = [peers.DVM_RSYNC, "--server", "--daemon", f"--config={configuration}", "."]
    with subprocess.Popen(argv, stdin=far, stdout=far, stderr=subprocess.PIPE, cwd=directory) as process, near:
        far.close()
        near.settimeout(PATIENCE)
        try:
            if attack.bare:
                session = Session(scripted.Talk(near), victim, False)
            elif victim == "server":
                talk = scripted.Talk(near)
                near.sendall(struct.pack("<I", attack.protocol))
                talk.raw(4)
                session = _as_client(talk, attack, tree, victim)
            else:
                session = _as_client(_log_in(near, "m", attack.protocol), attack, "m/" + attack.requested * attack.sends,
                                     victim)
            _play(attack, session)
        except (EOFError, OSError) as problem:  # it has ended in the handshake, and says why
            session = Session(scripted.Talk(near), victim, False)
            session.talk.words.append(f"(handshake: {problem!r}) ")
            near.close()
        outcome = _finish(process)
    log = ""
    if victim == "daemon":
        with open(f"{directory}/log", errors="replace") as lines:
            log = lines.read()
    return outcome.code, session, outcome.err.decode(errors="replace") + log


def _on_target(setting, directory, tree, attack, victim):
    """A dvm-target, through its plain port. Its exit code for the session is in its log."""
    with peers.dvm_target(directory, setting.keys, {"m": tree}, plain=True) as target:
        while not listens(target.plain_port):
            time.sleep(0.01)
        stream = socket.create_connection(("127.0.0.1", target.plain_port), PATIENCE)
        with stream:
            session = _as_client(_log_in(stream, "m", attack.protocol), attack, "m/", victim)
            _play(attack, session)
        deadline = time.monotonic() + PATIENCE
        while "exit code" not in (log := target.log_text()) and time.monotonic() < deadline:
            time.sleep(0.01)
        if target.process.poll() is not None:
            raise Failure(f"the target ended: {log[-800:]}")
    codes = re.findall(r"exit code (\d+)", log)
    return int(codes[-1]) if codes else 0, session, log


def _on_client(setting, directory, tree, attack, victim):
    """A client of a hostile daemon: dvm-rsync, or dvm-source through TLS."""
    with _Attacker(attack, victim, setting.keys if victim == "source" else None) as attacker:
        if victim == "source":
            argv = peers.dvm_source(setting.keys, tree, attacker.port, "--no-delete", "--check", "none")
        else:
            argv = [peers.DVM_RSYNC, "-" + attack.letters, *attack.options]
            remote = f"rsync://127.0.0.1:{attacker.port}/m/{attack.requested}"
            local = f"{tree}/{attack.requested * attack.sends}"
            argv += [local, remote] if attack.sends else [remote, local]
        with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              cwd=directory) as process:
            outcome = _finish(process)
    if attacker.problems:
        raise Failure(*attacker.problems, str(outcome))
    if not attacker.sessions:
        raise Failure(f"the client did not come to its session: {outcome}")
    return outcome.code, attacker.sessions[0], (outcome.err + outcome.out).decode(errors="replace")


START = {"server": _on_server, "daemon": _on_server, "target": _on_target, "client": _on_client, "source": _on_client}


def attacked(attack, victim):
    """The body of a case: the reaction is the required one, and nothing changed outside of the victim's tree."""
    def body(setting, directory):
        tree, outside = directory + "/tree", directory + "/outside"
        for path in (tree, outside):
            os.makedirs(path)
        peers.write(outside + "/canary", "not for the peer\n")
        if attack.sends:
            peers.write(tree + "/f", "a file\n")
        attack.prepare(tree)
        before, around = compare.manifest(tree), compare.manifest(outside)
        code, session, words = START[victim](setting, directory, tree, attack, victim)
        words += "".join(session.talk.words)
        codes = attack.code if isinstance(attack.code, tuple) else (attack.code,)
        if victim == "source" and 12 in codes:
            codes += (10,)  # it sees a TLS stream without an end
        problems = []
        if code not in codes:
            problems.append(f"exit {code}, not {attack.code}")
        if attack.words and attack.words not in words:
            problems.append(f"not said: {attack.words}")
        if attack.silent and (attack.silent in words or attack.silent.encode() in b"".join(session.got)):
            problems.append(f"given away: {attack.silent}")
        if compare.manifest(outside) != around:
            problems.append("something changed outside")
        after = compare.manifest(tree)
        for path in sorted(before.keys() | after.keys()):
            if path == b"." or path.decode(errors="replace") in attack.arrives:
                continue
            if path not in before:
                problems.append(f"created: {path!r}")
            elif path not in after or (after[path].value, after[path].mode) != (before[path].value, before[path].mode):
                problems.append(f"changed or gone: {path!r}")
        above = set(os.listdir(directory)) - {"tree", "outside", "rsyncd.conf", "log", "dvm-target.out"}
        if above:
            problems.append(f"created next to it: {sorted(above)}")
        if os.path.lexists("/evil"):
            problems.append("created: /evil")
        if problems:
            raise Failure("; ".join(problems), words[-700:].strip())
        return f"exit {code}: {words.strip()[-160:]!r}"
    return body
