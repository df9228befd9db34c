#!/usr/bin/env python3
"""For scripts/demo: makes the sample volume and its keys, edits the volume, compares two trees.

    sample.py volume PATH | edit PATH | keys PATH | port | compare A B"""

import os
import random
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
sys.dont_write_bytecode = True
from harness.programs import peers, processes  # noqa: E402
from harness.trees import compare, tree, volumes  # noqa: E402

LARGE = 512 << 20


def make_volume(path):
    """Awkward entries, a database of 512 MiB in two files, and 5,000 small files."""
    os.makedirs(path)
    tree.awkward_tree(f"{path}/awkward")
    volumes.large_files(f"{path}/database", LARGE, count=2)
    volumes.small_files(f"{path}/uploads", 5000, directories=50)


def edit_volume(path):
    """The changes of an application between two passes: edits everywhere, a few database pages, new uploads."""
    tree.edit(f"{path}/awkward")
    source = random.Random("demo")
    for name in os.listdir(f"{path}/database"):
        with open(f"{path}/database/{name}", "rb+") as handle:
            for _ in range(200):
                handle.seek(source.randrange(LARGE // 2 - 8192))
                handle.write(source.randbytes(8192))
    volumes.small_files(f"{path}/uploads/new", 200, directories=2)


def main(action, *paths):
    if action == "volume":
        make_volume(*paths)
    elif action == "edit":
        edit_volume(*paths)
    elif action == "keys":
        peers.Keys(*paths)
    elif action == "port":
        print(processes.free_port())
    elif action == "compare":
        first = compare.manifest(paths[0])
        differences = compare.compare(first, paths[1], sparse=True)
        print(*differences[:20], sep="\n", end="\n" if differences else "")
        print(f"{len(first)} entries compared, {len(differences)} differences")
        return 1 if differences else 0
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
