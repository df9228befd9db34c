"""What rsync prints at which level (transfer 18.1)."""

import os
import re

from facts.lab import expect, expect_in, fact

LEVELS = {1: {"COPY", "DEL", "FLIST", "MISC", "NAME", "STATS", "SYMSAFE"},
          2: {"BACKUP", "MISC", "MOUNT", "NAME", "REMOVE", "SKIP"}}


@fact("transfer 18.1", "-v and -vv switch on the flags of information that the specification lists")
def levels(lab):
    text = lab.run("--info=help").text
    for count, wanted in LEVELS.items():
        found = re.search(rf"^{count}\) (.*)$", text, re.M)
        expect(f"level {count}", {re.sub(r"\d", "", word) for word in found[1].replace(",", " ").split()}, wanted)


@fact("transfer 18.1", "the first line says whether lists are incremental; errors go to stderr")
def first_line(lab):
    lab.write("a/f")
    for words, line in ((("-rv", "a/", "h:to/"), "sending incremental file list"),
                        (("-rv", "h:a/", "to2/"), "receiving incremental file list"),
                        (("-rv", "--no-inc-recursive", "a/", "h:to3/"), "building file list ... done"),
                        (("-rv", "--no-inc-recursive", "h:a/", "to4/"), "receiving file list ... done")):
        expect(" ".join(words), lab.remote(*words).text.splitlines()[0], line)


@fact("transfer 18.1", "without -v a device that is skipped is named all the same (nonreg)")
def nonregular(lab):
    os.makedirs(lab.path("a"))
    os.mkfifo(lab.path("a/p"))
    expect_in("text", 'skipping non-regular file "p"', lab.run("-r", "a/", "to/").text)
