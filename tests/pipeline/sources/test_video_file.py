"""Films as sources: their pace, their damage and their end. A manual clock paces them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from PIL import Image

from engine.core.clock import ManualClock
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.pipeline.sources.open_source import open_source
from engine.pipeline.sources.video_file import Video, pictures_of
from engine.types import Frame
from tests.pipeline.viewing import FPS, PATIENCE_S, PLAIN, View, level_of, until, viewings


@pytest.fixture
def view() -> Iterator[View]:
    yield from viewings()


def write_video(path: Path, levels: Sequence[int], *, codec: str = "libx264", times: Sequence[int] = ()) -> Path:
    """A film (48 high, 64 wide) at 10 Hz: dark noise on the left, one grey level per picture on the right."""
    noise = np.random.default_rng(3)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.gop_size = 5
        for index, level in enumerate(levels):
            picture = noise.integers(0, 30, (48, 64, 3), np.uint8)
            picture[:, 32:] = level
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = times[index] if times else index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_a_video_plays_by_the_clock_and_begins_again(tmp_path: Path, view: View) -> None:
    it = view(write_video(tmp_path / "a.mp4", [40, 80, 120, 160]))
    frames = [it.take(), *(it.next() for _ in range(7))]
    assert [level_of(frame) for frame in frames] == [40, 80, 120, 160] * 2
    assert [frame.captured_s for frame in frames] == pytest.approx([100 + index / FPS for index in range(8)])
    assert [frame.sequence for frame in frames] == list(range(1, 9))
    assert it.source.restarts == 0


def test_a_video_keeps_true_times(tmp_path: Path, view: View) -> None:
    it = view(write_video(tmp_path / "a.mp4", [40, 80, 120], times=[0, 5, 6]))
    assert level_of(it.take()) == 40
    it.clock.advance(0.4)
    assert it.sinks[0].take(0.2) is None, "the next is due after half a second"
    assert level_of(it.next()) == 80
    assert level_of(it.next()) == 120


def test_a_video_is_mirrored_once(tmp_path: Path, view: View) -> None:
    frame = view(write_video(tmp_path / "a.mp4", [200])).take()
    assert frame.image.shape == (48, 64, 3)
    assert frame.image.flags.c_contiguous
    assert frame.image[:, :28].min() > 150
    assert frame.image[:, 36:].max() < 50


@pytest.mark.parametrize(("height", "is_told"), [(720, True), (720, False), (480, False)])
def test_colours_are_those_of_the_film(tmp_path: Path, height: int, is_told: bool) -> None:
    colour = (200, 60, 90)
    matrix = Colorspace.ITU709 if height >= 720 else Colorspace.ITU601
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = height * 4 // 3, height, "yuv420p"
        picture = np.full((height, height * 4 // 3, 3), colour, np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p", dst_colorspace=matrix)
        if is_told:
            stream.codec_context.colorspace = frame.colorspace = matrix
        container.mux([*stream.encode(frame), *stream.encode()])
    sink = Slot[Frame]("sink")
    with open_source(str(tmp_path / "a.mp4"), PLAIN, [sink], ManualClock()):
        shown = sink.take(PATIENCE_S)
    assert shown is not None
    assert np.abs(shown.image[5:-5, 5:-5].astype(int) - colour).max() <= 4


def test_a_late_video_leaves_pictures_out(tmp_path: Path, view: View) -> None:
    it = view(write_video(tmp_path / "a.mp4", [40, 80, 120, 160, 200]))
    it.take()
    level = level_of(it.next(0.31))
    if level < 100:  # the second picture was ready, and only waited for its time
        level = level_of(it.take())
    assert level == pytest.approx(160, abs=10), "what came too late is not shown"


def test_a_video_of_one_picture_is_no_busy_loop(tmp_path: Path, view: View) -> None:
    it = view(write_video(tmp_path / "a.mp4", [200]))
    it.take()
    assert it.sinks[0].take(0.2) is None
    assert it.next().sequence == 2


def test_a_video_turned_by_its_phone_stands_upright(tmp_path: Path, view: View) -> None:
    path = write_video(tmp_path / "a.mp4", [200])
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 44  # of the track header, version 0
    quarter = [0, 1 << 16, 0, -(1 << 16) % (1 << 32), 0, 0, 0, 0, 1 << 30]  # clockwise
    data[matrix : matrix + 36] = b"".join(value.to_bytes(4, "big") for value in quarter)
    path.write_bytes(data)
    image = view(path, mirror=False).take().image
    assert image.shape == (64, 48, 3)
    assert image[:28].max() < 50, "what was the left is the top"
    assert image[36:].min() > 150


def test_a_gif_that_moves_is_a_video(tmp_path: Path, view: View) -> None:
    pictures = [Image.fromarray(np.full((48, 64, 3), level, np.uint8)) for level in (40, 200)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=100)
    it = view(tmp_path / "a.gif")
    assert isinstance(it.source, Video)
    assert [level_of(it.take()), level_of(it.next())] == [40, 200]


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "libx264"), ("a.avi", "mjpeg"), ("a.mkv", "libx264")])
def test_damage_in_the_middle_is_left_out_and_logged_once(
    tmp_path: Path, view: View, caplog: pytest.LogCaptureFixture, name: str, codec: str
) -> None:
    path = write_video(tmp_path / name, [40, 200] * 20, codec=codec)
    data = bytearray(path.read_bytes())
    middle, length = len(data) // 2, len(data) // 6
    data[middle : middle + length] = np.random.default_rng(4).bytes(length)
    path.write_bytes(data)
    it = view(path)
    frames = [it.take()]

    def went_round() -> bool:
        it.clock.advance(1 / FPS)
        frame = it.sinks[0].take(0.02)
        frames.extend([frame] if frame is not None else [])
        return len(frames) > 45

    until(went_round)
    assert it.source.state == "running"
    assert [message.split(":")[0] for message in caplog.messages] == [
        f"{path} is damaged; what cannot be decoded is left out"
    ]


def test_a_truncated_recording_is_played_as_far_as_it_goes(tmp_path: Path, view: View) -> None:
    path = write_video(tmp_path / "a.mkv", [40, 80] * 50)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    it = view(path)
    assert [level_of(it.take()), level_of(it.next())] == [40, 80]


def test_a_video_that_vanishes_is_lost_and_taken_back(tmp_path: Path, view: View) -> None:
    path = write_video(tmp_path / "a.mp4", [40, 80])
    it = view(path)
    it.take()
    path.rename(tmp_path / "away.mp4")
    for _ in range(3):
        it.clock.advance(0.1)
        it.sinks[0].take(0.2)
    until(lambda: it.source.state == "lost: No such file or directory")
    (tmp_path / "away.mp4").rename(path)
    until(lambda: it.source.state == "running")
    assert it.source.restarts >= 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "a.mp4",
            b"no video at all" * 50,
            r"a\.mp4 is neither an image nor a video that can be read: Invalid data found",
        ),
        ("a.png", b"no image at all" * 50, r"a\.png is neither an image nor a video that can be read: "),
        ("a.mp4", b"", r"a\.mp4: the file is empty"),
        ("a.m3u8", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n", r"a\.m3u8 is neither an image nor a video"),
    ],
)
def test_an_unreadable_file_is_named_with_the_reason(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DeviceError, match=message):
        open_source(str(tmp_path / name), PLAIN, [], ManualClock())


def test_a_video_whose_index_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [40, 80])
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DeviceError, match=r"a\.mp4 is neither an image nor a video that can be read"):
        open_source(str(path), PLAIN, [], ManualClock())


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(DeviceError, match=r"a\.wav is neither .*: there is no picture in it"):
        open_source(str(tmp_path / "a.wav"), PLAIN, [], ManualClock())


def test_the_pictures_of_a_film_come_without_waiting_and_with_their_times(tmp_path: Path) -> None:
    shown = list(pictures_of(write_video(tmp_path / "a.mp4", [40, 80, 120], times=[0, 5, 6])))
    assert [round(float(picture[:, 40:].mean()), -1) for picture, _ in shown] == [40, 80, 120]
    assert [time_s for _, time_s in shown] == pytest.approx([0, 0.5, 0.6])


def test_what_is_no_film_has_no_pictures(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing of the kind")
    for name in ("a.mp4", "absent.mp4"):
        with pytest.raises(DeviceError, match=rf"{name} is no video that can be read: \w"):
            next(pictures_of(tmp_path / name))
