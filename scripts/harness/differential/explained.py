"""Differences that are intended, or faults of rsync's own. Each rule stands for one row of docs/differences.md, and explains only
what that row says: `differential/rules` shows what it must not explain."""

import collections
import os
import re
import stat

from harness.differential import ended, linked, trees
from harness.differential.comparing import Aspect, Code, Line, paired

# `row`: how the row of docs/differences.md begins. `explains` gets a comparison and what differs, and returns those of the
# differences that are as the row says.
Known = collections.namedtuple("Known", "row explains")

UMASK = 0o022


def _each(applies, matches):
    return lambda it, found: [difference for difference in found if matches(it, difference)] if applies(it) else []


def _is(difference, aspect):
    return isinstance(difference, Aspect) and difference.tree == "dst" and difference.aspect == aspect


def _is_line(difference, is_ours):
    return isinstance(difference, Line) and difference.is_ours == is_ours


def _forgets_permissions(it):
    return it.receives and "p" not in it.letters and not it.has("--fake-super")


def _has_source_mode(it, difference):
    """Whether a file of ours has the permissions of its source, without the umask's bits."""
    if it.has("--chmod") or "E" in it.letters:
        return not int(difference.ours, 8) & (0o7000 | UMASK)
    kinds = "-cb" if it.has("--copy-devices") else "-"
    return int(difference.ours, 8) in {entry.mode & 0o777 & ~UMASK for entry in it.sources_of(difference.path) if entry.kind in kinds}


def _kind(it, path):
    """The kind of an entry at the destination, after the run with ours."""
    return it.found["trees"]["dst"].get(path, {}).get("kind")


def _is_new_file(it, path):
    there = it.before.get(path)
    return _kind(it, path) == "-" and (there is None or there.kind in "lpcb")


def _mode_of_similar(it, difference):
    return _is(difference, "mode") and _is_new_file(it, difference.path) and _has_source_mode(it, difference)


def _mode_of_replaced(it, difference):
    replaced = it.before.get(difference.path) if _is(difference, "mode") else None
    return replaced is not None and replaced.kind not in "-h" and _kind(it, difference.path) == "-" and (
        int(difference.stock, 8) == (0o777 if replaced.kind == "l" else replaced.mode) and _has_source_mode(it, difference))


def _is_damaged_by_append(it, difference):
    """Whether a file is right with ours, and not with stock."""
    if not isinstance(difference, Aspect) or difference.tree != "dst" or difference.aspect not in ("value", "presence"):
        return False
    value = difference.ours if difference.aspect == "value" else (difference.ours or {}).get("value")
    other = difference.stock if difference.aspect == "value" else (difference.stock or {}).get("value")
    right = {entry.value for entry in it.sources_of(difference.path)}
    return value in right and other not in right


def _append_elsewhere(it, found):
    """The damaged files, and what else is said about them."""
    if not (it.receives and it.has("--append", "--append-verify") and ("y" in it.letters or it.has("--compare-dest", "--copy-dest", "--link-dest"))):
        return []
    damaged = [difference for difference in found if _is_damaged_by_append(it, difference)]
    paths = {difference.path for difference in damaged}
    about = [difference for difference in found if isinstance(difference, Aspect) and difference.tree == "dst" and (
        difference.path in paths and difference.aspect not in ("value", "presence")
        or difference.aspect == "links" and set(difference.ours) - set(difference.stock) <= paths | {difference.path})]
    lines = [difference for difference in found if isinstance(difference, Line) and any(
        (b" " + difference.text).endswith(b" " + name) for path in paths for name in _names(path))]
    counted = [difference for difference in found if isinstance(difference, Line) and damaged and COUNTED.match(difference.text)]
    return [*damaged, *about, *lines, *counted]


def _names(path):
    """What the list of a transfer may call a path of the destination."""
    parts = path.split(b"/")
    return [b"/".join(parts[start:]) for start in range(len(parts))]


STORED = "user.rsync.%stat"


def _is_undefined_owner(it, difference):
    """Whether only the owner or group that `--fake-super` stores differs, and ours is that of the entry."""
    if not _is(difference, "attributes"):
        return False
    rest = [{name: value for name, value in attributes.items() if name != STORED} for attributes in (difference.ours, difference.stock)]
    entry = it.found["trees"]["dst"].get(difference.path)
    if entry is None:
        return False
    stored = [_stored(attributes.get(STORED), entry) for attributes in (difference.ours, difference.stock)]
    if rest[0] != rest[1] or not all(stored):
        return False
    (kind, device, *ours), (other, other_device, *theirs) = stored
    changed = [number for number in (0, 1) if ours[number] != theirs[number]]
    if (kind, device) != (other, other_device) or any("og"[number] in it.letters for number in changed):
        return False
    return not it.receives or all(int(ours[number]) == entry["owner"][number] for number in changed)


def _is_stored_by_copy_as(it, difference):
    """Whether ours has stored a status, or complains that it could not store any."""
    if isinstance(difference, Code):
        complaints = [line for line in it.found["err"].split(b"\n") if b" failed" in line or b"failed to" in line]
        return (difference.ours, difference.stock) == (23, 0) and bool(complaints) and all(
            b"failed to write xattr user.rsync.%stat for " in line for line in complaints)
    return _is(difference, "attributes") and STORED in difference.ours and (
        {name: value for name, value in difference.ours.items() if name != STORED} == difference.stock)


def _stored(value, entry):
    """Mode, device, owner and group that a stored status gives; those of the entry when there is none."""
    if value is None:
        mode = int(entry["mode"], 8) | {"-": stat.S_IFREG, "d": stat.S_IFDIR}.get(entry["kind"], 0)
        return (b"%o" % mode, b"0,0", *(b"%d" % number for number in entry["owner"]))
    found = re.fullmatch(rb"(\d+) (\d+,\d+) (\d+):(\d+)", value)
    return found.groups() if found else None


def _refused_groups(it):
    """The names for which stock could not set group 0."""
    named = [re.search(rb'\] chgrp ".*/dst/(.*)" failed: Operation not permitted \(1\)', line) for line in _complaints(it)]
    names = [{found.group(1), *_without_suffix(found.group(1))} for found in named if found]
    found = {name for spellings in names for name in spellings if any(_is_of_group_0(it, spelling) for spelling in spellings)}
    # What one name of a file lacks, the others do.
    return found | {twin for name in found for twin in it.expected["trees"]["dst"].get(name, {}).get("links", [])}


def _complaints(it):
    return [line for line in it.expected["err"].split(b"\n") if b" failed: " in line]


def _is_of_group_0(it, path):
    name = os.path.basename(path)
    return any(entry.owner[1] == 0 for other, entry in it.source.items() if os.path.basename(other) == name)


def _without_suffix(path):
    """The possible paths of a file for that of a temporary one beside it: a name that begins with a dot gets no other."""
    found = re.fullmatch(rb"(.*/)?(\.([^/]+))\.[A-Za-z0-9]{6}", path)
    return {(found.group(1) or b"") + found.group(number) for number in (2, 3)} if found else set()


def _is_left_group(it, difference):
    names = _refused_groups(it)
    if isinstance(difference, Code):
        is_all = all(any(b"/dst/%s\" failed" % name in line for name in names) for line in _complaints(it))
        return bool(names) and is_all and (difference.ours, difference.stock) == (0, 23)
    if isinstance(difference, Line):
        return not difference.is_ours and difference.text[7:8] == b"g" and difference.text[12:].rstrip(b"/") in names
    if not (_is(difference, "time") or _is(difference, "mode")):
        return False
    sources = it.sources_of(difference.path)
    right = {entry.time for entry in sources} if difference.aspect == "time" else {oct(entry.mode) for entry in sources}
    return difference.path in names and difference.ours in right


def _failed(err):
    """The paths that could not be created or replaced, by what a program said."""
    text = (rb'"([^"]*)"(?: \(in \w+\))?(?: failed| -> "[^"]*"):'
            rb' (?:Permission denied \(13\)|No such file or directory \(2\)|Operation not permitted \(1\))')
    return {name for path in re.findall(text, err) for name in (path, *_without_suffix(path))}


def _not_created(it, found):
    """What stock itemizes, or only names, of what neither could create, and the progress of as many files."""
    if not it.receives or it.state.is_root and not it.has("--copy-as"):
        return []
    failed = [_failed(run["err"]) for run in (it.expected, it.found)]

    def is_named(text):
        text = text.rstrip(b" ")
        backup = re.fullmatch(rb"backed up .* to (.*)", text)
        if backup:
            return any(path.endswith(b"/" + backup[1]) for path in failed[0])
        name = re.match(rb"(?:(?:[<>]f|cd).{9} )?(.*?)/?$", text).group(1)
        return all(any(path.endswith(b"/" + name) for path in paths) for paths in failed)
    lines = [difference for difference in found if _is_line(difference, False) and is_named(difference.text)]
    files = [line for line in lines if not line.text.endswith(b"/")]
    progress = [difference for difference in found if _is_line(difference, False) and PROGRESS.fullmatch(difference.text)]
    counted = [difference for difference in found if isinstance(difference, Line) and failed[0] and COUNTED.match(difference.text)]
    return lines + progress[:len(files)] + counted


COUNTED = re.compile(rb"total: matches=|Number of (regular files transferred|created files)|Total transferred file size|(Literal|Matched) data")
PROGRESS = re.compile(rb"[0-9.,KMGTP]+ 100%")


def _follows_links(it):
    return it.sends and (bool({"L", "k"} & it.letters) or it.has("--copy-unsafe-links"))


def _is_behind_link(it, difference):
    if not (_is(difference, "attributes") and "X" in it.letters and not difference.stock and difference.ours):
        return False
    return _kind(it, difference.path) == "d" and any(
        difference.path.endswith(path) for path, entry in it.source.items() if entry.kind == "l")


def _is_last_level(it, difference):
    """Whether it is about a directory that stock left out because of its ACL."""
    left_out = re.findall(rb"sys_acl_get_file\((.*), ACL_TYPE_ACCESS\): Too many levels of symbolic links \(40\)", it.expected["err"])
    names = [re.sub(rb"\\#(\d{3})", lambda octal: bytes([int(octal.group(1), 8)]), path) for path in left_out]
    if isinstance(difference, Line):
        return difference.is_ours and any(difference.text == b"cd+++++++++ " + name + b"/" for name in names)
    return _is(difference, "presence") and not difference.stock and difference.ours["kind"] == "d" and any(
        difference.path == name or difference.path.endswith(b"/" + name) for name in names)


def _is_long_value(it, difference):
    """Whether stock lacks values of more than 32 bytes of an entry that was there, or any of a new one that is not a file."""
    if not _is(difference, "attributes"):
        return False
    is_new = difference.path not in it.before
    if is_new and _kind(it, difference.path) == "-":
        return False
    missing = {name for name in difference.ours.keys() | difference.stock.keys()
               if difference.ours.get(name) != difference.stock.get(name)}
    sources = it.sources_of(difference.path)
    return all((is_new or len(difference.ours.get(name, b"")) > 32) and any(
        entry.attributes.get(os.fsencode(name), b"") == difference.ours.get(name) for entry in sources) for name in missing)


def _is_levels_end(it, difference):
    """Whether it is about the last directory of a link that leads up into its own tree: stock still sees one, ours a link."""
    line = difference.text if isinstance(difference, Line) else b""
    found = re.fullmatch(rb'skipping non-regular file "(.*)"', line) if isinstance(difference, Line) and difference.is_ours else (
        re.fullmatch(rb"cd\+{9} (.*)/", line))
    deep = found.group(1) if found else difference.path if _is_missing_directory(difference) else b""
    return deep.count(b"/") >= DEEP and any(
        os.path.basename(deep) == os.path.basename(path) for path, entry in it.source.items() if entry.kind == "l")


def _is_missing_directory(difference):
    return _is(difference, "presence") and difference.ours is None and difference.stock["kind"] == "d"


# The kernel follows 40 links in a path.
DEEP = 38


def _is_time_of_ignored(it, difference):
    """Whether stock has set a directory's time on what is no directory."""
    there = it.before.get(difference.path) if _is(difference, "time") else None
    return there is not None and there.kind != "d" and difference.ours == there.time and difference.stock in {
        entry.time for entry in it.sources_of(difference.path) if entry.kind == "d"}


def _is_mode_of_link(it, difference):
    """Whether a node of ours has the permissions of its source, and stock's those of the link that it replaced."""
    there = it.before.get(difference.path) if _is(difference, "mode") else None
    if there is None or there.kind != "l" or difference.stock != "0o777" or _kind(it, difference.path) not in ("p", "c", "b", "s"):
        return False
    return int(difference.ours, 8) in {entry.mode & 0o777 & ~UMASK for entry in it.sources_of(difference.path)}


def _is_left_alone(it, difference):
    """Whether ours has left the permissions of an extraneous file, which stock has made writable and then kept."""
    there = it.before.get(difference.path) if _is(difference, "mode") else None
    if there is None or there.kind != "-" or any(difference.path == path or difference.path.endswith(b"/" + path) for path in it.source):
        return False
    return int(difference.ours, 8) == there.mode and int(difference.stock, 8) == there.mode | 0o200


def _is_kept_backup(it, difference):
    """Whether ours has a backup of a file that a link replaced, or that was removed, which stock has lost."""
    if not isinstance(difference, Aspect) or (difference.tree, difference.aspect, difference.stock) != ("dst", "presence", None):
        return False
    there = it.before.get(difference.path[:-1]) if difference.path.endswith(b"~") else None
    if there is None or there.kind not in "-h":
        return False
    return difference.ours["value"] == (it.before[there.value] if there.kind == "h" else there).value


def _is_lost_group(it, difference):
    """Whether stock's ACL has another entry for the group (tag 4) than that of the source, which ours has."""
    name = "system.posix_acl_access"
    if not _is(difference, "attributes") or not difference.stock or name not in difference.ours or name not in difference.stock:
        return False
    lists = [dict(sorted(attributes.items())) for attributes in (difference.ours, difference.stock)]
    parts = [[one[at:at + 8] for at in range(4, len(one), 8)] for one in (lists[0].pop(name), lists[1].pop(name))]
    changed = [pair for pair in zip(*parts) if pair[0] != pair[1]]
    is_group = len(parts[0]) == len(parts[1]) and len(changed) == 1 and {row[:2] for row in changed[0]} == {b"\x04\x00"}
    return lists[0] == lists[1] and is_group and any(
        entry.attributes.get(name.encode()) == difference.ours[name] for entry in it.sources_of(difference.path))


def _is_mode_without_umask(it, difference):
    """Whether ours has left out the umask's bits, or has the permissions of a directory that was there, and stock the source's."""
    if not _is(difference, "mode") or _kind(it, difference.path) != "d":
        return False
    there = it.before.get(difference.path)
    with_attributes = [entry for entry in it.sources_of(difference.path) if entry.kind == "d" and entry.attributes]
    return any(int(difference.stock, 8) == entry.mode and int(difference.ours, 8) == (
        there.mode if there and there.kind == "d" else entry.mode & 0o777 & ~UMASK) for entry in with_attributes)


def _owner_lines(it, found):
    """Lines of ours with a changed owner or group, and those of stock without."""
    lines = [line for line in found if isinstance(line, Line) and (line.text[6:8] != b"..") == line.is_ours]

    def key(line):
        return line[:6] + b".." + line[8:] if re.match(rb"[.<>ch][fdLDS].{9} ", line) else None
    return paired(lines, key) + [line for line in lines if line.is_ours and re.match(rb"\.[fdLDS]\.{9} ", key(line.text) or b"")]


def _names_of_many(it, found):
    """Lines about names of one file, where stock knew only some of its lists."""
    if not ("H" in it.letters and it.receives and max(len(run["lines"]) for run in (it.expected, it.found)) > MANY):
        return []
    linked_paths = {path for run in (it.expected, it.found) for path, entry in run["trees"]["dst"].items() if len(entry.get("links", [])) > 1}

    def is_linked(line):
        name = re.fullmatch(rb"(?:[<>ch.]f.{9} )?(.*?)(?: => .*)?", line)[1]
        return any(path == name or path.endswith(b"/" + name) for path in linked_paths)
    return [line for line in found if isinstance(line, Line) and is_linked(line.text)]


MANY = 500


def _is_of_group_0_line(it, difference):
    """Whether a line of a dry run differs from ours by the group of an entry of group 0."""
    if not (isinstance(difference, Line) and re.match(rb"\.[fdLDS].{9} ", difference.text)):
        return False
    return not difference.is_ours and difference.text[7:8] == b"g" and _is_of_group_0(it, difference.text[12:].rstrip(b"/"))


def _is_access_to_merge_file(it, difference):
    """Whether stock itemizes no more than the access time of a file that it has read itself."""
    name = re.fullmatch(rb"\.f\.{6}u\.\. (.*)", difference.text) if isinstance(difference, Line) and not difference.is_ours else None
    return name is not None and os.path.basename(name[1]) in trees.MERGE_FILES


def _is_left_by_chown(it, difference):
    """Whether ours has given an entry the permissions and the time of its source although its owner could not be set."""
    named = {name for name in re.findall(rb'\] chown ".*/dst/(.*)" failed: Operation not permitted', it.expected["err"])}
    names = {spelling for name in named for spelling in (name, *_without_suffix(name))}
    names |= {twin for name in names for twin in it.expected["trees"]["dst"].get(name, {}).get("links", [])}
    if difference.tree != "dst" or difference.aspect not in ("mode", "time") or difference.path not in names:
        return False
    sources = it.sources_of(difference.path)
    modes = {mode for entry in sources for mode in (entry.mode, entry.mode & 0o1777)}
    return difference.ours in {entry.time for entry in sources} if difference.aspect == "time" else int(difference.ours, 8) in modes


def _by_map(it, found):
    """What stock has given to root, with the lines that differ by the mark of the owner, or are there for it alone."""
    if it.is_local or not it.receives or not it.has("--usermap", "--chown") or "o" in it.letters:
        return []
    owners = [one for one in found if _is(one, "owner") and one.stock == (0, one.ours[1])]
    alone = [one for one in found if _is_line(one, False) and re.match(rb"\.[fdLDS]\.{4}o", one.text)]
    return owners + (alone + paired(found, lambda line: line[:6] + line[7:]) if owners else [])


LIST_KINDS = {False: re.compile(rb"(sending|receiving) incremental file list"),
              True: re.compile(rb"(building|receiving) file list \.\.\. (done|\d+ files? to consider)?|(receiving file list \.\.\. )?\d+ files? to consider|done")}


def _is_list_kind(it, difference):
    return isinstance(difference, Line) and bool(LIST_KINDS[difference.is_ours].fullmatch(difference.text))


def _capabilities(it, found):
    return paired(found, lambda line: re.sub(rb"(?<=e\.)i(?=LsfxCIvu)", b"", line) if b" --server " in line else None)


def _set_id_lines(it, found):
    """Lines of stock with changed permissions, where ours has changed owner or group, of files with set-ID bits, FIFOs among them."""
    names = {path for path, entry in it.before.items() if entry.kind in "-p" and entry.mode & 0o6000}
    for run in (it.expected, it.found):
        names |= {path for path, entry in run["trees"]["dst"].items() if entry["kind"] in "-p" and int(entry["mode"], 8) & 0o6000}

    def key(line):
        name = line[12:]
        marked = line[1:2] in (b"f", b"S") and any(path == name or path.endswith(b"/" + name) for path in names)
        return line[:5] + b"..." + line[8:] if marked else None
    lines = [line for line in found if isinstance(line, Line) and (
        line.text[6:8] != b".." if line.is_ours else line.text[5:6] == b"p")]
    # Without -p, stock has nothing to restore and prints nothing.
    alone = [line for line in lines if line.is_ours and key(line.text) == line.text[:2] + b"." * 9 + line.text[11:]]
    return paired(lines, key) + ([] if "p" in it.letters else alone)


KNOWN = [
    Known("`--fuzzy` without `-p`: permissions of a new file",
          _each(lambda it: it.receives and "p" not in it.letters and "y" in it.letters, _mode_of_similar)),
    Known("`--copy-dest`, `--link-dest` without `-p`, over an entry that is not a file",
          _each(lambda it: _forgets_permissions(it) and it.has("--copy-dest", "--link-dest"), _mode_of_replaced)),
    Known("`-b --link-dest`, `-b --compare-dest`: a file that differs", _each(
        lambda it: it.receives and "b" in it.letters and it.has("--link-dest", "--compare-dest") and not it.has("--backup-dir", "--suffix"),
        _is_kept_backup)),
    Known("`--append` with `--fuzzy`, `--compare-dest`, `--link-dest` or `--copy-dest`", _append_elsewhere),
    Known("`--fake-super` without `-o` or `-g`",
          _each(lambda it: it.has("--fake-super") and not {"o", "g"} <= it.letters, _is_undefined_owner)),
    Known("`--copy-as` with `--super` or `--fake-super`",
          _each(lambda it: it.receives and it.has("--copy-as") and it.has("--fake-super"), _is_stored_by_copy_as)),
    Known("`--copy-as` with `--super` or `--fake-super`",
          lambda it, found: _owner_lines(it, found) if it.receives and it.has("--copy-as") and it.has("--super") else []),
    Known("`-X` without `-p`: a directory with extended attributes",
          _each(lambda it: it.receives and "X" in it.letters and "p" not in it.letters, _is_mode_without_umask)),
    Known("`-H` with more than 500 entries", _names_of_many),
    Known("by a user who is not root: first entries of group 0",
          _each(lambda it: it.receives and not it.state.is_root and "g" in it.letters, _is_left_group)),
    Known("by a user who is not root: first entries of group 0",
          _each(lambda it: it.receives and not it.state.is_root and "g" in it.letters and "n" in it.letters, _is_of_group_0_line)),
    Known("`--super`, by a user who is not root", _each(
        lambda it: it.receives and not it.state.is_root and it.has("--super"),
        lambda it, difference: isinstance(difference, Aspect) and _is_left_by_chown(it, difference))),
    Known("`--usermap` with `--no-o` after it, by a server", _by_map),
    Known("`-P`, `--progress` with `--out-format` without `%i`", _each(
        lambda it: it.receives and any(word.startswith("--out-format=") and "%i" not in word for word in it.arguments),
        lambda it, difference: _is_line(difference, True) and difference.text.startswith(b"created directory "))),
    Known("what cannot be created, because a directory is not writable", _not_created),
    Known("`-L`, `-k` with `-X`: extended attributes of directories that links lead to", _each(_follows_links, _is_behind_link)),
    Known("`-L`, `-k` with `-A`, but not by a daemon: the last of these levels",
          _each(lambda it: _follows_links(it) and "A" in it.letters and it.state.transport != "daemon", _is_last_level)),
    Known("`-L`, `-k` in a daemon's module: links that lead up into their own tree",
          _each(lambda it: _follows_links(it) and it.state.transport == "daemon" and it.state.direction == "pull", _is_levels_end)),
    Known("`--ignore-existing`: an entry where the source has a directory",
          _each(lambda it: it.receives and it.has("--ignore-existing") and "t" in it.letters, _is_time_of_ignored)),
    Known("by a user who is not root: read-only files that cannot be deleted",
          _each(lambda it: it.receives and (not it.state.is_root or it.has("--copy-as")) and it.stock_said(
              b"--max-delete limit", b"delete_file: unlink"), _is_left_alone)),
    Known("a device, FIFO or socket in place of a symbolic link", _each(_forgets_permissions, _is_mode_of_link)),
    Known("`-X` before protocol 30, in a local copy",
          _each(lambda it: it.is_local and "X" in it.letters and it.protocol < 30, _is_long_value)),
    Known("`-A`: the group's entry of a directory's ACL", _each(lambda it: it.receives and "A" in it.letters, _is_lost_group)),
    Known("`-U`: merge files that the sender reads", _each(lambda it: it.sends and "U" in it.letters, _is_access_to_merge_file)),
    Known("`-R`: file lists", _each(lambda it: "R" in it.letters and it.is_incremental, _is_list_kind)),
    Known("`-R`: file lists", lambda it, found: _capabilities(it, found) if "R" in it.letters and it.is_incremental else []),
    Known("a kept file with set-ID bits whose owner or group changes", lambda it, found: _set_id_lines(it, found) if it.receives else []),
    *(Known(*rule) for rule in [*ended.RULES, *linked.RULES]),
]


UNREQUESTED = "`--files-from` with `..` in a name, in a pull"
DOTS = "`--temp-dir`, `--backup-dir`, `--mkpath` with `..` in them"
APPEND = "`--append` with `-M` in a local copy"
SECLUDED = "`-s` with `-M` in a local copy"
ROWS_INSTEAD = {DOTS, APPEND, SECLUDED, UNREQUESTED}
BESIDE = "--temp-dir=../", "--backup-dir=../"


def instead(tried, expected):
    """The row that says that stock cannot do what was asked for, and a trial in which it does the same; (None, None) if it can."""
    arguments, transport = tried.arguments, tried.state.transport
    if b"Invalid argument (22)" in expected["err"] and any(word.startswith(BESIDE) for word in arguments):
        # Of a single entry the target is the name.
        is_name = f"/{os.path.dirname(tried.target)}/../".encode() in expected["err"]
        directory = os.path.dirname(tried.target) if is_name else tried.target
        return DOTS, tried.instead([_absolute(word, directory) for word in arguments], transport)
    if b"rejecting unrequested file-list name" in expected["err"] and any(word.startswith("--files-from=") for word in arguments):
        return UNREQUESTED, tried.instead([*arguments, "--trust-sender"], transport)
    if b"--secluded-args conflicts with --old-args" in expected["err"] and transport == "local" and "-s" in arguments and any(
            word.startswith(("-M", "--remote-option")) for word in arguments):
        return SECLUDED, tried.instead([word for word in arguments if word != "-s"], transport)
    if b"--append cannot be used with --whole-file" in expected["err"] and transport == "local" and any(
            word.startswith(("-M", "--remote-option")) for word in arguments):
        return APPEND, tried.instead(arguments, "shell", "pull")
    return None, None


def _absolute(word, target):
    """An option that names a directory relative to the target, by its absolute path."""
    option, _, path = word.partition("=")
    return f"{option}=@/{os.path.normpath(os.path.join(target, path))}" if word.startswith(BESIDE) else word


def without_known(comparison, differences):
    """The differences that nothing explains, and the others by the row that does."""
    left, explained = list(differences), {}
    for rule in KNOWN:
        matching = rule.explains(comparison, left) if left else []
        if matching:
            explained.setdefault(rule.row, []).extend(matching)
            left = [difference for difference in left if not any(difference is other for other in matching)]
    return left, explained
