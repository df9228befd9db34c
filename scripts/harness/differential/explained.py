"""Differences that are intended, or faults of rsync's own: docs/differences.md has each with its reason."""

import re
from collections import namedtuple

# A run beside that of stock with stock; `before`: the destination as it was.
Comparison = namedtuple("Comparison", "arguments state before expected found")
# `applies` looks at a comparison; `differences` matches the texts of the differences that the reason explains.
Known = namedtuple("Known", "reason applies differences")


def _has(*beginnings):
    return lambda it: any(word.startswith(beginnings) for word in it.arguments)


def _stock_says(text):
    return lambda it: text in it.expected["err"]


def _all(*conditions):
    return lambda it: all(condition(it) for condition in conditions)


def _is_local(it):
    return it.state.transport == "local"


def _forgets_permissions(it):
    kept = False
    for word in it.arguments:
        if re.fullmatch("-[A-Za-z0-9]+", word):
            kept = kept or bool({"a", "p"} & set(word))
        elif word == "--no-p":
            kept = False
    return not kept


def _stores_undefined(it):
    """Whether owner or group of entries are not sent: rsync then stores what happens to be in memory."""
    return not any(re.fullmatch("-[A-Za-z0-9]+", word) and ("a" in word or {"o", "g"} <= set(word)) for word in it.arguments)


def _is_user(it):
    return not it.state.is_root


def _may_not_create(it):
    return _is_user(it) or any(word.startswith("--copy-as") for word in it.arguments)


def _stock_cannot_create(it):
    return re.search(rb"failed: Permission denied \(13\)|\] open \".*\" failed: No such file or directory \(2\)", it.expected["err"])


def _has_letter(it, letters):
    return any(re.fullmatch("-[A-Za-z0-9]+", word) and set(letters) & set(word[1:]) for word in it.arguments)


def _keeps_any_links(it):
    return _has_letter(it, "H")


def _keeps_hard_links(it):
    """Whether `-H` is given, and some names at the destination share a file."""
    return _keeps_any_links(it) and any(entry.kind == "h" for entry in it.before.values())


def _follows_links(it):
    return _has_letter(it, "Lk") or "--copy-unsafe-links" in it.arguments


def _is_old(it):
    return any(word in ("--protocol=27", "--protocol=28", "--protocol=29") for word in it.arguments)


KNOWN = [
    Known("directories with .. in their paths", _all(_has("--temp-dir=../", "--backup-dir=../"), _stock_says(b"Invalid argument (22)")),
          re.compile("")),
    Known("a daemon's refusal is lost", _stock_says(b"The server is configured to refuse"), re.compile(r"exit code (4|12), stock 10\b")),
    Known("permissions of a similar file", _all(_has("-y", "--fuzzy"), _forgets_permissions), re.compile(r"dst/.*: mode ")),
    Known("permissions of an entry that an alternate file replaces",
          _all(_has("--copy-dest", "--link-dest", "--compare-dest"), _forgets_permissions,
               lambda it: any(entry.kind != "-" for entry in it.before.values())), re.compile(r"dst/.*: mode '.*', stock '0o[2467]...'")),
    Known("--append to a file from elsewhere",
          _all(_has("--append"), _has("--copy-dest", "--link-dest", "--compare-dest", "-y")), re.compile(r"dst/|(ours|stock) only: b'([<>]f|Number of regular files transferred|Total transferred|Literal data|Matched data)")),
    Known("--append with -M", _all(_has("--append"), _is_local, _stock_says(b"--append cannot be used with --whole-file")), re.compile("")),
    Known("owners that were not sent, stored", _all(_has("--fake-super"), _stores_undefined), re.compile(r"dst/.*: attributes .*%stat")),
    Known("a group that a user may not set", _all(_is_user, _stock_says(b"] chgrp \"")), re.compile(r"exit code 0, stock 23|dst/.*: (time|mode) ")),
    Known("what cannot be created is not asked for", _all(_may_not_create, _stock_cannot_create),
          re.compile(r"stock only: b'([<>]f|cd)")),
    Known("names of one file in later lists", _keeps_hard_links, re.compile(r"stock only: b'(\.f\.\.|hf   )|ours only: b\"\[b'|dst/.*(~|\.old|\.bak): only with ours")),
    Known("a new name of a file that is there", _all(_keeps_any_links, _has("-y", "--fuzzy")),
          re.compile(r"dst/.*: (attributes|time|mode) |dst/.*: only with stock|(stock|ours) only: b([\"']\[b'|'([<>h]f|hf))")),
    Known("what makes way for names of one file",
          _all(_keeps_any_links, _stock_says(b"could not make way for new regular file"), lambda it: it.expected["code"] == 2), re.compile("")),
    Known("extended attributes behind links", _all(_follows_links, _has("-X", "-aHAX", "--xattrs")),
          re.compile(r"dst/.*: attributes \{.+\}, stock \{\}")),
    Known("links into their own tree, with ACLs",
          _all(_has("-k", "-L"), _stock_says(b"sys_acl_get_file("), _stock_says(b"Too many levels of symbolic links (40)")),
          re.compile(r"dst/.*: only with ours|ours only: b'cd\+")),
    Known("long attributes before protocol 30", _all(_has("-X", "-aHAX"), _is_old, _is_local), re.compile(r"dst/.*: attributes ")),
]


def without_known(comparison, differences):
    """The differences that nothing explains, and the reasons of the others."""
    rules = [rule for rule in KNOWN if rule.applies(comparison)] if differences else []
    left, reasons = [], []
    for difference in differences:
        rule = next((rule for rule in rules if rule.differences.match(difference)), None)
        if rule:
            reasons.append(rule.reason)
        else:
            left.append(difference)
    return left, reasons


def names_with_set_id(before, *runs):
    """The names of files that have set-user-ID or set-group-ID bits, before or after a run."""
    names = {path for path, entry in before.items() if entry.kind == "-" and entry.mode & 0o6000}
    for run in runs:
        names |= {path for path, entry in run["trees"]["dst"].items() if entry["kind"] == "-" and int(entry["mode"], 8) & 0o6000}
    return names


def without_set_id_changes(lines, names):
    """Lines without the changes of owner, group and permissions of files with set-ID bits: a change of owner clears these, and
    stock reports what it restores, not what it changed."""
    kept = []
    for line in lines:
        name = line[12:]
        if line[1:2] == b"f" and any(path == name or path.endswith(b"/" + name) for path in names):
            line = line[:5] + b"..." + line[8:]
            if line[:11] == b".f.........":
                continue
        kept.append(line)
    return kept
