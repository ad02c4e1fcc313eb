"""The child process that tries shaders from outside: compiles each, draws it small a few times, and says what it took.

It may be killed at any moment; its memory and its time are bounded by the system where that can be done.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
from numpy.typing import NDArray

from engine.core.clock import Clock, Tick
from engine.core.errors import NarcissusError, in_one_line
from engine.render.external_shaders.paths import FOLDER
from engine.render.external_shaders.trial import SIZE_WH, Ready, TrialAnswer, TrialRequest
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.gl_functions import is_software
from engine.render.gl.render_target import RenderTarget
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.pass_context import PassContext
from engine.render.passes import pass_class
from engine.render.passes.external_shader import ForeignPass
from engine.render.window.gl_context import standalone_context
from engine.scene.scene import SIGNALS, PassSettings
from engine.types import ByteArray

MEMORY_BYTES = 3 * 1024**3
FPS = 30.0
LARGE = 2  # how much larger each side is of a picture that is drawn to learn how time grows with pixels
UNSURE_MS = 250.0  # what one of the shown size may seem to take before that is done


def run_trials(connection: Connection) -> None:
    """Answer requests until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logging.disable()  # what there is to be told is in the answers
    _bound_memory()
    try:
        ctx = standalone_context()
    except NarcissusError as error:
        connection.send(TrialAnswer(error=str(error), is_tried=False))
        return
    connection.send(Ready())
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while True:
            connection.send(try_shader(ctx, connection.recv()))


def try_shader(ctx: moderngl.Context, request: TrialRequest) -> TrialAnswer:
    """Compile and draw one shader."""
    try:
        with _Attempt(ctx, request, SIZE_WH, guard=True) as attempt:
            attempt.draw(1)
            ms = attempt.draw(max(request.frames - 1, 1))
            not_finite, notes, picture = attempt.not_finite(), attempt.notes, attempt.picture()
            takes_powers = attempt.takes_powers
        notes += _notes_on_powers(ctx, request, not_finite) if takes_powers else ()
        shown_ms = _shown_ms(ctx, request, ms)
    except NarcissusError as error:
        return TrialAnswer(error=str(error))
    except MemoryError:
        return TrialAnswer(error="takes more memory than there is")
    except Exception as error:  # ModernGL raises bare exceptions where a driver has no memory left
        return TrialAnswer(error=f"the graphics driver cannot draw it: {in_one_line(error)}")
    return TrialAnswer("", notes, ms, shown_ms, not_finite, picture.tobytes() if request.wants_picture else b"")


class _Attempt:
    """One pass over a test picture.

    Args:
        ctx: the context.
        request: what is tried.
        size_wh: px.
        guard: see `ForeignPass.Settings`.
    """

    def __init__(self, ctx: moderngl.Context, request: TrialRequest, size_wh: tuple[int, int], *, guard: bool) -> None:
        elsewhere = {FOLDER: Path(request.external)} if request.external else {}
        library = ShaderLibrary(Path(request.shaders), elsewhere)
        kind = pass_class(request.kind)
        settings = kind.Settings.model_validate(
            {**request.settings, "guard": guard and request.settings.get("guard", True)}
        )
        self._clock, self._is_software = Clock(), is_software(ctx) and sys.platform != "win32"
        self._ctx, self._size_wh, self._index = ctx, size_wh, 0
        self._ground = PassContext(ctx, library, size_wh)
        self._stage = PassContext(ctx, library, size_wh, ground=self._ground)
        self._targets: list[RenderTarget] = []
        try:
            self._below, self._target, camera, face = (self._render_target(size_wh) for _ in range(4))
            self._below.texture.write(_linear(test_picture(size_wh)).tobytes())
            for render_target in (camera, face):
                render_target.texture.write((test_picture(size_wh).astype(np.float16) / 255).tobytes())
            self._view = FrameInputs(
                camera.texture,
                reflection=face.texture,
                previous=face.texture,
                presence=1.0,
                signals=dict.fromkeys(SIGNALS, 0.5),
            )
            self._knobs: dict[str, Any] = settings.model_dump()
            self._pass = self._made(kind, settings)
        except BaseException:
            self.close()
            raise

    def _made(self, kind: Callable[[PassContext, PassSettings], Any], settings: PassSettings) -> ForeignPass:
        made = kind(self._stage, settings)
        assert isinstance(made, ForeignPass)
        _ = self._ground.noise  # which is drawn once and not looked at by what is tried
        return made

    def _render_target(self, size_wh: tuple[int, int]) -> RenderTarget:
        self._targets.append(RenderTarget(self._ctx, size_wh, "f2"))
        return self._targets[-1]

    def draw(self, frames: int) -> float:
        """Draw so many frames; returns what one took, ms, the fastest.

        Where the processor draws, others may have it meanwhile: then its own time counts.
        """
        took_ms = []
        for _ in range(frames):
            self._index += 1
            tick = Tick(self._index, self._index / FPS, 1.0 / FPS)
            before_ms, worked_ms = self._clock.now_s() * 1000.0, _worked_ms()
            self._target.framebuffer.clear()
            self._pass.render(self._below.texture, self._target.framebuffer, self._view, tick, self._knobs)
            self._ctx.finish()
            waited_ms = self._clock.now_s() * 1000.0 - before_ms
            took_ms.append(min(waited_ms, _worked_ms() - worked_ms) if self._is_software else waited_ms)
        return min(took_ms)

    @property
    def notes(self) -> tuple[str, ...]:
        return self._pass.notes

    @property
    def takes_powers(self) -> bool:
        return self._pass.takes_powers

    @property
    def file(self) -> str:
        return self._pass.file

    def not_finite(self) -> int:
        self._pass.watch.look()
        return self._pass.watch.missing

    def picture(self) -> ByteArray:
        """What is shown: (H, W, 3) uint8, sRGB-encoded, row 0 top."""
        width, height = self._size_wh
        pixels = np.frombuffer(self._target.texture.read(), np.float16).reshape(height, width, 4).astype(np.float32)
        alpha = np.clip(pixels[..., 3:], 0.0, 1.0)
        below = _linear(test_picture(self._size_wh)).astype(np.float32)[..., :3]
        light = np.clip(np.nan_to_num(pixels[..., :3]) + below * (1.0 - alpha), 0.0, 1.0)
        code = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
        picture: ByteArray = np.round(code * 255).astype(np.uint8)
        return picture

    def __enter__(self) -> _Attempt:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._stage.close()
        self._ground.close()
        for render_target in self._targets:
            render_target.close()


def _notes_on_powers(ctx: moderngl.Context, request: TrialRequest, not_finite: int) -> tuple[str, ...]:
    """Whether guarding `pow` changes what is seen."""
    with _Attempt(ctx, request, SIZE_WH, guard=False) as attempt:
        attempt.draw(2)
        missing = attempt.not_finite() - not_finite
    if missing <= 0:
        return ()
    what = (
        "takes powers of negative numbers, which some drivers do not know; their sign is kept (guard: false ends that)"
    )
    return (f"{attempt.file}: {what}",)


def _shown_ms(ctx: moderngl.Context, request: TrialRequest, ms: float) -> float:
    """What a picture of the shown size would take: as much as the pixels that it has more."""
    small = SIZE_WH[0] * SIZE_WH[1]
    shown = request.shown_wh[0] * request.shown_wh[1]
    simple = ms * shown / small
    if simple <= UNSURE_MS:
        return simple
    size_wh = SIZE_WH[0] * LARGE, SIZE_WH[1] * LARGE
    with _Attempt(ctx, request, size_wh, guard=True) as attempt:
        attempt.draw(1)
        larger_ms = attempt.draw(2)
    per_pixel = max(larger_ms - ms, 0.0) / (size_wh[0] * size_wh[1] - small)
    return ms + per_pixel * (shown - small)


def test_picture(size_wh: tuple[int, int]) -> ByteArray:
    """What shaders are tried on: a face of discs before a sky, (H, W, 4) uint8, sRGB-encoded, row 0 top."""
    width, height = size_wh
    x = (np.arange(width) + 0.5) / height - 0.5 * width / height
    y = (np.arange(height) + 0.5) / height - 0.5
    across, down = np.meshgrid(x, y)
    picture = np.empty((height, width, 4), np.float32)
    picture[..., 0] = 90 + 60 * (down + 0.5)
    picture[..., 1] = 110 + 60 * across
    picture[..., 2] = 170 - 80 * (down + 0.5)
    picture[..., 3] = 255
    squares = (np.floor(across * 8) + np.floor(down * 8)) % 2 == 0
    picture[squares, :3] *= 0.85
    for left, up, radius, colour in (
        (0.0, 0.0, 0.34, (214, 170, 140)),
        (-0.12, -0.06, 0.05, (40, 40, 60)),
        (0.12, -0.06, 0.05, (40, 40, 60)),
        (0.0, 0.17, 0.07, (150, 50, 60)),
    ):
        picture[np.hypot(across - left, down - up) < radius, :3] = colour
    return np.clip(picture, 0, 255).astype(np.uint8)


def _linear(picture: ByteArray) -> NDArray[np.float16]:
    code = picture.astype(np.float32) / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    light[..., 3] = 1.0
    return np.asarray(light, np.float16)


def _worked_ms() -> float:
    """The processor's time that this process has had, ms; 0 where that is not known."""
    if sys.platform == "win32":
        return 0.0
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000.0


def _bound_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
