"""tools.frames_to_video: order, sizes, and what is no picture."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tools.frames_to_video import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve pictures, each of a grey of its own, whose order by alphabet is another one."""
    (tmp_path / "frames").mkdir()
    for index in range(12):
        Image.new("RGB", (64, 48), (20 * index,) * 3).save(tmp_path / "frames" / f"frame{index}.png")
    return tmp_path / "frames"


def greys(path: Path) -> list[int]:
    with av.open(str(path)) as film:
        return [int(frame.to_ndarray(format="rgb24")[24, 32, 0]) for frame in film.decode(video=0)]


def make(folder: Path, output: str, *more: str) -> int:
    return main([str(folder), "--output", str(folder.parent / output), "--encoder", "processor", *more])


def test_pictures_follow_in_natural_order_at_the_rate_asked_for(folder: Path) -> None:
    assert make(folder, "film.mkv", "--fps", "12") == 0
    assert greys(folder.parent / "film.mkv") == [20 * index for index in range(12)]
    assert make(folder, "film.mp4", "--fps", "12") == 0
    with av.open(str(folder.parent / "film.mp4")) as film:
        assert film.streams.video[0].average_rate == 12
    assert np.abs(np.subtract(greys(folder.parent / "film.mp4"), range(0, 240, 20))).max() <= 2
    assert not (folder.parent / "film.mp4.parts").exists()


def test_what_is_transparent_lies_over_black_and_other_files_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGBA", (64, 48), (255, 255, 255, 0)).save(folder / "frame3.png")
    (folder / "notes.txt").write_text("none")
    assert make(folder, "film.mkv") == 0
    assert greys(folder.parent / "film.mkv")[3] == 0
    assert "skipped files that are not pictures: notes.txt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("spoil", "status", "sentence"),
    [
        (
            lambda f: Image.new("RGB", (32, 32)).save(f / "frame7.png"),
            3,
            "frame7.png is 32x32 px, and frame0.png, the first, 64x48: all must have the same size",
        ),
        (lambda f: (f / "frame5.png").write_text("no"), 4, "frame5.png is not a readable picture: repair it"),
        (
            lambda f: (f / "frame5.png").write_bytes((f / "frame5.png").read_bytes()[:60]),
            4,
            "frame5.png is an image that cannot be read: ",
        ),
        (lambda f: [path.unlink() for path in f.iterdir()], 4, "frames has no picture in it (JPEG, PNG"),
        (lambda f: f.rename(f.parent / "gone"), 4, "frames cannot be listed: No such file"),
        (lambda f: (f.parent / "film.mp4").write_text(""), 3, "film.mp4 exists already and is not overwritten"),
    ],
)
def test_what_is_wrong_is_told(
    folder: Path, spoil: object, status: int, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(folder)  # type: ignore[operator]
    assert make(folder, "film.mp4") == status
    assert sentence in capsys.readouterr().err
