"""Sending the picture on: against stand-ins for the packages, none of which is installed here."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import moderngl
import numpy as np
import pytest

from engine.config.video_output import SendSettings
from engine.core.clock import Clock, ManualClock
from engine.render.output.sender import RETRY_S, Sender
from engine.render.output.sinks import RECEIVERS, Receiver
from engine.types import ByteArray

SIZE = (64, 48)
TIMEOUT_S = 20.0
NOBODY = SendSettings(size=SIZE)
ONE = SendSettings(to=("ndi",), size=SIZE, max_fps=240)


@pytest.fixture
def picture(gl: moderngl.Context) -> Iterator[moderngl.Framebuffer]:
    """Red above, blue below."""
    framebuffer = gl.framebuffer([gl.texture(SIZE, 4)])
    framebuffer.clear(0.0, 0.0, 1.0, 1.0)
    framebuffer.clear(1.0, 0.0, 0.0, 1.0, viewport=(0, 24, 64, 24))
    yield framebuffer
    framebuffer.color_attachments[0].release()
    framebuffer.release()


class Screen:
    """A receiver that keeps what it gets."""

    def __init__(self, settings: SendSettings) -> None:
        self.images: list[ByteArray] = []
        self.is_closed = False
        self.go = threading.Event()
        self.go.set()
        self.broken: Exception | None = None

    def send(self, image: ByteArray) -> None:
        assert self.go.wait(TIMEOUT_S)
        if self.broken is not None:
            raise self.broken
        self.images.append(image)

    def close(self) -> None:
        self.is_closed = True


def send_until(sender: Sender, framebuffer: moderngl.Framebuffer, is_done: Callable[[], bool]) -> int:
    """Draw and hand over until something has come of it; how many frames that took."""
    clock = Clock()
    limit_s, frames = clock.now_s() + TIMEOUT_S, 0
    while not is_done() and clock.now_s() < limit_s:
        sender.capture(framebuffer, frames / 60)
        framebuffer.ctx.finish()
        clock.sleep_s(0.002)
        frames += 1
    assert is_done()
    return frames


def sender_to(gl: moderngl.Context, screen: Receiver, clock: Any = None) -> Sender:
    return Sender(gl, ONE, clock or Clock(), {"ndi": lambda _: screen})


def test_what_is_shown_is_sent_upright(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    screen = Screen(ONE)
    with sender_to(gl, screen) as sender:
        send_until(sender, picture, lambda: len(screen.images) > 2)
        assert sender.is_sending and not sender.errors
    image = screen.images[0]
    assert image.shape == (48, 64, 4) and image.flags.c_contiguous
    assert (image[:24, :, :3] == (255, 0, 0)).all() and (image[24:, :, :3] == (0, 0, 255)).all()
    assert screen.is_closed
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("send ")]


def test_a_slow_receiver_misses_pictures_and_nobody_waits(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    screen = Screen(ONE)
    screen.go.clear()
    with sender_to(gl, screen) as sender:
        send_until(sender, picture, lambda: sender.drops["ndi"] > 5)  # would never return if it waited
        screen.go.set()


def test_a_receiver_that_breaks_is_told_once_and_opened_again(
    gl: moderngl.Context, picture: moderngl.Framebuffer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    screens = [Screen(ONE), Screen(ONE)]
    screens[0].broken = OSError("the network is gone")
    left, clock = list(screens), ManualClock()
    with Sender(gl, ONE, clock, {"ndi": lambda _: left.pop(0)}) as sender:
        send_until(sender, picture, lambda: bool(sender.errors))
        assert sender.errors == ["send.to: ndi takes no picture and is tried again: the network is gone"]
        assert screens[0].is_closed and not sender.is_sending and len(left) == 1
        clock.advance(RETRY_S)
        send_until(sender, picture, lambda: sender.is_sending)
        assert not sender.errors
    assert caplog.text.count("the network is gone") == 1


def test_a_receiver_that_hangs_does_not_keep_the_program_from_ending(
    gl: moderngl.Context, picture: moderngl.Framebuffer, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    monkeypatch.setattr("engine.render.output.sender.CLOSE_S", 0.05)
    opening, go = threading.Event(), threading.Event()

    def hang(_: SendSettings) -> Receiver:
        opening.set()
        go.wait(TIMEOUT_S)
        return Screen(ONE)

    with Sender(gl, ONE, Clock(), {"ndi": hang}) as sender:
        send_until(sender, picture, opening.is_set)
    assert "ndi did not end in 0.05 s and is left behind" in caplog.text
    go.set()


@pytest.mark.parametrize(
    ("name", "package"),
    [("virtual_camera", "pyvirtualcam"), ("ndi", "ndi-python"), ("spout", "SpoutGL"), ("syphon", "syphon-python")],
)
def test_a_package_that_is_not_there_is_one_sentence(
    gl: moderngl.Context,
    picture: moderngl.Framebuffer,
    name: Any,
    package: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for module in ("pyvirtualcam", "NDIlib", "SpoutGL", "syphon", "syphon.utils.numpy", "syphon.utils.raw"):
        monkeypatch.setitem(sys.modules, module, None)
    with Sender(gl, SendSettings(to=(name,), size=SIZE), Clock()) as sender:
        send_until(sender, picture, lambda: bool(sender.errors))
        (sentence,) = sender.errors
    assert sentence.startswith(f"send.to: {name} needs the package {package}, which is not there")
    assert f"pip install {package}" in sentence and caplog.text.count(sentence) == 1


def test_nobody_to_send_to_costs_nothing(gl: moderngl.Context, picture: moderngl.Framebuffer) -> None:
    before = threading.active_count()
    with Sender(gl, NOBODY, Clock()) as sender:
        sender.capture(picture, 0.0)
        assert threading.active_count() == before and not sender.is_sending and not sender.errors


# ------------------------------------------------------------------ what the packages are told


@pytest.fixture
def notes() -> list[tuple[Any, ...]]:
    return []


def module(monkeypatch: pytest.MonkeyPatch, name: str, **names: Any) -> None:
    made = ModuleType(name)
    vars(made).update(names)
    monkeypatch.setitem(sys.modules, name, made)


def sent(name: str, notes: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    receiver = RECEIVERS[name](SendSettings(size=SIZE, name="Mirror", max_fps=25))
    receiver.send(np.arange(48 * 64 * 4, dtype=np.uint8).reshape(48, 64, 4))
    receiver.close()
    return notes


def test_a_virtual_camera_is_told_size_rate_and_pixels(
    monkeypatch: pytest.MonkeyPatch, notes: list[tuple[Any, ...]]
) -> None:
    class Camera:
        def __init__(self, width: int, height: int, fps: float, *, fmt: str) -> None:
            notes.append((width, height, fps, fmt))

        def send(self, frame: ByteArray) -> None:
            notes.append((frame.shape, frame.flags.c_contiguous, frame[0, 1].tolist()))

        def close(self) -> None:
            notes.append(("closed",))

    module(monkeypatch, "pyvirtualcam", Camera=Camera, PixelFormat=SimpleNamespace(RGB="rgb"))
    assert sent("virtual_camera", notes) == [(64, 48, 25, "rgb"), ((48, 64, 3), True, [4, 5, 6]), ("closed",)]


def test_ndi_is_told_name_rate_and_pixels(monkeypatch: pytest.MonkeyPatch, notes: list[tuple[Any, ...]]) -> None:
    module(
        monkeypatch,
        "NDIlib",
        FOURCC_VIDEO_TYPE_RGBX="rgbx",
        initialize=lambda: True,
        SendCreate=SimpleNamespace,
        VideoFrameV2=SimpleNamespace,
        send_create=lambda wanted: wanted.ndi_name,
        send_send_video_v2=lambda sender, frame: notes.append(
            (sender, frame.FourCC, frame.data.shape, frame.frame_rate_N, frame.frame_rate_D)
        ),
        send_destroy=lambda sender: notes.append((sender, "gone")),
        destroy=lambda: notes.append(("over",)),
    )
    assert sent("ndi", notes) == [("Mirror", "rgbx", (48, 64, 4), 25, 1), ("Mirror", "gone"), ("over",)]


def test_spout_is_told_name_size_and_pixels(monkeypatch: pytest.MonkeyPatch, notes: list[tuple[Any, ...]]) -> None:
    class SpoutSender:
        def setSenderName(self, name: str) -> None:  # noqa: N802 (Spout's own)
            notes.append((name,))

        def sendImage(self, image: ByteArray, *rest: Any) -> bool:  # noqa: N802
            notes.append((image.shape, *rest))
            return True

        def releaseSender(self) -> None:  # noqa: N802
            notes.append(("gone",))

    module(monkeypatch, "SpoutGL", SpoutSender=SpoutSender)
    assert sent("spout", notes) == [("Mirror",), ((48, 64, 4), 64, 48, 0x1908, False, 0), ("gone",)]


def test_syphon_is_told_name_and_size(monkeypatch: pytest.MonkeyPatch, notes: list[tuple[Any, ...]]) -> None:
    class SyphonMetalServer:
        device = "metal"

        def __init__(self, name: str) -> None:
            notes.append((name,))

        def publish_frame_texture(self, texture: object) -> None:
            notes.append(("published", texture))

        def stop(self) -> None:
            notes.append(("stopped",))

    module(monkeypatch, "syphon", SyphonMetalServer=SyphonMetalServer)
    module(monkeypatch, "syphon.utils")
    copy = lambda image, to: notes.append((to, image.shape))  # noqa: E731
    module(monkeypatch, "syphon.utils.numpy", copy_image_to_mtl_texture=copy)
    module(monkeypatch, "syphon.utils.raw", create_mtl_texture=lambda device, w, h: f"{device} {w}x{h}")
    assert sent("syphon", notes) == [
        ("Mirror",),
        ("metal 64x48", (48, 64, 4)),
        ("published", "metal 64x48"),
        ("stopped",),
    ]


def test_what_may_not_be_sent_is_one_black_picture_and_then_none(
    gl: moderngl.Context, picture: moderngl.Framebuffer
) -> None:
    screen, may = Screen(ONE), [True]

    def is_lit() -> bool:
        return bool(screen.images and screen.images[-1][..., :3].any())

    with Sender(gl, ONE, Clock(), {"ndi": lambda _: screen}, may_send=lambda: may[0]) as sender:
        count = send_until(sender, picture, is_lit)
        may[0] = False
        send_until(sender, picture, lambda: not is_lit())
        seen = len(screen.images)
        for frame in range(30):
            sender.capture(picture, (count + frame) / 60)
        assert len(screen.images) == seen and not sender.is_sending
        may[0] = True
        send_until(sender, picture, is_lit)
        assert sender.is_sending
