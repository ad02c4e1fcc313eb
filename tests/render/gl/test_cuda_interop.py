"""What the card drew gets into OpenGL's textures in the right order, on one thread, and is kept as long as needed."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator

import moderngl
import numpy as np
import pytest

from engine.core.errors import CudaError
from engine.render.gl.cuda_interop import MOST_UNDER_WAY, SharedTexture
from engine.render.gl.texture import PixelTexture
from tests.render.fake_cuda import FakeCuda

SHARING = ["cuGraphicsMapResources", "cuGraphicsSubResourceGetMappedArray", "memcpy2DToArrayAsync"]
ONE_COPY = ["Event", *SHARING, "cuGraphicsUnmapResources", "record"]


@pytest.fixture
def cuda(gl: moderngl.Context) -> Iterator[FakeCuda]:
    fake = FakeCuda(gl)
    yield fake
    assert fake.broken == []
    assert fake.threads <= {threading.get_ident()}


@pytest.fixture
def texture(gl: moderngl.Context, cuda: FakeCuda) -> Iterator[SharedTexture]:
    made = SharedTexture(PixelTexture(gl), cuda.copies())
    yield made
    made.close()
    assert cuda.registered == {}


def picture(seed: int = 0, size: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (size, size, 4)).astype(np.uint8)


def found(texture: SharedTexture) -> np.ndarray:
    shown = texture.texture
    return np.frombuffer(shown.read(), np.uint8).reshape(shown.height, shown.width, 4)


def test_pictures_arrive_unchanged_with_one_copy_each(cuda: FakeCuda, texture: SharedTexture) -> None:
    for seed in range(4):
        del cuda.calls[:]
        texture.write(cuda.image(picture(seed)))
        assert (found(texture) == picture(seed)).all()
        registers = ["cuGraphicsGLRegisterImage"] if seed == 0 else []
        assert cuda.calls == registers + ONE_COPY


def test_a_picture_is_kept_until_its_copy_is_done_and_no_longer(cuda: FakeCuda, texture: SharedTexture) -> None:
    cuda.finishes_at_once = False
    texture.write(cuda.image(picture(1)))
    gc.collect()
    assert len(cuda.memory) == 1, "nobody but the copy holds it"
    cuda.complete()
    texture.write(cuda.image(picture(2)))
    assert len(cuda.memory) == 1, "the first was let go"
    cuda.complete()


def test_a_card_that_is_far_behind_bounds_the_memory(cuda: FakeCuda, texture: SharedTexture) -> None:
    cuda.finishes_at_once = False
    for seed in range(2 * MOST_UNDER_WAY):
        texture.write(cuda.image(picture(seed)))
        assert len(cuda.memory) <= MOST_UNDER_WAY + 1
    assert "event synchronize" in cuda.calls
    assert (found(texture) == picture(2 * MOST_UNDER_WAY - 1)).all()


def test_closing_waits_for_copies_and_unregisters_before_the_texture_goes(cuda: FakeCuda, gl: moderngl.Context) -> None:
    cuda.finishes_at_once = False
    texture = SharedTexture(PixelTexture(gl), cuda.copies())
    texture.write(cuda.image(picture()))
    del cuda.calls[:]
    texture.close()
    assert cuda.calls == ["synchronize", "cuGraphicsUnregisterResource"]
    assert cuda.memory == {} and texture.texture is None
    texture.close()


def test_another_size_is_another_texture_registered_anew(cuda: FakeCuda, texture: SharedTexture) -> None:
    texture.write(cuda.image(picture(size=8)))
    texture.write(cuda.image(picture(1, size=16)))
    assert (found(texture) == picture(1, size=16)).all()
    assert len(cuda.registered) == 1


def test_pictures_in_the_computers_memory_take_the_same_texture(cuda: FakeCuda, texture: SharedTexture) -> None:
    texture.write(cuda.image(picture(1)))
    shown = texture.texture
    texture.write(picture(2))
    assert (found(texture) == picture(2)).all() and texture.texture is shown
    texture.write(cuda.image(picture(3)))
    assert (found(texture) == picture(3)).all() and texture.texture is shown
    texture.write(picture(4, size=16))
    assert (found(texture) == picture(4, size=16)).all()
    assert cuda.registered == {}, "a texture that has gone is not registered"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            "cuGraphicsGLRegisterImage",
            "cuGraphicsGLRegisterImage answers CUDA_ERROR_OPERATING_SYSTEM (304): OpenGL does",
        ),
        ("cuGraphicsMapResources", "cuGraphicsMapResources answers CUDA_ERROR_OPERATING_SYSTEM (304)"),
        ("cuGraphicsSubResourceGetMappedArray", "cuGraphicsSubResourceGetMappedArray answers "),
        ("memcpy2DToArrayAsync", "a picture cannot be copied into its texture: cudaErrorUnknown: memcpy2DToArrayAsync"),
        ("cuGraphicsUnmapResources", "cuGraphicsUnmapResources answers "),
        (
            "Event",
            "a picture cannot be copied into its texture: cudaErrorUnknown: Event failed for a reason of its own",
        ),
        ("record", "a picture cannot be copied into its texture: cudaErrorUnknown: record failed"),
    ],
)
def test_each_call_may_fail_and_says_so_in_one_sentence(
    cuda: FakeCuda, texture: SharedTexture, call: str, said: str
) -> None:
    cuda.finishes_at_once = False
    cuda.failing[call] = 304
    with pytest.raises(CudaError) as caught:
        texture.write(cuda.image(picture()))
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)
    if call in SHARING[1:]:
        assert cuda.calls[-1] == "cuGraphicsUnmapResources", "the texture is OpenGL's again"
    cuda.failing.clear()
    if call == "cuGraphicsUnmapResources":  # a driver that does not give a texture back: nothing is left to be done
        cuda._mapped.clear()


def test_a_face_from_another_card_is_refused(cuda: FakeCuda, texture: SharedTexture) -> None:
    with pytest.raises(CudaError, match=r"drawn on card 1 and shown by card 0: start with CUDA_VISIBLE_DEVICES=0"):
        texture.write(cuda.image(picture(), device=1))


def test_calls_from_another_thread_are_refused_by_cuda(cuda: FakeCuda, gl: moderngl.Context) -> None:
    copies, said = cuda.copies(), []

    def elsewhere() -> None:
        try:
            copies.register(1)
        except CudaError as error:
            said.append(str(error))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert len(said) == 1 and "(219): no OpenGL context is current on the thread that asked" in said[0]
    cuda.threads.discard(thread.ident or 0)


def test_a_card_that_failed_can_still_be_closed(
    cuda: FakeCuda, texture: SharedTexture, caplog: pytest.LogCaptureFixture
) -> None:
    texture.write(cuda.image(picture()))
    cuda.failing |= {"synchronize": 999, "cuGraphicsUnregisterResource": 999}
    with caplog.at_level(logging.WARNING):
        texture.close()
    assert "CUDA did not finish its copies" in caplog.text and "a texture stays registered" in caplog.text
    cuda.failing.clear()
    cuda.registered.clear()


def test_opengl_on_no_card_of_cuda(gl: moderngl.Context) -> None:
    with pytest.raises(CudaError, match="OpenGL does not run on a card that CUDA knows"):
        FakeCuda(gl, opengl_devices=()).copies()
