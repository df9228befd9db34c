"""Volumes for measuring: a few large files, their edited copy, and very many small files, with attributes too. Same seed, same bytes."""

import mmap
import os
import random
import struct

MIB = 1 << 20


def large_files(root, total, count=4):
    """`count` files of noise, `total` bytes together."""
    os.makedirs(root)
    for number in range(count):
        source = random.Random(f"large {number}")
        with open(f"{root}/disk{number}.img", "wb") as handle:
            left = total // count
            while left:
                left -= handle.write(source.randbytes(min(left, 4 * MIB)))


def edited_copy(original, root, share=0.01):
    """A copy of large files with `share` of the bytes changed, 4 to 64 KiB each; of eight one inserts, one removes."""
    os.makedirs(root)
    for name in sorted(os.listdir(original)):
        source = random.Random(f"edit {name}")
        with open(f"{original}/{name}", "rb") as old, open(f"{root}/{name}", "wb") as new:
            view = mmap.mmap(old.fileno(), 0, access=mmap.ACCESS_READ)
            edits, budget = [], int(len(view) * share)
            while budget > 0:
                length = min(source.randrange(4 << 10, 64 << 10), max(budget, 4 << 10))
                edits.append((source.randrange(len(view) - length), length))
                budget -= length
            at = 0
            for number, (offset, length) in enumerate(sorted(edits)):
                if offset < at:
                    continue
                new.write(view[at:offset])
                kind = number % 8
                new.write(b"" if kind == 1 else source.randbytes(length))
                at = offset + (0 if kind == 0 else length)
            new.write(view[at:])
            view.close()


def small_files(root, count, directories=1000, largest=8192):
    """`count` files of 0 to `largest` bytes, spread evenly over `directories` directories."""
    source = random.Random("small")
    noise = source.randbytes(MIB)
    for directory in range(directories):
        path = f"{root}/d{directory // 40:03}/e{directory:04}"
        os.makedirs(path)
        for number in range(count // directories):
            size, offset = source.randrange(largest + 1), source.randrange(MIB - largest)
            handle = os.open(f"{path}/file-{number:05}.dat", os.O_WRONLY | os.O_CREAT, 0o644)
            os.write(handle, noise[offset:offset + size])
            os.close(handle)


def empty_files(root, count, directories=1000):
    """`count` empty files in `directories` directories."""
    for directory in range(directories):
        path = f"{root}/dir{directory:04}"
        os.makedirs(path)
        for number in range(count // directories):
            os.mknod(f"{path}/file{number:06}", 0o100644)


# An access list as the kernel keeps it (acl(5)): the owner, user 1234, the group, the mask, others.
ACCESS_LIST = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", tag, permissions, who) for tag, permissions, who in (
        (1, 6, 2**32 - 1), (2, 4, 1234), (4, 4, 2**32 - 1), (16, 4, 2**32 - 1), (32, 4, 2**32 - 1)))


def attributed_files(root, count, directories=1000):
    """`count` small files: each with an extended attribute, each third with an access list; directories with a default one."""
    small_files(root, count, directories)
    source = random.Random("attributes")
    for top, _, names in os.walk(root):
        if names:
            os.setxattr(top, "system.posix_acl_default", ACCESS_LIST)
        for number, name in enumerate(sorted(names)):
            os.setxattr(f"{top}/{name}", "user.note", source.randbytes(20 if number % 10 else 300))
            if number % 3 == 0:
                os.setxattr(f"{top}/{name}", "system.posix_acl_access", ACCESS_LIST)


def attributes_of(root):
    """The extended attributes and access lists of every entry, by path."""
    found = {}
    for top, directories, names in os.walk(root):
        for name in [".", *names]:
            path = f"{top}/{name}"
            found[os.path.relpath(path, root)] = {key: os.getxattr(path, key) for key in os.listxattr(path)}
    return found
