"""What differs when one side, or only stock, ends before the work is done: rows of docs/differences.md about errors and exit codes."""

import os
import re

from harness.differential import linked
from harness.differential.comparing import Aspect, Code, Line


# What a refusing daemon leaves to chance: stock's server ends while its client sends.
def _is_lost_refusal(it, difference):
    said = b"The server is configured to refuse"
    if isinstance(difference, Code) and it.has("--copy-devices") and it.has("--compress-level", "--zl") and "z" not in it.letters:
        # What comes in place of the list of compressors begins with the random seed.
        is_lost = it.stock_said(b"Failed to negotiate a compress choice", b"safe_read failed", b"unexpectedly closed")
        return is_lost and difference.stock in (4, 12) and difference.ours in (4, 10, 12)
    if not isinstance(difference, Code) or said not in it.found["err"]:
        return False
    if it.server == "stock" and it.stock_said(b"Failed to negotiate a compress choice"):
        # It took the refusal for the list of compressors.
        return (difference.ours, difference.stock) == (10, 4)
    if it.client == "stock" and (difference.ours, difference.stock) == (4, 12):
        return it.stock_said(b"unexpected tag ")
    if said not in it.expected["err"]:
        return False
    if it.client == "ours" and it.server == "ours":
        return (difference.stock, difference.ours) == (10, 12 if it.protocol < 31 else 4)
    return {difference.stock, difference.ours} <= ({4, 10, 12} if it.server == "ours" else {4, 10})


def _is_servers_code(it, difference):
    """Whether stock's client lost the exit code of a server that ended before the file list, which our server sends."""
    if not isinstance(difference, Code) or difference.stock != 12 or difference.ours not in (1, 3, 11):
        return False
    words = [b"(code %d)" % difference.ours] + ([b"closed (0 bytes received so far)"] if it.state.transport == "daemon" else [])
    return it.server == "ours" and it.stock_said(*words)


def _is_lost_destination(it, difference):
    """Whether the client has lost the reason of a daemon that could not make the destination, which it cannot be told before
    protocol 31."""
    return isinstance(difference, Code) and it.protocol < 31 and {difference.ours, difference.stock} <= {10, 11, 12} and all(
        b"error in file IO (code 11)" in run["err"] for run in (it.expected, it.found))


def _is_no_directory(it, difference):
    """Whether all that stock complains about is that it cannot delete in what is no directory, and has been left alone."""
    kinds = it.found["trees"]["dst"]
    complaints = [line for line in it.expected["err"].split(b"\n") if b" failed: " in line]
    named = [re.search(rb'opendir ".*/dst/(.*)" failed: Not a directory \(20\)', line) for line in complaints]
    return isinstance(difference, Code) and (difference.ours, difference.stock) == (0, 23) and bool(named) and all(named) and all(
        one[1] in kinds and kinds[one[1]]["kind"] != "d" for one in named)


def _parents_not_made(it, found):
    """What has arrived with ours and not with stock, whose directory stock did not make."""
    names = re.findall(rb'mkstemp ".*/dst/(?:new/)?(.*)/\.(.*)\.X{6}" failed: No such file or directory', it.expected["err"])
    code = [difference for difference in found if isinstance(difference, Code)]
    if not (it.receives and names and it.has("--no-implied-dirs") and it.has("--delete-missing-args")) or [one[:2] for one in code] != [(0, 23)]:
        return []
    made = {b"/".join(parent.split(b"/")[:end]) for parent, _ in names for end in range(1, len(parent.split(b"/")) + 1)}
    made |= {parent + b"/" + leaf for parent, leaf in names}
    arrived = [difference for difference in found if isinstance(difference, Aspect) and difference.tree == "dst" and (
        difference.aspect == "presence" and not difference.stock and any(
            difference.path == path or difference.path.endswith(b"/" + path) for path in made)
        or difference.aspect == "time" and difference.path in (b"", b"new") and difference.ours == "now")]
    return [*code, *arrived]


def _goes_on(it, found, codes):
    """What ours goes on with where stock has ended, if their exit codes are those."""
    code = [difference for difference in found if isinstance(difference, Code)]
    if [one[:2] for one in code] not in [[pair] for pair in codes]:
        return []
    return [*code, *(one for one in found if isinstance(one, Line) and one.is_ours or isinstance(one, Aspect) and _is_later(it, one))]


def _is_later(it, difference):
    is_directory = it.found["trees"]["dst"].get(difference.path, {}).get("kind") == "d"
    return linked.has_arrived(it, difference) or difference.tree == "dst" and difference.aspect == "time" and is_directory and (
        difference.ours == "now" or difference.ours in {entry.time for entry in it.sources_of(difference.path)})


def _unread_rules(it, found):
    is_new = it.stock_said(b"filter rule: <rule from @/dst")
    return _goes_on(it, found, [(0, 1)]) if it.receives and is_new else []


def _old_rules(it, found):
    is_push = it.client == "ours" and it.state.direction == "push" and not any(word.startswith("--del") for word in it.arguments)
    is_too_modern = it.stock_said(b"filter rules are too modern for remote rsync")
    return _goes_on(it, found, [(0, 2), (23, 2)]) if is_push and is_too_modern else []


def _below_missing(it, found):
    """The exit code of a sender of ours, and the deletions that it has not asked for, or those of a receiver of ours."""
    if not it.has("--delete-missing-args") or not it.stock_said(b"file has vanished: "):
        return []
    code = [one for one in found if isinstance(one, Code) and it.sends and (one.ours, one.stock) == (23, 24)]
    return [*code, *(one for one in found if isinstance(one, Aspect) and one.tree == "dst" and one.aspect == "presence" and (
        one.path in it.before and not any(one.path == path or one.path.endswith(b"/" + path) for path in it.source)))]


def _no_checksum(it, found):
    """What ours has not done because a checksum is needed and `none` was chosen."""
    if not (it.has("--cc", "--checksum-choice") and "c" in it.letters) or it.found["code"] not in (4, 12) or it.found["lines"]:
        return []
    return [one for one in found if isinstance(one, Code) and (one.ours, one.stock) in ((4, 23), (12, 23), (12, 4)) or _is_line_of_source(it, one)
            or isinstance(one, Aspect) and _is_not_done(it, one)]


def _is_line_of_source(it, difference):
    if not isinstance(difference, Line) or difference.is_ours:
        return False
    name = re.fullmatch(rb"(?:.{11} )?(.*?)/?", difference.text)[1]
    return difference.text.startswith(b"created directory ") or name == b"." or os.path.basename(name) in map(os.path.basename, it.source)


def _is_not_done(it, difference):
    """Whether an entry has arrived with stock, or a directory has its time, and not with ours."""
    if difference.tree != "dst" or difference.aspect not in ("presence", "time"):
        return False
    if difference.aspect == "time":
        return difference.path == b"" or difference.path in it.before
    return difference.ours is None and (difference.path in DESTINATIONS or any((entry.kind, entry.value) == (difference.stock["kind"], difference.stock["value"])
                                                                               for entry in it.sources_of(difference.path)))


# Below the destination's tree, what the targets of runs name.
DESTINATIONS = b"new", b"not", b"not/there"


def _refused_attributes(it, found):
    """What ours has not done, because its server refuses attributes that the protocol has no place for."""
    refusal = b"requires protocol 30 or higher"
    if not (it.is_local and it.protocol < 30 and refusal in it.found["err"] and it.has("--remote-option", "-M--bwlimit", "-M--no-super")):
        return []
    return [one for one in found if isinstance(one, Code) and (one.ours, one.stock) == (2, 0) or _is_line_of_source(it, one)
            or isinstance(one, Aspect) and _is_not_done(it, one)]


def _is_complaint_about_link(it, difference):
    """Whether all that stock complains about is that it could not store a status on a link, which it has then replaced."""
    complaints = [line for line in it.expected["err"].split(b"\n") if b" failed: " in line or b": Operation not permitted" in line]
    named = [re.search(rb'failed to write xattr user.rsync.%stat for ".*/dst/(.*)": Operation not permitted \(1\)', line) for line in complaints]
    return isinstance(difference, Code) and (difference.ours, difference.stock) == (0, 23) and bool(named) and all(named) and all(
        one[1] in it.before and it.before[one[1]].kind not in "-dh" for one in named)


def _each(applies, matches):
    return lambda it, found: [difference for difference in found if matches(it, difference)] if applies(it) else []


RULES = [
    ("refused options of a client that sends at once", _each(lambda it: it.state.transport == "daemon", _is_lost_refusal)),
    ("refused options of a client that sends at once", _each(lambda it: it.state.transport == "daemon", _is_lost_destination)),
    ("exit code of a client whose server ended before the file list", _each(lambda it: True, _is_servers_code)),
    ("`--ignore-existing --delete`: a directory in whose place there is something else",
     _each(lambda it: it.receives and it.has("--ignore-existing"), _is_no_directory)),
    ("`-R --no-implied-dirs --delete-missing-args`: a missing name", _parents_not_made),
    ("a faulty merge file at the destination, where nothing is to be deleted", _unread_rules),
    ("merge files (`-F`, `:`) in a push before protocol 29", _old_rules),
    ("`-c --checksum-choice=none`", _no_checksum),
    ("local copies at protocols 27 to 29: `-A`, `-X` with `-M`", _refused_attributes),
    ("`--delete-missing-args` with a name below a missing directory", _below_missing),
    ("`--fake-super --copy-dest` over a link", _each(lambda it: it.receives and it.has("--fake-super"), _is_complaint_about_link)),
]
