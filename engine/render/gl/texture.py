"""Pictures -> OpenGL textures, and only when there is something new.

Owns the textures; knows neither threads nor shaders. Row 0 of a texture is the top of the picture. Whatever takes
drawn faces is a `Landing`: `PixelTexture` here, through pixel buffers, or `shared_texture.SharedTexture`, with CUDA.
"""

from __future__ import annotations

from typing import Protocol

import moderngl
import numpy as np

from engine.core.closing import Closing
from engine.render.gl.gl_functions import GlCalls
from engine.render.gl.pbo_ring import PboRing
from engine.types import ByteArray, DeviceImage, Frame, Reflection

SMALLEST_GROWTH = 4  # px: the lowest resolution of a generator


class Landing(Protocol):
    """Interface of a texture that receives pictures, by whichever way."""

    @property
    def texture(self) -> moderngl.Texture | None:
        """What was written last, row 0 at the top; None before that. A new object after the size changed."""
        ...

    def write(self, image: ByteArray | DeviceImage) -> None:
        """Upload a picture (H, W, 3 or 4) uint8, row 0 top."""
        ...

    def close(self) -> None:
        """Release what it owns. May be called twice."""
        ...


class PixelTexture:
    """An 8-bit texture that is filled through pixel buffers: the driver need not wait for the last draw.

    A picture that is already on the graphics card goes through main memory.

    Args:
        ctx: the context that it lives in.
        gl: its waiting functions, for buffers that stay mapped; None for ordinary ones.
        wrap: False repeats the edge; True repeats the picture.
    """

    def __init__(self, ctx: moderngl.Context, gl: GlCalls | None = None, *, wrap: bool = False) -> None:
        self._ctx = ctx
        self._gl = gl
        self._wrap = wrap
        self._texture: moderngl.Texture | None = None
        self._ring: PboRing | None = None

    @property
    def texture(self) -> moderngl.Texture | None:
        """What was written last; None before that. A new object after the size changed."""
        return self._texture

    def fits(self, shape: tuple[int, ...]) -> bool:
        """Whether pictures of this shape (H, W, C) fit the current texture."""
        texture = self._texture
        return texture is not None and (texture.height, texture.width, texture.components) == shape

    def allocate(self, shape: tuple[int, int, int]) -> moderngl.Texture:
        """Recreate the texture for pictures of this shape (H, W, C), with undefined content."""
        self.close()
        height, width, components = shape
        self._texture = texture = self._ctx.texture((width, height), components, alignment=1)
        texture.filter = (moderngl.LINEAR, moderngl.LINEAR)
        texture.repeat_x = texture.repeat_y = self._wrap
        return texture

    def write(self, image: ByteArray | DeviceImage) -> None:
        """Upload a picture.

        Args:
            image: (H, W, 3 or 4) uint8, row 0 top.
        """
        pixels = image.to_host() if isinstance(image, DeviceImage) else image
        if pixels.ndim != 3 or pixels.shape[2] not in (3, 4) or pixels.dtype != np.uint8 or 0 in pixels.shape:
            raise ValueError(f"a picture must be (H, W, 3 or 4) uint8, not {pixels.shape} {pixels.dtype}")
        height, width, components = pixels.shape
        if not self.fits(pixels.shape):
            self.allocate((height, width, components))
        assert self._texture is not None
        if self._ring is None:
            self._ring = PboRing(self._ctx, pixels.nbytes, self._gl)
        self._ring.write(pixels, self._texture)

    def close(self) -> None:
        """Release the texture and its buffers; may be called again."""
        if self._ring is not None:
            self._ring.close()
            self._ring = None
        if self._texture is not None:
            self._texture.release()
            self._texture = None


class CameraTexture(Closing):
    """The newest camera picture.

    Args:
        ctx: the context that it lives in.
        gl: its waiting functions, see `PixelTexture`.
        max_height_px: taller pictures are thinned to every second, third, ... row and column before the upload;
            a scene that shows the camera only unsharp needs no more.
    """

    def __init__(self, ctx: moderngl.Context, gl: GlCalls | None = None, *, max_height_px: int = 1080) -> None:
        if max_height_px < 1:
            raise ValueError(f"max_height_px must be 1 or more, not {max_height_px}")
        self._pixels = PixelTexture(ctx, gl)
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

    @property
    def frame(self) -> Frame | None:
        """What it shows."""
        return self._frame

    def upload(self, frame: Frame | None) -> bool:
        """Upload `frame` unless it is the one that is there. Returns whether it was new."""
        if frame is None or frame is self._frame:
            return False
        step = -(-frame.image.shape[0] // self._max_height_px)
        self._pixels.write(frame.image[::step, ::step])
        self._frame = frame
        return True

    def let_go(self) -> None:
        """Release what it owns, and remember the picture."""
        self._pixels.close()

    def close(self) -> None:
        """Release what it owns. May be called twice."""
        self.let_go()
        self._frame = None


class GrowthTexture:
    """The newest drawn face at every resolution that the generator passed through, one for each level of the texture.

    Without previews the levels are means of the finished picture.

    Args:
        ctx: the context that it lives in.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self.texture: moderngl.Texture | None = None

    def upload(self, reflection: Reflection) -> None:
        """Upload a reflection."""
        size = reflection.image.shape[0]
        if self.texture is None or self.texture.size[0] != size:
            self.close()
            self.texture = self._ctx.texture((size, size), 4)
            self.texture.repeat_x = self.texture.repeat_y = False
        self.texture.write(reflection.pixels)
        self.texture.build_mipmaps(0, max(0, size.bit_length() - SMALLEST_GROWTH.bit_length()))
        self.texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        for level, preview in enumerate(reversed(reflection.previews), 1):
            self.texture.write(preview, level=level)

    def close(self) -> None:
        """Release what it owns. May be called twice."""
        if self.texture is not None:
            self.texture.release()
            self.texture = None
