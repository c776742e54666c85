"""Every rule of the set is carried by a rule of the pack, or by a test that nothing denies what it permits."""

from pathlib import Path

from payerpack.packs.load import load_pack

PERMISSIONS = {27, 28, 48}
"""Rules that allow what no other rule of the set forbids; a test of the pack asserts the silence."""


def test_all_fifty_one_rules_are_carried():
    pack = load_pack(Path(__file__).parent)
    carried = {int(number) for rule, _ in pack.rules for number in rule["source"]["section"].split(", ")}
    assert carried | PERMISSIONS == set(range(1, 52))
    assert not carried & PERMISSIONS
