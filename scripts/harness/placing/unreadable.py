"""What a user who is not root may not read, beside stock: alternate directories, the destination, partial files. What the
source has must arrive."""

from harness.transfers.beside import OVER_SHELL, Set, cases_of

OWN = "; chown -hR 1000:1000 ."
# Equal files, one of another length, and a directory that cannot be entered, in an alternate directory.
OTHER = ("mkdir -p src/s dst other; for n in a b s/f; do echo $n > src/$n; done; cp -r src/. other/; echo longer >> other/b; "
         "chmod 0 other/a other/b other/s" + OWN)
# Equal files that may be read and not linked, because they are root's.
ROOTS = "mkdir src dst other; for n in a b; do echo $n > src/$n; cp src/$n other/; done" + OWN + "; chown 0:0 other/a other/b"
# Files in place: of another length, empty, equal.
THERE = ("mkdir src dst; for n in a b c d; do echo $n > src/$n; done; echo x > dst/a; echo longer >> src/a; : > dst/b; cp src/c dst/; "
         "chmod 0 dst/a dst/b dst/c" + OWN)
PARTIAL = "mkdir -p src dst/.p; echo text > src/a; echo t > dst/.p/a; chmod 0 dst/.p{}" + OWN
# rsync names the file that it would have copied to.
COPY = rb"(?<==> )\S+(?=: Permission denied)"
STATISTICS = rb"(?m)^(File list|Total bytes|sent |total size).*$"
NUMBERS = rb"(?m)^(sent |total size).*$"


def _set(options, tree, **more):
    return Set(options, tree=tree, user=True, **{"roles": OVER_SHELL, "ignored": (COPY, NUMBERS), **more})


SETS = {
    **{f"unreadable for {use}": _set(f"-aiv --{use}=../other", OTHER) for use in ("link-dest", "copy-dest", "compare-dest")},
    "unreadable for link-dest, absolute": _set("-aiv --link-dest=@PLACE@/other/", OTHER),
    "unreadable for copy-dest, no permissions": _set("-rti --copy-dest=../other", OTHER),
    "unreadable for copy-dest, checksums": _set("-aic --copy-dest=../other", OTHER),
    "not to be linked": _set("-rt --info=name --link-dest=../other", ROOTS),
    "not to be linked, quiet": _set("-rti --link-dest=../other", ROOTS),
    "unreadable destination": _set("-ai", THERE),
    "unreadable destination, no permissions": _set("-rti", THERE),
    "unreadable destination, statistics": _set("-rt --stats", THERE, ignored=(STATISTICS,)),
    "unreadable destination, whole files": _set("-rti -W", THERE),
    "unreadable destination, parts": _set("-rti --no-W", THERE),
    "unreadable destination, in place": _set("-rti --inplace", THERE),
    "unreadable destination, appending": _set("-rti --append", THERE),
    "unreadable destination, checking what is appended to": _set("-rti --append-verify", THERE),
    "unreadable destination, backups": _set("-aib", THERE),
    "unreadable destination, backups in place": _set("-aib --inplace", THERE, roles=("local",)),
    "unreadable destination, dry run": _set("-rtin", THERE),
    "unreadable partial directory": _set("-rti --partial-dir=.p", PARTIAL.format("")),
    # A local copy of ours does not need it, and removes it.
    "unreadable partial file": _set("-rti --partial-dir=.p", PARTIAL.format("/a"), roles=OVER_SHELL[1:]),
}


def unreadable_cases():
    """The sets of this file."""
    return cases_of(SETS)
