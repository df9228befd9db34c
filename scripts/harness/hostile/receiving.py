"""Attacks on receivers that stock rsync was not recorded with (transfer 19.1 and 19.2)."""

import hashlib
import os
import struct

from harness.hostile.victims import Attack
from harness.programs.scripted import varint, varlong

FILE, DIRECTORY, LINK, FIFO = 0o100644, 0o040755, 0o120777, 0o010644
END = b"\0\0"  # of a list
TIME = 1_500_000_000
TRANSFER, LOCAL_CHANGE, BASIS_TYPE, NAMED = 0x8000, 0x4000, 0x0800, 0x1000
NO_CONTENTS, LINKED, LINK_FIRST, TOP = 0x100, 0x200, 0x1000, 1
OUTSIDE = "../outside"


def entry(name, mode=FILE, size=5, flags=0, target=None, time=TIME):
    """An entry of a list in protocol 32 (transfer 3.3) with options -r and -t, and -l when there is a target."""
    name = name.encode() if isinstance(name, str) else name
    size = 0 if mode == DIRECTORY else len(target) if target else size
    body = varint(flags | 0x40 if len(name) > 255 else flags or 4)
    body += (varint(len(name)) if len(name) > 255 else bytes([len(name)])) + name
    body += varlong(size, 3) + varlong(time, 4) + struct.pack("<I", mode)
    return body + (varint(len(target)) + target.encode() if target else b"")


def answer(step, data=b"", count=0, block=0, flags=TRANSFER, more=b"", tokens=None, digest=None):
    """A file's answer: an index `step` after the last one, its flags, a sum head, data or tokens, and the sum."""
    head = struct.pack("<4i", count, block, 2 if count else 0, 0)
    if tokens is None:
        tokens = (struct.pack("<i", len(data)) + data if data else b"") + bytes(4)
    return bytes([step]) + struct.pack("<H", flags) + more + head + tokens + (digest or hashlib.md5(data).digest())


def _sends(*payloads, waits=True):
    """Sends a list, then, when there is a request for it, the rest."""
    def play(session):
        session.send(payloads[0])
        for number, payload in enumerate(payloads[1:]):
            if waits and number == 0:
                session.await_data()
            session.send(payload)
    return play


def _after_request(list_bytes, *answers, deletes=False):
    """Sends a list and, after each request for data, an answer, which may be made from the request's sum head."""
    def play(session):
        if deletes:
            session.filters()
        session.send(list_bytes)
        for each in answers:
            head = session.await_request()
            session.send(each(head) if callable(each) else each)
    return play


def _write(path, content=b"the old content\n"):
    with open(path, "wb") as file:
        file.write(content)


def _holds(name, content):
    return lambda tree: _write(f"{tree}/{name}", content)


def _link_to_outside(name, to=OUTSIDE):
    return lambda tree: os.symlink(to, f"{tree}/{name}")


def _directory_that_holds(directory, name):
    def prepare(tree):
        os.mkdir(f"{tree}/{directory}")
        _write(f"{tree}/{directory}/{name}")
    return prepare


def _lists():
    """19.1: lists that lead outside, lie about links or ask for deletions."""
    dot, f = entry(".", DIRECTORY), entry("f")
    return [
        Attack("F1", "dotdot alone", 4, _sends(entry("..", DIRECTORY) + END)),
        Attack("F1", "dotdot at the end", 4, _sends(entry("d", DIRECTORY) + entry("d/..", DIRECTORY) + END)),
        Attack("F1", "dotdot in a sub-list", 4, incremental=True, arrives=("d",),
               play=_sends(dot + entry("d", DIRECTORY) + f + END, b"\xff\x65" + entry("d/../../evil") + END, waits=False)),
        Attack("F2", "absolute name in a sub-list", 4, incremental=True, arrives=("d",),
               play=_sends(dot + entry("d", DIRECTORY) + f + END, b"\xff\x65" + entry("/etc/evil") + END, waits=False)),
        Attack("F2", "absolute directory", 4, _sends(entry("/evil", DIRECTORY) + END)),
        Attack("F3", "negative name length", 22, _sends(b"\x40\xf0\xff\xff\xff\xff" + bytes(12) + END)),
        Attack("F9", "fifo without -D", 12, _sends(entry("p", FIFO, 0) + END)),
        Attack("F9", "link to the outside without -l", 12, _sends(entry("l", LINK, 3) + END)),
        Attack("F10", "hard links without -H", 12, _sends(
            entry("f", flags=LINKED | LINK_FIRST) + varint(LINKED) + b"\x01g\0" + entry("h") + END)),
        Attack("F12", "a link to a directory", 2, letters="trH",
               play=_sends(entry("d", DIRECTORY) + varint(LINKED) + b"\x01a\0" + END)),
        Attack("F12", "a link to a blanked entry", 2, letters="trH", play=_sends(
            entry("f", flags=LINKED | LINK_FIRST) + entry("f", flags=LINKED | LINK_FIRST)
            + varint(LINKED) + b"\x01g\x01" + END, answer(2, b"12345"))),
        Attack("F14", "a list without directories has no parent", 2, incremental=True,
               play=_sends(f + END, b"\x01" + struct.pack("<H", LOCAL_CHANGE), waits=False)),
        Attack("F18", "a link and a directory of one name", 12, letters="trl", arrives=("d", "d/canary"), play=_after_request(
            entry("d", LINK, target=OUTSIDE) + entry("d", DIRECTORY) + entry("d/canary") + END, answer(3, b"12345"))),
        Attack("F18", "a file below a link", 2, letters="trl",
               play=_sends(entry("l", LINK, target=OUTSIDE) + entry("l/canary") + END)),
        Attack("F18", "a directory where a link stands", (0, 12), letters="trl", prepare=_link_to_outside("d"),
               arrives=("d", "d/canary"),
               play=_after_request(dot + entry("d", DIRECTORY) + entry("d/canary") + END, answer(3, b"12345"))),
        Attack("F18", "a directory where a link stands, with --delete", (0, 12), letters="trl", options=("--delete",),
               prepare=_link_to_outside("d"), arrives=("d", "d/f"),
               play=_after_request(dot + entry("d", DIRECTORY) + entry("d/f") + END, answer(3, b"12345"), deletes=True)),
        Attack("F19", "a name that was not requested", 4, _sends(entry("g") + END), victims=("client",), requested="f",
               words="unrequested"),
        Attack("F19", "a directory that was not requested", 4, _sends(entry("e", DIRECTORY) + END), victims=("client",),
               requested="d", words="unrequested"),
        Attack("F19", "a name that the pattern does not match", 4, _sends(entry("a.sh") + END), victims=("client",),
               requested="*.txt", words="unrequested"),
        Attack("F19", "a longer name than the requested one", 4, _sends(entry("ff") + END), victims=("client",),
               requested="f", words="unrequested"),
        Attack("F20", "an excluded name", 4, _sends(dot + entry("secret") + END), victims=("client",),
               options=("--exclude=secret",), words="excluded"),
        Attack("F20", "a name below an excluded directory", 4, victims=("client",), options=("--exclude=/d/",),
               play=_sends(dot + entry("d", DIRECTORY) + entry("d/x") + END), words="excluded"),
        Attack("F20", "an excluded name in a sub-list", 4, victims=("client",), options=("--exclude=*.key",), incremental=True,
               play=_sends(dot + entry("d", DIRECTORY) + f + END, b"\xff\x65" + entry("d/x.key") + END, waits=False),
               arrives=("d",), words="excluded"),
        Attack("F2", "absolute names with --relative", 12, letters="trR", arrives=("evil",),
               play=_sends(entry("/evil", DIRECTORY) + entry("/evil/x") + END)),
        Attack("F19", "a sibling of the requested directory", 4, victims=("client",), letters="trR", requested="a/b",
               play=_sends(entry("a", DIRECTORY, flags=TOP | NO_CONTENTS) + entry("a/c", DIRECTORY) + END), words="unrequested"),
        Attack("F21", "an implied directory with contents", (4, 12), victims=("client",), letters="trR", requested="a/b",
               options=("--delete",), prepare=_directory_that_holds("a", "kept"), arrives=("a", "a/b"),
               play=_sends(entry("a", DIRECTORY, flags=TOP) + entry("a/b", DIRECTORY, flags=TOP) + END)),
        Attack("F21", "the root with contents", (4, 12), victims=("client",), letters="trR", requested="a/b",
               options=("--delete",), prepare=_directory_that_holds("other", "kept"), arrives=("a", "a/b"),
               play=_sends(entry(".", DIRECTORY, flags=TOP) + entry("a", DIRECTORY, flags=TOP | NO_CONTENTS)
                           + entry("a/b", DIRECTORY, flags=TOP) + END)),
        Attack("F21", "the root with contents, of one file", (4, 12), victims=("client",), requested="f",
               options=("--delete",), prepare=_holds("kept", b"kept"),
               play=_sends(entry(".", DIRECTORY, flags=TOP) + f + END)),
        Attack("F21", "the root with contents, of one directory", (4, 12), victims=("client",), requested="d",
               options=("--delete",), prepare=_holds("kept", b"kept"), arrives=("d",),
               play=_sends(entry(".", DIRECTORY, flags=TOP) + entry("d", DIRECTORY, flags=TOP) + END)),
        Attack("F23", "error bits keep a file from deletion", 12, options=("--delete",), prepare=_holds("kept", b"kept"),
               play=lambda session: (session.filters(), session.send(entry(".", DIRECTORY, flags=TOP) + b"\0\x7f"))),
        Attack("F27", "an ACL as an extended attribute", 12, letters="trX", victims=("server", "daemon", "client"), play=_sends(
            entry("f") + b"\0\x01\x18\x04system.posix_acl_access\0abcd" + END)),
        Attack("F28", "control characters in a user's name", 2, letters="tro",
               play=_sends(entry("f") + b"\x07" + END + b"\x07\x01\x0a" + END)),
        Attack("F29", "a time that no calendar has", 12, _sends(
            entry(".", DIRECTORY) + entry("d", DIRECTORY, time=2**62) + END), options=("-v",), arrives=("d",),
            victims=("server", "target", "client")),
        Attack("F30", "control characters in a name", 12, _sends(
            entry(".", DIRECTORY) + entry(b"\x1b]0;evil\x07\xc2\x9b", DIRECTORY) + END), options=("-v",),
            arrives=("\x1b]0;evil\x07\x9b",), silent="\x1b"),
    ]


def _items():
    """19.2: items, answers and what they are based on."""
    f = entry("f", size=20) + END
    data = b"new content of 20 b\n"

    def inflated(head):
        # Blocks that the sum head of the answer has, and the file has not.
        _, block, _, _ = head
        return answer(1, count=1000, block=block or 700, tokens=struct.pack("<2i", -900, 0))

    def named(name, flags, kind=None):
        more = (bytes([kind]) if kind is not None else b"") + bytes([len(name)]) + name.encode()
        return answer(1, data, flags=TRANSFER | flags | NAMED, more=more)
    return [
        Attack("T1", "a sub-list without incremental recursion", 2, _sends(f, b"\xff\x64" + END, waits=False)),
        Attack("T1", "a huge index", 2, _sends(f, b"\xfe\xff\xff\xff\xff" + struct.pack("<H", TRANSFER))),
        Attack("T2", "the index of a parent that is not there", 2, incremental=True,
               play=_sends(f, b"\x01" + struct.pack("<H", TRANSFER) + bytes(16), waits=False)),
        Attack("T4", "a transfer of a link", 2, letters="trl", arrives=("l",),
               play=_sends(entry("l", LINK, target=OUTSIDE) + END, answer(1, b"12345"))),
        Attack("T5", "an answer for a file that is up to date", 2, prepare=_up_to_date, play=_sends(f, answer(1, data))),
        Attack("T5", "an answer twice", 2, arrives=("f",), play=_after_request(f, answer(1, data) + b"\xfe\0\0"
                                                                              + answer(1, data)[1:])),
        Attack("T10", "blocks beyond the end of the basis", 2, prepare=_holds("f", os.urandom(2000)),
               play=_after_request(f, inflated)),
        Attack("T15", "a name of an item that leads outside", 12, arrives=("f",),
               play=_after_request(f, named("../outside/canary", 0))),
        Attack("T15", "a link's report that names the outside", (2, 12), play=_sends(
            f, b"\x01" + struct.pack("<H", LOCAL_CHANGE | NAMED) + b"\x11../outside/canary")),
        Attack("T15", "a fuzzy name that leads outside", (2, 12), options=("--fuzzy",), arrives=("f",),
               play=_after_request(f, named("../outside/canary", BASIS_TYPE, 0x83))),
        Attack("T15", "an alternate directory's name that leads outside", (2, 12), options=("--compare-dest=alt",),
               arrives=("f",), play=_after_request(f, named("../outside/canary", BASIS_TYPE, 0))),
        Attack("T17", "a partial directory that leads outside", (2, 12, 23), options=("--partial-dir=.part",),
               prepare=_link_to_outside(".part"), arrives=("f",),
               play=_after_request(f, named("f", BASIS_TYPE, 0x81))),
        Attack("T17", "a partial directory that leads outside, and the file is interrupted", (2, 12, 23),
               options=("--partial-dir=.part", "--partial"), prepare=_link_to_outside(".part"), arrives=("f",),
               play=_after_request(f, answer(1, data)[:-20])),
        Attack("T18", "a FIFO where a file goes", 12, prepare=lambda tree: os.mkfifo(tree + "/f"), arrives=("f",),
               play=_after_request(f, answer(1, data))),
        Attack("T18", "a FIFO where a file goes, in place", (12, 23), prepare=lambda tree: os.mkfifo(tree + "/f"),
               options=("--inplace",), arrives=("f",), play=_after_request(f, answer(1, data))),
        Attack("T18", "a device where a file goes, in place", (12, 23), options=("--inplace",), arrives=("f",),
               prepare=lambda tree: os.mknod(tree + "/f", 0o020666, os.makedev(1, 3)),
               play=_after_request(f, answer(1, data))),
        Attack("T18", "a link to the outside where a file goes, in place", (12, 23), options=("--inplace",),
               prepare=_link_to_outside("f", OUTSIDE + "/canary"), arrives=("f",),
               play=_after_request(f, answer(1, data))),
        Attack("T22", "a wrong sum twice", 12, play=_after_request(
            f, answer(1, data, digest=bytes(16)), b"\xfe\0\0" + answer(1, data, digest=bytes(16))[1:])),
        Attack("T24", "not sent, but never requested", 2,
               lambda session: (session.send(f), session.await_data(), session.message(102, struct.pack("<i", 1234)))),
        Attack("T24", "success of a file that is unknown", (2, 12),
               lambda session: (session.send(f), session.await_data(), session.message(100, struct.pack("<i", 1234)))),
    ]


def _up_to_date(tree):
    _write(tree + "/f", b"new content of 20 b\n")
    os.utime(tree + "/f", (TIME, TIME))


def _old_lists():
    """Protocol 30 in the form without SAFE_FLIST."""
    return [Attack("F22", "an end with errors that was not agreed", 2, _sends(b"\x04\x10\x01"), protocol=30)]


def receiver_attacks():
    """All of them."""
    return _lists() + _items() + _old_lists()
