"""Which way drawn faces take is found out by trying; what does not work is said once, and the show goes on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import moderngl
import numpy as np
import pytest

from engine.core.clock import Tick
from engine.core.errors import CudaError, DeviceError
from engine.render.gl.cuda_interop import DeviceCopies, SharedTexture
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.reflection_textures import ReflectionTextures
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture import PixelTexture
from engine.render.gl.texture_upload import Transfer, open_transfer
from engine.render.passes import registry
from engine.render.renderer import Renderer
from engine.scene.scene import PassSpec, Scene
from engine.types import DeviceImage, Latent, Reflection
from tests.render.fake_cuda import FakeCuda
from tests.render.pictures import ALIGNMENT


@pytest.fixture
def cuda(gl: moderngl.Context) -> Iterator[FakeCuda]:
    fake = FakeCuda(gl)
    yield fake
    assert fake.broken == [] and fake.registered == {}


@pytest.fixture
def shared(gl: moderngl.Context, cuda: FakeCuda) -> Transfer:
    return open_transfer(gl, GlCalls(), "cuda", starting(cuda))


def starting(cuda: FakeCuda) -> Callable[[moderngl.Context], DeviceCopies]:
    return lambda ctx: cuda.copies()


def drawn(cuda: FakeCuda, level: int, size: int = 8) -> Reflection:
    return reflection(cuda.image(np.full((size, size, 4), level, np.uint8)), level)


def reflection(image: np.ndarray | DeviceImage, sequence: int) -> Reflection:
    return Reflection(image, Latent(np.ones(4, np.float32), 1.0, None, 0.0), 0.0, sequence)


def level(texture: moderngl.Texture | None) -> int:
    assert texture is not None
    return int(np.frombuffer(texture.read(), np.uint8).mean())


def test_a_trial_picture_that_arrives_decides_for_cuda(gl: moderngl.Context, cuda: FakeCuda) -> None:
    transfer = open_transfer(gl, GlCalls(), "auto", starting(cuda))
    assert transfer.is_shared and transfer.note == "shared by CUDA"
    assert isinstance(transfer.texture(), SharedTexture)
    assert cuda.calls.count("memcpy2DToArrayAsync") == 1
    assert cuda.calls[-1] == "cuGraphicsUnregisterResource" and cuda.memory == {}


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("cuInit", "cuInit answers CUDA_ERROR_OPERATING_SYSTEM (304)"),
        ("cuGLGetDevices_v2", "cuGLGetDevices_v2 answers"),
        ("use", "CUDA does not start: cudaErrorUnknown: use failed"),
        ("Stream", "CUDA does not start: "),
        ("deviceSynchronize", "the card takes no picture: "),
        ("cuGraphicsGLRegisterImage", "connect the display to it"),
        ("cuGraphicsMapResources", "cuGraphicsMapResources answers"),
        ("memcpy2DToArrayAsync", "a picture cannot be copied into its texture: "),
    ],
)
def test_what_fails_in_the_trial_is_the_reason_for_pixel_buffers(
    gl: moderngl.Context, cuda: FakeCuda, caplog: pytest.LogCaptureFixture, call: str, said: str
) -> None:
    cuda.failing[call] = 304
    with caplog.at_level(logging.INFO):
        transfer = open_transfer(gl, GlCalls(), "auto", starting(cuda))
    assert not transfer.is_shared and isinstance(transfer.texture(), PixelTexture)
    assert transfer.note.startswith("pixel buffers: ") and said in transfer.note
    assert [record.message for record in caplog.records] == [f"drawn faces go through {transfer.note}"], (
        "the reason is logged, once"
    )


def test_a_trial_picture_that_arrives_changed_is_a_reason_too(gl: moderngl.Context, cuda: FakeCuda) -> None:
    cuda.changes = True
    transfer = open_transfer(gl, GlCalls(), "auto", starting(cuda))
    assert transfer.note == "pixel buffers: of a trial picture 1 of 256 pixels arrived changed"


def test_who_insists_on_cuda_is_told_at_the_start(gl: moderngl.Context, cuda: FakeCuda) -> None:
    cuda.failing["cuGraphicsGLRegisterImage"] = 999
    with pytest.raises(DeviceError, match=r"display\.transfer is cuda, which does not work here: .*WSL2.*; auto does"):
        open_transfer(gl, GlCalls(), "cuda", starting(cuda))


def test_who_wants_pixel_buffers_gets_them_without_a_trial(gl: moderngl.Context, cuda: FakeCuda) -> None:
    transfer = open_transfer(gl, GlCalls(), "pixel_buffer", starting(cuda))
    assert cuda.calls == [] and not transfer.is_shared
    assert transfer.note == "pixel buffers, as config.yaml says"


def test_software_opengl_is_not_shared(gl: moderngl.Context) -> None:
    if "nvidia" in gl.info["GL_VENDOR"].lower():
        pytest.skip("this OpenGL is NVIDIA's")
    transfer = open_transfer(gl, GlCalls())
    assert transfer.note == "pixel buffers: OpenGL is not NVIDIA's, and CUDA shares with no other"


def test_drawn_faces_take_three_textures_in_turn(cuda: FakeCuda, shared: Transfer) -> None:
    with ReflectionTextures(shared) as textures:
        shown = []
        for number in range(1, 6):
            assert textures.upload(drawn(cuda, number))
            assert level(textures.newest) == number
            if number > 1:
                assert level(textures.previous) == number - 1
            shown.append(textures.newest)
        assert len(set(map(id, shown))) == 3 and shown[0] is shown[3]
        assert len(cuda.registered) == 3
    assert cuda.registered == {}


def test_a_card_that_fails_during_the_show_is_left_for_pixel_buffers(
    cuda: FakeCuda, shared: Transfer, caplog: pytest.LogCaptureFixture
) -> None:
    with ReflectionTextures(shared) as textures:
        textures.upload(drawn(cuda, 1))
        cuda.failing["cuGraphicsMapResources"] = 999
        with caplog.at_level(logging.WARNING):
            assert textures.upload(drawn(cuda, 2))
            assert textures.upload(drawn(cuda, 3))
        assert level(textures.newest) == 3 and level(textures.previous) == 2
        assert not shared.is_shared and "cuGraphicsMapResources answers CUDA_ERROR_UNKNOWN (999)" in shared.note
        assert len(caplog.records) == 1 and cuda.registered == {}
        assert textures.upload(reflection(np.full((8, 8, 4), 4, np.uint8), 4)), "a generator on the processor goes on"
        assert level(textures.newest) == 4


def test_a_card_that_gives_its_pictures_no_more(cuda: FakeCuda, shared: Transfer) -> None:
    with ReflectionTextures(shared) as textures:
        cuda.failing |= {"cuGraphicsMapResources": 999, "get": 999}
        with pytest.raises(CudaError, match="a picture cannot be read from the graphics card: cudaErrorUnknown"):
            textures.upload(drawn(cuda, 1))
        assert textures.newest is None
        assert textures.upload(reflection(np.full((8, 8, 4), 2, np.uint8), 2))
        assert level(textures.newest) == 2


def test_the_show_outlives_the_card(
    gl: moderngl.Context, library: ShaderLibrary, cuda: FakeCuda, shared: Transfer, caplog: pytest.LogCaptureFixture
) -> None:
    scene = Scene("Reflection alone", (32, 32), (PassSpec("reflection", registry()["reflection"]()),))
    wall = gl.simple_framebuffer((32, 32), components=4)
    with Renderer(gl, library, scene, ALIGNMENT, (32, 32), 1.0, shared) as mirror:
        for number in range(4):
            tick = Tick(number, number / 30, 1 / 30)
            if number == 2:
                cuda.failing |= {"cuGraphicsMapResources": 999, "get": 999}
            mirror.receive(None, drawn(cuda, 10 * number + 5), tick)
            mirror.draw(wall, tick, tick.time_s)
    assert [record.message.partition(":")[0] for record in caplog.records if record.levelno >= logging.WARNING] == [
        "drawn faces go on through pixel buffers",
        "drawn faces are left out",
    ], "each is said once"
    wall.color_attachments[0].release()
    wall.release()
