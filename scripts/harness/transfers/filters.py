"""Filter rules and merge files: our program in each role beside stock in its place, over trees that have merge files."""

import os

from harness.cases import Case, check_equal_trees, check_same_exit, check_same_lines
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers.matrix import command
from harness.trees import compare

SOURCE = {
    "": "a b c k.o z~ .rsync-filter", "sub": "a b c k.o .f .cvsignore .ex", "sub/deep": "a b c k.o",
    "other": "a b c .f .g", "x/CVS": "entries",
}
TARGET = {"": "a old k.o .rsync-filter", "gone": "a b c .f", "gone/in": "a b old .f", "sub/deep": "b old k.o",
          "keep": "a old", "sub": "old .f"}
MERGE_FILES = {
    "source": {".rsync-filter": "- k.o\n", "sub/.f": "- a\n# c\n\n; d\n- /b\n", "sub/.cvsignore": "b k.o\n",
               "sub/.ex": "c\n", "other/.f": "- c\ndir-merge .g\n", "other/.g": "- b\n"},
    "target": {".rsync-filter": "- old\n", "gone/.f": "- b\n", "gone/in/.f": "- a\n", "sub/.f": "- old\n"},
}
SETS = {
    "directory merge": ["-f", ": .f"],
    "directory merge that hides itself": ["-f", ":e .f"],
    "directory merge of one side": ["-f", ":s .f", "-f", ":r .rsync-filter"],
    "perishable directory merge": ["-f", ":p .f"],
    "local directory merge": ["-f", ":n .f"],
    "directory merge of patterns": ["-f", ":n- .ex"],
    "merge above the root": ["-f", ": /.f"],
    "F": ["-F"],
    "FF": ["-FF"],
    "cvs exclude": ["-C"],
    "cvs rules": ["-f", ":C", "-f", "-C"],
    "sides": ["-f", "P old", "-f", "H c", "-f", "S k.o", "-f", "H *.o"],
    "perishable": ["-f", "-p a"],
    "negated": ["-f", "-! */", "-f", "R *"],
    "absolute": ["-f", "-/ sub/a"],
    "clear": ["--exclude=a", "-f", "!", "--exclude=b"],
    "attribute rules": ["-f", "-x user.*"],
    "delete excluded": ["--exclude=b", "-f", "-sr c", "-f", ": .f", "--delete-excluded"],
    "invalid rule": ["-f", "-q a"],
    "missing merge file": ["-f", ". no/such/file"],
}


def make_tree(root, names, contents):
    """A tree of small files: `names` by directory, and the contents of some."""
    for directory, leaves in names.items():
        os.makedirs(os.path.join(root, directory), exist_ok=True)
        for leaf in leaves.split():
            path = os.path.join(root, directory, leaf)
            with open(path, "w", encoding="ascii") as file:
                file.write(contents.get(os.path.relpath(path, root), ""))
            os.utime(path, (10 ** 9, 10 ** 9))
    # Otherwise a directory of one tree may be a second newer than that of the other.
    for directory, _, _ in os.walk(root):
        os.utime(directory, (10 ** 9, 10 ** 9))


def _lines(outcome):
    return sorted(line for line in outcome.out.split(b"\n") if line.startswith((b"*", b">", b"<", b"c", b".")))


def with_stock(argv, setting):
    """The command line with stock in our program's place."""
    return [peers.STOCK_RSYNC if part == peers.DVM_RSYNC else part.replace(
        f"--rsync-path={peers.DVM_RSYNC}", f"--rsync-path={peers.STOCK_RSYNC}").replace(
        f":{setting.our_daemon.port}/", f":{setting.stock_daemon.port}/") for part in argv]


def _body(options, role, direction):
    def body(setting, directory):
        outcomes, trees = [], []
        for who in ("stock", "ours"):
            source, target = (os.path.join(directory, who, name) for name in ("source", "target"))
            make_tree(source, SOURCE, MERGE_FILES["source"])
            make_tree(target, TARGET, MERGE_FILES["target"])
            argv = command(setting, role, direction, source, target, "-ai", "--delete", *options)
            outcomes.append(run(with_stock(argv, setting) if who == "stock" else argv))
            trees.append(target)
        stock, ours = outcomes
        check_same_exit(stock, ours)
        check_equal_trees(compare.compare(trees[0], trees[1], skip=("mtime",)), "our tree differs from stock's")
        check_same_lines(_lines(stock), _lines(ours))
    return body


def filter_cases():
    """Each set of rules, in both directions, in each of the four roles."""
    return [Case(f"filters/{name}/{role}/{direction}", _body(options, role, direction))
            for name, options in SETS.items()
            for role in ("client-of-shell", "client-of-daemon", "server", "daemon")
            for direction in ("push", "pull")]
