"""Which files a show writes: what is there already is never overwritten, and ends no show."""

from __future__ import annotations

from pathlib import Path

from engine.show.output import _free


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    film = tmp_path / "evening.mp4"
    assert _free(film) == film
    film.write_bytes(b"film")
    assert _free(film) == tmp_path / "evening-2.mp4"
    (tmp_path / "evening-2.mp4").write_bytes(b"film")
    assert _free(film) == tmp_path / "evening-3.mp4"
