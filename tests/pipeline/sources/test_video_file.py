"""Films as sources: their pace, their damage and their end. A manual clock paces them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import Colorspace
from PIL import Image

from engine.core.clock import ManualClock
from engine.core.errors import DeviceError
from engine.core.slot import Slot
from engine.pipeline.sources.images import Still
from engine.pipeline.sources.open_source import open_source
from engine.pipeline.sources.video_file import Video, pictures_of
from engine.types import ByteArray, Frame
from tests.pipeline.viewing import FPS, PATIENCE_S, PLAIN, View, corners, level_of, lopsided, saved, until, viewings


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


def with_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """A film whose head says how it is to be shown: x' = a x + c y, y' = b x + d y (ISO/IEC 14496-12, 6.2.2)."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 44  # of the track header, version 0
    matrix = [a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30]
    data[place : place + 36] = b"".join((value % (1 << 32)).to_bytes(4, "big") for value in matrix)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((1, 0, 0, 1), "0122"),
        ((-1, 0, 0, 1), "1022"),  # left and right
        ((-1, 0, 0, -1), "2201"),  # half a turn
        ((1, 0, 0, -1), "2210"),  # top and bottom
        ((0, 1, 1, 0), "0221"),  # along the diagonal
        ((0, 1, -1, 0), "2012"),  # a quarter turn clockwise
        ((0, -1, -1, 0), "2102"),  # along the other diagonal
        ((0, -1, 1, 0), "1220"),  # a quarter turn against the clock
    ],
)
def test_every_turn_and_mirror_image_of_a_display_matrix(
    tmp_path: Path, view: View, matrix: tuple[int, int, int, int], expected: str
) -> None:
    path = with_matrix(write_picture(tmp_path / "a.mp4", lopsided()), *matrix)
    image = view(path, mirror=False).take().image
    assert corners(image) == [int(channel) for channel in expected]
    assert image.shape == ((64, 48, 3) if matrix[0] == 0 else (48, 64, 3))
    assert image.flags.c_contiguous
    assert corners(next(pictures_of(path))[0]) == corners(image)


@pytest.mark.parametrize(
    ("stored_wh", "pixel", "shown_wh"),
    [
        ((48, 64), Fraction(16, 9), (85, 64)),
        ((96, 64), Fraction(2, 3), (64, 64)),
        ((1440, 1080), Fraction(4, 3), (1280, 720)),  # HDV
        ((64, 48), Fraction(300, 1), (64, 48)),  # nothing is so wide
    ],
)
def test_pixels_that_are_not_square_are_made_so(
    tmp_path: Path, stored_wh: tuple[int, int], pixel: Fraction, shown_wh: tuple[int, int]
) -> None:
    path = write_picture(tmp_path / "a.mkv", lopsided(*stored_wh), pixel)
    image, _ = next(pictures_of(path))
    assert image.shape == (shown_wh[1], shown_wh[0], 3)
    assert corners(image) == [0, 1, 2, 2]


def test_pixels_are_made_square_before_a_film_is_turned(tmp_path: Path) -> None:
    path = with_matrix(write_picture(tmp_path / "a.mp4", lopsided(48, 64), Fraction(2)), 0, 1, -1, 0)
    assert next(pictures_of(path))[0].shape == (96, 64, 3)


def write_picture(path: Path, picture: ByteArray, pixel: Fraction | None = None) -> Path:
    """A film of one picture, whose pixels are `pixel` times as wide as high."""
    height, width, _ = picture.shape
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast"})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv444p"
        if pixel is not None:
            stream.codec_context.sample_aspect_ratio = pixel
        container.mux([*stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")), *stream.encode()])
    return path


def test_a_long_gap_of_a_film_stays_as_long(tmp_path: Path, view: View) -> None:
    it = view(write_video(tmp_path / "a.mp4", [40, 80, 120], times=[0, 80, 81]))
    assert level_of(it.take()) == 40
    it.clock.advance(7.9)
    assert it.sinks[0].take(0.2) is None, "the next is due after eight seconds"
    assert [level_of(frame) for frame in (it.next(), it.next(), it.next())] == [80, 120, 40]


def test_a_gap_that_is_longer_than_the_film_is_damage(tmp_path: Path, view: View) -> None:
    path = write_video(tmp_path / "a.mkv", [40, 80, 120], times=[0, 1, 9000])
    data = path.read_bytes()
    place = data.index(b"\x44\x89\x88") + 3  # Matroska's length of the whole, ms
    path.write_bytes(data[:place] + struct.pack(">d", 400.0) + data[place + 8 :])
    it = view(path)
    assert [level_of(it.take()), level_of(it.next(0.1)), level_of(it.next(0.1))] == [40, 80, 120]


def test_the_last_picture_is_shown_for_its_own_time(tmp_path: Path, view: View) -> None:
    """At 0, 1 and 2 tenths; the mean rate of the film, whose last picture stays a second, says something else."""
    it = view(write_video(tmp_path / "a.mp4", [40, 80, 120], times=[0, 5, 6]))
    assert [level_of(it.take()), level_of(it.next(0.5)), level_of(it.next(0.1))] == [40, 80, 120]
    assert level_of(it.next(0.11)) == 40, "and not as long as the pictures are on average"


@pytest.mark.parametrize("name", ["a.mjpeg", "a.jpg"])
def test_a_stream_of_jpegs_is_played(tmp_path: Path, view: View, name: str) -> None:
    levels = [40, 80, 120, 160, 200]
    noise = np.random.default_rng(3).integers(0, 30, (48, 64, 3), np.uint8)
    content = b""
    for level in levels:
        picture = noise.copy()
        picture[:, 32:] = level
        content += saved(tmp_path / "one.jpg", picture, quality=95).read_bytes()
    (tmp_path / name).write_bytes(content)
    it = view(tmp_path / name)
    assert isinstance(it.source, Video)
    assert [level_of(it.take()), *(level_of(it.next(1 / 25)) for _ in range(5))] == [*levels, 40]


@pytest.mark.parametrize("size", [(32, 24), (64, 48)])
def test_a_picture_with_another_beside_it_is_no_stream(tmp_path: Path, view: View, size: tuple[int, int]) -> None:
    beside = saved(tmp_path / "beside.jpg", lopsided(*size)).read_bytes()
    if size == (64, 48):  # as large as the first: then the first one's head lists it, or it is a stream
        first, second = Image.fromarray(lopsided()), Image.fromarray(lopsided())
        first.save(tmp_path / "a.jpg", "MPO", save_all=True, append_images=[second])
    else:
        (tmp_path / "a.jpg").write_bytes(saved(tmp_path / "one.jpg").read_bytes() + beside)
    it = view(tmp_path / "a.jpg", mirror=False)
    assert isinstance(it.source, Still)
    assert corners(it.take().image) == [0, 1, 2, 2]


def test_a_film_that_changes_its_size_goes_on(tmp_path: Path, view: View) -> None:
    parts = [
        write_picture(tmp_path / f"{index}.h264", lopsided(*size)) for index, size in enumerate(((64, 48), (32, 64)))
    ]
    (tmp_path / "a.h264").write_bytes(b"".join(part.read_bytes() for part in parts))
    it = view(tmp_path / "a.h264", mirror=False)
    shapes = [it.take().image.shape, it.next().image.shape]
    assert shapes == [(48, 64, 3), (64, 32, 3)]


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
        f"{path} is damaged; undecodable pictures are skipped"
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
        with pytest.raises(DeviceError, match=rf"{name} is not a readable video: \w"):
            next(pictures_of(tmp_path / name))
