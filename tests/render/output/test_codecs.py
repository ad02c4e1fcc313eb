"""Every codec: what is drawn comes back, upright, in its colours, and says which colours they are."""

from __future__ import annotations

import sys
from pathlib import Path

import av
import numpy as np
import pytest

from engine.config.recorder import RecorderSettings
from engine.core.errors import ConfigError
from engine.render.output.codecs import FILM_CODECS, choose_codec, choose_encoder
from engine.render.output.video_writer import VideoFile
from engine.types import ByteArray

SIZE = (128, 72)
WORST_AND_MEAN = {"h264": (14, 2.0), "hevc": (14, 2.0), "prores": (7, 1.5), "ffv1": (0, 0.0)}


def drawn(index: int, size_wh: tuple[int, int] = SIZE) -> ByteArray:
    """(H, W, 4), row 0 at the top: all hues from left to right, dark to light from top to bottom, moving slowly."""
    width, height = size_wh
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    turn = 2 * np.pi * (x + 0.01 * index)
    hue = 0.5 + 0.5 * np.stack([np.cos(turn), np.cos(turn - 2.1), np.cos(turn + 2.1)], -1)
    light = (0.1 + 0.9 * y)[..., None]
    return np.dstack([np.round(255 * hue * light), np.full((height, width), 255)]).astype(np.uint8)


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as film:
        return list(film.decode(video=0))


def as_rgb(frame: av.VideoFrame) -> np.ndarray:
    """(H, W, 3) by the equations of BT.709; FFmpeg's own way back to 8 bits rounds 10 bits down."""
    if frame.format.name == "bgr0":
        return frame.to_ndarray(format="rgb24").astype(int)
    step = 4 if frame.format.name.endswith("10le") else 1
    planes = []
    for plane in frame.planes:
        rows = np.frombuffer(plane, "<u2" if step == 4 else "u1").reshape(plane.height, -1)[:, : plane.width] / step
        across, down = frame.width // plane.width, frame.height // plane.height
        planes.append(rows.repeat(down, 0).repeat(across, 1))
    luma, blue, red = (planes[0] - 16) / 219, (planes[1] - 128) / 224, (planes[2] - 128) / 224
    green = -(0.2126 * 1.5748 * red + 0.0722 * 1.8556 * blue) / 0.7152
    rgb = np.stack([luma + 1.5748 * red, luma + green, luma + 1.8556 * blue], -1)
    return np.round(255 * np.clip(rgb, 0, 1)).astype(int)


@pytest.mark.parametrize("name", FILM_CODECS)
def test_what_is_drawn_comes_back(name: str, tmp_path: Path) -> None:
    codec = FILM_CODECS[name]
    settings = RecorderSettings(codec=name, quality=12, keep_free_mb=0)
    film = VideoFile(tmp_path / f"film{codec.endings[0]}", SIZE, settings)
    for index in range(5):
        film.write(drawn(index)[::-1], index / 25)
    film.close()
    frames = decoded(film.path)
    assert [frame.time for frame in frames] == pytest.approx([index / 25 for index in range(5)], abs=1e-3)
    worst, mean = WORST_AND_MEAN[name]
    for index, frame in enumerate(frames):
        difference = np.abs(as_rgb(frame) - drawn(index)[..., :3])
        assert difference.max() <= worst and difference.mean() <= mean


@pytest.mark.parametrize("name", FILM_CODECS)
def test_a_film_says_which_colours_it_means(name: str, tmp_path: Path) -> None:
    codec = FILM_CODECS[name]
    film = VideoFile(tmp_path / f"film{codec.endings[0]}", SIZE, RecorderSettings(codec=name, keep_free_mb=0))
    film.write(drawn(0)[::-1], 0.0)
    film.close()
    with av.open(str(film.path)) as opened:
        context = opened.streams.video[0].codec_context
        said = context.color_primaries, context.color_trc, context.colorspace, context.color_range
        assert context.pix_fmt == codec.pixels
        assert said == ((1, 1, 0, 2) if codec.is_rgb else (1, 1, 1, 1))  # BT.709; full and RGB, else limited
        if codec.tag and film.path.suffix == ".mp4":
            assert context.codec_tag == codec.tag, "players of Apple's know HEVC by this tag alone"


def test_a_codec_without_loss_keeps_odd_sizes(tmp_path: Path) -> None:
    film = VideoFile(tmp_path / "odd.mkv", (63, 35), RecorderSettings(codec="ffv1", keep_free_mb=0))
    film.write(drawn(0, (63, 35))[::-1], 0.0)
    film.close()
    (frame,) = decoded(film.path)
    assert (as_rgb(frame) == drawn(0, (63, 35))[..., :3]).all()


@pytest.mark.parametrize(
    ("name", "asked", "codec"),
    [
        ("a.mp4", None, "h264"),
        ("a.MOV", None, "prores"),
        ("a.mkv", None, "ffv1"),
        ("a.mkv", "hevc", "hevc"),
        ("a.mov", "h264", "h264"),
    ],
)
def test_the_codec_is_what_is_asked_for_or_what_the_ending_means(name: str, asked: str | None, codec: str) -> None:
    assert choose_codec(Path(name), asked).name == codec


@pytest.mark.parametrize(
    ("name", "asked", "sentence"),
    [
        ("a.mp4", "prores", r"a\.mp4 cannot hold ProRes 422 HQ, being a \.mp4 file: let its name end in \.mov"),
        ("a.avi", None, r"a\.avi cannot hold H\.264, being a \.avi file: let its name end in \.mp4 or"),
        ("film", "ffv1", r"film cannot hold FFV1, being a name without an ending: let its name end in \.mkv"),
    ],
)
def test_a_file_that_cannot_hold_the_codec_is_named(name: str, asked: str | None, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        choose_codec(Path(name), asked)


def test_a_card_is_taken_where_it_opens_and_the_processor_elsewhere() -> None:
    settings = RecorderSettings(encoder="auto")
    for name in ("h264", "hevc"):
        codec = FILM_CODECS[name]
        assert choose_encoder(codec, settings, (256, 256)) in codec.encoders.values()
    assert choose_encoder(FILM_CODECS["prores"], settings, SIZE) == "prores_ks"


@pytest.mark.gpu
def test_nvidias_encoder_makes_what_the_processor_makes(tmp_path: Path) -> None:
    size_wh = (256, 144)
    for name in ("h264", "hevc"):
        try:
            film = VideoFile(
                tmp_path / f"{name}.mp4", size_wh, RecorderSettings(codec=name, encoder="nvenc", quality=12)
            )
        except Exception as error:
            pytest.skip(f"NVENC does not open here: {error}")
        film.write(drawn(0, size_wh)[::-1], 0.0)
        film.close()
        assert np.abs(as_rgb(decoded(film.path)[0]) - drawn(0, size_wh)[..., :3]).mean() <= 3


def test_nothing_is_printed_by_encoders(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name, codec in FILM_CODECS.items():
        film = VideoFile(tmp_path / f"{name}{codec.endings[0]}", SIZE, RecorderSettings(codec=name, keep_free_mb=0))
        film.write(drawn(0)[::-1], 0.0)
        film.close()
    assert capfd.readouterr() == ("", ""), sys.platform
