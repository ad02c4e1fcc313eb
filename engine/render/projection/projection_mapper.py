"""Wall: the composed picture -> the projectors of this room: warp, mask, edge blending, colour, and the window's turn.

Where the venue asks for nothing, everything is drawn into the window itself, as if this module did not exist. Otherwise
the picture is composed on a canvas, from which films and snapshots are taken, and from there projected. What it shows,
and where the venue comes from, is not known here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import moderngl

from engine.core.closing import Closing
from engine.render.gl.quad_program import QuadProgram
from engine.render.gl.render_target import RenderTarget
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.projection.settings import Blend, Colour, ProjectionSettings, ProjectorSettings
from engine.render.projection.settings_file import read_mask
from engine.render.projection.warp import Point

GL_SRGB8_ALPHA8 = 0x8C43  # stores code values; light when it is read; drawing into it converts nothing
SRGB_GAMMA = 2.2
MINIFIED = 0.9  # with fewer pixels for each that was drawn, smaller versions of the picture are needed
CRISP = 0.9  # a picture that was drawn at less than this of its size has no detail that a cubic could keep
MAX_ANISOTROPY = 4.0
TURNS = {0: (1, 0, 0, 1), 90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}
FLIPS = {"none": (1, 1), "horizontal": (-1, 1), "vertical": (1, -1)}

Turn = tuple[float, float, float, float]
Variant = tuple[str, ...]


def turn_of(venue: ProjectionSettings) -> Turn:
    """From the window to the wall as the audience sees it: x = a X + b Y, y = c X + d Y, about their middles."""
    (a, b, c, d), (flip_x, flip_y) = TURNS[venue.rotation], FLIPS[venue.flip]
    return flip_x * a, flip_x * b, flip_y * c, flip_y * d


class ProjectionMapper(Closing):
    """Puts pictures on the wall. In each frame: `compose`, draw on what it returns, `project`, draw over it, `turn`.

    Args:
        ctx: the OpenGL context.
        library: the shaders.
        venue: the room.
        folder: where the paths of masks begin.
        render_scale: at how much of its size the picture was drawn.

    Raises:
        ConfigError: a mask or a shader cannot be used.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        library: ShaderLibrary,
        venue: ProjectionSettings,
        folder: Path = Path(),
        render_scale: float = 1.0,
    ) -> None:
        self._ctx = ctx
        self._scale = render_scale
        self._library = library
        self._folder = folder
        self._render_targets: dict[str, RenderTarget] = {}
        self._programs: dict[Variant, moderngl.Program] = {}
        self._masks: dict[str, moderngl.Texture] = {}
        self._lamps: list[_Lamp] = []
        self._lamps_wh: tuple[int, int] | None = None  # for what size of the wall
        self._turner: QuadProgram | None = None
        self._is_forced = False
        self.show(venue)

    @property
    def venue(self) -> ProjectionSettings:
        """The room, as it is shown now."""
        return self._venue

    def show(self, venue: ProjectionSettings, *, reads_masks: bool = False) -> None:
        """Another room, or the same with other settings, from the next frame on.

        Args:
            venue: the room.
            reads_masks: whether masks that are there already are read anew.

        Raises:
            ConfigError: a mask or a shader cannot be used; everything stays as it was.
        """
        names = {projector.mask for projector in venue.projectors if projector.mask is not None}
        kept = set() if reads_masks else names & self._masks.keys()
        pictures = {name: read_mask(self._folder / name) for name in names - kept}
        self._compile(venue, self._is_forced)
        self._drop_lamps()
        for name in self._masks.keys() - kept:
            self._masks.pop(name).release()
        for name, light in pictures.items():
            height, width = light.shape
            self._masks[name] = self._ctx.texture((width, height), 1, light.tobytes(), alignment=1)
            self._masks[name].repeat_x = self._masks[name].repeat_y = False
        self._venue, self._is_straight = venue, venue.is_straight

    def force(self, is_on: bool) -> None:
        """Whether to project even where the venue asks for nothing.

        Raises:
            ConfigError: a shader cannot be used; everything stays as it was.
        """
        self._compile(self._venue, is_on)
        self._is_forced = is_on

    def reload(self) -> None:
        """Draw with the shaders as their files are now.

        Raises:
            ConfigError: a shader cannot be used; everything stays as it was.
        """
        before = self._programs, self._turner
        self._programs, self._turner = {}, None
        try:
            self._compile(self._venue, self._is_forced)
        except BaseException:
            self._release_programs()
            self._programs, self._turner = before
            raise
        now, (self._programs, self._turner) = (self._programs, self._turner), before
        self._drop_lamps()
        self._release_programs()
        self._programs, self._turner = now

    def upright_wh(self, window_wh: tuple[int, int]) -> tuple[int, int]:
        """Size of the window as the audience sees it, and of the composed picture, px."""
        return self._venue.upright_wh(window_wh)

    def upright(self, window: moderngl.Framebuffer) -> moderngl.Framebuffer:
        """The wall as the audience sees it, which `turn` brings into the window; the window itself if nothing turns."""
        if not self._venue.is_turned:
            return window
        return self._render_target("wall", self._venue.upright_wh(window.size)).framebuffer

    def compose(self, window: moderngl.Framebuffer) -> moderngl.Framebuffer:
        """What the picture is to be drawn on: the window itself where it is shown as it is."""
        if self._projects:
            return self._render_target("composed", self._venue.upright_wh(window.size), GL_SRGB8_ALPHA8).framebuffer
        return self.upright(window)

    def project(self, window: moderngl.Framebuffer, picture: moderngl.Texture | None = None) -> moderngl.Framebuffer:
        """Put the composed picture on the wall.

        Args:
            window: what is presented.
            picture: shown instead of the composed one: sRGB texture of its size, row 0 bottom.

        Returns:
            What may be drawn over it: the wall as the audience sees it, unwarped.
        """
        wall = self.upright(window)
        if not self._projects:
            return wall
        wall_wh = wall.size
        source = picture or self._render_target("composed", wall_wh, GL_SRGB8_ALPHA8).texture
        self._prepare(wall_wh)
        self._filter(source)
        self._ctx.disable(moderngl.BLEND)
        wall.clear()
        wall.use()
        for lamp in self._lamps:
            wall.viewport = lamp.viewport
            lamp.draw(source)
        wall.viewport = (0, 0, *wall_wh)
        return wall

    def turn(self, window: moderngl.Framebuffer) -> None:
        """Bring the wall into a window that hangs on its side; call it when all is drawn."""
        if self._venue.is_turned:
            assert self._turner is not None, "show compiles it"
            wall = self._render_target("wall", self._venue.upright_wh(window.size))
            self._ctx.disable(moderngl.BLEND)
            self._turner.draw(window, {"u_source": wall.texture, "u_turn": turn_of(self._venue)})

    def from_window(self, place_px: tuple[int, int], window_wh: tuple[int, int]) -> Point:
        """Where a pixel of the window lies on the wall as the audience sees it: fractions, origin top left."""
        x, y = ((place + 0.5) / side - 0.5 for place, side in zip(place_px, window_wh, strict=True))
        a, b, c, d = turn_of(self._venue)
        return a * x + b * y + 0.5, c * x + d * y + 0.5

    def place_of(self, point: Point) -> Point:
        """Where a point of the picture is on the wall (both fractions), on the first projector that shows it."""
        for projector in self._venue.projectors:
            left, top, right, bottom = projector.picture
            if left <= point[0] <= right and top <= point[1] <= bottom:
                inner = (point[0] - left) / (right - left), (point[1] - top) / (bottom - top)
                x, y = projector.warp.place_one(inner)
                area = projector.area
                return area[0] + x * (area[2] - area[0]), area[1] + y * (area[3] - area[1])
        return point

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._drop_lamps()
        self._release_programs()
        for mask in self._masks.values():
            mask.release()
        for render_target in self._render_targets.values():
            render_target.close()
        self._masks.clear()
        self._render_targets.clear()

    def renew(self, ctx: moderngl.Context) -> None:
        """Show the same room in another context, after `close`.

        Raises:
            ConfigError: a mask or a shader was broken meanwhile.
        """
        self._ctx = ctx
        self.show(self._venue)

    @property
    def _projects(self) -> bool:
        return self._is_forced or not self._is_straight

    def _render_target(self, name: str, size_wh: tuple[int, int], internal_format: int | None = None) -> RenderTarget:
        render_target = self._render_targets.get(name)
        if render_target is None or render_target.texture.size != size_wh:
            if render_target is not None:
                render_target.close()
            render_target = self._render_targets[name] = RenderTarget(
                self._ctx, size_wh, "f1", internal_format=internal_format
            )
        return render_target

    def _filter(self, source: moderngl.Texture) -> None:
        """Smaller versions of the picture only where they are needed: making and reading them takes time."""
        is_minified = any(lamp.is_minified for lamp in self._lamps)
        if is_minified:
            source.build_mipmaps()
        source.filter = moderngl.LINEAR_MIPMAP_LINEAR if is_minified else moderngl.LINEAR, moderngl.LINEAR
        if self._ctx.max_anisotropy > 1.0:
            source.anisotropy = min(MAX_ANISOTROPY, self._ctx.max_anisotropy) if is_minified else 1.0

    def _prepare(self, wall_wh: tuple[int, int]) -> None:
        if self._lamps_wh != wall_wh:
            self._drop_lamps()
            self._lamps = [self._lamp(projector, wall_wh) for projector in self._venue.projectors]
            self._lamps_wh = wall_wh

    def _lamp(self, projector: ProjectorSettings, wall_wh: tuple[int, int]) -> _Lamp:
        (width, height), warp = wall_wh, projector.warp
        left, top, right, bottom = (
            round(edge * side) for edge, side in zip(projector.area, (width, height) * 2, strict=True)
        )
        area_wh = max(1, right - left), max(1, bottom - top)
        part = projector.picture
        part_wh = (part[2] - part[0]) * width, (part[3] - part[1]) * height
        is_minified = warp.smallest_scale(part_wh, area_wh) < MINIFIED * self._scale
        program = self._programs[self._variant(projector, is_minified)]
        values: dict[str, float | tuple[float, ...]] = {
            "u_part": (part[0], part[1], part[2] - part[0], part[3] - part[1]),
            "u_overlap": projector.blend.widths,
            "u_ramp_power": SRGB_GAMMA / projector.blend.gamma,
            "u_lone_black": projector.blend.black,
            "u_gain": projector.colour.gain,
            "u_gamma": projector.colour.gamma,
            "u_black": projector.colour.black,
        }
        mask = self._masks[projector.mask] if projector.mask is not None else None
        mesh = warp.mesh()
        buffers = self._ctx.buffer(mesh.vertices.tobytes()), self._ctx.buffer(mesh.triangles.tobytes())
        vertices = self._ctx.vertex_array(program, [(buffers[0], "3f 2f", "in_place", "in_uv")], buffers[1])
        viewport = left, height - top - area_wh[1], *area_wh
        return _Lamp(program, vertices, buffers, values, mask, viewport, is_minified)

    def _variant(self, projector: ProjectorSettings, is_minified: bool) -> Variant:
        """Which parts of the shader a projector needs."""
        asked = {
            "CRISP": not is_minified and self._scale >= CRISP,
            "MASK": projector.mask is not None,
            "BLEND": projector.blend != Blend(gamma=projector.blend.gamma),
            "COLOUR": projector.colour != Colour(),
        }
        return tuple(name for name, is_asked in asked.items() if is_asked)

    def _compile(self, venue: ProjectionSettings, is_forced: bool) -> None:
        """Make whatever a venue may need at any size, so that nothing can fail while it is shown."""
        if venue.is_turned and self._turner is None:
            self._turner = QuadProgram(self._ctx, self._library, "turn", {"TO_WINDOW": True})
        if is_forced or not venue.is_straight:
            for variant in {self._variant(p, is_minified) for p in venue.projectors for is_minified in (True, False)}:
                if variant not in self._programs:
                    defines = dict.fromkeys(variant, True)
                    self._programs[variant] = self._library.program(self._ctx, "wall", defines=defines)

    def _release_programs(self) -> None:
        for program in self._programs.values():
            program.release()
        if self._turner is not None:
            self._turner.close()
        self._programs, self._turner = {}, None

    def _drop_lamps(self) -> None:
        for lamp in self._lamps:
            lamp.close()
        self._lamps = []
        self._lamps_wh = None


@dataclass(frozen=True)
class _Lamp:
    """One projector, ready to be drawn."""

    program: moderngl.Program
    vertices: moderngl.VertexArray
    buffers: tuple[moderngl.Buffer, ...]
    values: dict[str, float | tuple[float, ...]]
    mask: moderngl.Texture | None
    viewport: tuple[int, int, int, int]
    is_minified: bool

    def draw(self, source: moderngl.Texture) -> None:
        values = self.values | {"u_source": 0, "u_mask": 1}
        source.use(0)
        if self.mask is not None:
            self.mask.use(1)
        for name, value in values.items():
            uniform = self.program.get(name, None)
            if isinstance(uniform, moderngl.Uniform):  # else this variant does not read it
                uniform.value = value
        self.vertices.render(moderngl.TRIANGLES)

    def close(self) -> None:
        self.vertices.release()
        for buffer in self.buffers:
            buffer.release()
