"""What a show that died was doing, and the next one goes on with."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.show.show_memory import ShowMemory, ShowMoment


def test_a_show_that_died_is_recalled_and_one_that_ended_is_not(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "show.json"
    memory = ShowMemory(path)
    assert memory.recall() is None
    memory.remember(ShowMoment("pool"))
    memory.remember(ShowMoment("ink", True))
    assert ShowMemory(path).recall() == ShowMoment("ink", True)
    memory.forget()
    assert ShowMemory(path).recall() is None
    memory.forget()


def test_only_what_changes_is_written(tmp_path: Path) -> None:
    path = tmp_path / "show.json"
    memory = ShowMemory(path)
    memory.remember(ShowMoment("pool"))
    path.unlink()
    memory.remember(ShowMoment("pool"))
    assert not path.exists()


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", '{"scene": 7, "is_black": true}', '{"scene": "a"}', "x" * 5000]
)
def test_what_says_nothing_is_as_if_it_were_not_there(content: str, tmp_path: Path) -> None:
    path = tmp_path / "show.json"
    path.write_text(content, encoding="utf-8")
    assert ShowMemory(path).recall() is None


def test_a_folder_that_cannot_be_written_ends_no_show(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "logs").write_text("in the way", encoding="utf-8")
    ShowMemory(tmp_path / "logs" / "show.json").remember(ShowMoment("pool"))
    assert "would not come back as it was" in caplog.text
