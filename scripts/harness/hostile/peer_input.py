"""Hostile input from peers: control characters and forged lines in text, weak digests for the password."""

import base64
import contextlib
import hashlib
import json
import re
import socket
import ssl
import struct

from harness.cases import Case, check
from harness.hostile.noise import line
from harness.hostile.silence import (
    Control, ScriptedServer, shake_hands, small_tree, stock_daemon, target, tls)
from harness.programs import peers
from harness.programs.processes import run
from harness.trees import damage

FORGED = "DVM-0000: complete"
EVIL = f"no\x1b[2J\x1b]0;title\x07\n{FORGED}\r{FORGED}\x7f\u009b2J\u2028{FORGED}\u202e {'long ' * 200}"
NO_MARK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")
CHALLENGE = b"abcdefghijklmnopqrstuv"


def hang_up(stream):
    """Ends a connection cleanly: if closed with unread bytes, the kernel would discard what was sent."""
    stream.settimeout(15)
    with contextlib.suppress(OSError):
        stream.unwrap()
    with contextlib.suppress(OSError):
        socket.socket.shutdown(stream, socket.SHUT_WR)
        while socket.socket.recv(stream, 1 << 16):
            pass
    stream.close()


def check_clean(text, what, limit=8000, forged=True):
    """Checks that text from a peer contains no control characters, no forged line and no overlong line."""
    text = text.decode(errors="replace") if isinstance(text, bytes) else text
    mark = NO_MARK.search(text)
    check(not mark, f"{what}: {mark and hex(ord(mark.group()))} in {text[:300]!r}")
    for words in text.split("\n"):
        check(not forged or not words.startswith(FORGED), f"{what}: a forged line: {text[:300]!r}")
        check(len(words) <= limit, f"{what}: a line of {len(words)} characters")


def _refuse_hello(keys, connection):
    control = Control(keys, connection)
    control.send({"error": EVIL})
    return control.stream


def _refuse_login(keys, connection):
    control = Control(keys, connection)
    control.send({"dvm": 1, "challenge": "c" * 64})
    control.receive()
    control.send({"error": EVIL})
    return control.stream


def _refuse_request(keys, connection):
    control = Control(keys, connection)
    control.admit()
    while control.receive():
        control.send({"error": EVIL})
    return control.stream


def _evil_facts(keys, connection):
    control = Control(keys, connection)
    control.admit()
    control.receive()
    control.send({"fileSystem": EVIL, "blockSize": 4096, "totalBytes": 1 << 40, "usedBytes": 0, "freeBytes": 1 << 40,
                  "readOnly": False, "longestName": 255, "empty": True})
    return control.stream


def _steps(*steps):
    return lambda keys, connection: hang_up(stock_daemon(keys, steps)(connection))


def _greet(stream):
    stream.sendall(b"@RSYNCD: 31.0 sha512\n")
    line(stream), line(stream)


def _accept(stream):
    stream.sendall(b"@RSYNCD: OK\n")


def _evil_error(stream):
    stream.sendall(b"@ERROR: " + EVIL.replace("\n", " ").encode()[:5000] + b"\n")


def _evil_day(stream):
    stream.sendall(EVIL.encode()[:4000] + b"\n@ERROR: that was all\n")


def _evil_messages(stream):
    shake_hands(stream)
    for tag in (2, 4, 3, 1):
        text = EVIL.encode()[:5000]
        stream.sendall(struct.pack("<I", tag + 7 << 24 | len(text)) + text)
    stream.sendall(struct.pack("<II", 86 + 7 << 24 | 4, 5))


def _flood(stream):
    shake_hands(stream)
    text = b"one more word\n"
    for _ in range(200):
        stream.sendall((struct.pack("<I", 3 + 7 << 24 | len(text)) + text) * 1000)
    stream.sendall(struct.pack("<II", 86 + 7 << 24 | 4, 5))


PEERS = {
    "control hello": _refuse_hello, "control login": _refuse_login, "control request": _refuse_request,
    "control facts": _evil_facts, "error line": _steps(_greet, _evil_error), "message of the day": _steps(_greet, _evil_day),
    "messages": _steps(_greet, _accept, _evil_messages), "greeting": _steps(lambda stream: _evil_day(stream)),
}


def _to_source(serve, style, code):
    """Our source with a target that sends hostile text: it shows none of it, and ends with a code."""
    def body(setting, directory):
        source = small_tree(directory, size=100)
        with ScriptedServer(lambda connection: serve(setting.keys, connection)) as server:
            outcome = run(peers.dvm_source(setting.keys, source, server.port, "--silence-limit", "2", "--progress", style),
                          60)
        check(outcome.code == code, f"wanted exit code {code}: {outcome}")
        damage.check_documented(outcome)
        check_clean(outcome.out, "standard output", 60_000 if style == "json" else 21_000)
        check_clean(outcome.err, "standard error", 21_000)
        if style == "json":
            for words in outcome.out.decode().splitlines():
                json.loads(words)
        return str(outcome)
    return body


def _flooded(setting, directory):
    """A target that sends 200,000 messages fills neither the terminal nor the memory."""
    source = small_tree(directory, size=100)
    with ScriptedServer(lambda connection: _steps(_greet, _accept, _flood)(setting.keys, connection)) as server:
        outcome = run(peers.dvm_source(setting.keys, source, server.port, "--silence-limit", "5", "--progress", "lines"),
                      60)
    check(outcome.code == 5, f"the code that the target sent is 5: {outcome}")
    check(len(outcome.err) + len(outcome.out) < 1 << 20, f"{len(outcome.err) + len(outcome.out)} bytes were shown")


def _to_rsync(serve_plain):
    """The same for dvm-rsync, which, like stock, escapes control characters."""
    def body(setting, directory):
        source = small_tree(directory, size=100)

        def serve(connection):
            for step in serve_plain:
                step(connection)
            connection.close()
        with ScriptedServer(serve) as server:
            outcome = run([peers.DVM_RSYNC, "-a", "--timeout=5", source + "/", f"rsync://127.0.0.1:{server.port}/m/"], 60)
        # 10 when the peer's end is detected before its last messages are read.
        check(outcome.code in (5, 10), f"wanted exit code 5 or 10: {outcome}")
        # Lines from a peer are printed without a prefix there, as by stock.
        check_clean(outcome.out, "standard output", 21_000, forged=False)
        check_clean(outcome.err, "standard error", 21_000, forged=False)
    return body


def _target_log(setting, directory):
    """Text from clients is escaped in the target's log."""
    user = EVIL.replace("\n", "").replace("\r", "").replace(" ", "_").encode()[:900]
    with target(setting, directory) as server:
        def client(*protocols):
            context = ssl.create_default_context(cafile=setting.keys.ca)
            if protocols:
                context.set_alpn_protocols(list(protocols))
            connection = socket.create_connection(("127.0.0.1", server.port))
            connection.settimeout(20)
            return context.wrap_socket(connection, server_hostname="localhost")
        for module, name in ((user, b"x"), (b"data", user)):
            with contextlib.suppress(OSError), client() as stream:
                line(stream)
                stream.sendall(b"@RSYNCD: 31.0 sha512\n" + module + b"\n" + name + b" AAAA\n")
                while stream.recv(4096):
                    pass
        with contextlib.suppress(OSError), client("dvm/1") as stream:
            payload = json.dumps({"user": EVIL[:900], "challenge": "c" * 64, "proof": "p"}).encode()
            stream.sendall(struct.pack(">IB", len(payload), 1) + payload)
            while stream.recv(4096):
                pass
        with contextlib.suppress(OSError), client() as stream:
            line(stream)
            stream.sendall(b"@RSYNCD: 31.0 sha512\ndata\n")
            challenge = line(stream).split()[-1]
            proof = base64.b64encode(hashlib.sha512(peers.PASSWORD.encode() + challenge).digest()).rstrip(b"=")
            stream.sendall(peers.USER.encode() + b" " + proof + b"\n")
            line(stream)
            stream.sendall(b"--server\0--" + user + b"\0.\0data/\0\0")
            while stream.recv(4096):
                pass
        server.stop(15)
    check(server.log_text().count("session ") >= 3, f"too little in the log: {server.log_text()}")
    check_clean(server.log_text(), "the log", 4000)


# MARK: digests

def _asks(greeting, *options, answered, trust="ca"):
    """A target that requests the password with some greeting gets the digest, or no answer."""
    def body(setting, directory):
        source, heard = small_tree(directory, size=100), []

        def serve(connection):
            stream = tls(setting.keys, connection)
            stream.sendall(greeting + b"\n")
            line(stream), line(stream)
            stream.sendall(b"@RSYNCD: AUTHREQD " + CHALLENGE + b"\n")
            heard.append(line(stream))
            with contextlib.suppress(OSError):
                stream.sendall(b"@ERROR: auth failed on module data\n")
            hang_up(stream)
        with ScriptedServer(serve) as server:
            argv = peers.dvm_source(setting.keys, source, server.port, "--silence-limit", "4", *options)
            if trust != "ca":
                place = argv.index("--ca")
                argv[place:place + 2] = {"insecure": ["--insecure"], "pin": ["--pin", fingerprint(setting.keys)]}[trust]
            outcome = run(argv, 60)
        proofs = [words for words in heard if words]
        if answered is None:
            check(not proofs, f"a proof was sent: {proofs}")
            check(outcome.code == 5 and b"DVM-2012" in outcome.err, f"{outcome}")
        else:
            check(proofs, f"nothing was answered: {outcome}")
            if answered in hashlib.algorithms_guaranteed:
                digest = hashlib.new(answered, peers.PASSWORD.encode() + CHALLENGE).digest()
                check(proofs[0].split()[1] == base64.b64encode(digest).rstrip(b"="), f"another digest: {proofs[0]}")
        return str(outcome)
    return body


def fingerprint(keys):
    """SHA-256 of the good certificate."""
    with open(keys.good[0]) as handle:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(re.search("-----BEGIN.*?END CERTIFICATE-----\n", handle.read(),
                                                                 re.DOTALL).group())).hexdigest()


def _accepts(greeting, *options, plain, accepted, offered):
    """Our target accepts a proof made with MD5, or refuses it before the challenge."""
    def body(setting, directory):
        with target(setting, directory, *options) as server:
            connection = socket.create_connection(("127.0.0.1", server.plain_port if plain else server.port))
            connection.settimeout(20)
            if not plain:
                context = ssl.create_default_context(cafile=setting.keys.ca)
                connection = context.wrap_socket(connection, server_hostname="localhost")
            with connection:
                names = line(connection).split()[2:]
                check({b"md5", b"md4"} & set(names) == offered, f"offered: {names}")
                connection.sendall(greeting + b"\ndata\n")
                answer = line(connection)
                if accepted:
                    check(answer.startswith(b"@RSYNCD: AUTHREQD"), f"{answer}")
                    if accepted != "md5":
                        return
                    proof = hashlib.md5(peers.PASSWORD.encode() + answer.split()[-1]).digest()
                    connection.sendall(peers.USER.encode() + b" " + base64.b64encode(proof).rstrip(b"=") + b"\n")
                    answer = line(connection)
                    check(answer == b"@RSYNCD: OK\n", f"{answer}")
                else:
                    check(answer.startswith(b"@ERROR"), f"{answer}")
    return body


OLD, LIST_OF_MD4 = b"@RSYNCD: 31.0", b"@RSYNCD: 31.0 md4"
WEAK = "--allow-weak-digest"


def input_cases(stock):
    """Text and digests from peers, for our agents and dvm-rsync."""
    if stock:
        return []
    bodies = {f"texts/{name}/{style}": _to_source(serve, style, 30 if name == "control facts" else 5)
              for number, (name, serve) in enumerate(PEERS.items())
              for style in ("none", "lines", "json")[number % 3:number % 3 + 1]}
    bodies |= {
        "texts/messages/json": _to_source(PEERS["messages"], "json", 5),
        "texts/flood": _flooded,
        "texts/dvm-rsync/error": _to_rsync([_greet, _evil_error]),
        "texts/dvm-rsync/messages": _to_rsync([_greet, _evil_day_and_accept, _evil_messages]),
        "texts/log": _target_log,
        "digests/md5 with --ca": _asks(OLD, answered="md5"),
        "digests/md5 with --pin": _asks(OLD, answered="md5", trust="pin"),
        "digests/md5 with --insecure": _asks(OLD, answered=None, trust="insecure"),
        "digests/md5 with --insecure, allowed": _asks(OLD, WEAK, answered="md5", trust="insecure"),
        "digests/sha512 with --insecure": _asks(b"@RSYNCD: 32.0 sha512 md5", answered="sha512", trust="insecure"),
        "digests/md4 with --ca": _asks(LIST_OF_MD4, answered=None),
        "digests/md4 with --ca, allowed": _asks(LIST_OF_MD4, WEAK, answered="md4"),
        "digests/target, md5 in tls": _accepts(OLD, plain=False, accepted="md5", offered={b"md5"}),
        "digests/target, md4 in tls": _accepts(LIST_OF_MD4, plain=False, accepted=False, offered={b"md5"}),
        "digests/target, md4 in tls, allowed": _accepts(LIST_OF_MD4, WEAK, plain=False, accepted="md4",
                                                        offered={b"md5", b"md4"}),
        "digests/target, md5 plain": _accepts(OLD, plain=True, accepted=False, offered=set()),
        "digests/target, md5 plain, allowed": _accepts(OLD, WEAK, plain=True, accepted="md5",
                                                       offered={b"md5", b"md4"}),
    }
    return [Case(f"input/{name}", body) for name, body in bodies.items()]


def _evil_day_and_accept(stream):
    stream.sendall(EVIL.encode()[:4000] + b"\n@RSYNCD: OK\n")
