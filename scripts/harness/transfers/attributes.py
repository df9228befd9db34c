"""Options about attributes, with the program under test and with stock in its place: same exit code, same lines, same tree
with access times, extended attributes and ACLs. Each set copies a tree, edits both sides, copies again, and once more."""

import itertools
import os
import shutil
import stat
import struct
import subprocess
import time

from harness.cases import Case, Failure, check, check_same_exit, check_same_lines
from harness.programs import peers
from harness.programs.preloaded import slow
from harness.programs.processes import run
from harness.transfers.matrix import command

STAMP = 1_600_000_000
ROLES = ("client-of-shell", "client-of-daemon", "server", "daemon", "local")
USER = 1000
LONG = b"a value that is longer than thirty-two bytes, so that only its digest is listed"

# The options of the run under test; "unkept" are aspects that both programs leave to chance.
SETS = {
    "executability": ["-rtiE"],
    "executability and permissions": ["-aiE"],
    "fake super": ["-aAXi", "--fake-super"],
    "fake super without times": ["-rlpgoDi", "--fake-super"],
    "fake super at the other end": ["-aAXi", "-M--fake-super"],
    "chmod octal": ["-ai", "--chmod=D2775,F664"],
    "chmod letters": ["-ai", "--chmod=Dg+s,ug+w,Fo-w,+X", "--chmod=o=g"],
    "chmod without permissions": ["-rti", "--chmod=go="],
    "chmod invalid": ["-ai", "--chmod=u+q"],
    "chown": ["-ai", "--chown=games:4711"],
    "chown user": ["-ai", "--chown=4711"],
    "chown group": ["-rli", "--chown=:games"],
    "chown unknown": ["-ai", "--chown=nobody-of-that-name"],
    "maps": ["-ai", "--usermap=1000-1002:7,games:root,:9,*:8", "--groupmap=0:games,*:12"],
    "maps by number": ["-ai", "--numeric-ids", "--usermap=5:6,1000:77,*:8", "--groupmap=1001:78"],
    "map without colon": ["-ai", "--usermap=5"],
    "omit link times": ["-aiJ"],
    "access times": ["-aiUU"],
    "open without access time": ["-aiU", "--open-noatime"],
    "no super": ["-ai", "--no-super"],
    "super": ["-ai", "--super"],
    "drop devices": ["-ai", "--drop-D"],
    "no devices": ["-ai", "--no-D"],
    "acls": ["-aAi"],
    "xattrs": ["-aXi"],
    "acls and xattrs": ["-aHAXi", "--delete"],
    "acls and xattrs, itemize twice": ["-aAXii"],
    "acls and xattrs, whole list": ["-aAXi", "--no-inc-recursive"],
    "acls and xattrs, protocol 30": ["-aAXi", "--protocol=30"],
    "acls and xattrs, protocol 31": ["-aAXi", "--protocol=31"],
    "acls by number": ["-aAi", "--numeric-ids"],
    "acls and owners by rule": ["-aAi", "--usermap=1000:77", "--groupmap=1001:78"],
    "acls and chmod": ["-aAi", "--chmod=g=,o="],
    "acls without permissions": ["-rtAi", "--no-p"],
    "acls alone": ["-rAi"],
    "acls, protocol 29": ["-aAi", "--protocol=29"],
    "xattrs, protocol 29": ["-aXi", "--protocol=29"],
    "xattrs, dry run": ["-aXni"],
    "xattrs alone": ["-rpXi"],
    "xattrs in place": ["-aAXi", "--inplace"],
    "xattrs, checksum": ["-acAXi"],
}
# Run as a user that is not root.
USER_SETS = {
    "archive": ["-ai"],
    "acls and xattrs": ["-aAXi"],
    "chown": ["-ai", "--chown=:4711"],
    "super": ["-ai", "--super"],
    "fake super": ["-aAXi", "--fake-super"],
}


def _write(path, data, mode=0o644, stamp=0):
    with open(path, "wb") as handle:
        handle.write(data)
    os.chmod(path, mode)
    os.utime(path, (STAMP + stamp,) * 2)


def acl(*entries):
    """An ACL in the kernel's form, of (tag, permissions, id)."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, bits, who) for tag, bits, who in entries)


NOBODY = 0xffffffff
NAMED = acl((1, 6, NOBODY), (2, 7, 1000), (2, 4, 5), (4, 4, NOBODY), (8, 5, 1001), (16, 7, NOBODY), (32, 0, NOBODY))
SEARCHED = acl((1, 7, NOBODY), (2, 7, 1000), (4, 5, NOBODY), (8, 5, 1001), (16, 7, NOBODY), (32, 0, NOBODY))
INHERITED = acl((1, 7, NOBODY), (2, 5, 1000), (4, 5, NOBODY), (16, 5, NOBODY), (32, 1, NOBODY))
MASKED = acl((1, 6, NOBODY), (4, 6, NOBODY), (16, 4, NOBODY), (32, 4, NOBODY))


def build(root, owner=None):
    """The tree: a few entries of every kind."""
    os.makedirs(f"{root}/dir/inner")
    os.makedirs(f"{root}/plain dir")
    _write(f"{root}/file", b"content\n", 0o640)
    _write(f"{root}/program", b"#!/bin/sh\n", 0o755, 5)
    _write(f"{root}/unchanged", b"same", 0o644, 6)
    _write(f"{root}/dir/leaf", b"leaf", 0o600, 7)
    _write(f"{root}/dir/inner/executable", b"x" * 40_000, 0o750, 8)
    _write(f"{root}/large", b"0123456789" * 20_000, 0o664, 9)
    os.symlink("file", f"{root}/link")
    os.mkfifo(f"{root}/fifo", 0o640)
    if owner is None:
        os.mknod(f"{root}/device", stat.S_IFCHR | 0o660, os.makedev(1, 3))
        os.chown(f"{root}/file", 1000, 1001)
        os.chown(f"{root}/program", 5, 60)
        os.chown(f"{root}/dir", 1001, 1000)
        os.chmod(f"{root}/program", 0o4755)
        os.lchown(f"{root}/link", 1000, 5)
    _attach(root, owner is None)
    for path, directories, files in os.walk(root, topdown=False):
        for name in directories + files:
            os.utime(f"{path}/{name}", (STAMP - 50, STAMP + len(name)), follow_symlinks=False)
    os.utime(root, (STAMP, STAMP))
    if owner is not None:
        for path, directories, files in os.walk(root):
            for name in directories + files + ["."]:
                os.lchown(f"{path}/{name}", owner, owner)


def _attach(root, is_root):
    """Extended attributes and ACLs."""
    os.setxattr(f"{root}/file", "user.short", b"short")
    os.setxattr(f"{root}/file", "user.long", LONG)
    os.setxattr(f"{root}/large", "user.long", LONG)
    os.setxattr(f"{root}/program", "user.empty", b"")
    os.setxattr(f"{root}/dir", "user.dir", b"of a directory" * 4)
    os.setxattr(f"{root}/dir/leaf", "user.other", LONG + b"!")
    os.setxattr(f"{root}/file", "system.posix_acl_access", NAMED)
    os.setxattr(f"{root}/dir", "system.posix_acl_access", SEARCHED)
    os.setxattr(f"{root}/dir", "system.posix_acl_default", INHERITED)
    os.setxattr(f"{root}/dir/leaf", "system.posix_acl_access", MASKED)
    os.setxattr(f"{root}/fifo", "system.posix_acl_access", NAMED)
    if is_root:
        os.setxattr(f"{root}/file", "trusted.root", b"only root")
        os.setxattr(f"{root}/link", "trusted.link", b"of a link", follow_symlinks=False)
        os.setxattr(f"{root}/file", "security.label", b"a label")


def edit(source, target, owner):
    """Changes after the first copy, here and there; the same for both programs."""
    os.chmod(f"{source}/program", 0o644)
    os.chmod(f"{source}/file", 0o751)
    _write(f"{source}/large", b"0123456789" * 20_001, 0o664, 900)
    _write(f"{source}/dir/new", b"new", 0o755)
    if owner is not None:
        os.chown(f"{source}/dir/new", owner, owner)
    os.setxattr(f"{source}/file", "user.short", b"other")
    os.removexattr(f"{source}/dir", "user.dir")
    os.setxattr(f"{source}/dir", "user.dir", LONG * 2)
    os.setxattr(f"{source}/large", "user.more", LONG * 3)
    os.setxattr(f"{source}/dir/leaf", "system.posix_acl_access", NAMED)
    os.removexattr(f"{source}/dir", "system.posix_acl_default")
    os.utime(f"{source}/link", (STAMP, STAMP + 77), follow_symlinks=False)
    os.utime(f"{source}/unchanged", (STAMP - 77, os.stat(f"{source}/unchanged").st_mtime))
    if os.path.exists(f"{target}/unchanged"):
        os.setxattr(f"{target}/unchanged", "user.stray", b"not at the source")
        os.setxattr(f"{target}/unchanged", "system.posix_acl_access", NAMED)
        os.chmod(f"{target}/dir/inner/executable", 0o666)
    for directory in (source, f"{source}/dir"):
        os.utime(directory, (STAMP, STAMP + 100))


def describe(root, times):
    """Every aspect of a tree, by path."""
    found = {}
    paths = ["."] + sorted(os.path.relpath(os.path.join(path, name), root)
                           for path, directories, files in os.walk(root) for name in directories + files)
    for name in paths:
        path = os.path.join(root, name)
        info = os.lstat(path)
        aspects = {"mode": oct(info.st_mode), "owner": (info.st_uid, info.st_gid), "device": info.st_rdev}
        if "m" in times and ("J" not in times or not stat.S_ISLNK(info.st_mode)):
            aspects["mtime"] = info.st_mtime_ns
        if "a" in times and stat.S_ISREG(info.st_mode):
            aspects["atime"] = int(info.st_atime)
        for word in os.listxattr(path, follow_symlinks=False):
            aspects[word] = os.getxattr(path, word, follow_symlinks=False)
            if word == "user.rsync.%aacl":
                # Stock stores a mask that is another one than the mode's; nothing reads it.
                aspects[word] = aspects[word][:8] + aspects[word][12:]
            if word.startswith("system.posix_acl"):
                # A version, then entries in an order that says nothing.
                aspects[word] = sorted(aspects[word][at:at + 8] for at in range(4, len(aspects[word]), 8))
        if stat.S_ISREG(info.st_mode):
            with open(path, "rb", opener=_without_access_time) as handle:
                aspects["content"] = handle.read()
        elif stat.S_ISLNK(info.st_mode):
            aspects["target"] = os.readlink(path)
        found[name] = aspects
    return found


def _without_access_time(path, flags):
    return os.open(path, flags | os.O_NOATIME)


def differences(first, second):
    """What two descriptions differ in, one text each."""
    found = []
    for name in sorted(first.keys() | second.keys()):
        if name not in first or name not in second:
            found.append(f"{name}: only in {'stock' if name in first else 'our'} tree")
            continue
        one, other = first[name], second[name]
        found += [f"{name}: {aspect} stock {one.get(aspect)!r:.200}, ours {other.get(aspect)!r:.200}"
                  for aspect in sorted(one.keys() | other.keys()) if one.get(aspect) != other.get(aspect)]
    return found


def _times(options):
    letters = "".join(word[1:] for word in options if word.startswith("-") and not word.startswith("--"))
    return ("m" if "t" in letters or "a" in letters else "") + ("a" if "U" in letters else "") + ("J" if "J" in letters else "")


def _swapped(setting, argv):
    """The same command line with stock in our place."""
    return [peers.STOCK_RSYNC if part == peers.DVM_RSYNC else part.replace(
        f"--rsync-path={peers.DVM_RSYNC}", f"--rsync-path={peers.STOCK_RSYNC}").replace(
        f":{setting.our_daemon.port}/", f":{setting.stock_daemon.port}/") for part in argv]


def _lines(outcome):
    skipped = (b"sent ", b"total size", b"sending incremental", b"receiving incremental", b"created directory")
    return sorted(line for line in outcome.out.split(b"\n") if line and not line.startswith(skipped))


def _body(options, role, direction, user=None):
    def body(setting, directory):
        runs = {}
        for who in ("stock", "ours"):
            source, target = f"{directory}/{who}/source", f"{directory}/{who}/target"
            build(source, owner=user)
            os.makedirs(target)
            os.utime(target, (STAMP, STAMP))
            if user is not None:
                os.chown(target, user, user)
            if role == "local":
                argv = [peers.DVM_RSYNC, *options, source + "/", target + "/"]
            else:
                argv = command(setting, role, direction, source, target, *options)
            if who == "stock":
                argv = _swapped(setting, argv)
            if user is not None:
                argv = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *argv]
            runs[who] = _copies(argv, source, target, _times(options), user)
        _compare(runs["stock"], runs["ours"])
    return body


def _copies(argv, source, target, times, user):
    """Three runs: a new tree, after edits, and once more; each with its outcome and the tree after it."""
    steps = []
    for step in ("first copy", "after edits", "once more"):
        if step == "after edits":
            edit(source, target, user)
        outcome = run(argv)
        steps.append((step, outcome, describe(target, times)))
        if outcome.code not in (0, 23):
            break
    return steps


def _compare(stock, ours):
    # With --fake-super stock loses an ACL when it sets other extended attributes after it, and finds that the next time.
    lost = ("user.rsync.%aacl stock None", "user.rsync.%dacl stock None")
    repaired = []
    for (step, theirs, their_tree), (_, mine, my_tree) in zip(stock, ours):
        check_same_exit(theirs, mine, f"{step}: ")
        check_same_lines([line for line in _lines(theirs) if line not in repaired], _lines(mine), f"{step}: ")
        found = differences(their_tree, my_tree)
        names = [text.split(": ")[0] for text in found if text.split(": ", 1)[1].startswith(lost)]
        repaired = [line for name in names for line in (f".f.......a. {name}".encode(), f".d.......a. {name}/".encode())]
        found = [text for text in found if not text.split(": ", 1)[1].startswith(lost)]
        if found:
            raise Failure(f"{step}: our tree differs from stock's", *found[:12])


def _shared_names(source, target, _):
    """Names of one file at the destination that the source keeps separate; one of them has another mode."""
    for name in ("a", "b"):
        _write(f"{source}/{name}", b"the same\n")
        os.setxattr(f"{source}/{name}", "user.short", b"short")
        os.setxattr(f"{source}/{name}", "system.posix_acl_access", NAMED)
    shutil.copytree(source, target, dirs_exist_ok=True)
    for word in ("user.short", "system.posix_acl_access"):
        os.setxattr(f"{target}/a", word, os.getxattr(f"{source}/a", word))
    os.unlink(f"{target}/b")
    os.link(f"{target}/a", f"{target}/b")
    os.chmod(f"{source}/a", 0o600)
    os.utime(source, (STAMP, STAMP))


def _earlier_copy(source, _, other):
    """A copy beside the destination from before the source's attributes changed."""
    build(source)
    build(other)
    edit(source, other, None)
    for root in (source, other):
        _write(f"{root}/plain", b"the same\n")
        os.setxattr(f"{root}/plain", "user.short", root[-1:].encode())
    os.utime(source, (STAMP, STAMP))


# Options, with `{other}` for a directory beside the destination, and what is there before. Stock changes all names of a file
# and prints more about alternate directories, so that the destination is compared with the source.
SINGLE = {
    "names of one file": (["-aHAX"], _shared_names),
    "alternate, linked": (["-aAX", "--link-dest={other}"], _earlier_copy),
    "alternate, copied": (["-aAX", "--copy-dest={other}"], _earlier_copy),
}


def _single_body(options, prepare):
    def body(_, directory):
        source, target, other = (f"{directory}/{name}" for name in ("source", "target", "other"))
        for path in (source, target, other):
            os.makedirs(path, exist_ok=True)
        prepare(source, target, other)
        outcome = run([peers.DVM_RSYNC, *(word.replace("{other}", other) for word in options), source + "/", target + "/"])
        check(outcome.code == 0, f"{outcome}")
        found = differences(describe(source, "m"), describe(target, "m"))
        if found:
            raise Failure("the destination differs from the source ('stock')", *found[:12])
    return body


def _stored_body(storing, restoring):
    """What one program stores with --fake-super, the other one restores."""
    def body(_, directory):
        source, stored, restored = (f"{directory}/{name}" for name in ("source", "stored", "restored"))
        build(source)
        os.mkdir(stored)
        os.chmod(f"{source}/dir/inner", 0o500)
        os.symlink("/absolute/" + "x" * 300, f"{source}/dir/long link")
        for name in ("dir/long link", "dir"):
            os.utime(f"{source}/{name}", (STAMP, STAMP), follow_symlinks=False)
        argv = ["-aHAX", "-M--fake-super", source + "/", stored + "/"]
        outcome = run([storing, *argv])
        check(outcome.code == 0, f"storing: {outcome}")
        outcome = run([storing, "-i", *argv])
        # Stock loses an ACL when it sets other extended attributes after it.
        expected = b".d.......a. dir/\n" if storing == peers.STOCK_RSYNC else b""
        check(outcome.code == 0 and outcome.out == expected, f"once more: {outcome}, {outcome.out!r}")
        for path, directories, files in os.walk(stored):
            for name in directories + files:
                info = os.lstat(f"{path}/{name}")
                check(stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode), f"{name}: {info.st_mode:o}")
        outcome = run([restoring, "-aHAX", "--fake-super", "-M--super", stored + "/", restored + "/"])
        check(outcome.code == 0, f"restoring: {outcome}")
        found = differences(describe(source, "m"), describe(restored, "m"))
        lost = ("dir: system.posix_acl_access", "dir: system.posix_acl_default")
        found = [text for text in found if storing != peers.STOCK_RSYNC or not text.startswith(lost)]
        if found:
            raise Failure("what was restored differs from the source ('stock')", *found[:12])
    return body


def _is_open(path):
    """Whether a process has a file open."""
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            if any(os.readlink(f"/proc/{number}/fd/{name}") == path for name in os.listdir(f"/proc/{number}/fd")):
                return True
        except OSError:
            continue
    return False


def _vanished_body(sending, receiving, *options):
    """A file vanishes with which a long value was requested that others have, too: the value comes with the next one."""
    def body(setting, folder):
        source, target = f"{folder}/source", f"{folder}/target"
        os.makedirs(source)
        _write(f"{source}/0", os.urandom(1 << 18))
        for name in ("a", "b", "c"):
            _write(f"{source}/{name}", os.urandom(100_000))
            os.setxattr(f"{source}/{name}", "user.long", b"v" * 50)
        argv = [receiving, "-aX", *options, "-e", setting.shell, f"--rsync-path={sending}", f"nowhere:{source}/", f"{target}/"]
        environment = {**os.environ, **slow(setting, SLOW_READ=4000, SLOW_COUNT=1)}
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment) as client:
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline and not _is_open(f"{source}/0"):
                time.sleep(0.01)
            os.unlink(f"{source}/a")
            words = client.communicate(timeout=30)[0].decode()
        check(client.returncode == 24, f"exit code {client.returncode}: {words}")
        values = {name: os.listxattr(f"{target}/{name}") for name in sorted(os.listdir(target))}
        check(values == {"b": ["user.long"], "c": ["user.long"], "0": []}, f"{values}: {words}")
    return body


def attribute_cases():
    """Each set in each role and direction; as a user locally and over a shell."""
    cases = []
    for name, options in SETS.items():
        for role in ROLES:
            for direction in ("push",) if role == "local" else ("push", "pull"):
                if (name, role, direction) == ("acls and owners by rule", "daemon", "push"):
                    continue  # with `numeric ids`, stock's daemon maps some IDs of ACLs and not others
                if role == "local" and "--protocol=29" in options:
                    continue  # which has no fields that could be missing
                if "daemon" in role and "-M--fake-super" in options:
                    continue  # only its module's parameter counts
                if (name, role, direction) == ("map without colon", "daemon", "pull"):
                    continue  # having printed its error, stock's client waits for the daemon to end first
                if "daemon" in role and direction == "push" and "games" in str(options):
                    continue  # stock's daemon is in a chroot, without names
                cases.append(Case(f"attributes/{name}/{role}/{direction}", _body(options, role, direction)))
    programs = (("stock", peers.STOCK_RSYNC), ("ours", peers.DVM_RSYNC))
    for (first, storing), (second, restoring) in itertools.product(programs, programs):
        cases.append(Case(f"attributes/fake super, stored by {first}, restored by {second}", _stored_body(storing, restoring)))
        for name, options in {"": (), ", one list": ("--no-inc-recursive",)}.items():
            cases.append(Case(f"attributes/vanished file, from {first} to {second}{name}", _vanished_body(storing, restoring, *options)))
    for name, (options, prepare) in SINGLE.items():
        cases.append(Case(f"attributes/{name}/local", _single_body(options, prepare)))
    for name, options in USER_SETS.items():
        for role in ("local", "client-of-shell", "server"):
            for direction in ("push",) if role == "local" else ("push", "pull"):
                cases.append(Case(f"attributes/user, {name}/{role}/{direction}", _body(options, role, direction, USER)))
    return cases
