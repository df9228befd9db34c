"""Each attack of the specification's lists (transfer 19, session 12) against our programs in each role."""

from harness.cases import Case
from harness.hostile.receiving import receiver_attacks
from harness.hostile.recorded import recorded_attacks
from harness.hostile.sending import handshake_attacks, sender_attacks
from harness.hostile.victims import attacked


def all_attacks():
    """The recorded ones and those made by hand."""
    return recorded_attacks() + receiver_attacks() + sender_attacks() + handshake_attacks()


def attack_cases(full):
    """Each attack on each victim; the reduced form plays each on one of them in turn."""
    cases = []
    for number, attack in enumerate(all_attacks()):
        victims = attack.against()
        for victim in victims if full else victims[number % len(victims):][:1]:
            cases.append(Case(f"attacks/{attack.rows} {attack.name}/{victim}", attacked(attack, victim), 0.2))
    return cases
