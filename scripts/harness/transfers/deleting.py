"""Deletions: when, how many, what stays, and sources that do not exist, with the program under test in every role and with
stock in its place: same exit code, same lines, same tree."""

import itertools

from harness.cases import Case, check_equal_trees, check_same_exit, check_same_lines
from harness.programs import peers
from harness.programs.processes import run
from harness.placing import placement
from harness.transfers.matrix import DIRECTIONS
from harness.trees import compare

GONE = """
source/a | hello
source/new/n | n
source/sub/c | c
target/old/deep/g | y
target/old/deep/keep | y
target/old/f | y
target/stale | x
target/zz | x
target/sub/q | q
target/sub/gone/q | q
"""
REPLACED = """
source/a | hello
source/e | 1
source/l | -> x
source/s | 2
target/a/f | y
target/a/deep/g | y
target/e | /
target/l/f | y
target/s | -> nowhere
"""
DELETED = "Number of deleted files"
# Options, tree, settings of the harness of placements.
SETS = {
    **{f"{time} {name}": ([*options, f"--{time}"], GONE) for time, (name, options) in itertools.product(
        ("delete-before", "delete-during", "del", "delete-delay", "delete-after"),
        (("all", ["-ai"]), ("kept", ["-ai", "--exclude=keep"]), ("most 2", ["-ai", "--max-delete=2"])))},
    "during and delay": (["-ai", "--delete-during", "--delete-delay"], GONE),
    "before and after": (["-ai", "--delete-before", "--delete-after"], GONE, "says may not combine multiple --delete-WHEN"),
    "verbose": (["-av", "--delete-delay", "--exclude=keep"], GONE),
    **{f"most {most}": (["-ai", "--delete", f"--max-delete={most}"], GONE) for most in (-1, 0, 1, 3, 5, 100)},
    "most 0 is said": (["-a", "--delete", "--max-delete=0"], GONE,
                       "says Deletions stopped due to --max-delete limit (8 skipped)"),
    "most without delete": (["-ai", "--max-delete=1"], GONE),
    "most in a dry run": (["-ani", "--delete", "--max-delete=3"], GONE),
    "late in a dry run": (["-ani", "--delete-delay", "--exclude=keep"], GONE),
    "after in a dry run": (["-ani", "--delete-after"], GONE),
    "after without times": (["-rli", "--delete-after"], GONE, "times differ"),
    "old protocol": (["-ai", "--delete", "--protocol=29"], GONE),
    "old protocol, after": (["-ai", "--delete-after", "--protocol=29"], GONE),
    "older protocol, delay": (["-a", "--delete-delay", "--protocol=28"], GONE),
    "excluded, most": (["-ai", "--delete-excluded", "--exclude=keep", "--max-delete=4"], GONE),
    "replaced": (["-ai"], REPLACED, "says could not make way for new regular file: a"),
    "replaced, forced": (["-ai", "--force"], REPLACED),
    "replaced, delete": (["-ai", "--delete"], REPLACED),
    "replaced, most 0": (["-ai", "--delete", "--max-delete=0"], REPLACED),
    "replaced, most 1": (["-ai", "--delete", "--max-delete=1"], REPLACED),
    "replaced, dry": (["-ani"], REPLACED),
    "replaced, forced, dry": (["-ani", "--force"], REPLACED),
}
# Directories that stay, but that something was deleted from, have the time of that.
SETS = {name: entry if name.endswith(" all") else (*entry, "times differ") for name, entry in SETS.items()}
MISSING = """
source/a | hello
source/b | hello
target/gone/f | y
target/dead | y
target/b | older
"""
MISSING_SETS = {
    "error": ["-ai"],
    "ignored": ["-ai", "--ignore-missing-args"],
    "deleted": ["-ai", "--delete-missing-args"],
    "deleted, forced": ["-ai", "--delete-missing-args", "--force"],
    "deleted, all": ["-ai", "--delete-missing-args", "--delete"],
    "deleted, dry": ["-ani", "--delete-missing-args", "--force"],
    "deleted, old": ["-ai", "--delete-missing-args", "--protocol=28"],
    "ignored, old": ["-ai", "--ignore-missing-args", "--protocol=29"],
}
# Who is client and server; None: no server.
MISSING_ROLES = {"local": ("ours", None), "client": ("ours", "stock"), "server": ("stock", "ours"), "both": ("ours", "ours")}


def _missing_argv(setting, direction, directory, options, client, server):
    sources = [f"{directory}/source/{name}" for name in ("a", "gone", "b", "dead", "never")]
    target = directory + "/target/"
    if server is None:
        return [client, *options, *sources, target]
    argv = [client, *options, "-e", setting.shell, f"--rsync-path={server}"]
    if direction == "push":
        return [*argv, *sources, f"nowhere:{target}"]
    return [*argv, *(f"nowhere:{source}" for source in sources), target]


def _missing_body(options, role, direction):
    def body(setting, directory):
        outcomes, trees = [], []
        for who in ("stock", "ours"):
            place = f"{directory}/{who}"
            placement.plant(place, MISSING)
            programs = [one and (peers.DVM_RSYNC if who == one == "ours" else peers.STOCK_RSYNC) for one in
                        MISSING_ROLES[role]]
            outcomes.append(run(_missing_argv(setting, direction, place, options, *programs), timeout=20))
            trees.append(compare.manifest(place))
            trees[-1].pop(b".")
        stock, ours = outcomes
        check_same_exit(stock, ours)
        check_equal_trees(compare.compare(*trees, skip=["mtime"]), "our tree differs from stock's")
        # Before protocol 29 stock's server tells the client no names.
        if "--protocol=28" not in options:
            check_same_lines(placement.lines(stock), placement.lines(ours))
    return body


def deleting_cases():
    """Each set in each role and direction."""
    cases = [Case(f"deleting/{name}/{role}/{direction}", placement.set_body(entry, role, direction))
             for name, entry in SETS.items() for role, direction in placement.roles_and_directions()]
    for name, role, direction in itertools.product(MISSING_SETS, MISSING_ROLES, DIRECTIONS):
        if role != "local" or direction == "push":
            cases.append(Case(f"deleting/missing {name}/{role}/{direction}",
                              _missing_body(MISSING_SETS[name], role, direction)))
    return cases


def few_cases():
    """Each set in two roles, which rotate."""
    every, chosen, seen = deleting_cases(), [], {}
    for case in every:
        name = case.name.split("/")[1]
        seen.setdefault(name, []).append(case)
    for at, found in enumerate(seen.values()):
        chosen += [found[at % len(found)], found[(at + len(found) // 2) % len(found)]]
    return chosen
