"""Runs of one random tree, option set, direction and transport, with stock rsync and ours in each role."""

import collections
import os
import random

from harness.cases import Case, Failure, check
from harness.differential import comparing, examples, explained, options, trees, trial

# The least number of all runs that an option occurs in.
LEAST = 20
COMMON, REDUCED = 2000, 60
# With as many of each rare form that enough remain by a transport that has it.
FULL = COMMON + 2 * LEAST * len(options.RARE)
SOURCES = [["src/"], ["src/"], ["src/"], ["src/"], ["src"], ["src/a", "src/sub", "src/c.txt"], ["src/sub/", "src/dir.d"], ["src/./sub"],
           ["src/no such", "src/a"], ["src/a"], ["src/sub"]]
TARGETS = ["dst/", "dst/", "dst/", "dst/", "dst", "dst/new", "dst/new/", "dst/not/there/"]


def differential_cases(full, seed):
    """All runs, or the first of them. A case's name has the names of its options, for --only."""
    numbers = range(FULL if full else REDUCED)
    made = [Case(f"differential/{number}/{'+'.join(describe(seed, number)[2])}", _body(seed, number), cost=0.4) for number in numbers]
    checks = [Case("differential/rules", lambda setting, directory: examples.check_rules(), cost=0.1)]
    return [*checks, *([Case("differential/options", _covered(seed), cost=1)] if full else []), *made]


def _covered(seed):
    def body(setting, directory):
        counts = collections.Counter(option for number in range(FULL) for option in options.shown_options(describe(seed, number)[3]))
        rare = [f"{option}: {counts[option]} runs" for option in options.REQUIRED if counts[option] < LEAST]
        check(not rare, f"options in fewer than {LEAST} of {FULL} runs", *rare)
        return f"each of {len(options.REQUIRED)} options in at least {min(counts.values())} runs"
    return body


def describe(seed, number):
    """What the run of a number does: transport, direction, whether by root, names of options, arguments, sources, target,
    files beside the trees."""
    rng = random.Random(f"{seed}/{number}")
    transport = rng.choice(["local", "shell", "shell", "daemon"])
    direction = rng.choice(["push", "pull"])
    is_root = rng.random() < 0.75
    names = options.names_of(rng, number, options.OPTIONS if number < COMMON else options.RARE)
    for name in names:
        transport = options.NEEDED.get(name, transport)
    state = options.Run({}, transport, direction, is_root or "copy-as" in names)
    arguments = options.arguments_of(rng, state, names)
    sources, target = rng.choice(SOURCES), rng.choice(TARGETS)
    return rng, state, names, arguments, sources, target


def _body(seed, number):
    def body(setting, directory):
        rng, state, names, arguments, sources, target = describe(seed, number)
        with_attributes = rng.random() < 0.4
        source = trees.random_tree(rng, with_attributes)
        if "remove-source-files" in names:
            trees.cut_links_up(source)
        others = [trees.altered_tree(rng, source, with_attributes) for _ in range(3)]
        tried = trial.Trial(setting, directory, state, arguments, sources, target, source, others)
        expected = tried.outcome("stock", "stock")
        if expected["code"] == trial.UNFINISHED:
            return _without_end(tried)
        pairs = [("ours", "ours")] + ([] if state.transport == "local" else [("ours", "stock"), ("stock", "ours")])
        other, findings, rows = None, [], []
        for client, server in pairs:
            found = tried.outcome(client, server)
            check(found["code"] != trial.UNFINISHED, f"{client} client, {server} server: did not end: {arguments}")
            comparison = comparing.Comparison(arguments, state, client, server, source, others[0], expected, found)
            row, instead = explained.instead(tried, expected) if comparison.receives else (None, None)
            if row:
                other = other or instead.outcome("stock", "stock")
                comparison.expected = other
                rows.append(row)
            differences, known = explained.without_known(comparison, comparing.differences(comparison.expected, found))
            rows += known
            if differences:
                findings.append(f"{client} client, {server} server: " + "\n        ".join(map(comparing.shown, differences[:6])))
        if findings:
            user = "root" if state.is_root else "uid 1000"
            line = " ".join(map(repr, [*arguments, *sources, target]))
            raise Failure(f"{state.transport} {state.direction} by {user}: {line}", *findings)
        return "; ".join(dict.fromkeys(rows))
    return body


def _without_end(tried):
    """Ours ends where stock does not (docs/differences.md: "a run that never ends"), which needs names of one file."""
    found = tried.outcome("ours", "ours")
    check(any(entry.kind == "h" for entry in tried.source.values()), "stock did not end, without names of one file")
    check(found["code"] != trial.UNFINISHED, "neither stock nor ours ended")
    return "a run that never ends"
