"""Compares two trees entry by entry, without any rsync. A tree that many cases share has one `manifest`."""

import hashlib
import os
import stat
from dataclasses import dataclass

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo",
         stat.S_IFSOCK: "socket", stat.S_IFCHR: "character device", stat.S_IFBLK: "block device"}
SPARSE_SLACK = 64 << 10  # bytes a sparse copy may occupy beyond the original: holes are found in steps


@dataclass
class Entry:
    """The properties of one path. `twins` lists the paths that share its inode."""
    kind: str
    mode: int
    uid: int
    gid: int
    mtime: int
    size: int
    allocated: int
    device: tuple
    value: bytes
    inode: tuple
    twins: tuple = ()


def digest(path):
    """The SHA-256 of a file's content."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").digest()


def entry(path):
    """Reads one path without following it."""
    info = os.lstat(path)
    kind = KINDS[stat.S_IFMT(info.st_mode)]
    value = b""
    if kind == "file":
        value = digest(path)
    elif kind == "symlink":
        value = os.readlink(path)
    device = (os.major(info.st_rdev), os.minor(info.st_rdev)) if "device" in kind else ()
    size = info.st_size if kind in ("file", "symlink") else 0
    return Entry(kind, stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, info.st_mtime_ns, size,
                 info.st_blocks * 512, device, value, (info.st_dev, info.st_ino))


def manifest(root, leave_out=None):
    """All entries below `root` and itself, by relative path, as bytes; without the subtree `leave_out`."""
    root = os.fsencode(root)
    entries, pending = {b".": entry(root)}, [b""]
    while pending:
        directory = pending.pop()
        for name in os.listdir(os.path.join(root, directory)):
            path = os.path.join(directory, name)
            if path == leave_out:
                continue
            entries[path] = entry(os.path.join(root, path))
            if entries[path].kind == "directory":
                pending.append(path)
    groups = {}
    for path, item in entries.items():
        if item.kind != "directory":
            groups.setdefault(item.inode, []).append(path)
    for paths in groups.values():
        for path in paths:
            entries[path].twins = tuple(sorted(paths))
    return entries


def compare(a, b, sparse=False, protocol=32, skip=()):
    """Lists every difference between two trees, given as paths or manifests. Empty means equal. Protocol 27 keeps only the
    links of regular files.

    Times are compared to the nanosecond; to the second below protocol 31, which carries no nanoseconds, and modulo 2^32 below
    30. Stock 3.5 keeps nanoseconds too. `sparse` adds the allocated blocks; `skip` names aspects not to compare."""
    a = a if isinstance(a, dict) else manifest(a)
    b = b if isinstance(b, dict) else manifest(b)
    def time(nanoseconds):
        seconds = nanoseconds // 10**9
        return nanoseconds if protocol >= 31 else seconds if protocol >= 30 else seconds % 2**32
    found = []
    for path in sorted(a.keys() | b.keys()):
        if path not in b or path not in a:
            found.append(f"{path!r}: only in the {'first' if path in a else 'second'} tree")
            continue
        for aspect, left, right in _aspects(a[path], b[path], time, protocol, sparse):
            if left != right and aspect not in skip:
                found.append(f"{path!r}: {aspect} {left!r} != {right!r}")
    return found


def _aspects(x, y, time, protocol, sparse):
    yield "kind", x.kind, y.kind
    if x.kind != y.kind:
        return
    yield "mode", oct(x.mode), oct(y.mode)
    yield "owner", x.uid, y.uid
    yield "group", x.gid, y.gid
    yield "mtime", time(x.mtime), time(y.mtime)
    yield "size", x.size, y.size
    yield "content" if x.kind == "file" else "target", x.value, y.value
    yield "device", x.device, y.device
    if protocol >= 28 or x.kind == "file":
        yield "links", x.twins, y.twins
    if sparse and y.allocated > x.allocated + SPARSE_SLACK:
        yield "allocated", x.allocated, y.allocated
