"""The hostile inputs that were recorded with stock rsync (transfer 23), as attacks on whole programs of ours."""

import os
import re

from harness.hostile.victims import Attack
from harness.programs import peers

FILE = os.path.join(peers.REPOSITORY, "Tests/RsyncWireTests/Fixtures/transfer-hostile.hex")

# The rows of transfer 19 and the section session 12.1 that each recording plays, by the beginning of its name.
ROWS = {
    "RECEIVER": {
        "dotdot": "F1", "absolute": "F2", "name too long": "F3", "name 409": "F3", "bad varint": "F3", "bad varlong": "F3",
        "empty name": "F4", "name with NUL": "F4", "negative length": "F5", "mode": "F6", "nsec": "F7", "symlink len": "F8",
        "symlink without": "F9", "device without": "F9", "hlink": "F11", "dot": "F13", "dir_ndx": "F15", "dup sublist": "F15",
        "dup dirs": "F15", "sublist after": "F15", "wrong dirname": "F16", "first list nested": "F16", "missing parent": "F17",
        "parent is file": "F17", "io_error": "F23", "acl": "F25", "xattr req": "T19", "xattr twice": "T19",
        "xattr relpos": "T19", "xattr system": "F27", "xattr": "F26", "bad ndx": "T1", "neg ndx": "T1", "flist eof": "T1",
        "cleared ndx": "T3", "transfer dir": "T4", "transfer in phase": "T6", "count<0": "T7", "blen": "T7", "count>0": "T7",
        "s2 neg": "T7", "rem": "T7", "s2 >": "T8", "block idx": "T9", "count huge": "T10", "block no basis": "T11",
        "z token": "T12", "z flag": "T13", "z bad": "T13", "z zero": "T13", "zstd bad": "T13", "lz4": "T13", "fuzzy": "T14",
        "basis idx": "T14", "xname": "T16", "DEL_STATS": "T20", "bad checksum": "T22", "msg tag 102": "T24",
        "msg tag 100": "T24", "msg": "T23"},
    "SENDER": {
        "count INT_MAX": "S2", "count": "S1", "blen": "S1", "s2": "S1", "transfer dir": "S1", "ndx": "S1", "phase2": "S1",
        "append": "S4", "MSG_SUCCESS": "S6", "MSG": "S1", "bad filter": "S7", "filter neg": "S7", "XATTR": "S5",
        "DEL_STATS": "T20"},
}

# Where the engine is stricter than rsync, or sees the same fault as another one.
OURS = {
    "empty name": 4, "name with NUL": 4, "sublist after freed": 2, "bad varlong": 4, "msg tag 86 len 0": 12,
    "bad filter": (1, 22), "msg tag 102 len 4": (2, 12),  # before or after the request
    "xattr system ns": 11,  # a second NUL at the end of the name
}

# What may be there afterwards: entries that came before the fault.
ARRIVES = {"symlink len 4095": ("a",), "transfer dir": ("d",), "dir_ndx oor": ("d",), "dup": ("d",), "wrong dirname": ("d",),
           "sublist after": ("d", "e"), "hlink gnum": ("d",)}


def _payload(text):
    """The bytes of a line, with what was left out of it."""
    if text.startswith("(empty)"):
        return b""
    digits, _, left_out = text.partition("...")
    data = bytes.fromhex(digits)
    total = re.search(r"total (\d+) bytes", left_out)
    return data + data[-1:] * (int(total[1]) - len(data)) if total else data


def _with_its_end(name, data):
    """What a recording leaves out: the rest of the entry and of the list, or of the request."""
    if name in ("name 4095", "name 4096"):
        rest = bytes.fromhex("00 05 00 59 00 2f 68 a4 81 00 00 00 00")
        return data[:-len(rest)] + rest
    if name.startswith("symlink len 409"):
        return data[:-2] + b"\0\0"
    if name == "XATTR request w/o attr" and any(data):
        return data + bytes(1 + 16)  # the numbers' end, and no block sums
    return data


def recordings():
    """Each recording: its section, name, options, steps of a tag and a payload, exit code."""
    section, found = "", []
    with open(FILE) as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.startswith("## "):
                section = line[3:]
            elif match := re.match(r"# case: (.*?)   \[options: (.*)\]", line):
                found.append([section, match[1], match[2].split(), [], None])
            elif match := re.match(r"data: (.*)", line):
                found[-1][3].append((None, _with_its_end(match_name(found), _payload(match[1]))))
            elif match := re.match(r"tag (\d+): (.*)", line):
                found[-1][3].append((int(match[1]), _payload(match[2])))
            elif match := re.match(r"expect: exit (\d+)", line):
                found[-1][4] = int(match[1])
    return found


def match_name(found):
    return found[-1][1]


def _player(steps, sends):
    def play(session):
        for number, (tag, payload) in enumerate(steps):
            if sends and number == 0 and tag is None and payload == bytes(4) and session.is_client:
                continue  # a server sends no filters
            # The answer to a request comes after it; phases and lists need not wait.
            if not sends and number == 1 and tag is None and payload[0] not in (0, 0xFF):
                session.await_data()
            if tag is None:
                session.send(payload)
            else:
                session.message(tag, payload)
    return play


def recorded_attacks():
    """All recordings, with the rows they play."""
    attacks = []
    for section, name, options, steps, code in recordings():
        sends = section.startswith("SENDER")
        rows = ROWS["SENDER" if sends else "RECEIVER"]
        row = rows[next(begin for begin in rows if name.startswith(begin))]
        letters, rest = options[1 if sends else 0], options[2 if sends else 1:]
        plain, _, capabilities = letters[1:].partition("e")
        attacks.append(Attack(row, name, OURS.get(name, code), _player(steps, sends), plain, tuple(rest), sends,
                              capabilities.startswith(".i"), requested="f" if "no parent" in name else "",
                              victims=("server", "daemon") if "filter" in name else ("server", "daemon", "client")
                              if "no parent" in name else (),
                              arrives=next((names for begin, names in ARRIVES.items() if name.startswith(begin)), ())))
    return attacks
