"""The one reader of pictures: every make of file that people have, with the right pixels, or one sentence."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from engine.images.image_file import (
    ImageError,
    ImageLimits,
    animation_frames,
    image_size,
    is_animation,
    is_image,
    read_image,
)
from tests.images.icc import GREEN, RED, matrix_profile
from tests.pipeline.viewing import corners, lopsided

LEVELS = (40, 120, 200)


def encoded(picture: NDArray[Any] | Image.Image, kind: str = "PNG", **how: Any) -> bytes:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    content = io.BytesIO()
    image.save(content, kind, **how)
    return content.getvalue()


def moving(kind: str, **how: Any) -> bytes:
    """Three pictures of the levels `LEVELS`, a fifth of a second each."""
    first, *rest = (Image.fromarray(np.full((24, 32, 3), level, np.uint8)) for level in LEVELS)
    return encoded(first, kind, save_all=True, append_images=rest, duration=200, **how)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize(
    ("tag", "expected"),
    list(enumerate(("0122", "1022", "2201", "2210", "0221", "2012", "2102", "1220"), 1)),
)
def test_every_turn_and_mirror_image_of_exif(kind: str, tag: int, expected: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = tag
    content = encoded(lopsided(), kind, exif=exif)
    picture = read_image(content)
    assert corners(picture) == [int(channel) for channel in expected]
    assert image_size(content) == (picture.shape[1], picture.shape[0]) == ((48, 64) if tag > 4 else (64, 48))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "PPM", "GIF", "AVIF"])
def test_every_format_gives_the_same_picture(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    path.write_bytes(encoded(lopsided(), kind))
    assert is_image(path)
    assert not is_animation(path)
    assert read_image(path).flags.c_contiguous
    for picture in (read_image(path), read_image(path, "RGBA")[..., :3]):
        assert np.abs(picture[4:20, 4:28].astype(int) - (200, 0, 0)).max() <= 6
        assert corners(picture) == [0, 1, 2, 2]


@pytest.mark.parametrize("ending", ["png", "tif"])
def test_sixteen_bits_are_scaled_and_not_clipped(ending: str, tmp_path: Path) -> None:
    ramp = np.repeat(np.linspace(0, 65535, 52).round().astype(np.uint16)[None, :], 16, axis=0)
    expected = np.linspace(0, 255, 52).round()
    for picture in (ramp, np.dstack([ramp] * 3)):
        assert cv2.imwrite(str(tmp_path / f"a.{ending}"), picture)
        for found in (read_image(tmp_path / f"a.{ending}")[8, :, 0], read_image(tmp_path / f"a.{ending}", "L")[8]):
            assert np.abs(found - expected).max() <= 1


def test_a_dark_picture_of_sixteen_bits_stays_dark() -> None:
    assert (read_image(encoded(np.full((16, 16), 2570, np.uint16)), "L") == 10).all()
    grey = b"P5 16 16 65535\n" + np.full((16, 16), 200, ">u2").tobytes()
    assert (read_image(grey, "L") == 1).all(), "not taken for eight bits because no pixel is brighter"


def test_a_mask_cut_out_by_transparency_is_a_mask() -> None:
    mask = np.full((16, 32, 4), 255, np.uint8)
    mask[:, :16, 3] = 0
    mask[:, 24:, 3] = 128
    for picture in (mask, mask[..., [0, 3]]):  # RGBA, and grey with alpha
        light = read_image(encoded(Image.fromarray(picture, {4: "RGBA", 2: "LA"}[picture.shape[2]])), "L")
        assert light.shape == (16, 32)
        assert [light[8, x] for x in (4, 20, 28)] == [0, 255, 128]


def test_a_colour_that_stands_for_nothing_is_dark() -> None:
    palette = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8).repeat(8, 0).repeat(8, 1), "P")
    palette.putpalette([255, 255, 255, 0, 200, 0])
    picture = read_image(encoded(palette, transparency=0))
    assert picture[4, 4].tolist() == [0, 0, 0]
    assert picture[4, 12].tolist() == [0, 200, 0]
    deep = np.full((16, 16), 65535, np.uint16)
    deep[:8] = 4369
    light = read_image(with_chunk(encoded(deep), b"tRNS", struct.pack(">H", 65535)), "L")
    assert [light[4, 4], light[12, 4]] == [17, 0]


def test_straight_alpha_stays_straight() -> None:
    picture = np.full((16, 16, 4), (200, 100, 50, 128), np.uint8)
    assert (read_image(encoded(picture), "RGBA") == (200, 100, 50, 128)).all()
    assert np.abs(read_image(encoded(picture))[8, 8].astype(int) - (100, 50, 25)).max() <= 1


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_become_light(kind: str) -> None:
    picture = read_image(encoded(Image.fromarray(lopsided()).convert("CMYK"), kind))
    assert np.abs(picture[4:20, 4:28].astype(int) - (200, 0, 0)).max() <= 8
    assert corners(picture) == [0, 1, 2, 2]


def test_lab_becomes_light() -> None:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(Image.fromarray(lopsided()), to_lab)
    assert lab is not None
    picture = read_image(encoded(lab, "TIFF"))
    assert np.abs(picture[12, 12].astype(int) - (200, 0, 0)).max() <= 8


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_colour_profile_says_what_the_numbers_mean(kind: str) -> None:
    swapped = matrix_profile(red=GREEN, green=RED)
    picture = read_image(encoded(lopsided(), kind, icc_profile=swapped))
    assert corners(picture) == [1, 0, 2, 2], "its red is green"
    assert np.abs(picture[12, 12].astype(int) - (0, 200, 0)).max() <= 12


def test_a_profile_keeps_alpha_and_grey() -> None:
    picture = np.full((16, 16, 4), (200, 0, 0, 100), np.uint8)
    found = read_image(encoded(picture, icc_profile=matrix_profile(red=GREEN, green=RED)), "RGBA")[8, 8]
    assert found[3] == 100
    assert found[1] > 190 > 20 > found[0]
    grey = encoded(np.full((16, 16), 77, np.uint8), icc_profile=matrix_profile())  # of another kind of picture
    assert (read_image(grey, "L") == 77).all()


def test_a_gamma_is_taken_out() -> None:
    """Linear light of one half is 188 in sRGB (IEC 61966-2-1)."""
    linear = encoded(np.full((16, 16, 3), 128, np.uint8), icc_profile=matrix_profile(gamma=1.0))
    assert np.abs(read_image(linear).astype(int) - 188).max() <= 2


def test_a_damaged_profile_is_left_out() -> None:
    content = encoded(lopsided(), icc_profile=b"no profile" * 30)
    assert np.array_equal(read_image(content), lopsided())


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "GIF", "AVIF"])
def test_an_animation_comes_picture_by_picture_with_its_times(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    path.write_bytes(moving(kind))
    assert is_animation(path)
    frames = list(animation_frames(path))
    assert [round(int(picture[12, 16, 0]) / 40) * 40 for picture, _ in frames] == list(LEVELS)
    assert [seconds for _, seconds in frames] == pytest.approx([0.2] * 3)
    assert abs(int(read_image(path)[12, 16, 0]) - LEVELS[0]) <= 4


def test_the_picture_for_those_who_cannot_play_is_not_played(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(moving("PNG", default_image=True))
    assert [int(picture[12, 16, 0]) for picture, _ in animation_frames(path)] == [120, 200]


def test_a_time_of_nothing_is_a_tenth_of_a_second(tmp_path: Path) -> None:
    first, second = (Image.fromarray(np.full((24, 32, 3), level, np.uint8)) for level in (40, 200))
    first.save(tmp_path / "a.gif", save_all=True, append_images=[second], duration=0)
    assert [seconds for _, seconds in animation_frames(tmp_path / "a.gif")] == pytest.approx([0.1, 0.1])


@pytest.mark.parametrize("kind", ["MPO", "TIFF"])
def test_pages_and_second_views_are_no_animation(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(moving(kind))
    assert is_image(path)
    assert not is_animation(path)
    assert abs(int(read_image(path)[12, 16, 0]) - LEVELS[0]) <= 4


def test_a_picture_is_scaled_down_to_what_fits() -> None:
    for kind in ("PNG", "JPEG"):
        content = encoded(lopsided(640, 480), kind)
        picture = read_image(content, fit=lambda width, height: (width // 5, height // 5))
        assert picture.shape == (96, 128, 3)
        assert corners(picture) == [0, 1, 2, 2]


def test_transparent_pixels_do_not_bleed_when_scaled_down() -> None:
    picture = np.zeros((64, 64, 4), np.uint8)
    picture[::2] = (200, 200, 200, 255)
    picture[1::2] = (0, 255, 0, 0)
    small = read_image(encoded(picture), "RGBA", fit=lambda width, height: (32, 32))[16, 16]
    assert np.abs(small[:3].astype(int) - 200).max() <= 12, "what cannot be seen has no colour"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "BMP", "PPM"])
def test_what_is_cut_off_is_told_in_one_sentence(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.dat"
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    content = encoded(noise, kind)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(ImageError, match=r"a\.dat is (not a supported image|an image that cannot be read: )") as told:
        read_image(path)
    assert "\n" not in str(told.value)


def with_chunk(png: bytes, kind: bytes, content: bytes, before: bytes = b"IDAT") -> bytes:
    """A PNG with one more chunk."""
    place = png.index(before) - 4
    chunk = struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return png[:place] + chunk + png[place:]


def test_pillows_own_stumbles_are_told_too() -> None:
    content = encoded(Image.new("L", (16, 16)))
    damaged = with_chunk(content, b"iCCP", b"", before=b"IEND")
    with pytest.raises(ImageError, match=r"wall\.png is an image that cannot be read: \w"):
        read_image(damaged, name="wall.png")


def vp8x(width: int, height: int) -> bytes:
    """The head of an animated WebP without a picture."""
    body = (
        b"WEBPVP8X" + struct.pack("<IB3x", 10, 2) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    )
    body += b"ANIM" + struct.pack("<I6x", 6)
    return b"RIFF" + struct.pack("<I", len(body)) + body


@pytest.mark.parametrize(
    ("content", "limits", "message"),
    [
        (lambda: vp8x(16383, 16383), ImageLimits(), r"16383x16383 px are more than 80 megapixels"),
        (lambda: encoded(Image.new("1", (10000, 8100))), ImageLimits(), r"10000x8100 px are more than 80 megapixels"),
        (
            lambda: encoded(Image.new("L", (65, 20))),
            ImageLimits(max_side_px=64),
            r"65x20 px are more than 64 px a side",
        ),
        (lambda: encoded(Image.new("L", (65, 9))), ImageLimits(min_side_px=16), r"65x9 px is too small; 16x16 px"),
        (
            lambda: encoded(Image.new("L", (9, 9)), "BMP"),
            ImageLimits(formats=("PNG",)),
            r"not a supported image .*\(PNG\)",
        ),
        (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", ImageLimits(), r"is a HEIC picture, .*: save it as JPEG"),
        (lambda: b"<html>", ImageLimits(), r"a\.dat is not a supported image \(JPEG, PNG, "),
        (lambda: b"", ImageLimits(), r"a\.dat is not a supported image"),
    ],
)
def test_what_is_not_read_is_refused_by_its_head(
    content: Callable[[], bytes], limits: ImageLimits, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.dat"
    path.write_bytes(content())
    with pytest.raises(ImageError, match=message):
        read_image(path, limits=limits)


def test_a_file_of_too_many_bytes_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate((512 << 20) + 1)  # which takes no room on the disk
    with pytest.raises(ImageError, match=r"a\.png is larger than 512 MiB, the limit"):
        read_image(tmp_path / "a.png")


@pytest.mark.parametrize("name", ["absent.png", "folder", "x" * 300, "nul\0.png", "\ud800.png"])
def test_what_is_no_file_is_told(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(ImageError):
        read_image(tmp_path / name)
    assert not is_image(tmp_path / name)
