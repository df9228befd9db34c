"""What the rows of docs/differences.md about names of one file (`-H`) explain."""

import os
import re

from harness.differential.comparing import Aspect, Code, Line, paired


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


def _linked_at_once(it, found):
    """New names that are linked to a file that is there, which stock transfers again and then replaces. It is the old file with ours:
    its extended attributes, when none are asked for, stay, and it is no backup."""
    if not ("H" in it.letters and "y" in it.letters and it.receives):
        return []
    explained = []
    for difference in found:
        names = re.fullmatch(rb"hf\+{9} (.*) => (.*)", difference.text) if isinstance(difference, Line) and difference.is_ours else None
        new, old = (_path_of(it, name) for name in names.groups()) if names else (None, None)
        if not names or new in it.before or old not in it.before:
            continue
        wanted = {b"<f+++++++++ %s" % names[1], b">f+++++++++ %s" % names[1], b"hf          %s => %s" % (names[2], names[1])}
        lines = [other for other in found if isinstance(other, Line) and not other.is_ours and other.text in wanted]
        if len(lines) == 2:
            explained += [difference, *lines, *(other for other in found if _is_of_old_file(it, other, new, old))]
    return explained


def _is_of_old_file(it, difference, new, old):
    if not isinstance(difference, Aspect) or difference.tree != "dst":
        return False
    before = it.before[it.before[old].value if it.before[old].kind == "h" else old]
    if difference.aspect == "attributes" and "X" not in it.letters and difference.path in (new, old):
        return {os.fsencode(name): value for name, value in difference.ours.items()} == before.attributes
    return difference.aspect == "presence" and not difference.ours and "b" in it.letters and difference.path == old + _suffix(it) and (
        difference.stock["value"] == before.value)


def _suffix(it):
    return next((word[9:].encode() for word in it.arguments if word.startswith("--suffix=")), b"~")


def _path_of(it, name):
    """The path of the destination that a line names, if there is but one."""
    tree = it.found["trees"]["dst"]
    found = [path for path in tree if path.endswith(b"/" + name)]
    return name if name in tree else found[0] if len(found) == 1 else None


BLOCKED = re.compile(rb"could not make way for new regular file: (.*)")


def _cannot_make_way(it, found):
    """What arrives with ours, although stock ended because of a directory in the place of a file's first name. Both name it."""
    blocked = [set(BLOCKED.findall(run["err"])) for run in (it.expected, it.found)]
    code = [difference for difference in found if isinstance(difference, Code)]
    if not ("H" in it.letters and it.receives and blocked[0] and blocked[0] <= blocked[1]) or [one[:2] for one in code] != [(23, 2)]:
        return []
    arrived = [difference for difference in found if isinstance(difference, Aspect) and _has_arrived(it, difference)]
    names = {b"cannot delete non-empty directory: " + name for name in blocked[0]}
    lines = [difference for difference in found if isinstance(difference, Line) and (
        _is_of_arrived(it, difference) if difference.is_ours else difference.text in names)]
    return [*code, *arrived, *lines]


def _has_arrived(it, difference):
    """Whether an entry is as at the source with ours, and not yet with stock."""
    if difference.tree != "dst" or not difference.ours:
        return False
    sources = it.sources_of(difference.path)
    if difference.aspect == "presence":
        return any((entry.kind, entry.value) == (difference.ours["kind"], difference.ours["value"]) for entry in sources)
    if difference.aspect == "time":
        return difference.stock == "now" and difference.ours in {entry.time for entry in sources}
    return difference.aspect == "links" and set(difference.stock) < set(difference.ours)


def _is_of_arrived(it, difference):
    """Whether a line is about a new entry that only ours has, or one that only ours has linked."""
    name = re.fullmatch(rb"(?:[<>ch][fdLDS]|cd)\+{9} (.*?)/?(?: (?:=>|->) .*)?", difference.text)
    path = _path_of(it, name[1]) if name else None
    links = [run["trees"]["dst"].get(path, {}).get("links", []) for run in (it.expected, it.found)]
    return path is not None and set(links[0]) < set(links[1])


RULES = [
    ("`-H`: which name of a file is transferred", _other_name),
    ("`-H` with incremental recursion: attributes of a file whose other names come in later lists", _own_file),
    ("`-H` with `--fuzzy`: a new name of a file that is there under another one", _linked_at_once),
    ("`-H`: a directory that cannot make way for the first name of a file", _cannot_make_way),
]
