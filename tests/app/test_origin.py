"""What a show writes says where it comes from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine.networks.persona import Persona
from engine.origin.marker import OriginMarker, read_mark
from engine.origin.statement import ASSERTION, Origin
from engine.render.window.keymap import Action
from tests.app.shows import app, during, frames_of
from tools.mark_origin import main

pytest.importorskip("c2pa", reason="c2pa-python, the extra `provenance`, is not installed")


def test_a_film_and_a_snapshot_name_their_generator_and_scene(place: Path, blind: None) -> None:
    show = app(record=Path("film.mp4"), seconds=1.0)
    during(show, lambda: show.loop.act(Action.SNAPSHOT))
    (snapshot,) = (place / "recordings").glob("*.png")
    for path in (place / "film.mp4", snapshot):
        is_whole, manifest = read_mark(path)
        (own,) = (each["data"] for each in manifest["assertions"] if each["label"] == ASSERTION)
        assert is_whole and own["persona"] == "tiny"
        assert own["generator_sha256"] == Persona.open(place / "models" / "tiny").generator_sha256
        scene = hashlib.sha256((place / "scenes" / "plain.yaml").read_bytes()).hexdigest()
        assert own["scenes"] == [{"name": "plain", "sha256": scene}]
    assert frames_of(place / "film.mp4")


def test_marks_that_are_off_leave_films_alone(place: Path, blind: None) -> None:
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + "provenance: {mark: off}\n")
    app(record=Path("film.mp4")).run()
    assert b"c2pa" not in (place / "film.mp4").read_bytes() and frames_of(place / "film.mp4")


def test_a_film_that_cannot_be_marked_is_kept_as_it_is(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(self: OriginMarker, path: Path, origin: Origin, key: object) -> None:
        raise RuntimeError("no room")

    monkeypatch.setattr(OriginMarker, "_embed", fail)
    app(record=Path("film.mp4")).run()
    assert frames_of(place / "film.mp4") and "carries no mark of its origin: no room" in caplog.text


def test_the_command_marks_and_verifies(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + "provenance: {mark: off}\n")
    app(record=Path("film.mp4")).run()
    monkeypatch.setattr("tools.mark_origin.MODELS", place / "models")
    monkeypatch.setattr("tools.mark_origin.SCENES", place / "scenes")
    assert main(["film.mp4", "--verify"]) == 3
    assert main(["film.mp4", "--scenes", "plain"]) == 0 and main(["film.mp4", "--verify"]) == 0
    assert "as it was marked; tiny, " in capsys.readouterr().out
    content = bytearray((place / "film.mp4").read_bytes())
    content[content.rfind(b"mdat") + 24] ^= 1
    (place / "film.mp4").write_bytes(content)
    assert main(["film.mp4", "--verify"]) == 1 and "CHANGED" in capsys.readouterr().out
    assert main(["none.mp4"]) == 3
