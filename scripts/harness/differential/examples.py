"""What each rule of `explained` must explain, and what it must not: `differential/rules` applies them to results made by hand."""

import dataclasses
import os

from harness.cases import check
from harness.differential import explained
from harness.differential.comparing import Aspect, Code, Comparison, Line, shown
from harness.differential.options import Run
from harness.differential.trees import Entry

DOCUMENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../docs/differences.md")


def _found(kind="-", mode=0o644, owner=(0, 0), time=7, value=b""):
    """An entry as `trees.read` describes it."""
    return {"kind": kind, "mode": oct(mode), "owner": owner, "time": time, "value": value, "device": 0, "attributes": {}}


def _given(words, transport="shell", direction="push", is_root=True, client="ours", server="ours", source=None, before=None, dst=None,
           stock_dst=None, err=b"", ours_err=b"", lines=()):
    """A comparison; `dst` is the destination as ours leaves it, and stock if nothing else is given, `lines` what stock prints."""
    theirs = dst or {} if stock_dst is None else stock_dst
    expected = {"code": 0, "err": err, "lines": list(lines), "trees": {"dst": theirs}}
    found = {"code": 0, "err": ours_err, "lines": [], "trees": {"dst": dst or {}}}
    return Comparison(words.split(), Run({}, transport, direction, is_root), client, server, source or {}, before or {}, expected, found)


def _stock(text):
    return Line(False, text)


def _ours(text):
    return Line(True, text)


@dataclasses.dataclass
class Example:
    """Under `row`, the rule explains all of `explained` at once, and each of `refused` never; nor anything when one of the fields
    in `unless` has that value instead."""
    row: str
    given: Comparison
    explained: list
    refused: list
    unless: list = dataclasses.field(default_factory=list)


NEVER = [
    Aspect("dst", b"victim", "value", b"wrong", b"right"), Aspect("dst", b"victim", "presence", None, _found(value=b"right")),
    Aspect("dst", b"victim", "mode", "0o4755", "0o644"), Aspect("dst", b"victim", "owner", (0, 0), (1, 2)),
    Aspect("dst", b"victim", "attributes", {}, {"user.n0": b"v"}), Aspect("dst", b"victim", "kind", "l", "-"),
    Aspect("src", b"victim", "presence", None, _found()), Aspect("other", b"victim", "value", b"wrong", b"right"),
    Aspect("kept", b"victim", "presence", None, _found()), Code(0, 23, ([], [])), Code(23, 0, ([], [])), Code(999, 0, ([], [])),
    _stock(b">f+++++++++ victim"), _ours(b"*deleting   victim"), _ours(b">f+++++++++ victim"),
    _stock(b"Number of deleted files: 1 (reg: 1)"),
]
SAYS = b'rsync: [receiver] mkstemp "@/dst/sub/.a.XXXXXX" failed: Permission denied (13)\n'
CHGRP = b'rsync: [generator] chgrp "@/dst/a" failed: Operation not permitted (1)\n'
LEVEL = b"rsync: [sender] get_acl: sys_acl_get_file(a/a, ACL_TYPE_ACCESS): Too many levels of symbolic links (40)\n"
REFUSED = b"rsync: The server is configured to refuse --copy-devices\n"
NO_DIRECTORY = b'rsync: [generator] opendir "@/dst/a" failed: Not a directory (20)\n'
TOO_OLD = b"rsync: --acls requires protocol 30 or higher (negotiated 27).\n"
NO_STATUS = b'rsync: [generator] failed to write xattr user.rsync.%stat for "@/dst/a": Operation not permitted (1)\n'
FAILED = b"rsync error: error in file IO (code 11) at main.c(808) [Receiver=3.5.0]\n"
ACCESS, ACL, REST = "system.posix_acl_access", b"\2\0\0\0\1\0\7\0\xff\xff\xff\xff", b"\xff\xff\xff\xff"
NO_PARENT = b'rsync: [receiver] mkstemp "@/dst/src/.sub.XXXXXX" failed: No such file or directory (2)\n'
BLOCKED = b"could not make way for new regular file: a\n"
UP = b"/".join([b"d/l"] * 20)
TWO = {b"sub": Entry("d"), b"a": Entry("-", value=b"1"), b"sub/b": Entry("h", value=b"a"), b"c": Entry("h", value=b"a")}
TWIN = {b"a": Entry("-", value=b"1"), b"c": Entry("h", value=b"a")}
SET_ID = {b"a": Entry("-", mode=0o4755)}
STORED = "user.rsync.%stat"

EXAMPLES = [
    Example("refused options of a client that sends at once",
            _given("-a --copy-devices", "daemon", "pull", client="stock", err=REFUSED, ours_err=REFUSED),
            [Code(4, 10, ([], []))], [Code(0, 10, ([], [])), Code(23, 4, ([], []))],
            [("state.transport", "shell"), ("found.err", b"")]),
    Example("refused options of a client that sends at once",
            _given("-a --copy-devices", "daemon", "pull", err=REFUSED, ours_err=REFUSED),
            [Code(4, 10, ([], []))], [Code(10, 4, ([], [])), Code(12, 10, ([], []))], [("expected.err", b"")]),
    Example("refused options of a client that sends at once",
            _given("-a --copy-devices --protocol=30", "daemon", "push", err=REFUSED, ours_err=REFUSED),
            [Code(12, 10, ([], []))], [Code(10, 12, ([], [])), Code(4, 10, ([], []))],
            [("expected.err", b""), ("arguments", ["-a", "--copy-devices"])]),
    Example("exit code of a client whose server ended before the file list",
            _given("-a", direction="pull", err=b"rsync error: errors selecting files (code 3) at main.c(1) [sender=3.5.0]"),
            [Code(3, 12, ([], []))], [Code(11, 12, ([], [])), Code(3, 23, ([], [])), Code(0, 12, ([], []))],
            [("server", "stock"), ("expected.err", b"")]),
    Example("`--fuzzy` without `-p`: permissions of a new file",
            _given("-r -y", source={b"a": Entry("-", mode=0o640)}, dst={b"a": _found(mode=0o640)}),
            [Aspect("dst", b"a", "mode", "0o640", "0o4755")], [Aspect("dst", b"a", "mode", "0o644", "0o4755")],
            [("arguments", ["-r"]), ("arguments", ["-rp", "-y"]), ("server", "stock"), ("before", {b"a": Entry("-")})]),
    Example("`--fuzzy` without `-p`: permissions of a new file",
            _given("-r -y", source={b"a": Entry("-", mode=0o640)}, before={b"a": Entry("l", value=b"q")}, dst={b"a": _found(mode=0o640)}),
            [Aspect("dst", b"a", "mode", "0o640", "0o600")], [Aspect("dst", b"a", "mode", "0o600", "0o640")],
            [("arguments", ["-r"]), ("before", {b"a": Entry("d")})]),
    Example("`--copy-dest`, `--link-dest` without `-p`, over an entry that is not a file",
            _given("-r --copy-dest=../other", source={b"a": Entry("-", mode=0o640)}, before={b"a": Entry("d", mode=0o2775)},
                   dst={b"a": _found(mode=0o640)}),
            [Aspect("dst", b"a", "mode", "0o640", "0o2775")],
            [Aspect("dst", b"a", "mode", "0o666", "0o2775"), Aspect("dst", b"a", "mode", "0o640", "0o644")],
            [("arguments", ["-a", "--copy-dest=../other"]), ("before", {b"a": Entry("-", mode=0o2775)}), ("server", "stock")]),
    Example("`--append` with `--fuzzy`, `--compare-dest`, `--link-dest` or `--copy-dest`",
            _given("-a --append --copy-dest=../other", source={b"a": Entry("-", value=b"right")}),
            [Aspect("dst", b"a", "value", b"right", b"riwrong"), _stock(b">f+++++++++ a"), _ours(b"Literal data: 5 bytes")],
            [Aspect("dst", b"a", "value", b"riwrong", b"right"), Aspect("dst", b"a", "value", b"other", b"riwrong"),
             Aspect("dst", b"b", "mode", "0o644", "0o600"), _stock(b"Literal data: 5 bytes"), _stock(b">f+++++++++ b")],
            [("arguments", ["-a", "--append"]), ("server", "stock")]),
    Example("`--fake-super` without `-o` or `-g`",
            _given("-r --fake-super", dst={b"a": _found(mode=0o755, owner=(1, 2))}),
            [Aspect("dst", b"a", "attributes", {STORED: b"104755 0,0 1:2"}, {STORED: b"104755 0,0 77:88"})],
            [Aspect("dst", b"a", "attributes", {STORED: b"104755 0,0 3:4"}, {STORED: b"104755 0,0 77:88"}),
             Aspect("dst", b"a", "attributes", {STORED: b"100755 0,0 1:2"}, {STORED: b"104755 0,0 77:88"}),
             Aspect("dst", b"a", "attributes", {}, {STORED: b"104755 0,0 1:2"}),
             Aspect("dst", b"a", "attributes", {STORED: b"104755 0,0 1:2", "user.n0": b"v"}, {STORED: b"104755 0,0 77:88"})],
            [("arguments", ["-a", "--fake-super"]), ("arguments", ["-ro", "--fake-super"]), ("arguments", ["-r"])]),
    Example("`--copy-as` with `--super` or `--fake-super`",
            _given("-rp --copy-as=daemon --fake-super", ours_err=b'rsync: [generator] failed to write xattr user.rsync.%stat for "@/dst/sub": Permission denied (13)'),
            [Code(23, 0, ([], [])), Aspect("dst", b"a", "attributes", {STORED: b"104755 0,0 1:2"}, {})],
            [Code(0, 23, ([], [])), Code(12, 0, ([], [])), Aspect("dst", b"a", "attributes", {}, {STORED: b"104755 0,0 1:2"}),
             Aspect("dst", b"a", "attributes", {STORED: b"104755 0,0 1:2"}, {"user.n0": b"v"})],
            [("arguments", ["-rp", "--fake-super"]), ("arguments", ["-rp", "--copy-as=daemon"]), ("server", "stock")]),
    Example("`-b --link-dest`, `-b --compare-dest`: a file that differs",
            _given("-a -b --link-dest=../other", before={b"a": Entry("-", value=b"old"), b"h": Entry("h", value=b"a"), b"l": Entry("l", value=b"q")}),
            [Aspect("dst", b"a~", "presence", _found(value=b"old"), None), Aspect("dst", b"h~", "presence", _found(value=b"old"), None)],
            [Aspect("dst", b"a~", "presence", None, _found(value=b"old")), Aspect("dst", b"a~", "presence", _found(value=b"new"), None),
             Aspect("dst", b"a", "presence", _found(value=b"old"), None), Aspect("dst", b"l~", "presence", _found("l", value=b"q"), None),
             Aspect("dst", b"b~", "presence", _found(value=b"old"), None)],
            [("arguments", ["-a", "-b"]), ("arguments", ["-a", "--link-dest=../other"]), ("server", "stock"),
             ("arguments", ["-a", "-b", "--suffix=.old", "--link-dest=../other"])]),
    Example("by a user who is not root: first entries of group 0",
            _given("-rlptg", "daemon", "pull", is_root=False, source={b"a": Entry("-", time=5)}, err=CHGRP),
            [Code(0, 23, ([], [])), Aspect("dst", b"a", "time", 5, "now")],
            [Aspect("dst", b"a", "time", "now", 5), Aspect("dst", b"b", "time", 5, "now"), Aspect("dst", b"a", "value", b"", b"1")],
            [("state.is_root", True), ("client", "stock"), ("source", {b"a": Entry("-", owner=(0, 5))})]),
    Example("by a user who is not root: first entries of group 0",
            _given("-rlptg -i", "daemon", "pull", is_root=False, source={b"a": Entry("-", time=5)}, err=CHGRP + SAYS),
            [Aspect("dst", b"a", "time", 5, "now"), _stock(b".f.....g... a")], [Code(0, 23, ([], [])), _ours(b".f.....g... a")],
            [("state.is_root", True), ("client", "stock")]),
    Example("what cannot be created, because a directory is not writable",
            _given("-a -P -i", is_root=False, err=SAYS, ours_err=b'rsync: [generator] mkstemp "@/dst/sub/a" failed: Permission denied (13)'),
            [_stock(b"<f+++++++++ sub/a"), _stock(b"3,000 100%")],
            [_stock(b"<f+++++++++ sub/b"), _ours(b"<f+++++++++ sub/a"), _stock(b"3,000 100%"), Aspect("dst", b"sub/a", "value", b"", b"1"),
             _stock(b"hf+++++++++ sub/a => b")],
            [("state.is_root", True), ("server", "stock"), ("found.err", b"")]),
    Example("`-L`, `-k` with `-X`: extended attributes of directories that links lead to",
            _given("-rk -X", source={b"a": Entry("l", value=b"sub")}, dst={b"a": _found("d")}),
            [Aspect("dst", b"a", "attributes", {"user.n0": b"v"}, {})],
            [Aspect("dst", b"a", "attributes", {}, {"user.n0": b"v"}), Aspect("dst", b"b", "attributes", {"user.n0": b"v"}, {})],
            [("arguments", ["-r", "-X"]), ("client", "stock"), ("source", {b"a": Entry("d")}), ("found.trees", {"dst": {b"a": _found()}})]),
    Example("`-L`, `-k` with `-A`, but not by a daemon: the last of these levels",
            _given("-rk -A", err=LEVEL), [Aspect("dst", b"a/a", "presence", _found("d"), None), _ours(b"cd+++++++++ a/a/")],
            [Aspect("dst", b"a/a", "presence", _found("-"), None), Aspect("dst", b"a", "presence", _found("d"), None),
             Aspect("dst", b"a/a", "presence", None, _found("d")), _ours(b"cd+++++++++ a/"), _stock(b"cd+++++++++ a/a/")],
            [("client", "stock"), ("arguments", ["-r", "-A"]), ("expected.err", b"")]),
    Example("`-L`, `-k` in a daemon's module: links that lead up into their own tree",
            _given("-rk", "daemon", "pull", client="stock", source={b"d/l": Entry("l", value=b"..")}),
            [Aspect("dst", UP, "presence", None, _found("d")), _stock(b"cd+++++++++ " + UP + b"/"),
             _ours(b'skipping non-regular file "' + UP + b'"')],
            [Aspect("dst", UP, "presence", None, _found("-")), Aspect("dst", UP + b"/f", "presence", None, _found("d")),
             Aspect("dst", UP, "presence", _found("d"), None), _stock(b">f+++++++++ " + UP), _ours(b"cd+++++++++ " + UP + b"/"),
             Aspect("dst", b"d/l", "presence", None, _found("d"))],
            [("arguments", ["-r"]), ("server", "stock"), ("state.transport", "shell"), ("source", {b"d/l": Entry("d")})]),
    Example("`--ignore-existing`: an entry where the source has a directory",
            _given("-a --ignore-existing", source={b"a": Entry("d", time=5)}, before={b"a": Entry("l", time=4)}),
            [Aspect("dst", b"a", "time", 4, 5)], [Aspect("dst", b"a", "time", 5, 4), Aspect("dst", b"a", "time", 4, 6)],
            [("arguments", ["-a"]), ("server", "stock"), ("before", {b"a": Entry("d", time=4)}), ("source", {b"a": Entry("-", time=5)})]),
    Example("by a user who is not root: read-only files that cannot be deleted",
            _given("-r --delete --max-delete=0", is_root=False, source={b"c": Entry("-")}, before={b"a": Entry("-", mode=0o444)}, err=b"Deletions stopped due to --max-delete limit"),
            [Aspect("dst", b"a", "mode", "0o444", "0o644")],
            [Aspect("dst", b"a", "mode", "0o644", "0o444"), Aspect("dst", b"a", "mode", "0o444", "0o664"), Aspect("dst", b"b", "mode", "0o444", "0o644")],
            [("state.is_root", True), ("server", "stock"), ("expected.err", b""), ("source", {b"a": Entry("-", mode=0o444)}),
             ("before", {b"a": Entry("-", mode=0o644)})]),
    Example("a device, FIFO or socket in place of a symbolic link",
            _given("-rtD", source={b"a": Entry("p", mode=0o640)}, before={b"a": Entry("l")}, dst={b"a": _found("p", mode=0o640)}),
            [Aspect("dst", b"a", "mode", "0o640", "0o777")],
            [Aspect("dst", b"a", "mode", "0o666", "0o777"), Aspect("dst", b"a", "mode", "0o640", "0o660")],
            [("arguments", ["-a"]), ("server", "stock"), ("before", {b"a": Entry("-")})]),
    Example("`-X` before protocol 30, in a local copy",
            _given("-a -X --protocol=29", "local", source={b"a": Entry("-", attributes={b"user.n0": b"v" * 40})}, before={b"a": Entry("-")}),
            [Aspect("dst", b"a", "attributes", {"user.n0": b"v" * 40}, {})],
            [Aspect("dst", b"a", "attributes", {"user.n0": b"v" * 32}, {}), Aspect("dst", b"a", "attributes", {"user.n0": b"w" * 40}, {}),
             Aspect("dst", b"a", "attributes", {}, {"user.n0": b"v" * 40})],
            [("arguments", ["-a", "-X"]), ("state.transport", "shell")]),
    Example("`-A`: the group's entry of a directory's ACL",
            _given("-a -A", source={b"a": Entry("d", attributes={b"system.posix_acl_access": ACL + b"\x04\0\7\0" + REST})}),
            [Aspect("dst", b"a", "attributes", {ACCESS: ACL + b"\x04\0\7\0" + REST}, {ACCESS: ACL + b"\x04\0\0\0" + REST})],
            [Aspect("dst", b"a", "attributes", {ACCESS: ACL + b"\x04\0\0\0" + REST}, {ACCESS: ACL + b"\x04\0\7\0" + REST}),
             Aspect("dst", b"a", "attributes", {ACCESS: ACL + b"\x04\0\7\0" + REST, "user.n0": b"v"}, {ACCESS: ACL + b"\x04\0\0\0" + REST})],
            [("arguments", ["-a"]), ("server", "stock"), ("source", {b"a": Entry("d")})]),
    Example("a faulty merge file at the destination, where nothing is to be deleted",
            _given("-a -FF", err=b"unexpected end of filter rule: <rule from @/dst/.rsync-filter line 2>\n", source={b"a": Entry("-", value=b"1")}),
            [Code(0, 1, ([], [])), Aspect("dst", b"a", "presence", _found(value=b"1"), None), _ours(b"<f+++++++++ a")],
            [Code(1, 0, ([], [])), Code(23, 1, ([], [])), _ours(b"<f+++++++++ a")], [("server", "stock"), ("expected.err", b"")]),
    Example("merge files (`-F`, `:`) in a push before protocol 29",
            _given("-a -F --protocol=28", err=b"filter rules are too modern for remote rsync.\n", source={b"a": Entry("-", value=b"1")}),
            [Code(0, 2, ([], [])), Aspect("dst", b"a", "presence", _found(value=b"1"), None)], [Code(2, 0, ([], []))],
            [("client", "stock"), ("expected.err", b""), ("arguments", ["-a", "-F", "--protocol=28", "--delete"])]),
    Example("`--delete-missing-args` with a name below a missing directory",
            _given("-a --delete-missing-args", before={b"a": Entry("-")}, err=b'file has vanished: "@/src/no"\n'),
            [Code(23, 24, ([], [])), Aspect("dst", b"a", "presence", _found(), None)],
            [Code(24, 23, ([], [])), Code(0, 24, ([], [])), Aspect("dst", b"b", "presence", None, _found()), Aspect("dst", b"a", "value", b"", b"1")],
            [("arguments", ["-a"]), ("expected.err", b"")]),
    Example("`--delete-missing-args` with a name below a missing directory",
            _given("-a --delete-missing-args", source={b"a": Entry("-")}, before={b"a": Entry("-")}, err=b'file has vanished: "@/src/no"\n'),
            [Code(23, 24, ([], []))], [Aspect("dst", b"a", "presence", None, _found()), Aspect("dst", b"a", "presence", _found(), None)],
            [("client", "stock")]),
    Example("local copies at protocols 27 to 29: `-A`, `-X` with `-M`",
            _given("-aAX --protocol=27 --remote-option=-S", "local", source={b"a": Entry("-")}, before={b"b": Entry("-")}, ours_err=TOO_OLD),
            [Code(2, 0, ([], [])), Aspect("dst", b"a", "presence", None, _found()), _stock(b">f+++++++++ a"), Aspect("dst", b"b", "time", 5, 7)],
            [Code(0, 2, ([], [])), _ours(b">f+++++++++ a"), Aspect("dst", b"a", "presence", _found(), None)],
            [("state.transport", "shell"), ("found.err", b""), ("arguments", ["-aAX", "--remote-option=-S"])]),
    Example("`-H`: a name that shares its file with one that the source keeps separate",
            _given("-aH", source={b"a": Entry("-")}, before={b"a": Entry("-", mode=0o666), b"x": Entry("h", value=b"a")}),
            [Aspect("dst", b"a", "links", [b"a"], [b"a", b"x"]), Aspect("dst", b"x", "links", [b"x"], [b"a", b"x"]),
             Aspect("dst", b"x", "mode", "0o666", "0o644")],
            [Aspect("dst", b"x", "mode", "0o666", "0o644"), Aspect("dst", b"a", "links", [b"a", b"x"], [b"a"]), Aspect("dst", b"x", "value", b"", b"1")],
            [("arguments", ["-a"]), ("server", "stock")]),
    Example("`-n -H`: new names of one file in a missing destination", _given("-aH -n -i"),
            [_stock(b"hf          a => b"), _ours(b"hf+++++++++ a => b")],
            [_stock(b"hf          a => b"), _ours(b"hf+++++++++ a => b"), _ours(b"hf          a => b")],
            [("arguments", ["-a", "-n"]), ("arguments", ["-aH"]), ("server", "stock")]),
    Example("`--super`, by a user who is not root",
            _given("-a --super", is_root=False, source={b"a": Entry("-", mode=0o644, time=5)},
                   err=b'rsync: [receiver] chown "@/dst/.a.yfM83N" failed: Operation not permitted (1)\n'),
            [Aspect("dst", b"a", "mode", "0o644", "0o600"), Aspect("dst", b"a", "time", 5, "now")],
            [Aspect("dst", b"a", "mode", "0o600", "0o644"), Aspect("dst", b"b", "time", 5, "now"), Aspect("dst", b"a", "owner", (0, 0), (1, 1))],
            [("state.is_root", True), ("arguments", ["-a"]), ("server", "stock"), ("expected.err", b"")]),
    Example("`--usermap` with `--no-o` after it, by a server", _given("-rpt --usermap=0:5 -i"),
            [Aspect("dst", b"a", "owner", (5, 6), (0, 6)), _stock(b"<f..tpo.... a"), _ours(b"<f..tp..... a"), _stock(b".d....o.... b/")],
            [Aspect("dst", b"a", "owner", (0, 6), (5, 6)), Aspect("dst", b"a", "owner", (5, 6), (0, 7)), _stock(b".d....o.... b/")],
            [("arguments", ["-rpt", "-i"]), ("arguments", ["-a", "--usermap=0:5"]), ("server", "stock"), ("state.transport", "local")]),
    Example("`-P`, `--progress` with `--out-format` without `%i`", _given("-a -P --out-format=%n"),
            [_ours(b"created directory dst/new")], [_stock(b"created directory dst/new"), _ours(b"new")],
            [("arguments", ["-a", "-P"]), ("arguments", ["-a", "-P", "--out-format=%i"]), ("server", "stock")]),
    Example("`-c --checksum-choice=none`",
            dataclasses.replace(_given("-a -c --cc=none", source={b"a": Entry("-")}, before={b"b": Entry("-")}), found={"code": 4, "err": b"", "lines": [], "trees": {"dst": {}}}),
            [Code(4, 23, ([], [])), Aspect("dst", b"a", "presence", None, _found()), _stock(b"<f+++++++++ a"), Aspect("dst", b"b", "time", 5, 7)],
            [Aspect("dst", b"a", "presence", _found(), None), _ours(b"<f+++++++++ a"), Code(4, 0, ([], []))],
            [("arguments", ["-a", "--cc=none"]), ("arguments", ["-a", "-c"]), ("found.code", 0), ("found.lines", [b"x"])]),
    Example("`--fake-super --copy-dest` over a link",
            _given("-a --fake-super --copy-dest=../other", before={b"a": Entry("l")}, err=NO_STATUS),
            [Code(0, 23, ([], []))], [Code(23, 0, ([], []))],
            [("before", {b"a": Entry("-")}), ("expected.err", NO_STATUS + SAYS), ("server", "stock"), ("arguments", ["-a"])]),
    Example("refused options of a client that sends at once",
            _given("-a --protocol=30", "daemon", err=FAILED, ours_err=FAILED),
            [Code(12, 10, ([], []))], [Code(23, 10, ([], [])), Code(0, 11, ([], []))],
            [("state.transport", "shell"), ("found.err", b""), ("arguments", ["-a"])]),
    Example("`-H` with `--fuzzy`: new names of one file", _given("-aH -y -i"),
            [_stock(b"<f+++++++++ a"), _stock(b"hf+++++++++ b => a"), _ours(b"<f+++++++++ b"), _ours(b"hf+++++++++ a => b")],
            [_stock(b"<f+++++++++ a"), _ours(b"<f+++++++++ a"), _stock(b"hf+++++++++ b => a")],
            [("arguments", ["-aH", "-i"]), ("arguments", ["-a", "-y", "-i"]), ("server", "stock")]),
    Example("`-H` with `-M-vv` to a receiver: unchanged names", _given("-aH --remote-option=-vv -i"),
            [_ours(b"hf          a")], [_stock(b"hf          a"), _ours(b"hf..t...... a")],
            [("arguments", ["-aH", "-i"]), ("arguments", ["-a", "--remote-option=-vv"])]),
    Example("`-U`: merge files that the sender reads", _given("-a -U -i --filter=:_.rules"),
            [_stock(b".f......u.. sub/.rules")],
            [_stock(b".f......u.. sub/a"), _ours(b".f......u.. sub/.rules"), _stock(b">f......u.. sub/.rules"), _stock(b".f..t...u.. sub/.rules")],
            [("arguments", ["-a", "-i"]), ("client", "stock")]),
    Example("`-X` before protocol 30, in a local copy",
            _given("-a -X --protocol=29", "local", source={b"a": Entry("p", attributes={b"trusted.t": b"v"})}, dst={b"a": _found("p")}),
            [Aspect("dst", b"a", "attributes", {"trusted.t": b"v"}, {})], [Aspect("dst", b"a", "attributes", {"trusted.t": b"w"}, {})],
            [("before", {b"a": Entry("p")}), ("found.trees", {"dst": {b"a": _found()}})]),
    Example("`-R`: file lists", _given("-r -R -v"),
            [_stock(b"sending incremental file list"), _ours(b"building file list ... done")],
            [_ours(b"sending incremental file list"), _stock(b"building file list ... done"), _ours(b"done with it")],
            [("arguments", ["-r", "-v"]), ("arguments", ["-r", "-R", "-v", "--no-i-r"]), ("arguments", ["-R", "-v"])]),
    Example("a kept file with set-ID bits whose owner or group changes", _given("-a -i", before=SET_ID),
            [_stock(b".f...p..... a"), _ours(b".f....og... a")],
            [_stock(b".f...p..... a"), _ours(b".f....og... a"), _stock(b".f..tp..... a"), _ours(b".f....o.... b")],
            [("before", {b"a": Entry("-")}), ("server", "stock")]),
    Example("`--copy-as` with `--super` or `--fake-super`", _given("-rlp --copy-as=daemon --super -i"),
            [_stock(b".f...p..... a"), _ours(b".f...p.g... a"), _ours(b".d.....g... ./")],
            [_stock(b".f...p..... a"), _ours(b".f...p.g... a"), _stock(b".f....o.... b"), _ours(b".f...p..... b"), _ours(b">f+++++++++ b")],
            [("arguments", ["-rlp", "--super", "-i"]), ("arguments", ["-rlp", "--copy-as=daemon", "-i"]), ("server", "stock")]),
    Example("`-X` without `-p`: a directory with extended attributes",
            _given("-r -X", source={b"a": Entry("d", mode=0o2775, attributes={b"user.n0": b"v"})}, dst={b"a": _found("d", mode=0o755)}),
            [Aspect("dst", b"a", "mode", "0o755", "0o2775")],
            [Aspect("dst", b"a", "mode", "0o2775", "0o755"), Aspect("dst", b"a", "mode", "0o777", "0o2775"), Aspect("dst", b"a", "mode", "0o755", "0o775")],
            [("arguments", ["-r"]), ("arguments", ["-rp", "-X"]), ("server", "stock"), ("source", {b"a": Entry("d", mode=0o2775)}),
             ("found.trees", {"dst": {b"a": _found()}})]),
    Example("`-X` without `-p`: a directory with extended attributes",
            _given("-r -X", source={b"a": Entry("d", mode=0o2775, attributes={b"user.n0": b"v"})}, before={b"a": Entry("d", mode=0o700)},
                   dst={b"a": _found("d", mode=0o700)}),
            [Aspect("dst", b"a", "mode", "0o700", "0o2775")], [Aspect("dst", b"a", "mode", "0o755", "0o2775")], [("before", {})]),
    Example("`--ignore-existing --delete`: a directory in whose place there is something else",
            _given("-a --ignore-existing --delete", err=NO_DIRECTORY, dst={b"a": _found()}),
            [Code(0, 23, ([], []))], [Code(23, 0, ([], [])), Code(0, 11, ([], []))],
            [("arguments", ["-a", "--delete"]), ("server", "stock"), ("expected.err", NO_DIRECTORY + SAYS), ("expected.err", b""),
             ("found.trees", {"dst": {b"a": _found("d")}})]),
    Example("`-R --no-implied-dirs --delete-missing-args`: a missing name",
            _given("-R --no-implied-dirs --delete-missing-args", err=NO_PARENT),
            [Code(0, 23, ([], [])), Aspect("dst", b"src", "presence", _found("d"), None), Aspect("dst", b"src/sub", "presence", _found(), None)],
            [Aspect("dst", b"src/sub", "presence", _found(), None), Code(23, 0, ([], [])), Aspect("dst", b"src/sub", "presence", None, _found())],
            [("arguments", ["-R", "--no-implied-dirs"]), ("expected.err", b""), ("server", "stock")]),
    Example("`-H` with more than 500 entries",
            _given("-aH -i", lines=[b"x"] * 501, dst={b"a": {**_found(), "links": [b"a", b"c"]}, b"b": _found()}),
            [_stock(b"<f+++++++++ a"), _ours(b"hf+++++++++ a => c")], [_stock(b"<f+++++++++ b"), _ours(b"cd+++++++++ a/")],
            [("arguments", ["-a", "-i"]), ("server", "stock"), ("expected.lines", [b"x"] * 500)]),
    Example("`-H`: a name that cannot be linked, of a file that has names in several directories",
            _given("-aH -i", source=TWO, err=b"Hlink node data for 5 already has path=a (a)\n", dst={b"sub/b": {**_found(value=b"1"), "links": [b"sub/b"]}}),
            [Code(23, 13, ([], [])), Aspect("dst", b"sub/b", "presence", _found(value=b"1"), None), _ours(b"<f+++++++++ sub/b")],
            [Code(0, 13, ([], [])), Code(13, 23, ([], [])), _ours(b"<f+++++++++ sub/b")],
            [("arguments", ["-a", "-i"]), ("server", "stock"), ("expected.err", b"")]),
    Example("`-n -H`: a name that shares its file at the destination already", _given("-aH -n -i", before=TWIN),
            [_stock(b"hf..t...... c")], [_ours(b"hf..t...... c"), _stock(b"hf+++++++++ c => a"), _stock(b"hf..t...... b")],
            [("arguments", ["-a", "-n", "-i"]), ("arguments", ["-aH", "-i"]), ("before", {b"c": Entry("-")}), ("server", "stock")]),
    Example("by a user who is not root: first entries of group 0",
            _given("-rlptg -n -i", "daemon", "pull", is_root=False, source={b"a": Entry("-", time=5)}),
            [_stock(b".f.....g... a")], [_ours(b".f.....g... a"), _stock(b".f....o.... a"), _stock(b".f.....g... b")],
            [("state.is_root", True), ("arguments", ["-rlptg", "-i"]), ("client", "stock"), ("source", {b"a": Entry("-", owner=(0, 5))})]),
    Example("refused options of a client that sends at once",
            _given("-a --copy-devices", "daemon", client="stock", err=b"unexpected tag -7 [sender/inc]\n", ours_err=REFUSED),
            [Code(4, 12, ([], []))], [Code(12, 4, ([], [])), Code(23, 12, ([], []))],
            [("state.transport", "shell"), ("found.err", b""), ("expected.err", b""), ("client", "ours")]),
    Example("refused options of a client that sends at once",
            _given("-a --copy-devices --zl=9", "daemon", "pull", err=b"rsync: [Receiver] safe_read failed\nrsync error (code 12)\n"),
            [Code(12, 4, ([], []))], [_ours(b">f+++++++++ a")],
            [("arguments", ["-a", "--copy-devices"]), ("arguments", ["-a", "--zl=9"]), ("arguments", ["-az", "--copy-devices", "--zl=9"]),
             ("state.transport", "shell"), ("expected.err", b"")]),
    Example("`-H` with `--fuzzy`: a new name of a file that is there under another one",
            _given("-aH -y -b", source=TWIN, before={b"a": Entry("-", value=b"1", attributes={b"user.n0": b"v"})},
                   dst={b"a": _found(value=b"1"), b"c": _found(value=b"1")}),
            [_ours(b"hf+++++++++ c => a"), _stock(b"<f+++++++++ c"), _stock(b"hf          a => c"),
             Aspect("dst", b"a", "attributes", {"user.n0": b"v"}, {}), Aspect("dst", b"a~", "presence", None, _found(value=b"1"))],
            [_ours(b"hf+++++++++ c => a"), _stock(b"<f+++++++++ c"), Aspect("dst", b"a", "attributes", {"user.n0": b"v"}, {})],
            [("arguments", ["-aH", "-b"]), ("arguments", ["-a", "-y", "-b"]), ("server", "stock"), ("before", {}), ("before", TWIN)]),
    Example("`-H`: a directory that cannot make way for the first name of a file",
            _given("-aH -i", source=TWO, before={b"a": Entry("d")}, err=BLOCKED, ours_err=BLOCKED, dst={b"sub/b": {**_found(value=b"1"), "links": [b"sub/b"]}}, stock_dst={}),
            [Code(23, 2, ([], [])), Aspect("dst", b"sub/b", "presence", _found(value=b"1"), None), _ours(b"<f+++++++++ sub/b"),
             _stock(b"cannot delete non-empty directory: a")],
            [Aspect("dst", b"sub/b", "presence", _found(value=b"1"), None), _ours(b"<f+++++++++ sub/b"), Code(0, 2, ([], [])), Code(23, 0, ([], []))],
            [("arguments", ["-a", "-i"]), ("server", "stock"), ("expected.err", b""), ("found.err", b"")]),
]


def _with(given, field, value):
    """The comparison with another value of one field, such as `state.transport` or `found.err`."""
    part, _, name = field.partition(".")
    if not name:
        return dataclasses.replace(given, **{part: value})
    old = getattr(given, part)
    return dataclasses.replace(given, **{part: {**old, name: value} if isinstance(old, dict) else dataclasses.replace(old, **{name: value})})


def _explained_by(given, row, differences):
    return explained.without_known(given, differences)[1].get(row, [])


def check_rules():
    """Fails unless each rule stands for a row of docs/differences.md, and explains what its examples say and nothing else."""
    with open(DOCUMENT) as document:
        rows = [line[2:] for line in document if line.startswith("| ")]
    for row in {rule.row for rule in explained.KNOWN} | explained.ROWS_INSTEAD:
        check(any(line.startswith(row) for line in rows), f"docs/differences.md has no row '{row}'")
    check({rule.row for rule in explained.KNOWN} == {example.row for example in EXAMPLES}, "a rule without an example")
    for example in EXAMPLES:
        left = explained.without_known(example.given, example.explained)[0]
        check(not left, f"{example.row}: not explained: {', '.join(map(shown, left))}")
        for difference in [*example.refused, *(one for one in NEVER if one not in example.explained)]:
            taken = explained.without_known(example.given, [difference])[1]
            check(not taken, f"explained by {list(taken)}: {shown(difference)} ({' '.join(example.given.arguments)})")
        for field, value in example.unless:
            found = _explained_by(_with(example.given, field, value), example.row, example.explained)
            check(not found, f"{example.row}: explained although {field} is {value}: {', '.join(map(shown, found))}")
    return f"{len(explained.KNOWN)} rules"
