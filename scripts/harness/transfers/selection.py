"""Which names are in a transfer: our program in each role beside stock in its place, over small trees with links."""

import os

from harness.cases import Case, check_equal_trees, check_same_exit, check_same_lines
from harness.programs.processes import run
from harness.transfers.filters import make_tree, with_stock
from harness.transfers.matrix import command
from harness.trees import compare

SOURCE = {"": "a big", "sub": "a b", "sub/deep": "c", "empty/hollow": "", "only": "x.tmp"}
LINKS = {"safe": "a", "sub/up": "../big", "unsafe": "../../outside", "absolute": "/nowhere", "tosub": "sub",
         "dangling": "nothing"}
TARGET = {"": "old a", "sub": "old", "gone": "x"}
# LIST stands for a file with NAMES.
SETS = {
    "relative": ["-aiR"],
    "relative without implied directories": ["-aiR", "--no-implied-dirs"],
    "dirs": ["-lptgoDdi"],
    "dirs and delete": ["-lptgoDdi", "--delete"],
    "one file system": ["-aix", "--delete"],
    "max size": ["-ai", "--max-size=2"],
    "min size": ["-ai", "--min-size=1"],
    "prune": ["-aim", "--exclude=*.tmp"],
    "prune and delete": ["-aim", "--delete", "--exclude=*.tmp", "-f", "P hollow/"],
    "remove source files": ["-ai", "--remove-source-files"],
    "files from": ["-ai", "--files-from=LIST"],
    "files from, recursive": ["-air", "--files-from=LIST"],
    "files from, not relative": ["-ai", "--no-relative", "--files-from=LIST"],
    "copy links": ["-aiL", "--exclude=unsafe", "--exclude=absolute", "--exclude=dangling"],
    "copy dangling links": ["-aiL"],
    "copy links to directories": ["-aik"],
    "copy unsafe links": ["-ai", "--copy-unsafe-links", "--exclude=absolute", "--exclude=unsafe"],
    "safe links": ["-avi", "--safe-links"],
    "no links": ["-ri"],
    "list only": ["-a", "--list-only"],
    "list only, one level": ["--list-only"],
    "no recursion": ["-lptgoDi"],
    "old protocol, nothing is deleted": ["-ai", "--protocol=29"],
}
NAMES = "sub/deep\n# no\n\n/sub/a\nempty/\n./big\nnothing\n"
PRINTED = (b"*", b">", b"<", b"c", b".", b"d", b"-", b"l", b"skipping", b"ignoring")


def _inner(target):
    """The directory that the source's contents are in, with --relative somewhere below the target."""
    return next((path for path, _, _ in os.walk(target) if path.endswith("/source")), target)


def _lines(outcome):
    return sorted(line for line in outcome.out.split(b"\n") if line.startswith(PRINTED) and
                  not line.startswith((b"created directory", b"delta-trans")))


def _body(options, role, direction):
    def body(setting, directory):
        outcomes, targets, sources = [], [], []
        names = os.path.join(directory, "list")
        with open(names, "w", encoding="ascii") as file:
            # rsync 3.5.0 sends comments as names in a pull.
            file.write(NAMES if direction == "push" else NAMES.replace("# no\n", ""))
        for who in ("stock", "ours"):
            source, target = (os.path.join(directory, who, name) for name in ("source", "target"))
            make_tree(source, SOURCE, {"big": "0123456789", "sub/a": "x"})
            make_tree(target, TARGET, {})
            for link, to in LINKS.items():
                os.symlink(to, os.path.join(source, link))
            for path, directories, files in os.walk(source):
                for name in [".", *directories, *files]:
                    os.utime(os.path.join(path, name), (10 ** 9, 10 ** 9), follow_symlinks=False)
            argv = command(setting, role, direction, source, target,
                           *(part.replace("LIST", names) for part in options))
            outcomes.append(run(with_stock(argv, setting) if who == "stock" else argv))
            targets.append(_inner(target) if "R" in options[0] else target)
            sources.append(source)
        stock, ours = outcomes
        check_same_exit(stock, ours)
        check_equal_trees(compare.compare(targets[0], targets[1], skip=("mtime",)), "our tree differs from stock's")
        check_equal_trees(compare.compare(sources[0], sources[1], skip=("mtime",)), "our source differs from stock's")
        lines = [[line.replace(b"/stock/", b"/WHO/").replace(b"/ours/", b"/WHO/").replace(b"/stock", b"/WHO").replace(
            b"/ours", b"/WHO") for line in _lines(outcome)] for outcome in outcomes]
        check_same_lines(*lines)
    return body


def selection_cases():
    """Each set, in both directions, in each of the four roles."""
    return [Case(f"selection/{name}/{role}/{direction}", _body(options, role, direction))
            for name, options in SETS.items()
            for role in ("client-of-shell", "client-of-daemon", "server", "daemon")
            for direction in ("push", "pull")
            # rsync 3.5.0 as a daemon finds no file of a list when the source is a directory in the module.
            if not ("files from" in name and "daemon" in role and direction == "pull")]
