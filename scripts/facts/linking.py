"""Which name of a file leads the others, and what is said of those (transfer 6)."""

import os
import shutil

from facts.lab import expect, fact

THEN = 1_600_000_000


def names(lab, *paths, there=(), alternates=()):
    """A source with one file under these names, of which the destination and an alternate directory have some, each by itself."""
    lab.clear("src", "dst", "other")
    lab.folder("dst")
    first = lab.write("src/" + paths[0], "content", THEN)
    for path in paths[1:]:
        os.makedirs(os.path.dirname(lab.path("src/" + path)), exist_ok=True)
        os.link(first, lab.path("src/" + path))
    for folder, chosen in (("dst", there), ("other", alternates)):
        for path in chosen:
            os.makedirs(os.path.dirname(lab.path(f"{folder}/{path}")), exist_ok=True)
            shutil.copy2(first, lab.path(f"{folder}/{path}"))


def pull(lab, *words):
    """The lines about files of a pull."""
    shell = ("-e", lab.shell, f"--rsync-path={lab.program}")
    return lab.run("-aHi", *shell, *words, "h:src/", "dst/").lines(r"^.f")


@fact("transfer 6", "the first name that exists leads, else the last; those that waited are linked in the reverse order", "3.5.0")
def leader(lab):
    names(lab, "d/a", "d/b", "e/c", "f/d", there=["e/c"])
    expect("a name exists", pull(lab), ["hf+++++++++ d/b => e/c", "hf+++++++++ d/a => e/c", "hf+++++++++ f/d => e/c"])
    names(lab, "d/a", "d/b", "e/c", "f/d")
    expect("none exists", pull(lab), [">f+++++++++ f/d", "hf+++++++++ e/c => f/d", "hf+++++++++ d/b => f/d", "hf+++++++++ d/a => f/d"])


@fact("transfer 6", "with -H the generator takes as many lists as it needs for 500 entries, and no more, before it starts one", "3.5.0")
def waiting(lab):
    for count, lines in ((498, ["hf+++++++++ d/a => e/b"]), (499, [">f+++++++++ d/a", "hf          e/b => d/a"])):
        names(lab, "d/a", "e/b", there=["e/b"])
        # `.` and two directories are entries as well.
        for number in range(count - 3):
            lab.write(f"src/n{number}", "", THEN)
        found = pull(lab)
        expect(f"{count} entries", [line for line in found if "/" in line], lines)


@fact("transfer 6", "a name that an alternate directory has leads, and is compared with where the file is in place", "3.5.0")
def alternates(lab):
    for option, lines in (("--copy-dest", ["hf          d/c => d/b"]), ("--link-dest", ["hf+++++++++ d/c => d/b"])):
        names(lab, "d/a", "d/b", "d/c", "d/d", alternates=["d/b", "d/c"])
        expect(option, pull(lab, f"{option}={lab.path('other')}"),
               ["hf+++++++++ d/a => d/b", *lines, "hf+++++++++ d/d => d/b"])
    names(lab, "d/a", "d/b", "d/c", alternates=["d/b"])
    os.link(lab.path("other/d/b"), lab.path("other/d/c"))
    expect("the same file", pull(lab, f"--link-dest={lab.path('other')}"), ["hf+++++++++ d/a => d/b"])
