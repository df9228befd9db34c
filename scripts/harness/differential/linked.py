"""What the rows of docs/differences.md about names of one file (`-H`) explain."""

import os
import re

from harness.differential.comparing import Line, paired


def _groups(tree):
    """The names of each file that has several in a tree as it was made."""
    found = {}
    for path, entry in tree.items():
        if entry.kind == "h":
            found.setdefault(entry.value, {entry.value}).add(path)
    return list(found.values())


def _scattered(it):
    """Groups with names in several directories, which stock's lists bring at different times."""
    return [group for group in _groups(it.source) if len({os.path.dirname(path) for path in group}) > 1]


def _spellings(path):
    """What a line may call a path of the source."""
    parts = path.split(b"/")
    return {b"src/" + path, *(b"/".join(parts[start:]) for start in range(len(parts)))}


def _other_name(it, found):
    """Lines that differ only by which names of one file they are about."""
    if not ("H" in it.letters and it.is_incremental and it.receives):
        return []
    explained = []
    for group in _scattered(it):
        names = sorted({name for path in group for name in _spellings(path)}, key=len, reverse=True)
        pattern = re.compile(rb"(?:(?<=^)|(?<=[ /]))(?:" + b"|".join(map(re.escape, names)) + rb")(?=$| )")
        left = [difference for difference in found if difference not in explained]
        explained += paired(left, lambda line: pattern.sub(b"<one>", line) if pattern.search(line) else None)
    return explained


def _own_file(it, found):
    """Names that are linked to a file of its own, where stock changes the one that they share already: the line of the link has
    the marks of the line of the file, which stock prints as well."""
    if not ("H" in it.letters and it.is_incremental and it.receives):
        return []
    here, there = _groups(it.before), _scattered(it)

    def is_own(text):
        parts = re.fullmatch(rb"hf(.{9}) (.*) => (.*)", text)
        if not parts:
            return False
        marks, name, first = parts.groups()
        shared = [group for group in there if _names_one(group, name) and _names_one(group, first)]
        return b".f" + marks + b" " + first in it.expected["lines"] and os.path.dirname(name) != os.path.dirname(first) and any(
            _names_one(group, name) and _names_one(group, first) for group in here) and bool(shared)
    return [difference for difference in found if isinstance(difference, Line) and difference.is_ours and is_own(difference.text)]


def _names_one(group, name):
    return any(name in _spellings(path) for path in group)


RULES = [
    ("`-H`: which name of a file is transferred", _other_name),
    ("`-H` with incremental recursion: attributes of a file whose other names come in later lists", _own_file),
]
