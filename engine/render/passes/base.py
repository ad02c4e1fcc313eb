"""Base of all passes, and their registry.

A pass is settings, one fragment shader of the same name, and `render`. It owns no framebuffer of the picture and does
not know its position in the scene; the compositor does.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, TypeVar

import moderngl

from engine.core.clock import Tick
from engine.render.frame_inputs import FrameInputs
from engine.render.gl.quad_program import WHOLE, Value
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.glass_area import GlassArea, Rect
from engine.render.pass_context import PassContext
from engine.scene.scene import PassSettings
from engine.types import Placement

COMPOSED = Placement(x=0.5, y=0.42, eye_distance=0.11, roll_rad=0.0, aspect=16 / 9)
"""Placement for shaders while nobody is there: the position the scene is composed for."""

Knobs = Mapping[str, Any]
"""Current settings of a pass by name, including bound ones."""


class Pass(ABC):
    """Base of all passes.

    Attributes:
        kind: name in scenes, and name of its shader.
        Settings: its knobs.
        in_place: True draws over the picture (and must not read `source`); False replaces it, reading `source`.
        region: part of the stage to draw; the compositor sets it to the glass and its surroundings for passes that a
                frame covers elsewhere.
        needs: parts of `FrameInputs` that exist only on demand: `previews`, `echo`, `sound`; and
                `camera`, where the camera's picture shows people recognisably.
        baked: knobs that are drawn into textures once per size, or read only once, and so cannot follow signals.
        names_files: whether its settings name the artist's files; their errors are reported with the scene's line.
        is_foreign: whether it runs an external program, which must be tried before it is shown.
        memory_s: how far back its picture depends on earlier frames, s; infinite if on everything since the scene
                started. A resumed film draws this much again, unseen.
    """

    kind: ClassVar[str] = ""
    Settings: ClassVar[type[PassSettings]]
    in_place: ClassVar[bool] = False
    needs: frozenset[str] = frozenset()
    baked: ClassVar[frozenset[str]] = frozenset()
    names_files: ClassVar[bool] = False
    is_foreign: ClassVar[bool] = False
    memory_s: ClassVar[float] = 0.0

    def __init__(self, context: PassContext, settings: PassSettings) -> None:
        self.context = context
        self.settings = settings
        self.region: Rect = WHOLE

    @property
    def problem(self) -> str:
        """Problem for the operator; empty if there is none."""
        return ""

    @classmethod
    def opening(cls, settings: PassSettings, aspect: float) -> GlassArea | None:
        """Glass area, if this pass surrounds it."""
        return None

    @classmethod
    def check(cls, settings: PassSettings, library: ShaderLibrary) -> None:
        """Check the files named in the settings; needs no OpenGL.

        Raises:
            ConfigError: a file is missing or wrong.
        """
        return None

    @abstractmethod
    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, inputs: FrameInputs, tick: Tick, knobs: Knobs
    ) -> None:
        """Draw one frame.

        Args:
            source: picture so far, linear light; if `in_place`, the texture under `target`.
            target: where to draw.
            inputs: newest textures, and the visitor.
            tick: current time.
            knobs: current settings.
        """

    def uniforms(self, inputs: FrameInputs, tick: Tick, knobs: Knobs) -> dict[str, Value]:
        """Uniforms of every shader (`shaders/UNIFORMS.md`), except `u_source`."""
        values: dict[str, Value] = {f"u_{name}": value for name, value in knobs.items()}
        alignment, placement = inputs.alignment, inputs.placement or COMPOSED
        values.update(
            u_time=tick.time_s,
            u_dt=tick.dt_s,
            u_moment=tick.index % 4096,
            u_presence=inputs.presence,
            u_blend=inputs.blend if inputs.previous is not None else 1.0,
            u_turned=inputs.turned,
            u_turned_before=inputs.turned_before,
            u_alignment=(alignment.x, alignment.y, alignment.eye_distance),
            u_placement=(placement.x, placement.y, placement.eye_distance, placement.roll_rad),
            u_camera_aspect=inputs.camera_aspect,
            u_aspect=self.context.aspect,
            u_resolution=(float(self.context.size_wh[0]), float(self.context.size_wh[1])),
            u_opening=self.context.opening.bounds,
            u_corner=self.context.opening.corner,
            u_border=self.context.opening.border,
            u_noise=self.context.noise,
        )
        pictures = {
            "u_camera": inputs.camera,
            "u_reflection": inputs.reflection,
            "u_previous": inputs.previous or inputs.reflection,
            "u_growth": inputs.growth,
        }
        values.update({name: picture for name, picture in pictures.items() if picture is not None})
        return values


PassType = TypeVar("PassType", bound=type[Pass])
_PASSES: dict[str, type[Pass]] = {}


def register(kind: str) -> Callable[[PassType], PassType]:
    """Class decorator: register a pass for scenes as `kind`.

    Raises:
        ValueError: the name is taken, or the class has no settings.
    """

    def add(pass_type: PassType) -> PassType:
        if kind in _PASSES:
            raise ValueError(f"a pass called {kind} already exists: {_PASSES[kind].__qualname__}")
        if not issubclass(getattr(pass_type, "Settings", object), PassSettings):
            raise ValueError(f"{pass_type.__qualname__} has no Settings derived from PassSettings")
        pass_type.kind = kind
        _PASSES[kind] = pass_type
        return pass_type

    return add


def registry() -> Mapping[str, type[PassSettings]]:
    """Settings class of every pass by name, for `engine.scene.scene.load_scene`."""
    return MappingProxyType({kind: pass_type.Settings for kind, pass_type in _PASSES.items()})


def pass_class(kind: str) -> type[Pass]:
    """Pass class called `kind`.

    Raises:
        KeyError: there is none.
    """
    return _PASSES[kind]
