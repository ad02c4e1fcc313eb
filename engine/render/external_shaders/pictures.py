"""Input pictures of external shaders: the mirror's pictures and image files, converted to their conventions.

That is: row 0 at the bottom, sRGB-encoded. The mirror's pictures are converted only on demand, once per frame. Knows no
dialect.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import moderngl
import numpy as np

from engine.config.yaml_loader import shown_path
from engine.core.errors import ConfigError
from engine.render.external_shaders.cube_map import faces_of_all_around, faces_of_six, plain_sky
from engine.render.external_shaders.paths import FOLDER
from engine.render.external_shaders.sound import SoundTextures
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import WHOLE, QuadProgram, Value
from engine.render.gl.render_target import RenderTarget
from engine.render.glass_area import Rect
from engine.render.pass_context import PassContext
from engine.scene.values import MAX_PICTURE_BYTES, read_picture
from engine.types import ByteArray

PLAIN_SOURCES: Mapping[str, str] = {
    "picture": "the picture so far",
    "camera": "newest camera picture, cropped to the stage's aspect ratio",
    "reflection": "newest drawn face, square",
    "noise": "tile of white noise, 256 px wide",
}
"""Sources available by name in every dialect; anything else is an image file."""
SOURCES: Mapping[str, str] = {
    **PLAIN_SOURCES,
    "sound": "microphone: spectrum in the lower half, waveform in the upper, 512 px wide",
    "keyboard": "keyboard without any key pressed, 256 x 3 px",
    "sky": "cube: a pale sky over dark ground",
    "noise3d": "repeating volume of white noise, 32 px a side",
}
"""Sources of Shadertoy channels by name."""
CUBES, VOLUMES = ("sky",), ("noise3d",)
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".webp")
NOISE_WH = (256, 256)
NOISE_3D_SIDE = 32
KEYBOARD_WH = (256, 3)
NOISE_SEED = 1
SEEN_BEYOND = 0.06
"""Distance beyond the glass to which a shader under a frame sees the picture so far, stage heights."""


class Pictures:
    """Input pictures of one pass.

    Args:
        context: where they are drawn; they are released with it.

    Attributes:
        black: shown where there is nothing.
        drawn_px: number of pixels drawn for them in this frame.
    """

    def __init__(self, context: PassContext) -> None:
        self._stage = context
        self._quad_programs: dict[str, QuadProgram] = {}
        self._render_targets: dict[tuple[str, bool], RenderTarget] = {}
        self._images: dict[tuple[str, bool], moderngl.Texture] = {}
        self._cubes: dict[tuple[str, ...], moderngl.TextureCube] = {}
        self._volume: moderngl.Texture3D | None = None
        self._sound = SoundTextures(context.ctx)
        context.own(self._sound)
        self._fresh: set[tuple[str, bool]] = set()
        self._values: dict[str, Value] = {}
        self._view = FrameInputs()
        self._region = WHOLE
        black = context.render_target((1, 1), "f1")
        black.framebuffer.clear(0.0, 0.0, 0.0, 1.0)
        self.black = black.texture
        self.drawn_px = 0

    def begin(
        self,
        source: moderngl.Texture,
        values: Mapping[str, Value],
        inputs: FrameInputs,
        region: Rect = WHOLE,
        dt_s: float = 0.0,
    ) -> None:
        """Start a frame: converted pictures of the last one are outdated.

        Args:
            source: picture so far, linear light, row 0 top.
            values: result of `Pass.uniforms`, and `u_fit`, the visible part of the camera's picture.
            inputs: newest pictures.
            region: part of the stage to draw; the picture so far is black farther than `SEEN_BEYOND` from it.
            dt_s: time since the last frame.
        """
        self._region = region
        self._values = {**values, "u_source": source}
        self._view = inputs
        self._fresh.clear()
        self.drawn_px = 0
        self._sound.hear(inputs.sound, dt_s)

    def forget(self) -> None:
        """Forget all sound."""
        self._sound.forget()

    def sound(self, kind: str, width: int = 0) -> moderngl.Texture:
        """Sound as a picture: see `SoundTextures.texture`."""
        return self._sound.texture(kind, width)

    def load(self, file: str, where: str, *, is_upright: bool = True) -> None:
        """Read an image file from `shaders/foreign/` in advance.

        Raises:
            ConfigError: it is missing, too large, or not an image; the message names `where`.
        """
        image = self._image(file, where)
        render_target = self._stage.render_target(image.size, "f1", mipmaps=True)
        values: dict[str, Value] = {"u_camera": image, "u_fit": (1.0, 1.0), "u_upright": is_upright}
        self._quad_program("camera").draw(render_target.framebuffer, values)
        render_target.texture.build_mipmaps()
        self._images[file, is_upright] = render_target.texture

    def load_cube(self, files: tuple[str, ...], where: str) -> None:
        """Read six faces, or one equirectangular picture, from `shaders/foreign/` in advance.

        Raises:
            ConfigError: see `load`; or they do not form a cube.
        """
        for file in files:
            self._image(file, where)  # reports errors, and has the file watched
        pixels = [read_picture(self._stage.library.path(f"{FOLDER}/{file}")) for file in files]
        faces = faces_of_all_around(pixels[0]) if len(files) == 1 else faces_of_six(pixels, where)
        self._cubes[files] = self._cube(faces)

    def cube(self, files: tuple[str, ...] = ()) -> moderngl.TextureCube:
        """Loaded cube; a plain sky for no files."""
        if files not in self._cubes:
            self._cubes[files] = self._cube(plain_sky())
        return self._cubes[files]

    def volume(self) -> moderngl.Texture3D:
        """White noise in three dimensions."""
        if self._volume is None:
            side = NOISE_3D_SIDE
            pixels = np.random.default_rng(NOISE_SEED).integers(0, 256, (side, side, side, 4), np.uint8)
            self._volume = self._stage.ctx.texture3d((side, side, side), 4, pixels.tobytes())
            self._volume.build_mipmaps()
            self._volume.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
            self._stage.own(_Released(self._volume))
        return self._volume

    def texture(self, name: str, *, is_upright: bool = True) -> moderngl.Texture:
        """Picture with that name, black if there is none yet.

        Args:
            name: one of `SOURCES` that is neither a cube nor a volume, or a loaded file.
            is_upright: False turns it upside down.
        """
        key = name, is_upright
        if key in self._images:
            return self._images[key]
        if name == "sound":
            return self._sound.texture("shadertoy")
        if name in ("noise", "keyboard"):
            self._images[key] = self._noise() if name == "noise" else self._keyboard()
            return self._images[key]
        sizes = {
            "picture": self._stage.size_wh,
            "camera": self._stage.size_wh if self._view.camera is not None else None,
            "reflection": self._view.reflection.size if self._view.reflection is not None else None,
        }
        size_wh = sizes[name]
        return self.black if size_wh is None else self._draw(key, size_wh)

    def _draw(self, key: tuple[str, bool], size_wh: tuple[int, int]) -> moderngl.Texture:
        render_target = self._render_targets.get(key)
        if render_target is None or render_target.texture.size != size_wh:
            render_target = self._render_targets[key] = self._stage.render_target(size_wh, "f2")
            render_target.framebuffer.clear(0.0, 0.0, 0.0, 1.0)
            self._fresh.discard(key)
        if key not in self._fresh:
            left, top, right, bottom = self._seen(size_wh) if key[0] == "picture" else (0, 0, *size_wh)
            rows = (size_wh[1] - bottom, size_wh[1] - top) if key[1] else (top, bottom)
            rect = (left / size_wh[0], rows[0] / size_wh[1], right / size_wh[0], rows[1] / size_wh[1])
            self._quad_program(key[0]).draw(render_target.framebuffer, {**self._values, "u_upright": key[1]}, rect=rect)
            self._fresh.add(key)
            self.drawn_px += (right - left) * (bottom - top)
        return render_target.texture

    def _seen(self, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
        """Converted part of the picture so far: left, top, right, bottom, px, row 0 top."""
        (width, height), (left, top, right, bottom) = size_wh, self._region
        beyond = SEEN_BEYOND * height
        return (
            max(0, math.floor(left * width - beyond)),
            max(0, math.floor(top * height - beyond)),
            min(width, math.ceil(right * width + beyond)),
            min(height, math.ceil(bottom * height + beyond)),
        )

    def _quad_program(self, name: str) -> QuadProgram:
        """Program that draws one of the mirror's pictures, created on demand."""
        if name not in self._quad_programs:
            self._quad_programs[name] = self._stage.quad_program("foreign", {name.upper(): True})
        return self._quad_programs[name]

    def _image(self, file: str, where: str) -> moderngl.Texture:
        path = self._stage.library.path(f"{FOLDER}/{file}")
        if not path.is_file():
            raise ConfigError(f"{where}: the image {shown_path(path)} does not exist")
        if path.stat().st_size > MAX_PICTURE_BYTES:
            raise ConfigError(f"{where}: {shown_path(path)} is larger than {MAX_PICTURE_BYTES // 2**20} MiB, the limit")
        try:
            return self._stage.picture(path)
        except ConfigError as error:
            raise ConfigError(f"{where}: {error}") from error

    def _cube(self, faces: ByteArray) -> moderngl.TextureCube:
        side = faces.shape[1]
        texture = self._stage.ctx.texture_cube((side, side), 4, np.ascontiguousarray(faces).tobytes())
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        self._stage.own(_Released(texture))
        return texture

    def _keyboard(self) -> moderngl.Texture:
        render_target = self._stage.render_target(KEYBOARD_WH, "f1")
        render_target.framebuffer.clear()
        return render_target.texture

    def _noise(self) -> moderngl.Texture:
        pixels = np.random.default_rng(NOISE_SEED).integers(0, 256, (*NOISE_WH, 4), np.uint8)
        render_target = self._stage.render_target(NOISE_WH, "f1", mipmaps=True, repeat=True)
        render_target.texture.write(pixels.tobytes())
        render_target.texture.build_mipmaps()
        return render_target.texture


class _Released:
    """Texture released with the context."""

    def __init__(self, texture: moderngl.Texture3D | moderngl.TextureCube) -> None:
        self._texture = texture

    def close(self) -> None:
        self._texture.release()
