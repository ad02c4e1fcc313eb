"""Images and folders as sources. A manual clock paces them; nothing waits for a wall."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from engine.core.clock import ManualClock
from engine.core.errors import DeviceError
from engine.pipeline.sources.images import Animation, load_image, natural_order
from engine.pipeline.sources.open_source import open_source
from engine.pipeline.sources.pixel_formats import size_within
from engine.types import Frame
from tests.pipeline.viewing import PLAIN, View, Viewing, corners, level_of, lopsided, saved, until, viewings


@pytest.fixture
def view() -> Iterator[View]:
    yield from viewings()


def test_an_image_is_shown_again_and_again_mirrored_once(tmp_path: Path, view: View) -> None:
    it = view(saved(tmp_path / "a.png"))
    first, other = it.take(0), it.take(1)
    assert corners(first.image) == [1, 0, 2, 2], "left and right are swapped, top and bottom are not"
    assert first is other
    assert first.image.flags.c_contiguous
    assert first.image.dtype == np.uint8
    second = it.next(1 / 15)
    assert (second.sequence, second.captured_s) == (2, pytest.approx(100 + 1 / 15))
    assert np.array_equal(second.image, first.image)
    assert it.source.state == "running"


def test_mirroring_can_be_switched_off(tmp_path: Path, view: View) -> None:
    assert corners(view(saved(tmp_path / "a.png"), mirror=False).take().image) == [0, 1, 2, 2]


def test_what_nobody_takes_is_dropped_and_counted(tmp_path: Path, view: View) -> None:
    it = view(saved(tmp_path / "a.png"))
    for shown in range(1, 6):
        until(lambda shown=shown: it.source.frame_count == shown)
        it.clock.advance(1 / 15)
    until(lambda: it.source.frame_count == 6)
    assert [sink.drop_count for sink in it.sinks] == [5, 5]


@pytest.mark.parametrize(
    ("tag", "expected"), [(1, [0, 1, 2, 2]), (2, [1, 0, 2, 2]), (3, [2, 2, 0, 1]), (6, [2, 0, 1, 2])]
)
def test_images_stand_upright(tmp_path: Path, tag: int, expected: list[int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    assert corners(load_image(saved(tmp_path / "a.jpg", quality=95, exif=exif))) == expected


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "bmp", "tif", "ppm", "gif"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    assert corners(load_image(saved(tmp_path / f"a.{suffix}"))) == [0, 1, 2, 2]


def test_grey_is_spread_over_the_channels(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.full((20, 30), 77, np.uint8))
    assert np.array_equal(load_image(path), np.full((20, 30, 3), 77))


@pytest.mark.parametrize("shape", [(20, 30), (20, 30, 3)])
def test_sixteen_bits_become_eight(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "a.png"
    assert cv2.imwrite(str(path), np.full(shape, 0x8040, np.uint16))
    assert np.array_equal(load_image(path), np.full((20, 30, 3), 0x80))


@pytest.mark.parametrize(("value", "expected"), [(0.5, 128), (128.0, 128), (32768.0, 128)])
def test_floats_find_their_white(tmp_path: Path, value: float, expected: int) -> None:
    picture = np.full((20, 30), value, np.float32)
    picture[0, 0] = np.nan
    assert load_image(saved(tmp_path / "a.tif", picture))[5, 5].tolist() == [expected] * 3


def test_what_is_transparent_lies_over_black(tmp_path: Path) -> None:
    picture = np.full((20, 30, 4), 200, np.uint8)
    picture[:10, :, 3], picture[10:, :, 3] = 0, 255
    image = load_image(saved(tmp_path / "a.png", picture))
    assert not image[:10].any()
    assert (image[10:] == 200).all()


def test_large_images_are_scaled_down(tmp_path: Path) -> None:
    image = load_image(saved(tmp_path / "a.png", lopsided(2000, 3000)))
    assert image.shape == (1280, 853, 3)
    assert corners(image) == [0, 1, 2, 2]
    assert size_within(1280, 720) == (1280, 720)


def test_too_many_pixels_are_refused_before_they_take_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (10000, 8100)).save(path)
    with pytest.raises(
        DeviceError, match=r"a\.png is an image that cannot be read: 10000x8100 px are more than 80 mega"
    ):
        load_image(path)


def test_a_tiny_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"a\.png .*: a picture of 1x1 px is too small; 16x16 px is the minimum"):
        open_source(str(saved(tmp_path / "a.png", lopsided(1, 1))), PLAIN, [], ManualClock())


def test_a_truncated_image_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", np.random.default_rng(1).integers(0, 255, (200, 300, 3), np.uint8))
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DeviceError, match=r"a\.jpg is an image that cannot be read: .*truncated"):
        open_source(str(path), PLAIN, [], ManualClock())


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_an_animation_is_played_with_its_times_and_begins_again(tmp_path: Path, view: View, kind: str) -> None:
    first, *rest = (Image.fromarray(np.full((48, 64, 3), level, np.uint8)) for level in (40, 120, 200))
    first.save(tmp_path / "a.dat", kind, save_all=True, append_images=rest, duration=[100, 500, 100])
    it = view(tmp_path / "a.dat")
    assert isinstance(it.source, Animation)
    shown = [it.take()]
    while len(shown) < 20:
        shown.append(_following(it))
    changes = [frame for before, frame in pairwise(shown) if level_of(before) != level_of(frame)]
    assert [level_of(frame) for frame in changes[:4]] == [120, 200, 40, 120]
    times = [frame.captured_s - 100 for frame in changes[:4]]
    assert times == pytest.approx([0.1, 0.6, 0.7, 0.8], abs=0.05)


def _following(it: Viewing) -> Frame:
    """The next frame, a fiftieth of a second at a time."""
    while True:
        it.clock.advance(1 / 50)
        frame = it.sinks[0].take(0.02)
        if frame is not None:
            return frame


def test_a_damaged_animation_is_played_as_far_as_it_goes(
    tmp_path: Path, view: View, caplog: pytest.LogCaptureFixture
) -> None:
    noise = np.random.default_rng(2).integers(0, 20, (48, 64, 3), np.uint8)
    first, *rest = (Image.fromarray(noise + np.uint8(level)) for level in (30, 110, 190))
    first.save(tmp_path / "a.gif", save_all=True, append_images=rest, duration=100)
    content = (tmp_path / "a.gif").read_bytes()
    (tmp_path / "a.gif").write_bytes(content[: len(content) * 5 // 6])
    it = view(tmp_path / "a.gif")
    levels = {level_of(it.take())} | {level_of(_following(it)) for _ in range(6)}
    until(lambda: any("is damaged after" in message for message in caplog.messages))
    assert levels == {40, 120}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Pictures of the levels 40, 80 and 120 that sort naturally, something that is none, and something hidden."""
    path = tmp_path / "pictures"
    path.mkdir()
    for name, level in (("2.png", 40), ("10.png", 80), ("100.jpg", 120)):
        saved(path / name, np.full((48, 64, 3), level, np.uint8))
    (path / "5 notes.txt").write_text("no image")
    (path / ".hidden.png").write_text("no image either")
    (path / "3 sub").mkdir()
    return path


def test_a_folder_is_shown_in_natural_order_and_begins_again(
    folder: Path, view: View, caplog: pytest.LogCaptureFixture
) -> None:
    it = view(folder, picture_s=0.5)
    levels = [level_of(it.take())]
    while len(levels) < 36:
        levels.append(level_of(it.next(1 / 15)))
    changes = [level for index, level in enumerate(levels) if index == 0 or level != levels[index - 1]]
    assert changes[:4] == [40, 80, 120, 40]
    assert 7 <= levels.index(80) <= 9, "each is shown for half a second"
    assert [message for message in caplog.messages if "skipped" in message] == [
        f"skipped: {folder}/5 notes.txt is not a supported image (JPEG, PNG, WEBP, AVIF, BMP, TIFF, GIF, PPM)"
    ]


def test_names_sort_as_people_count() -> None:
    names = ["a10.png", "a2.png", "1.png", "B1.png", "a2b.png", "02.png"]
    assert sorted(names, key=lambda name: natural_order(Path(name))) == [
        "1.png", "02.png", "a2.png", "a2b.png", "a10.png", "B1.png",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], r"the folder .* has no image in it \(JPEG, PNG, .*\), and no file at all"),
        (["a.txt", "b.txt"], r"has no image in it .*, but a\.txt, b\.txt$"),
        (list("abcde"), r"has no image in it .*, but a, b, c and 2 more files$"),
    ],
)
def test_a_folder_without_images_is_refused(tmp_path: Path, files: list[str], message: str) -> None:
    for name in files:
        (tmp_path / name).write_text("text")
    with pytest.raises(DeviceError, match=message):
        open_source(str(tmp_path), PLAIN, [], ManualClock())


def test_a_folder_that_is_emptied_is_lost_and_taken_back(folder: Path, view: View) -> None:
    it = view(folder, picture_s=0.1)
    it.take()
    folder.rename(folder.with_name("away"))
    while not it.source.state.startswith("lost"):
        it.clock.advance(0.1)
        it.sinks[0].take(0.02)
    assert it.source.state in (
        "lost: it cannot be listed (No such file or directory)",
        "lost: no image is left in the folder",
    )
    folder.with_name("away").rename(folder)
    it.next()
    until(lambda: it.source.state == "running")
