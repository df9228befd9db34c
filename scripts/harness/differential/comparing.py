"""A run beside that of stock with stock: what differs, and what the rules in `explained` ask about it."""

import os
import re
from collections import Counter, defaultdict, namedtuple
from dataclasses import dataclass

from harness.differential import trees

# Exit codes that differ; `said` is what both printed as errors.
Code = namedtuple("Code", "ours stock said")
# One aspect of a path in one of the trees; "presence" when only one of the runs has it: the value is then the entry as `trees.read`
# describes it, or None.
Aspect = namedtuple("Aspect", "tree path aspect ours stock")
# A printed line that only one of the runs has.
Line = namedtuple("Line", "is_ours text")


@dataclass
class Comparison:
    """The runs, with which programs as client and server; `source`, `before`: the trees as they were (see `trees.Entry`)."""
    arguments: list
    state: object
    client: str
    server: str
    source: dict
    before: dict
    expected: dict
    found: dict

    @property
    def is_local(self):
        return self.state.transport == "local"

    @property
    def receives(self):
        """Whether the receiving side is ours."""
        return self._is_ours(self.client if self.state.direction == "pull" else self.server)

    @property
    def sends(self):
        """Whether the sending side is ours."""
        return self._is_ours(self.client if self.state.direction == "push" else self.server)

    def _is_ours(self, program):
        return "ours" in ((self.client, self.server) if self.is_local else (program,))

    def has(self, *options):
        """Whether one of these long options is there, with or without a value."""
        return any(word.split("=")[0] in options for word in self.arguments)

    @property
    def letters(self):
        """The short options in effect, with what `-a` stands for, without those that a later `--no-…` took back."""
        found = set()
        for word in self.arguments:
            if re.fullmatch(r"-[A-Za-z0-9]+", word) and word[1] not in "BM":
                found |= set(word[1:]) | (set("rlptgoD") if "a" in word else set())
            elif re.fullmatch(r"--no-[A-Za-z]", word):
                found -= {"D"} if word == "--no-D" else {word[-1]}
        return found | ({"R"} if self.has("--files-from") else set()) | ({"p"} if "A" in found else set())

    @property
    def protocol(self):
        chosen = [word.split("=")[1] for word in self.arguments if word.startswith("--protocol=")]
        return int(chosen[-1]) if chosen else 32

    @property
    def is_incremental(self):
        """Whether stock sends the list directory by directory (rsync(1), `--inc-recursive`)."""
        whole = self.has("--no-i-r", "--delete-before", "--delete-after", "--delay-updates", "--prune-empty-dirs")
        return "r" in self.letters and self.protocol >= 30 and "m" not in self.letters and not whole

    def stock_said(self, *texts):
        return any(text in self.expected["err"] for text in texts)

    def sources_of(self, path):
        """The entries of the source that a path of the destination may come from: those of the same name, or all when it has none."""
        name = os.path.basename(path)
        found = [entry for other, entry in self.source.items() if os.path.basename(other) == name]
        return [self.source[entry.value] if entry.kind == "h" else entry for entry in found or self.source.values()]


def differences(expected, found):
    """What differs from the run with stock at both ends."""
    texts = []
    if expected["code"] != found["code"]:
        texts.append(Code(found["code"], expected["code"], (_first(found["err"], 3), _first(expected["err"], 2))))
    for tree in expected["trees"].keys() & found["trees"].keys():
        texts += [Aspect(tree, *rest) for rest in trees.differences(expected["trees"][tree], found["trees"][tree])]
    mine, theirs = Counter(found["lines"]), Counter(expected["lines"])
    return texts + [Line(False, line) for line in sorted((theirs - mine).elements())] + [
        Line(True, line) for line in sorted((mine - theirs).elements())]


def _first(words, count):
    return words.decode(errors="replace").strip().splitlines()[:count]


def shown(difference):
    """A difference as text."""
    if isinstance(difference, Code):
        words = [f"{who}: {word}" for who, said in zip(("ours", "stock"), difference.said) for word in said]
        return "\n        ".join([f"exit code {difference.ours}, stock {difference.stock}", *words])
    if isinstance(difference, Line):
        return f"{'ours' if difference.is_ours else 'stock'} only: {difference.text!r}"
    return trees.shown(*difference)


def paired(found, key):
    """Lines of stock and as many of ours that are equal by `key`, which is None for lines of no interest."""
    alike = defaultdict(lambda: ([], []))
    for difference in found:
        name = key(difference.text) if isinstance(difference, Line) else None
        if name is not None:
            alike[name][difference.is_ours].append(difference)
    return [difference for theirs, mine in alike.values() for pair in zip(theirs, mine) for difference in pair]
