"""What a run prints, without what no two runs have in common: places, times, rates, bytes on the wire."""

import os
import re

# Lines that count bytes on the wire or seconds.
# A server that cannot make its destination may end its client before the list is complete ("done").
UNSTEADY = re.compile(rb"rsync.* heap statistics|  [a-z]+: +\d+   \(|done$|sent |total size is .*speedup|Total bytes |File list ")
# What -vv says about the hash table of block sums (docs/differences.md).
OWN_TABLES = re.compile(rb" hash_hits=\d+  false_alarms=\d+")
# Progress of a file, or of all: that a file is complete is compared, when is not, nor how much of the list has arrived by then.
PROGRESS = re.compile(rb"\s*([0-9.,KMGTP]+) +(\d+%) +\S+/s +\S+(?: \((xfr#\d+), (?:to|ir)-chk=\d+/\d+\))? *")
COUNTED_FILES = re.compile(rb" \d+ files\.\.\.$")
# The line goes on with "done", or with what another process printed.
LIST_BEGINS = re.compile(rb"((?:building|receiving) file list \.\.\. )")
STEPS = {"-v": 1, "-vv": 2, "--remote-option=-vv": 2}
ITEMIZED = re.compile(rb"[<>ch.*][fdLDS][.+?a-zA-Z ]{9} |\*deleting ")
# Where a run took place, as a daemon's module shows it, which program and port it used, and who prints a message.
PLACE = re.compile(rb"/?case\d+(?:/instead)?/(stock|ours)-(stock|ours)")
PROGRAM = re.compile(rb"(?<= )(/\S+/)?(dvm-)?rsync(?= --server)|(?<=127.0.0.1 port )\d+")
SPEAKER = re.compile(rb"\[(sender|receiver|generator|client|server|Receiver|Sender)[^\]]*\]|\(v?[0-9.]+\)|at [^ ]*\(\d+\)|\[(\d+)\]")
# Directories above the place of a run, as `--list-only -R` shows them: their sizes and times depend on other runs.
OUTER = re.compile(rb"d.{9} +[0-9.,KMG]+ \S+ \S+ (case\d+|@)")
# What -vv of one side says about deltas, which a local copy is made without: beside `--append` with `-M` over a shell (docs/differences.md).
DELTAS = re.compile(rb"total: matches|delta-transmission ")
# The number of bytes on the wire for each file, by the format that has it.
WIRE_BYTES = {"--out-format=%n %b %c": re.compile(rb"(?<= )\d+ \d+$")}


def comparable(text, place, arguments):
    """The lines that another run of the same kind prints, too, in no order."""
    text = PROGRAM.sub(b"PROGRAM", PLACE.sub(b"@", text.replace(os.fsencode(place), b"@")))
    text = LIST_BEGINS.sub(rb"\1\n", OWN_TABLES.sub(b"", text))
    for word in WIRE_BYTES.keys() & set(arguments):
        text = b"\n".join(WIRE_BYTES[word].sub(b"", line) for line in text.split(b"\n"))
    # With more than -vv, the steps of the program's own functions (docs/differences.md).
    is_own = sum(STEPS.get(word, 0) for word in arguments) > 2
    lines = [SPEAKER.sub(b"", _settled(line, arguments)) for line in re.split(b"[\r\n]", text)]
    # Stock wipes the line of a list's progress with blanks.
    return sorted(line for line in lines if line.strip() and not UNSTEADY.match(line) and (ITEMIZED.match(line) or not is_own))


def _settled(line, arguments):
    """A line without rates; nothing of a line that tells how far the run is, or what is above it."""
    is_moved = "--append" in arguments and any(word.startswith(("-M", "--remote-option")) for word in arguments)
    if OUTER.fullmatch(line) or is_moved and DELTAS.match(line):
        return b""
    progress = PROGRESS.fullmatch(line)
    if progress:
        size, share, number = progress.groups()
        return b"" if "--info=progress2" in arguments or not number else b" ".join((size, share))
    return COUNTED_FILES.sub(b"", line)


def by_file(lines):
    """Itemized lines with those about the names of one file joined, whichever of them was transferred."""
    links = [(line[:11], *line[12:].split(b" => ")) for line in lines if line[:1] == b"h" and line.count(b" => ") == 1]
    joined, left = [], list(lines)
    for first in sorted({link[2] for link in links}):
        names = [(flags, name) for flags, name, other in links if other == first]
        found = [line for line in left if line[12:] == first and line[:1] in b"<>c."]
        left = [line for line in left if line not in found and not (line[:1] == b"h" and line.endswith(b" => " + first))]
        marks = sorted([flags[2:] for flags, _ in names] + [line[2:11] for line in found])
        joined.append(b"%r %r" % (sorted([name for _, name in names] + [first]), marks))
    return sorted(left + joined)
