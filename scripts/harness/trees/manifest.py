"""The digests of a tree by docs/manifest-format.md alone: what `dvm-source manifest --hash strong` must print."""

import hashlib
import os
import stat
import struct

CHUNK = 1 << 20
LETTERS = {stat.S_IFREG: b"f", stat.S_IFDIR: b"d", stat.S_IFLNK: b"l", stat.S_IFIFO: b"p", stat.S_IFSOCK: b"s",
           stat.S_IFCHR: b"c", stat.S_IFBLK: b"b"}
LONGEST_VALUE = 256


def leaf(data):
    return hashlib.sha256(b"\0" + data).digest()


def root(leaves):
    """RFC 6962, section 2.1."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()


def content(path):
    leaves = []
    with open(path, "rb") as file:
        while chunk := file.read(CHUNK):
            leaves.append(leaf(chunk))
    return root(leaves)


def acl(value):
    """The kernel's value of an ACL with its users and groups in ascending order."""
    entries = [struct.unpack_from("<HHI", value, at) for at in range(4, len(value), 8)]
    return value[:4] + b"".join(struct.pack("<HHI", *entry) for entry in sorted(entries, key=lambda e: (e[0], e[2])))


def attributes(path):
    names = []
    for name in os.listxattr(path, follow_symlinks=False):
        encoded = os.fsencode(name)
        if encoded.startswith(b"system.posix_acl_") or (
                not encoded.startswith(b"system.") and encoded != b"security.selinux"):
            names.append(encoded)
    output = struct.pack("<H", len(names))
    for name in sorted(names):
        value = os.getxattr(path, name, follow_symlinks=False)
        if name.startswith(b"system.posix_acl_"):
            value = acl(value)
        output += struct.pack("<H", len(name)) + name
        if len(value) <= LONGEST_VALUE:
            output += struct.pack("<BI", 0, len(value)) + value
        else:
            output += struct.pack("<BI", 1, len(value)) + leaf(value)
    return output


class Manifest:
    """The digests of a tree whose top is `path`, as bytes."""

    def __init__(self, path):
        self.first_names = {}
        self.entries = 0
        self.root, self.contents = self._directory(os.fsencode(path), b"", b"")

    def _record(self, path, name, relative, info):
        seconds, nanoseconds = divmod(info.st_mtime_ns, 10 ** 9)
        first = b""
        if info.st_nlink > 1 and not stat.S_ISDIR(info.st_mode):
            first = self.first_names.setdefault((info.st_dev, info.st_ino), relative)
            first = b"" if first == relative else first
        self.entries += 1
        return (LETTERS[stat.S_IFMT(info.st_mode)] + struct.pack("<H", len(name)) + name
                + struct.pack("<HIIqi", stat.S_IMODE(info.st_mode), info.st_uid, info.st_gid, seconds, nanoseconds)
                + struct.pack("<I", len(first)) + first + attributes(path))

    def _directory(self, path, name, relative):
        record = self._record(path, name, relative, os.lstat(path))
        leaves = []
        for child in sorted(os.listdir(path)):
            if not relative and child == b"lost+found":
                continue
            leaves.append(self._entry(path + b"/" + child, child, relative + b"/" + child if relative else child))
        contents = root(leaves)
        return leaf(record + contents), contents

    def _entry(self, path, name, relative):
        info = os.lstat(path)
        if stat.S_ISDIR(info.st_mode):
            return self._directory(path, name, relative)[0]
        record = self._record(path, name, relative, info)
        if stat.S_ISREG(info.st_mode):
            record += struct.pack("<q", info.st_size) + content(path)
        elif stat.S_ISLNK(info.st_mode):
            target = os.readlink(path)
            record += struct.pack("<H", len(target)) + target
        elif stat.S_ISCHR(info.st_mode) or stat.S_ISBLK(info.st_mode):
            record += struct.pack("<II", os.major(info.st_rdev), os.minor(info.st_rdev))
        return leaf(record)
