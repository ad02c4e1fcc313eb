"""The parts of a card that tools write."""

from __future__ import annotations

from tools.reporting.model_card import AUDIT, MEASURED


def test_a_card_without_the_part_gets_it_at_its_end() -> None:
    once = MEASURED.put("# A\n\nText.\n", "one")
    assert once == f"# A\n\nText.\n\n## Measured\n\n{MEASURED.begin}\none\n{MEASURED.end}\n"


def test_a_part_is_replaced_and_the_rest_stays() -> None:
    once = MEASURED.put("# A\n", "one") + "\nThe end.\n"
    assert MEASURED.within(once) == "one" and AUDIT.within(once) is None
    twice = MEASURED.put(once, r"two \1")
    assert twice == once.replace("one", r"two \1")
    assert MEASURED.put(twice, r"two \1") == twice
    assert AUDIT.within(AUDIT.put(twice, "audit")) == "audit"
