"""Each option with the program under test and with stock in its place: same exit code, same lines, same tree."""

import os
import re

from harness.cases import Case, check_equal_trees, check_same_exit, check_same_lines
from harness.programs import peers
from harness.programs.processes import run
from harness.transfers.matrix import command
from harness.trees import compare

# Every set pushes the edited tree over the first one.
SETS = {
    "itemize": ["-aHi", "--delete"],
    "itemize twice": ["-aHii", "--delete"],
    "verbose": ["-aHv", "--delete"],
    "dry run": ["-aHni", "--delete"],
    "checksum": ["-aHci", "--delete"],
    "whole file": ["-aHWi", "--delete"],
    "no whole file": ["-aHi", "--no-whole-file", "--delete"],
    "ignore times": ["-aHIi", "--delete"],
    "inplace": ["-aHi", "--inplace", "--delete", "--exclude=/hard/"],
    "partial": ["-aHi", "--partial", "--delete"],
    "numeric ids": ["-aHi", "--numeric-ids", "--delete"],
    "exclude": ["-aHi", "--delete", "--exclude=*.bak~", "--exclude=/many/", "--exclude=inner"],
    "include": ["-aHi", "--delete", "--include=/many/", "--include=/many/0[0-4]?", "--exclude=/many/*",
                "--exclude=/e*/"],
    "exclude everything but": ["-aHi", "--include=*/", "--include=f*", "--exclude=*"],
    "stats": ["-aH", "--delete", "--stats"],
    "bandwidth limit": ["-aHi", "--delete", "--bwlimit=20M"],
    "timeout": ["-aHi", "--delete", "--timeout=20"],
    "omit directory times": ["-aHiO", "--delete"],
    "no times": ["-rlpgoDi"],
    "links and permissions only": ["-rlpi"],
    "recursive only": ["-ri"],
    "no recursion": ["-lptgoDi"],
    "without hard links": ["-ai", "--delete"],
    "sparse": ["-aHSi", "--delete"],
    "compress": ["-aHzi", "--delete"],
    "no owner no group": ["-aHi", "--no-o", "--no-g"],
    "no delete": ["-aHi"],
    "devices without specials": ["-aHi", "--no-specials"],
    "max alloc": ["-aHi", "--delete", "--max-alloc=2G"],
    "max alloc, too small": ["-aHi", "--max-alloc=1000K"],
    "max alloc, unlimited": ["-aHi", "--max-alloc=0"],
    "compress threads": ["-aHzi", "--delete", "--zc=zstd", "--zt=2"],
    "skip compress": ["-aHzi", "--delete", "--skip-compress=txt/mp[34]"],
    "secluded": ["-aHsi", "--delete", "--exclude=*.bak~"],
    "secluded, old": ["-aHsi", "--delete", "--protocol=29"],
    "checksum by default and by choice": ["-aHci", "--delete", "--cc=auto,xxh64"],
    "checksum by choice and by default": ["-aHci", "--delete", "--cc=xxh64,auto"],
    "checksum seed": ["-aHi", "--delete", "--no-whole-file", "--checksum-seed=-5"],
    "stop after": ["-aHi", "--delete", "--stop-after=5"],
    "stop at a past time": ["-aHi", "--stop-at=2001-1-1"],
    "stop at no time": ["-aHi", "--stop-at=24:00"],
    "bandwidth limit with a unit": ["-aHi", "--delete", "--bwlimit=0.02gb"],
    "bandwidth limit, too small": ["-aHi", "--bwlimit=511b"],
    "unknown option": ["-aH", "--no-such-option"],
}
COUNTED = ("Number of files", "Number of created files", "Number of deleted files",
           "Number of regular files transferred", "Total file size", "Total transferred file size")
RATES = re.compile(rb"^(sent |total size is |sending incremental|receiving incremental|building file|created dir|$)")
# Which member of a group of hard links is transferred and which are linked to it is the receiver's own choice.
LINKED = re.compile(rb"^((hf|[<>]f)\S* +)?(hard/|zz linked from far)")


def _lines(outcome, name):
    """The comparable output: all lines except rates and sizes that depend on the implementation."""
    lines = [line for line in outcome.out.split(b"\n") if not RATES.match(line) and not LINKED.match(line)]
    if name == "stats":
        lines = [line for line in lines if line.startswith(tuple(word.encode() + b":" for word in COUNTED))]
    return sorted(lines)


def _body(name, options, role, direction):
    def body(setting, directory):
        outcomes, trees, before = [], [], setting.trees[0][0]
        for who in ("stock", "ours"):
            target = os.path.join(directory, who, "target")
            os.makedirs(os.path.dirname(target))
            prepared = run([peers.STOCK_RSYNC, "-aHS", before + "/", target + "/"])
            assert prepared.code == 0, str(prepared)
            argv = command(setting, role, direction, setting.trees[1][0], target, *options)
            if who == "stock":
                argv = [peers.STOCK_RSYNC if part == peers.DVM_RSYNC else part.replace(
                    f"--rsync-path={peers.DVM_RSYNC}", f"--rsync-path={peers.STOCK_RSYNC}").replace(
                    f":{setting.our_daemon.port}/", f":{setting.stock_daemon.port}/") for part in argv]
            outcomes.append(run(argv))
            trees.append(target)
        stock, ours = outcomes
        check_same_exit(stock, ours)
        if stock.code:
            return
        unkept = ("mtime",) if not any("t" in word or "a" in word for word in options[:1]) or "O" in options[0] else ()
        check_equal_trees(compare.compare(trees[0], trees[1], skip=unkept), "our tree differs from stock's")
        check_same_lines(_lines(stock, name), _lines(ours, name))
    return body


def option_cases():
    """Each option set, where the program is the client and where it is the other end, both directions."""
    cases = []
    for name, options in SETS.items():
        for role in ("client-of-shell", "client-of-daemon", "server", "daemon"):
            for direction in ("push", "pull"):
                cases.append(Case(f"options/{name}/{role}/{direction}", _body(name, options, role, direction)))
    return cases
