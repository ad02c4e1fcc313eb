"""Frame and Reflection -> OpenGL textures, through a ring of pixel buffers, and only when there is something new.

Owns the textures and the buffers; knows neither threads nor shaders. Row 0 of a texture is the top of the picture.
"""

from __future__ import annotations

from types import TracebackType
from typing import Self

import moderngl
import numpy as np

from engine.types import ByteArray, Frame, Reflection

RING_LENGTH = 3
SMALLEST_GROWTH = 4  # px: where a generator begins


class PixelTexture:
    """An 8-bit texture that is filled through pixel buffers, so that the driver need not wait for the last draw.

    Args:
        ctx: the context that it lives in.
        wrap: False repeats the edge; True repeats the picture.
    """

    def __init__(self, ctx: moderngl.Context, *, wrap: bool = False) -> None:
        self._ctx = ctx
        self._wrap = wrap
        self._texture: moderngl.Texture | None = None
        self._buffers: list[moderngl.Buffer] = []
        self._next = 0

    @property
    def texture(self) -> moderngl.Texture | None:
        """What was written last; None before that. A new object after the size changed."""
        return self._texture

    def write(self, image: ByteArray) -> None:
        """Upload a picture.

        Args:
            image: (H, W, 3 or 4) uint8, row 0 top.
        """
        if image.ndim != 3 or image.shape[2] not in (3, 4) or image.dtype != np.uint8 or 0 in image.shape:
            raise ValueError(f"a picture must be (H, W, 3 or 4) uint8, not {image.shape} {image.dtype}")
        pixels = np.ascontiguousarray(image)
        height, width, components = pixels.shape
        if self._texture is None or (*self._texture.size, self._texture.components) != (width, height, components):
            self._allocate(width, height, components, pixels.nbytes)
        assert self._texture is not None
        buffer = self._buffers[self._next]
        self._next = (self._next + 1) % len(self._buffers)
        buffer.orphan()
        buffer.write(pixels)
        self._texture.write(buffer, alignment=1)

    def _allocate(self, width: int, height: int, components: int, n_bytes: int) -> None:
        self.close()
        texture = self._ctx.texture((width, height), components, alignment=1)
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        texture.repeat_x = texture.repeat_y = self._wrap
        self._texture = texture
        self._buffers = [self._ctx.buffer(reserve=n_bytes, dynamic=True) for _ in range(RING_LENGTH)]
        self._next = 0

    def close(self) -> None:
        """Release the texture and its buffers; may be called again."""
        for buffer in self._buffers:
            buffer.release()
        self._buffers = []
        if self._texture is not None:
            self._texture.release()
            self._texture = None


class CameraTexture:
    """The newest camera picture.

    Args:
        ctx: the context that it lives in.
        max_height_px: taller pictures are thinned to every second, third, ... row and column before the upload;
            a scene that shows the camera only unsharp needs no more.
    """

    def __init__(self, ctx: moderngl.Context, *, max_height_px: int = 1080) -> None:
        if max_height_px < 1:
            raise ValueError(f"max_height_px must be 1 or more, not {max_height_px}")
        self._pixels = PixelTexture(ctx)
        self._max_height_px = max_height_px
        self._frame: Frame | None = None

    @property
    def texture(self) -> moderngl.Texture | None:
        """sRGB-encoded RGB; None before the first frame."""
        return self._pixels.texture

    @property
    def aspect(self) -> float:
        """Width / height of the newest picture; 16 / 9 before the first."""
        if self._frame is None:
            return 16 / 9
        height, width = self._frame.image.shape[:2]
        return width / height

    def update(self, frame: Frame | None) -> bool:
        """Upload `frame` unless it is the one that is there. Returns whether it was new."""
        if frame is None or frame is self._frame:
            return False
        step = -(-frame.image.shape[0] // self._max_height_px)
        self._pixels.write(frame.image[::step, ::step])
        self._frame = frame
        return True

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._pixels.close()
        self._frame = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class GrowthTexture:
    """The newest drawn face at every resolution that the generator passed through, one for each level of the texture.

    Without previews the levels are means of the finished picture.

    Args:
        ctx: the context that it lives in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self.texture: moderngl.Texture | None = None

    def update(self, reflection: Reflection) -> None:
        """Upload a reflection."""
        size = reflection.image.shape[0]
        if self.texture is None or self.texture.size[0] != size:
            self.close()
            self.texture = self._ctx.texture((size, size), 4)
            self.texture.repeat_x = self.texture.repeat_y = False
        self.texture.write(reflection.image)
        self.texture.build_mipmaps(0, max(0, size.bit_length() - SMALLEST_GROWTH.bit_length()))
        self.texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        for level, preview in enumerate(reversed(reflection.previews), 1):
            self.texture.write(preview, level=level)

    def close(self) -> None:
        """Release what it owns; may be called again."""
        if self.texture is not None:
            self.texture.release()
            self.texture = None


class ReflectionTextures:
    """The newest drawn face and the one before it, to be blended.

    Args:
        ctx: the context that they live in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._sides = (PixelTexture(ctx), PixelTexture(ctx))
        self._newest_side = 0
        self._newest: Reflection | None = None
        self._previous: Reflection | None = None

    @property
    def newest(self) -> moderngl.Texture | None:
        """sRGB-encoded RGBA of the newest reflection; None before the first."""
        return self._sides[self._newest_side].texture

    @property
    def previous(self) -> moderngl.Texture | None:
        """The one before; None before the second."""
        return self._sides[1 - self._newest_side].texture if self._previous is not None else None

    @property
    def reflection(self) -> Reflection | None:
        """What `newest` shows."""
        return self._newest

    def age_s(self, now_s: float) -> float:
        """Seconds since the newest was finished; 0 before the first."""
        return now_s - self._newest.generated_s if self._newest is not None else 0.0

    def blend(self, now_s: float, *, seconds: float = 0.05, start: float = 0.6) -> float:
        """How much of the newest to show: from `start`, when it is finished, to 1 `seconds` later.

        A step from face to face is hidden without the delay of one period that true interpolation would add.
        """
        if self._previous is None or seconds <= 0:
            return 1.0
        return min(1.0, start + (1.0 - start) * max(0.0, self.age_s(now_s)) / seconds)

    def update(self, reflection: Reflection | None) -> bool:
        """Upload `reflection` unless it is the one that is there. Returns whether it was new."""
        if reflection is None or reflection is self._newest:
            return False
        side = 1 - self._newest_side if self._newest is not None else self._newest_side
        self._sides[side].write(reflection.image)
        self._newest_side = side
        self._previous, self._newest = self._newest, reflection
        return True

    def close(self) -> None:
        """Release what it owns; may be called again."""
        for side in self._sides:
            side.close()
        self._newest = self._previous = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
