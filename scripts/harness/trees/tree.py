"""An awkward sample tree, the same for the same seed, and the edits that make the second version of it.

Every path is bytes, relative to the tree's root, and every time is set by hand, so two builds are equal."""

import os
import random
import shutil
import socket
import stat

BASE = 1_600_000_000
DEEP_PATH_LENGTH = 4000  # leaves space for a root and a temporary's suffix below PATH_MAX, 4096

EDGE_SIZES = [0, 1, 2, 699, 700, 701, 1399, 1400, 1401, 4095, 4096, 4097, 32767, 32768, 32769,
              131071, 131072, 131073, 262145, 490000, 490001]

ODD_NAMES = [b"two words", b" leading and trailing ", b"new\nline", b"\n", b"tab\there", b"not utf-8 \xff\xfe\x80",
             b"lone \xed\xa0\x80 surrogate", "żółw 🐢".encode(), b"-n", b"--delete", b"#comment", b"; not a rule",
             b"- excluded?", b"back\\slash", b"\\#012", b"star*?[a]", b"quote'\"`$(true)", b"..dots", b"...", b"~tilde",
             b"~", b"colon:name", b"host::module", b"%d%s%n", b"\x01\x7f\x1b[31m", b"x" * 255, b"." + b"y" * 254,
             b"\xff" * 255, b".name.AbCdEf", b"file.bak~"]


def content(seed, size):
    """Typical file content: random data alternating with repeated text."""
    source = random.Random(seed)
    out = bytearray()
    while len(out) < size:
        out += source.randbytes(source.randrange(1, 40_000))
        out += b"%d line of a log, much like the one before\n" % source.randrange(9) * source.randrange(1, 400)
    return bytes(out[:size])


class Tree:
    """Writes entries under a root, each with a time that follows from its name."""

    def __init__(self, root):
        self.root = os.fsencode(root)
        self.stamps = {}
        os.makedirs(self.root, exist_ok=True)

    def at(self, path):
        return os.path.join(self.root, path)

    def directory(self, path, mode=0o755):
        parent = os.path.dirname(path)
        if parent and not os.path.isdir(self.at(parent)):
            self.directory(parent)
        os.makedirs(self.at(path), exist_ok=True)
        self.describe(path, mode)

    def file(self, path, data=b"", mode=0o644, **more):
        with open(self.at(path), "wb") as handle:
            handle.write(data)
        self.describe(path, mode, **more)

    def holes(self, path, size, pieces):
        """A sparse file of `size` bytes with data only at the offsets of `pieces`."""
        with open(self.at(path), "wb") as handle:
            handle.truncate(size)
            for offset, data in pieces:
                handle.seek(offset)
                handle.write(data)
        self.describe(path, 0o600)

    def symlink(self, path, target):
        os.symlink(target, self.at(path))
        self.describe(path)

    def link(self, existing, path):
        os.link(self.at(existing), self.at(path), follow_symlinks=False)
        self.describe(os.path.dirname(path))

    def node(self, path, mode, device=0):
        os.mknod(self.at(path), mode, device)
        self.describe(path)

    def sock(self, path):
        here = os.open(self.root, os.O_RDONLY)
        server = socket.socket(socket.AF_UNIX)
        server.bind(b"/proc/self/fd/%d/" % here + path)
        server.close()
        os.close(here)
        self.describe(path)

    def describe(self, path, mode=None, owner=None, time=None):
        """Sets owner, mode and (at the end, see `seal`) the modification time in nanoseconds."""
        if owner:
            os.chown(self.at(path), *owner, follow_symlinks=False)
        if mode is not None:
            os.chmod(self.at(path), mode)
        fallback = random.Random(path.hex())
        self.stamps[path] = time or (BASE + fallback.randrange(10**8)) * 10**9 + fallback.randrange(10**9)

    def seal(self):
        """Sets all times, deepest first, so that no later step disturbs a directory's."""
        for path, stamp in sorted(self.stamps.items(), key=lambda item: -item[0].count(b"/")):
            if os.path.lexists(self.at(path)):
                os.utime(self.at(path), ns=(stamp, stamp), follow_symlinks=False)
        os.utime(self.root, ns=(BASE * 10**9 + 987654321,) * 2)


def awkward_tree(root):
    """Builds the first version of the tree."""
    tree = Tree(root)
    os.chmod(root, 0o755)
    _files(tree)
    _names(tree)
    _links(tree)
    _specials(tree)
    _attributes(tree)
    _deep(tree)
    _to_be_edited(tree)
    tree.seal()


def _files(tree):
    tree.directory(b"sizes")
    for size in EDGE_SIZES:
        tree.file(b"sizes/%d" % size, content(size, size))
    tree.directory(b"sparse")
    tree.holes(b"sparse/all hole", 1_000_000, [])
    tree.holes(b"sparse/islands", 3 << 20, [(1 << 20, content("island", 5000)), (2 << 20, b"x")])
    tree.holes(b"sparse/ends", 1 << 20, [(0, b"start"), ((1 << 20) - 3, b"end")])
    tree.file(b"sparse/zeros on disk", bytes(300_000))
    tree.file(b"sparse/repeats", content("block", 700) * 300)


def _names(tree):
    tree.directory(b"names")
    for name in ODD_NAMES:
        tree.file(b"names/" + name, b"file " + name)
    for name in ODD_NAMES[:14]:
        tree.directory(b"names/dir " + name[:200])
        tree.file(b"names/dir " + name[:200] + b"/inner", name)
    tree.directory(b"names/empty dir")
    tree.directory(b"many")
    for number in range(150):
        tree.file(b"many/%03d" % number, b"%d" % number)


def _links(tree):
    tree.directory(b"hard/a/b")
    tree.directory(b"hard/c")
    tree.file(b"hard/a/first", content("hard", 50_000))
    for path in (b"hard/a/b/second", b"hard/c/third", b"hard/fourth", b"zz linked from far"):
        tree.link(b"hard/a/first", path)
    tree.file(b"hard/c/pair one", b"pair")
    tree.link(b"hard/c/pair one", b"hard/a/pair two")
    tree.file(b"hard/empty one")
    tree.link(b"hard/empty one", b"hard/empty two")
    tree.directory(b"soft")
    tree.symlink(b"soft/relative", b"../sizes/700")
    tree.symlink(b"soft/dangling", b"nowhere/at all")
    tree.symlink(b"soft/absolute", b"/etc/passwd")
    tree.symlink(b"soft/climbs out", b"../../../../../../etc/passwd")
    tree.symlink(b"soft/to a directory", b"../many")
    tree.symlink(b"soft/loop", b"loop")
    tree.symlink(b"soft/4000 bytes", b"/".join([b"t" * 99] * 40)[:4000])
    tree.symlink(b"soft/odd \xff\n target", b"\xff\xfe\n ")
    tree.link(b"soft/dangling", b"soft/dangling twin")


def _specials(tree):
    tree.directory(b"special")
    tree.node(b"special/fifo", stat.S_IFIFO | 0o640)
    tree.link(b"special/fifo", b"special/fifo twin")
    tree.sock(b"special/socket")
    for name, kind, major, minor in ((b"null", stat.S_IFCHR, 1, 3), (b"big minor", stat.S_IFCHR, 250, 70_000),
                                     (b"zero", stat.S_IFCHR, 1, 5), (b"loop", stat.S_IFBLK, 7, 300)):
        tree.node(b"special/" + name, kind | 0o660, os.makedev(major, minor))


def _attributes(tree):
    tree.directory(b"modes")
    for mode in (0o000, 0o111, 0o200, 0o444, 0o600, 0o755, 0o777, 0o2755, 0o4711, 0o4755, 0o6755, 0o1644, 0o7777):
        tree.file(b"modes/file %04o" % mode, b"%o" % mode, mode)
        tree.directory(b"modes/dir %04o" % mode)
        tree.file(b"modes/dir %04o/inner" % mode, b"inside")
        tree.describe(b"modes/dir %04o" % mode, mode)
    tree.directory(b"owners")
    for uid, gid in ((0, 1), (1, 0), (12345, 54321), (65534, 65534), (65536, 70_000), (2**31 - 2, 2**31 + 5)):
        tree.file(b"owners/%d:%d" % (uid, gid), b"owned", 0o640, owner=(uid, gid))
        tree.directory(b"owners/dir %d:%d" % (uid, gid))
        tree.describe(b"owners/dir %d:%d" % (uid, gid), 0o750, owner=(uid, gid))
    tree.file(b"owners/setuid of another", b"suid", owner=(12345, 54321))
    os.chmod(tree.at(b"owners/setuid of another"), 0o6755)
    tree.symlink(b"owners/link", b"x")
    tree.describe(b"owners/link", owner=(12345, 54321))
    tree.directory(b"times")
    for second in (-10**10, -2**31 - 1, -1, 0, 1, 2**31 - 1, 2**31, 2**32, 4_500_000_000, 10**10):
        for nano in (0, 1, 123_456_789, 999_999_999):
            tree.file(b"times/%d.%09d" % (second, nano), b"t")
            tree.stamps[b"times/%d.%09d" % (second, nano)] = second * 10**9 + nano or 1


def _deep(tree):
    """A chain of directories whose last entry's path is DEEP_PATH_LENGTH bytes long."""
    path = b"deep"
    tree.directory(path)
    while len(path) < DEEP_PATH_LENGTH - 110:
        path += b"/" + b"d" * 99
        tree.directory(path)
    tree.file(path + b"/" + b"e" * (DEEP_PATH_LENGTH - len(path) - 1), b"bottom")


def _to_be_edited(tree):
    tree.directory(b"edit")
    for name in (b"insert at start", b"insert inside", b"append", b"cut from front", b"truncate", b"overwrite",
                 b"rewrite", b"shuffle", b"grow sparse", b"rename me", b"delete me", b"touch me", b"chmod me",
                 b"chown me", b"empty me", b"file to dir", b"file to fifo", b"file to symlink"):
        tree.file(b"edit/" + name, content(name, 200_000 if b"to " not in name else 100))
    tree.file(b"edit/insert in large", content("large", 1_500_000))
    tree.directory(b"edit/dir to file/nested")
    tree.file(b"edit/dir to file/nested/inner", b"gone soon")
    tree.directory(b"edit/dir to symlink")
    tree.file(b"edit/dir to symlink/inner", b"gone soon")
    tree.symlink(b"edit/symlink to dir", b"../many")
    tree.symlink(b"edit/symlink to file", b"../many/001")
    tree.symlink(b"edit/retarget", b"old target")
    tree.node(b"edit/fifo to file", stat.S_IFIFO | 0o600)
    tree.node(b"edit/device", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    tree.directory(b"edit/renamed dir")
    tree.file(b"edit/renamed dir/inner", content("moved", 30_000))
    tree.directory(b"edit/deleted dir/mode 000/inside")
    tree.file(b"edit/deleted dir/mode 000/inside/file", b"x")
    tree.describe(b"edit/deleted dir/mode 000", 0o000)


def edit(root):
    """Turns the first version of the tree, at `root`, into the second."""
    tree = Tree(root)
    for base, directories, files in os.walk(tree.root):  # what is not edited keeps its time
        for name in directories + files:
            path = os.path.join(base, name)
            tree.stamps[os.path.relpath(path, tree.root)] = os.lstat(path).st_mtime_ns
    _edit_contents(tree)
    _edit_kinds(tree)
    _edit_links(tree)
    _edit_attributes(tree)
    for path in tree.stamps:
        if path.startswith(b"edit/") and os.path.isfile(tree.at(path)) and not path.endswith(b"chmod me"):
            tree.stamps[path] += 86_400 * 10**9 + 7
    tree.seal()


def _edit_contents(tree):
    def change(name, function):
        with open(tree.at(b"edit/" + name), "rb+") as handle:
            data = function(handle.read())
            handle.seek(0)
            handle.write(data)
            handle.truncate()
    change(b"insert at start", lambda data: b"new" + data)
    change(b"insert inside", lambda data: data[:70_001] + content("in", 12_345) + data[70_001:])
    change(b"insert in large", lambda data: data[:500_000] + b"!" + data[500_000:1_000_000] + data[1_000_700:])
    change(b"append", lambda data: data + content("tail", 999))
    change(b"cut from front", lambda data: data[1234:])
    change(b"truncate", lambda data: data[:99_999])
    change(b"overwrite", lambda data: data[:100_000] + b"#" * 10 + data[100_010:])
    change(b"rewrite", lambda data: content("other", len(data)))
    change(b"shuffle", lambda data: data[140_000:] + data[:70_000] + data[70_000:140_000])
    change(b"grow sparse", lambda data: data + bytes(500_000) + b"end")
    change(b"empty me", lambda data: b"")
    with open(tree.at(b"sparse/all hole"), "rb+") as handle:
        handle.seek(500_000)
        handle.write(b"no longer")
    tree.describe(b"sparse/all hole", time=BASE * 10**9 + 5)
    tree.holes(b"sparse/islands", 2 << 20, [(1 << 20, b"moved island")])
    tree.stamps[b"sparse/islands"] += 10**10


def _remove(tree, path):
    if os.path.isdir(tree.at(path)) and not os.path.islink(tree.at(path)):
        shutil.rmtree(tree.at(path))
    else:
        os.unlink(tree.at(path))


def _edit_kinds(tree):
    for path in (b"edit/file to dir", b"edit/file to fifo", b"edit/file to symlink", b"edit/dir to file",
                 b"edit/dir to symlink", b"edit/symlink to dir", b"edit/symlink to file", b"edit/retarget",
                 b"edit/fifo to file", b"edit/device", b"edit/delete me", b"edit/deleted dir", b"special/socket",
                 b"many/007", b"names/new\nline"):
        _remove(tree, path)
    tree.directory(b"edit/file to dir")
    tree.file(b"edit/file to dir/inner", b"now below")
    tree.node(b"edit/file to fifo", stat.S_IFIFO | 0o600)
    tree.symlink(b"edit/file to symlink", b"somewhere")
    tree.file(b"edit/dir to file", content("was dir", 5000))
    tree.symlink(b"edit/dir to symlink", b"../many")
    tree.directory(b"edit/symlink to dir")
    tree.file(b"edit/symlink to dir/inner", b"real now")
    tree.file(b"edit/symlink to file", b"real now")
    tree.symlink(b"edit/retarget", b"new target, longer")
    tree.file(b"edit/fifo to file", b"was fifo")
    tree.node(b"edit/device", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    os.rename(tree.at(b"edit/rename me"), tree.at(b"edit/renamed"))
    os.rename(tree.at(b"edit/renamed dir"), tree.at(b"edit/a new name for it"))
    tree.file(b"many/new one", b"new")


def _edit_links(tree):
    _remove(tree, b"hard/a/b/second")
    tree.file(b"hard/a/b/second", content("broken away", 50_001))
    _remove(tree, b"hard/fourth")
    tree.link(b"hard/a/first", b"hard/c/fifth")
    tree.file(b"hard/single made pair", content("pair", 3000))
    tree.link(b"hard/single made pair", b"hard/a/its twin")
    _remove(tree, b"hard/a/pair two")
    tree.link(b"hard/a/b/second", b"hard/a/pair two")


def _edit_attributes(tree):
    tree.describe(b"edit/touch me", time=(BASE - 10**8) * 10**9 + 42)
    kept = tree.stamps[b"edit/chmod me"]
    tree.describe(b"edit/chmod me", 0o4750, time=kept)
    tree.describe(b"edit/chown me", owner=(4242, 4243), time=kept)
    tree.describe(b"modes/dir 0000", 0o700)
    tree.describe(b"modes/dir 0755", 0o000)
