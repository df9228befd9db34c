"""Each attack of the specification's lists (transfer 19, session 12) against our programs in each role."""

import os
import re

from harness.cases import Case, Failure
from harness.hostile.receiving import receiver_attacks
from harness.hostile.recorded import recorded_attacks
from harness.hostile.sending import handshake_attacks, sender_attacks
from harness.hostile.victims import attacked
from harness.programs import peers

# Rows that an exchange of a few bytes does not show, or that are shown elsewhere too: Swift tests by their name, and groups
# of scripts/interop after a colon.
ELSEWHERE = {
    "F24": ["the limits end an endless list", "many lists end at the limit together, unless they are released",
            "names of users have their own limit, across lists", ":bounds"],
    "F28": ["made by hand end with the stricter code"],
    "F30": [":input"],
    "T21": [":bounds"],
    "S3": ["at most 1024 candidates are tried at an offset", "one false sum at every offset costs work linear in the content"],
    "19.4": [":races", "follows no symbolic link on the way, with openat2 and without",
             "keeps working in the directory it holds when the path is swapped for a link",
             "acts on a link itself where a leaf was swapped for one",
             "never changes permissions through a link, even when it expects a file"],
    "12.1": [":noise", ":input", ":unauthenticated"],
    "12.2": [":bounds", ":unauthenticated"],
    "10.3": [":unauthenticated"],
}

# Rows that concern one side only: a client checks what it requested, a server has a client's rules, lists and limits.
ONE_DIRECTION = {"F19", "F20", "F21", "S7", "S8", "S10"}


def all_attacks():
    """The recorded ones and those made by hand."""
    return recorded_attacks() + receiver_attacks() + sender_attacks() + handshake_attacks()


def attack_cases(full):
    """Each attack on each victim; the reduced form plays each on one of them in turn."""
    cases = [Case("attacks/every row", _every_row)]
    for number, attack in enumerate(all_attacks()):
        victims = attack.against()
        for victim in victims if full else victims[number % len(victims):][:1]:
            cases.append(Case(f"attacks/{attack.rows} {attack.name}/{victim}", attacked(attack, victim), 0.2))
    return cases


def _rows():
    """The rows of transfer 19, and the sections without numbered rows."""
    with open(f"{peers.REPOSITORY}/docs/protocol/transfer.md") as document:
        section = document.read().partition("\n## 19.")[2].partition("\n## 20.")[0]
    return re.findall(r"^\| ([FTS]\d+) \|", section, re.M) + ["19.4", "12.1", "12.2", "10.3"]


def _every_row(setting, directory):
    """Each row has an attack here, in both directions where both exist, or a test elsewhere, and that test exists."""
    from_server, from_client, problems = set(), set(), []
    for attack in all_attacks():
        for row in attack.rows.split(", "):
            from_server |= {row} if {"client", "source"} & set(attack.against()) else set()
            from_client |= {row} if set(attack.against()) - {"client", "source"} else set()
    names = "".join(_swift_tests())
    for row in _rows():
        if row not in from_server | from_client | ELSEWHERE.keys():
            problems.append(f"no test plays {row}")
        elif row not in ELSEWHERE and row not in ONE_DIRECTION and row not in from_server & from_client:
            problems.append(f"{row} is played in one direction only")
        problems += [f"{row}: no test is called '{test}'" for test in ELSEWHERE.get(row, [])
                     if not test.startswith(":") and f'"{test}"' not in names]
    if problems:
        raise Failure(*problems)
    return f"{len(_rows())} rows, {len(all_attacks())} attacks"


def _swift_tests():
    for path, _, names in os.walk(f"{peers.REPOSITORY}/Tests"):
        for name in names:
            if name.endswith("Tests.swift"):
                with open(os.path.join(path, name)) as text:
                    yield text.read()
