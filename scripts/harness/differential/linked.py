"""What the rows of docs/differences.md about names of one file (`-H`) explain."""

import os
import re

from harness.differential.comparing import Aspect, Code, Line, paired


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
    arrived = [difference for difference in found if isinstance(difference, Aspect) and has_arrived(it, difference)]
    names = {b"cannot delete non-empty directory: " + name for name in blocked[0]}
    lines = [difference for difference in found if isinstance(difference, Line) and (
        _is_of_arrived(it, difference) if difference.is_ours else difference.text in names)]
    return [*code, *arrived, *lines]


def has_arrived(it, difference):
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


def _left_undone(it, found):
    """What ours goes on with where stock ended because of a name that it could not link."""
    code = [difference for difference in found if isinstance(difference, Code)]
    if not ("H" in it.letters and it.receives and it.stock_said(b"Hlink node data for ")) or [one[:2] for one in code] != [(23, 13)]:
        return []
    return [*code, *(one for one in found if isinstance(one, Line) and one.is_ours or isinstance(one, Aspect) and has_arrived(it, one))]


def _is_line_of_dry_run(it, difference):
    """Whether it is about a name that is linked already: a real run of stock does not print it."""
    name = re.fullmatch(rb"hf[^+]{9} (.*)", difference.text) if isinstance(difference, Line) and not difference.is_ours else None
    twins = {path for path, entry in it.before.items() if entry.kind == "h"} | {entry.value for entry in it.before.values() if entry.kind == "h"}
    return name is not None and any(path == name[1] or path.endswith(b"/" + name[1]) for path in twins)


def _lines_of_dry_run(it, found):
    if not ("H" in it.letters and "n" in it.letters and it.receives):
        return []
    return [difference for difference in found if _is_line_of_dry_run(it, difference)]


def _names_with_fuzzy(it, found):
    """Lines about new names of one file of which each program has transferred another one."""
    if not ({"H", "y"} <= it.letters and it.receives):
        return []
    joined = [re.fullmatch(rb"hf\+{9} (.*) => (.*)", one.text) for one in found if isinstance(one, Line)]
    paths = {name for one in joined if one for name in one.groups()}
    mine, theirs = ([one for one in found if isinstance(one, Line) and one.is_ours == is_ours and re.fullmatch(
        rb"(?:[<>]f\+{9} (.*)|hf\+{9} (.*) => .*)", one.text) and _new_name(one.text) in paths] for is_ours in (True, False))
    return mine + theirs if len(mine) == len(theirs) else []


def _new_name(line):
    return re.fullmatch(rb".{11} (.*?)(?: => .*)?", line)[1]


def _unchanged_names(it, found):
    return [one for one in found if it.has("--remote-option") and "H" in it.letters and isinstance(one, Line) and (
        one.is_ours and re.match(rb"hf {10}", one.text))]


def _kept_separate(it, found):
    """A file that ours has separated from names that are not in the transfer, and what stock has changed through them."""
    if not ("H" in it.letters and it.receives):
        return []
    apart = [one for one in found if isinstance(one, Aspect) and (one.tree, one.aspect) == ("dst", "links") and (
        set(one.ours or ()) < set(one.stock or ()))]
    others = {path for one in apart for path in set(one.stock) | {one.path}}
    return apart + [one for one in found if isinstance(one, Aspect) and one.tree == "dst" and one.path in others and one.path in it.before and (
        one.aspect in ("mode", "owner", "time", "attributes") and _was(it, one))]


def _was(it, difference):
    """Whether ours has left an aspect as it was."""
    there = it.before[difference.path]
    there = it.before[there.value] if there.kind == "h" else there
    before = {"mode": oct(there.mode), "owner": there.owner, "time": there.time,
              "attributes": {name.decode(): value for name, value in there.attributes.items()}}
    return difference.ours == before[difference.aspect]


def _new_in_dry_run(it, found):
    """Lines about new names of one file in a destination that is missing, which a dry run of stock prints without marks."""
    if not ({"H", "n"} <= it.letters and it.receives):
        return []
    return paired(found, lambda line: line[11:] if re.match(rb"hf( {9}|\+{9}) .* => ", line) else None)


RULES = [
    ("`-H` with `-M-vv` to a receiver: unchanged names", _unchanged_names),
    ("`-H`: a name that cannot be linked, of a file that has names in several directories", _left_undone),
    ("`-n -H`: a name that shares its file at the destination already", _lines_of_dry_run),
    ("`-H` with `--fuzzy`: a new name of a file that is there under another one", _linked_at_once),
    ("`-H`: a directory that cannot make way for the first name of a file", _cannot_make_way),
    ("`-H` with `--fuzzy`: new names of one file", _names_with_fuzzy),
    ("`-H`: a name that shares its file with one that the source keeps separate", _kept_separate),
    ("`-n -H`: new names of one file in a missing destination", _new_in_dry_run),
]
