"""The notice for visitors is the one in the documentation."""

from __future__ import annotations

from pathlib import Path

from engine.control.wall_text import MISSING, wall_text
from tests.conftest import ROOT


def test_the_notice_is_that_of_the_documentation() -> None:
    text = wall_text(ROOT / "docs/privacy.md", hears=False)

    assert text.startswith("This mirror looks at you through a camera.") and ">" not in text and "\n\n" not in text


def test_whoever_listens_says_so() -> None:
    heard, silent = (wall_text(ROOT / "docs/privacy.md", hears=hears) for hears in (True, False))

    assert heard.startswith(silent) and "how loud this room is" in heard


def test_without_the_page_that_is_said(tmp_path: Path) -> None:
    assert wall_text(tmp_path / "privacy.md", hears=False) == MISSING
