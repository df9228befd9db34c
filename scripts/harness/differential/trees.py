"""Small random trees: a source, a destination that differs from it, and a directory of alternate bases.

The same random generator makes the same trees, byte by byte and nanosecond by nanosecond, in every place."""

import os
import stat
import struct
from dataclasses import dataclass, field

from harness.trees.tree import BASE, content

NAMES = [b"a", b"b", b"c.txt", b"d.log", b"e e", b"f.tmp", b"core", b"x.o", b"g.bak", b"note.gz", b"sub", b"dir.d", b"Zed", b"h~",
         b"\xc3\xbc", b"-dash", b"tab\there", b"long " + b"n" * 60, b".hidden", b"x1", b"x2", b"x3"]
SIZES = [0, 1, 99, 700, 3000, 3000, 17_000, 70_000, 300_000]
MODES = [0o644, 0o644, 0o644, 0o600, 0o755, 0o640, 0o444, 0o666, 0o4755, 0o2755]
DIRECTORY_MODES = [0o755, 0o755, 0o755, 0o700, 0o775, 0o2775, 0o1777]
OWNERS = [(0, 0), (0, 0), (0, 0), (1000, 1000), (12345, 54321), (1, 2)]
LINKS = [b"a", b"../a", b"sub/b", b"nowhere", b"/etc/hostname", b"../../../../out", b".", b"..", b"sub"]
LATEST = (BASE + 150_000_000) * 10**9
MERGE_FILES = {
    b".rsync-filter": [b"- *.log", b"+ c.txt\n- *.txt", b"- /sub/\n- x?", b"!\n- core", b"P *.bak\nH d.*", b"-s x1\n-r x2"],
    b".cvsignore": [b"*.log core", b"x1 x2\n*.txt"],
    b".rules": [b"- *.tmp\n+ a\n- x*", b"exclude b\ninclude *.d/"],
}


@dataclass
class Entry:
    """What one path is to become; `kind` is a letter as `ls` prints it, or 'h' for a hard link to `value`."""
    kind: str
    mode: int = 0o644
    owner: tuple = (0, 0)
    time: int = 0
    value: bytes = b""
    device: int = 0
    attributes: dict = field(default_factory=dict)


def random_tree(rng, with_attributes):
    """A source: a dict from relative path to entry, parents before children."""
    tree = {}
    _fill(rng, tree, b"", 0, with_attributes)
    files = [path for path, entry in tree.items() if entry.kind == "-"]
    for number in range(rng.choice([0, 0, 1, 2, 4])):
        if files:
            directory = os.path.dirname(rng.choice(list(tree)))
            path = os.path.join(directory, b"link%d" % number)
            if path not in tree:
                tree[path] = Entry("h", value=rng.choice(files))
    _limit_links_up(tree)
    return tree


def cut_links_up(tree):
    """Makes links that lead up lead nowhere: with them, removing sources while others are listed leaves to chance what is there."""
    for path in _links_up(tree):
        tree[path].value = b"nowhere"


def _links_up(tree):
    led = {path: _led_to(tree, path) for path, entry in tree.items() if entry.kind == "l"}
    return [path for path, target in led.items() if target is not None and (os.path.dirname(path) + b"/").startswith(target)]


def _limit_links_up(tree):
    """No link leads to the directory of all trees of a run, which --copy-links would copy into itself. Where one leads up, no other
    leads to a directory: each level would double what is below it, and there are 40 levels."""
    for path, entry in tree.items():
        if entry.kind == "l" and os.path.normpath(os.path.join(os.path.dirname(path), entry.value)) == b"..":
            entry.value = b"nowhere"
    up = _links_up(tree)
    for path, entry in tree.items():
        if up and path != up[0] and entry.kind == "l" and _led_to(tree, path) is not None:
            entry.value = b"nowhere"


def _led_to(tree, path):
    """The directory that a link leads to, with a slash after it (the top is empty), or None."""
    for _ in range(len(LINKS)):
        path = os.path.normpath(os.path.join(os.path.dirname(path), tree[path].value))
        if path == b".":
            return b""
        if path not in tree or tree[path].kind not in "dl":
            return None
        if tree[path].kind == "d":
            return path + b"/"
    return None


def _fill(rng, tree, directory, depth, with_attributes):
    names = rng.sample(NAMES, rng.randrange(3, 9) if depth == 0 else rng.randrange(0, 6))
    for name in names:
        path = os.path.join(directory, name)
        kind = rng.choices("-dlpcb", (60, 25 if depth < 3 else 0, 12, 2, 1, 1))[0]
        tree[path] = entry = _random_entry(rng, kind, path)
        if with_attributes and rng.random() < 0.4:
            entry.attributes = _random_attributes(rng, kind, entry.mode)
        if kind == "d":
            _fill(rng, tree, path, depth + 1, with_attributes)
    for name, texts in MERGE_FILES.items():
        if rng.random() < 0.12:
            tree[os.path.join(directory, name)] = Entry("-", time=_time(rng), value=rng.choice(texts) + b"\n")


def _random_entry(rng, kind, path):
    entry = Entry(kind, rng.choice(DIRECTORY_MODES if kind == "d" else MODES), rng.choice(OWNERS), _time(rng))
    if kind == "-":
        entry.value = content(rng.randrange(1000), rng.choice(SIZES))
    elif kind == "l":
        entry.value = rng.choice(LINKS)
    elif kind in "cb":
        # /dev/null reads as empty, so that --copy-devices ends; no block device has this number.
        entry.device = os.makedev(1, 3) if kind == "c" else os.makedev(7, 4000)
    return entry


def _time(rng):
    return (BASE + rng.randrange(10**8)) * 10**9 + rng.choice([0, 0, rng.randrange(10**9)])


def _random_attributes(rng, kind, mode):
    found = {}
    if kind in "-d":
        for number in range(rng.randrange(3)):
            found[b"user.n%d" % number] = b"v" * rng.choice([0, 1, 31, 32, 33, 700])
        if rng.random() < 0.4:
            found[b"system.posix_acl_access"] = _acl(rng, mode)
        if kind == "d" and rng.random() < 0.2:
            found[b"system.posix_acl_default"] = _acl(rng, mode)
    if kind != "l" and rng.random() < 0.1:
        found[b"trusted.t"] = b"root's"
    return found


def _acl(rng, mode):
    """A POSIX ACL as the kernel takes it: user::, named users, group::, named groups, mask, other."""
    named = sorted(rng.sample([1, 2, 1000, 4242], rng.randrange(1, 3)))
    rows = [(1, mode >> 6 & 7, 0xFFFFFFFF), *((2, rng.randrange(8), uid) for uid in named), (4, mode >> 3 & 7, 0xFFFFFFFF)]
    if rng.random() < 0.5:
        rows.append((8, rng.randrange(8), 1000))
    rows += [(16, mode >> 3 & 7, 0xFFFFFFFF), (32, mode & 7, 0xFFFFFFFF)]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows)


def altered_tree(rng, source, with_attributes):
    """A destination for a source: most entries equal, the others missing, changed, of another kind, or more."""
    tree = {}
    for path, entry in source.items():
        parent = os.path.dirname(path)
        if parent and (parent not in tree or tree[parent].kind != "d"):
            continue
        what = rng.random()
        if what < 0.25:
            continue
        if entry.kind == "h" and (entry.value not in tree or tree[entry.value].kind != "-"):
            continue
        tree[path] = entry if what < 0.55 or entry.kind == "h" else _altered(rng, entry, path)
    directories = [b""] + [path for path, entry in tree.items() if entry.kind == "d"]
    for number in range(rng.randrange(5)):
        path = os.path.join(rng.choice(directories), rng.choice([b"extra%d", b"x%d", b"old%d.log", b"old%d.bak"]) % number)
        if path in tree:
            continue
        kind = rng.choice("---dl")
        tree[path] = _random_entry(rng, kind, path)
        if kind == "d" and rng.random() < 0.7:
            tree[path + b"/inside"] = _random_entry(rng, "-", path)
            tree[path + b"/core"] = _random_entry(rng, "-", path)
    return tree


def _altered(rng, entry, path):
    changed = Entry(**vars(entry))
    what = rng.choice(["data", "data", "shorter", "longer", "time", "newer", "mode", "owner", "kind", "attributes", "data only"])
    if what == "kind":
        return _random_entry(rng, rng.choice("-dlp"), path)
    if entry.kind == "-":
        if what in ("data", "data only") and entry.value:
            at = rng.randrange(len(entry.value))
            changed.value = entry.value[:at] + b"#" + entry.value[at + 1:]
        elif what == "shorter":
            changed.value = entry.value[:len(entry.value) * 2 // 3]
        elif what == "longer":
            changed.value = entry.value + content(7, 500)
    if what in ("data", "shorter", "longer", "time"):
        changed.time -= rng.randrange(1, 10**6) * 10**9
    elif what == "newer":
        changed.time += rng.randrange(1, 3) * 10**9
    elif what == "mode" and entry.kind != "l":
        changed.mode ^= 0o022
    elif what == "owner" and not entry.mode & 0o6000:
        # Where chown clears set-ID bits, stock itemizes the permissions it restores, and not the owner it changed.
        changed.owner = (4711, 4712)
    elif what == "attributes":
        changed.attributes = {}
    return changed


def write(root, tree, owner=None):
    """Writes the tree at `root`; `owner` replaces the owners of all entries."""
    root = os.fsencode(root)
    os.makedirs(root, exist_ok=True)
    for path, entry in tree.items():
        _write_entry(os.path.join(root, path), entry, root)
    for path, entry in reversed(tree.items()):
        if entry.kind != "h":
            _describe(os.path.join(root, path), entry, owner)
    os.chmod(root, 0o755)
    if owner:
        os.chown(root, *owner)
    os.utime(root, ns=(BASE * 10**9,) * 2)


def _write_entry(path, entry, root):
    if entry.kind == "-":
        with open(path, "wb") as handle:
            handle.write(entry.value)
    elif entry.kind == "d":
        os.mkdir(path)
    elif entry.kind == "l":
        os.symlink(entry.value, path)
    elif entry.kind == "h":
        os.link(os.path.join(root, entry.value), path)
    else:
        os.mknod(path, {"p": stat.S_IFIFO, "c": stat.S_IFCHR, "b": stat.S_IFBLK}[entry.kind] | 0o600, entry.device)


def _describe(path, entry, owner):
    os.chown(path, *(owner or entry.owner), follow_symlinks=False)
    if entry.kind != "l":
        os.chmod(path, entry.mode)
        for name, value in entry.attributes.items():
            os.setxattr(path, name, value, follow_symlinks=False)
    os.utime(path, ns=(entry.time, entry.time), follow_symlinks=False)


def read(root):
    """Everything of a tree that a transfer may change, by path; times that nobody set by hand count as "now"."""
    root, found, twins = os.fsencode(root), {}, {}
    if os.path.lexists(root):
        _read_entry(root, b"", found, twins)
    for paths in twins.values():
        for path in paths:
            found[path]["links"] = sorted(paths)
    return found


def _read_entry(path, relative, found, twins):
    """One entry, and what is below it: paths may be longer than the kernel's limit, so each directory is held open."""
    info = os.lstat(path)
    kind = stat.filemode(info.st_mode)[0]
    value = b""
    if kind == "-":
        with open(path, "rb") as handle:
            value = handle.read()
    elif kind == "l":
        value = os.readlink(path)
    found[relative] = {
        "kind": kind, "mode": oct(stat.S_IMODE(info.st_mode)), "owner": (info.st_uid, info.st_gid),
        "time": "now" if info.st_mtime_ns > LATEST else info.st_mtime_ns, "value": value,
        "device": info.st_rdev if kind in "cb" else 0,
        "attributes": {name: os.getxattr(path, name, follow_symlinks=False)
                       for name in os.listxattr(path, follow_symlinks=False)}}
    if kind != "d":
        twins.setdefault((info.st_dev, info.st_ino), []).append(relative)
        return
    held = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in map(os.fsencode, os.listdir(held)):
            _read_entry(b"/proc/self/fd/%d/%s" % (held, name), os.path.join(relative, name) if relative else name, found, twins)
    finally:
        os.close(held)


def differences(expected, found):
    """What differs between two trees as `read` describes them: path, aspect, ours, stock's. The aspect is "presence" when only
    one of them has the path: the value is then the entry, or None."""
    changes = []
    for path in sorted(expected.keys() | found.keys()):
        if path not in found or path not in expected:
            changes.append((path, "presence", found.get(path), expected.get(path)))
            continue
        for aspect, value in expected[path].items():
            other = found[path].get(aspect)
            if value != other and not (aspect == "value" and expected[path]["kind"] != found[path]["kind"]):
                changes.append((path, aspect, other, value))
    return changes


def shown(tree, path, aspect, ours, stock):
    """A difference between two trees as text."""
    label = f"{tree}/{path.decode(errors='replace')}"
    if aspect == "presence":
        return f"{label}: only with {'stock' if stock else 'ours'}"
    return f"{label}: {aspect} {_short(ours)}, stock {_short(stock)}"


def _short(value):
    text = repr(value)
    return text if len(text) < 80 else f"{text[:60]}... ({len(value)} bytes)"
