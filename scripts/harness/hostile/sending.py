"""Attacks on senders that stock rsync was not recorded with (transfer 19.3), and on handshakes (session 12.1)."""

import os
import struct

from harness.cases import Failure
from harness.hostile.victims import Attack

TRANSFER = 0x8000
NO_FILTERS = bytes(4)
SERVERS = ("server", "daemon")
CANARY = "not for the peer"  # the content of the file outside


def _request(step, count=0, block=0, length=0, sums=b""):
    return bytes([step]) + struct.pack("<H4i", TRANSFER, count, block, length, 0) + sums


def _asks(*payloads, filters=NO_FILTERS):
    def play(session):
        session.filters(filters)
        for payload in payloads:
            session.send(payload)
    return play


def _rule(text):
    return struct.pack("<i", len(text)) + text.encode()


def _zeros(tree):
    with open(tree + "/f", "wb") as file:
        file.write(bytes(1 << 18))


def _stale_removal():
    """A file that has changed since it was listed is reported as safe at the other end."""
    trees = []

    def play(session):
        session.filters()
        session.await_data()
        with open(trees[0] + "/f", "a") as file:
            file.write("and a later line\n")
        session.message(100, struct.pack("<i", 1))
        session.drain()
        if not os.path.exists(trees[0] + "/f"):
            raise Failure("a file that nobody has received was removed")
    return Attack("S6", "a file that has changed is removed", (2, 12, 23, 24), play, sends=True, arrives=("f",),
                  options=("--remove-source-files",), victims=(*SERVERS, "client"), prepare=trees.append)


def sender_attacks():
    """19.3. The list of a sender is `.` and `f`, and what `prepare` adds."""
    collisions = b"".join(struct.pack("<I", 0) + os.urandom(16) for _ in range(20_000))
    return [
        Attack("S1", "a huge index", 2, _asks(b"\xfe\xff\xff\xff\xff" + _request(1)[1:]), sends=True),
        Attack("S1", "the root as a file", 2, _asks(_request(1)), sends=True),
        Attack("S1", "a link as a file", 2, _asks(_request(3)), sends=True, letters="trl",
               prepare=lambda tree: os.symlink("../outside/canary", tree + "/l"), silent=CANARY,
               victims=(*SERVERS, "client")),
        Attack("S3", "20,000 blocks with one rolling sum", (0, 10, 12), _asks(_request(2, 20_000, 700, 16, collisions)),
               sends=True, prepare=_zeros),
        Attack("S7", "a merge rule that names a file outside", (1, 2, 3, 4, 11, 12, 23), sends=True, victims=SERVERS,
               play=_asks(filters=_rule(". ../outside/canary") + NO_FILTERS), silent=CANARY),
        Attack("S7", "a per-directory merge rule that leads outside", (1, 2, 3, 4, 11, 12, 23), sends=True, victims=SERVERS,
               play=_asks(filters=_rule(": ../outside/canary") + NO_FILTERS), silent=CANARY),
        Attack("S7", "a rule of 6,000 bytes", 22, sends=True, victims=SERVERS,
               play=_asks(filters=_rule("- " + "x" * 6000) + NO_FILTERS)),
        Attack("S8", "a list of names outside", (1, 3, 4, 11, 12, 23), _asks(), sends=True, victims=("daemon",),
               options=("--files-from=../outside/canary",), silent=CANARY),
        Attack("S9", "a device as a file", 2, _asks(_request(2)), letters="trD", sends=True,
               prepare=lambda tree: os.mknod(tree + "/dev", 0o020666, os.makedev(1, 5)), victims=(*SERVERS, "client")),
        Attack("S10", "no limit of memory", 12, _asks(), sends=True, victims=SERVERS, options=("--max-alloc=0",)),
        Attack("S10", "a block size beyond the limit", (1, 2, 4), _asks(), sends=True, victims=SERVERS,
               options=("--block-size=999999999999",)),
        Attack("S10", "a thousand threads", (0, 1, 4, 12), _asks(_request(2)), sends=True, victims=SERVERS,
               options=("--compress-choice=zstd", "--compress-threads=1000")),
        _stale_removal(),
    ]


def _greets(data):
    return lambda session: session.talk.stream.sendall(data)


def handshake_attacks():
    """Session 12.1 and 12.2: what comes before a session. `play` has the bare connection."""
    greeting = b"@RSYNCD: 32.0 md5\n"
    return [
        *(Attack("12.1", f"version {number}", 2, _greets(struct.pack("<i", number)), bare=True, victims=("server",))
          for number in (0, 19, 41, -1, 2**31 - 1)),
        Attack("12.1", "a list of checksums of 256 bytes", 4, _greets(struct.pack("<i", 32) + b"\x81\0" + b"x" * 256),
               bare=True, victims=("server",)),
        *(Attack("12.1", name, tuple(range(1, 26)), _greets(data), bare=True, victims=("daemon",)) for name, data in {
            "a greeting without an end": b"@RSYNCD: 32.0 " + b"x" * 100_000,
            "a greeting of another protocol": b"GET / HTTP/1.1\r\n\r\n",
            "a request without an end": greeting + b"m" * 100_000,
            "an early input of no bytes": greeting + b"#early_input=0\nm\n",
            "an early input of 5121 bytes": greeting + b"#early_input=5121\n" + bytes(5121) + b"m\n",
            "a negative early input": greeting + b"#early_input=-1\nm\n",
            "an unknown command": greeting + b"#evil\n",
            "100,000 arguments": greeting + b"m\n--server\0" + b"x\0" * 100_000,
            "an argument without an end": greeting + b"m\n--server\0" + b"x" * 1_000_000,
            "a daemon's configuration among the arguments": greeting + b"m\n--server\0--daemon\0--config=/dev/null\0.\0m/\0\0",
            "a module name with a slash": greeting + b"m/../../outside\n",
        }.items()),
        *(Attack("12.1", f"a line of a daemon: {name}", code, _greets(data), bare=True, victims=("client",)) for name, data, code in (
            ("without an end", b"@RSYNCD: 32.0 md5" + b"x" * 100_000, 5),
            ("one million of them", greeting + b"welcome\n" * 1_000_000, 5),
            ("of 6,000 bytes", greeting + b"w" * 6000 + b"\n@RSYNCD: OK\n", 5),
            ("no digest", b"@RSYNCD: 32.0\n", 5),
            ("a negative version", b"@RSYNCD: -5.0 md5\n", 5))),
    ]
