"""The table in docs/privacy.md says what the gate does."""

from __future__ import annotations

from pathlib import Path

from engine.config.consent import ConsentKind
from engine.consent.gate import EACH_ALONE, LINGER_S
from tests.consent.room import ANN, BEN, KINDS, Room

NAMES = {
    ConsentKind.FILM: "film",
    ConsentKind.SNAPSHOT: "snapshot",
    ConsentKind.SESSION: "session, your numbers",
    ConsentKind.ARCHIVE: "archive, your stranger",
    ConsentKind.SEND: "the picture, sent",
    ConsentKind.PREVIEW: "the picture, in the panel",
    ConsentKind.ATTRIBUTES: "age and gender, in scenes that show them",
}


def table() -> list[str]:
    """The rows, as the gate answers of Ann, whose stranger is 11, with `ask` and with `attributes`."""
    rooms = {
        "nobody is there": Room(attributes=True).go(1.0),
        "before you agree": Room(attributes=True).go(3.0, ANN),
        "you agreed, alone": Room(attributes=True).agreed(ANN),
        "you agreed, another did not": Room(attributes=True).agreed(ANN, BEN),
        "everyone agreed": Room(attributes=True).agreed(ANN, BEN).agreed(BEN, ANN),
        "you ended it": Room(attributes=True).agreed(ANN).go(3.0),
    }
    rows = [f"| | {' | '.join(rooms)} |", f"|---{'|---' * len(rooms)}|"]
    for kind in [*KINDS, ConsentKind.ATTRIBUTES]:
        stranger = 11 if kind in EACH_ALONE else None
        answers = ["yes" if room.gate.allows(kind, stranger) else "no" for room in rooms.values()]
        rows.append(f"| {NAMES[kind]} | {' | '.join(answers)} |")
    return rows


def test_the_page_on_privacy_has_the_table_and_the_time_that_strangers_linger() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "privacy.md").read_text(encoding="utf-8")
    assert "\n".join(table()) in page
    assert f"{LINGER_S:g} s" in page
