"""What is wrong with what is to be rendered: one sentence each."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tiny_persona import write_tiny_persona
from tests.tools.render.clouds import render


@pytest.mark.parametrize(
    ("spoil", "more", "status", "sentence"),
    [
        (lambda p: (p / "a.mp4").write_text(""), [], 3, "a.mp4 exists already and is not overwritten"),
        (lambda p: (p / "a.narc").write_bytes(b"no"), [], 3, "a.narc cannot be used: it is not a session"),
        (lambda p: (p / "a.narc").unlink(), [], 3, "a.narc: there is no such file"),
        (lambda p: (p / "scenes/plain.yaml").unlink(), [], 3, "there is no scene 'plain': "),
        (lambda p: None, ["--scene", "nothing"], 3, "there is no scene 'nothing': "),
        (lambda p: None, ["--model", "nobody"], 5, "there is no persona 'nobody'"),
        (lambda p: shutil.rmtree(p / "models/tiny"), [], 5, "there is no persona 'tiny'"),
        (
            lambda p: write_tiny_persona(p / "models/tiny", seed=9),
            [],
            5,
            "its faces would be others; --model tiny draws",
        ),
        (
            lambda p: write_tiny_persona(p / "models/wide", latent_size=32),
            ["--model", "wide"],
            5,
            "has latents of 16 numbers, and",
        ),
        (lambda p: None, ["--codec", "prores"], 3, "a.mp4 cannot hold ProRes 422 HQ, being a .mp4 file"),
        (lambda p: None, ["--codec", "png"], 3, "a.mp4 is a file's name, and pictures go into a folder"),
        (lambda p: None, ["--size", "8x8"], 3, "a picture of 8x8 px cannot be shown"),
        (lambda p: (p / "a.mp4.parts").write_text(""), [], 4, "a.mp4 cannot be made: its folder is not a folder"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    place: Path,
    spoil: Callable[[Path], object],
    more: list[str],
    status: int,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(place)
    assert render(place, "a.mp4", *more) == status
    said = capsys.readouterr().err
    assert sentence in said and said.startswith("render: ") and said.count("\n") == 1


def test_another_generator_that_is_asked_for_is_drawn_and_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tiny_persona(place / "models" / "other", seed=5)
    assert render(place, "a.mkv", "--model", "other") == 0
    assert "is not the generator that answered" in capsys.readouterr().err


def test_a_folder_among_the_shaders_changes_nothing_and_what_cannot_be_read_is_told(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "shaders" / "luts" / "old.cube").mkdir()
    assert render(place, "a.mkv") == 0
    locked, read = place / "shaders" / "room.frag", Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path == locked:
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    capsys.readouterr()
    assert render(place, "b.mkv") == 3
    assert "room.frag cannot be read: Permission denied; change its permissions" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "sentence"),
    [(["--fps", "0"], "must be a number from 4 to 240, not '0'"), (["--size", "big"], "must be WIDTHxHEIGHT in px")],
)
def test_a_wrong_command_line_is_explained(
    place: Path, option: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        render(place, "a.mp4", *option)
    assert left.value.code == 2 and sentence in capsys.readouterr().err
