"""The venue file: what it may say, what is said of a broken one, and that what is written is read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydantic import BaseModel

from engine.core.errors import ConfigError, DeviceError
from engine.render.projection.settings import Blend, Colour, Corners, Grid, ProjectionSettings, ProjectorSettings
from engine.render.projection.settings_file import MASK_LIMITS, load_venue, read_mask, save_venue, venue_text


def refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "venue.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_venue(path)
    return str(caught.value).replace(f"{tmp_path.as_posix()}/", "")


def a_room(mask: str | None) -> ProjectionSettings:
    offsets = np.zeros((3, 4, 2))
    offsets[1, 2] = 0.012346, -0.04
    bent = ProjectorSettings(
        area=(0, 0, 0.5, 1),
        picture=(0, 0, 0.6, 1),
        corners=Corners(top_left=(-0.05, 0.1), bottom_right=(1.1, 0.987654)),
        grid=Grid.of(offsets),
        mask=mask,
        blend=Blend(right=0.3333, gamma=2.4, black=0.01),
        colour=Colour(gain=(1.0, 0.95, 0.9), gamma=1.1, black=0.002),
    )
    return ProjectionSettings(
        rotation=270, flip="horizontal", projectors=(bent, ProjectorSettings(area=(0.5, 0, 1, 1)))
    )


def test_an_empty_room_changes_nothing() -> None:
    venue = ProjectionSettings()
    assert venue.is_straight and not venue.is_turned
    assert ProjectionSettings(projectors=(ProjectorSettings(grid=Grid(columns=5, rows=5)),)).is_straight, (
        "a grid that moves nothing"
    )
    assert not ProjectionSettings(projectors=(ProjectorSettings(colour=Colour(black=0.01)),)).is_straight
    assert not a_room(None).is_straight


def test_what_is_written_is_read(tmp_path: Path) -> None:
    mask = '../the "mirror" \\ wall.png'
    (tmp_path / "halls").mkdir()
    Image.new("L", (8, 8)).save(tmp_path / "halls" / mask)
    for venue in (ProjectionSettings(), a_room(None), a_room(mask)):
        path = tmp_path / "halls" / "venue.yaml"
        save_venue(path, venue)
        assert load_venue(path) == venue
    assert [file.name for file in (tmp_path / "halls").iterdir()] == ["venue.yaml"], "no rest is left"


def test_every_key_is_written_with_its_range_within_the_width_of_a_page() -> None:
    text = venue_text(a_room(None))
    for model in (ProjectionSettings, ProjectorSettings, Corners, Grid, Blend, Colour):
        for key in model.model_fields:
            assert f"{key}:" in text, key
    assert max(map(len, text.splitlines())) <= 120
    assert text.count("#") >= 16


def test_every_key_is_documented() -> None:
    for model in (ProjectionSettings, ProjectorSettings, Corners, Grid, Blend, Colour):
        assert issubclass(model, BaseModel)
        for key, field in model.model_fields.items():
            annotation = field.annotation
            is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
            assert is_section or field.description, key


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rotation: 45", "venue.yaml:1: rotation: must be 0, 90, 180 or 270, not 45"),
        ("flip: left", 'venue.yaml:1: flip: must be none, horizontal or vertical, not "left"'),
        ("rotaton: 90", "venue.yaml:1: rotaton: is not a known key; did you mean 'rotation'?"),
        ("format: 2", "venue.yaml:1: format: must be 1, not 2"),
        ("projectors: []", "venue.yaml:1: projectors: must be a list of at least 1 and at most 4 items"),
        (
            "projectors:\n  - grid: {columns: 10}",
            "venue.yaml:2: projectors[0].grid.columns: must be a whole number between 2 and 9, not 10",
        ),
        (
            "projectors:\n  - grid:\n      columns: 3\n      offsets: [[0, 0]]",
            "projectors[0].grid: 3 columns and 2 rows need 6 offsets, not 1",
        ),
        (
            "projectors:\n  - grid: {columns: 3, offsets: [[0, 0], [0.9, 0], [0, 0], [0, 0], [0, 0], [0, 0]]}",
            "projectors[0]: the grid folds the picture: move its offsets nearer to [0, 0]",
        ),
        (
            "projectors:\n  - corners:\n      top_left: [0.7, 0.7]",
            "projectors[0].corners: the corners fold the picture: "
            "the upper left one must stay outside the line through its neighbours",
        ),
        (
            "projectors:\n"
            "  - corners: {top_left: [1, 0], top_right: [0, 0], bottom_right: [0, 1], bottom_left: [1, 1]}",
            "the corners stand in the order of a mirror image: use flip for that",
        ),
        ("projectors:\n  - corners: {top_left: [3, 0]}", "top_left[0]: must be between -1 and 2, not 3"),
        ("projectors:\n  - blend: {left: 0.6}", "projectors[0].blend.left: must be between 0 and 0.5, not 0.6"),
        ("projectors:\n  - colour: {gain: 1}", "gain: must be a list of 3 values, each between 0 and 2, not 1"),
        (
            "projectors:\n  - area: [0.5, 0, 0.5, 1]",
            "projectors[0]: area must be left, top, right, bottom, at least 0.01 wide and high",
        ),
        (
            "projectors:\n  - area: [0, 0, 1, 1]\n    mask: gone.png",
            "venue.yaml:3: projectors[0].mask: there is no file",
        ),
        ("projectors: [", "venue.yaml"),
    ],
)
def test_a_broken_file_is_told_with_line_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in refusal(tmp_path, text)


# ------------------------------------------------------------------ masks


def test_masks_are_grey_whatever_they_were(tmp_path: Path) -> None:
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    for mode in ("L", "RGB", "P", "LA"):
        Image.fromarray(grey).convert(mode).save(tmp_path / f"{mode}.png")
        assert np.abs(read_mask(tmp_path / f"{mode}.png").astype(int) - grey).max() <= 1, mode


def test_a_mask_may_be_cut_out_by_transparency_or_have_sixteen_bits(tmp_path: Path) -> None:
    cut_out = np.full((8, 16, 4), 255, np.uint8)
    cut_out[:, :8, 3] = 0
    Image.fromarray(cut_out).save(tmp_path / "cut_out.png")
    assert (read_mask(tmp_path / "cut_out.png")[4] == [0] * 8 + [255] * 8).all()
    deep = np.linspace(0, 65535, 16).astype(np.uint16)[None].repeat(8, 0)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    assert np.abs(read_mask(tmp_path / "deep.png")[4] - np.linspace(0, 255, 16)).max() <= 1


def test_masks_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("a mask is a picture")
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64), np.uint8)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:900])
    Image.new("1", (MASK_LIMITS.max_side_px + 1, 1)).save(tmp_path / "wide.png")
    for name, said in (
        ("text.png", r"text\.png is not a supported image \(JPEG, PNG, "),
        ("cut.png", r"cut\.png is an image that cannot be read: \w"),
        ("wide.png", r"wide\.png is an image that cannot be read: 8193x1 px are more than 8192 px a side"),
        ("none.png", r"there is no file .*none\.png"),
        (".", "is not a file"),
    ):
        with pytest.raises(ConfigError, match=said):
            read_mask(tmp_path / name)


# ------------------------------------------------------------------ writing


def test_a_file_that_cannot_be_written_is_told_and_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "venue.yaml"
    save_venue(path, ProjectionSettings(rotation=90))

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DeviceError, match=r"venue\.yaml could not be written: No space left on device"):
        save_venue(path, ProjectionSettings())
    assert load_venue(path).rotation == 90
    assert [file.name for file in tmp_path.iterdir()] == ["venue.yaml"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError, match=r"file/venue\.yaml could not be written: "):
        save_venue(tmp_path / "file" / "venue.yaml", ProjectionSettings())
