"""What is seen in the glass: the room behind the viewer, the reflection, the old silver itself."""

from __future__ import annotations

import moderngl
from pydantic import Field

from engine.render.frame_inputs import View
from engine.render.glass_area import overlap
from engine.render.pass_context import OVER, Stage
from engine.render.passes.base import Knobs, Pass, register
from engine.render.passes.face_placement import PreparedFace, figure_rect, put_face
from engine.scene.scene import PassSettings
from engine.types import Tick


@register("room")
class Room(Pass):
    """The camera's picture as the room behind you; where there is no camera, a dim room of our own."""

    class Settings(PassSettings):
        """Knobs of `room`."""

        blur: float = Field(default=0.035, ge=0.004, le=0.2)
        """How unsharp it is, as a fraction of the glass's height: 0.004 nearly sharp, 0.2 only light. Baked."""
        exposure: float = Field(default=0.25, ge=0.0, le=4.0)
        """Factor on the room's light: 0.25 is two stops down."""

    in_place = True
    baked = frozenset({"blur"})

    def __init__(self, stage: Stage, settings: Settings) -> None:
        super().__init__(stage, settings)
        rows = max(4, round(0.6 / settings.blur))
        opening = stage.opening
        columns = max(4, round(rows * opening.half_width / opening.half_height))
        self._gathered = stage.canvas((columns, rows))
        self._gather_own = stage.brush("room", {"GATHER": True})
        self._gather_camera = stage.brush("room", {"GATHER": True, "CAMERA": True})
        self._show = stage.brush("room")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: View, tick: Tick, knobs: Knobs
    ) -> None:
        opening = self.stage.opening
        values = self.uniforms(view, tick, knobs)
        values["u_fit"] = cover_fit(view.camera_aspect, opening.half_width / opening.half_height)
        gather = self._gather_own if view.camera is None else self._gather_camera
        gather.draw(self._gathered.framebuffer, values)
        values["u_gathered"] = self._gathered.texture
        self._show.draw(target, values, rect=self.region, blend=OVER if knobs["opacity"] < 1.0 else None)


@register("camera")
class Camera(Pass):
    """The camera's picture as it is. It shows the viewer; what is not to be seen belongs under other passes."""

    class Settings(PassSettings):
        """Knobs of `camera`."""

        exposure: float = Field(default=0.5, ge=0.0, le=4.0)
        """Factor on its light: 0.5 is one stop down."""
        saturation: float = Field(default=1.0, ge=0.0, le=2.0)
        """How strong its colours are: 0 grey, 1 as they are."""

    in_place = True

    def __init__(self, stage: Stage, settings: Settings) -> None:
        super().__init__(stage, settings)
        self._show = stage.brush("camera")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: View, tick: Tick, knobs: Knobs
    ) -> None:
        if view.camera is None:
            return
        opening = self.stage.opening
        values = self.uniforms(view, tick, knobs)
        values["u_fit"] = cover_fit(view.camera_aspect, opening.half_width / opening.half_height)
        self._show.draw(target, values, rect=self.region, blend=OVER if knobs["opacity"] < 1.0 else None)


@register("reflection")
class Reflection(Pass):
    """The generated face, where the viewer's face would be in a mirror."""

    class Settings(PassSettings):
        """Knobs of `reflection`."""

        follow: float = Field(default=0.8, ge=0.0, le=1.0)
        """How far it follows the viewer's place, size and tilt: 0 stays composed, 1 as a true mirror would."""
        size: float = Field(default=0.80, ge=0.2, le=3.0)
        """Side of the face's picture at rest, in heights of the glass."""
        eye_line: float = Field(default=0.42, ge=0.0, le=1.0)
        """Where the eyes stand at rest, as a fraction of the glass's height from its top."""
        viewer_eyes: float = Field(default=0.11, ge=0.02, le=0.5)
        """Distance between the eyes, in heights of the camera's picture, of a viewer who stands where the face is
        shown in its rest size."""
        feather: float = Field(default=0.25, ge=0.0, le=1.0)
        """How softly it goes over into the room: 0 close around the head, 1 far."""
        shoulders: float = Field(default=1.0, ge=0.0, le=1.0)
        """How much of neck and shoulders there is: 0 a face alone, 1 a figure before the room."""
        sink: float = Field(default=0.0, ge=0.0, le=1.0)
        """How far its outline sinks into the dark, as if only its middle came near: 0 evenly lit, 1 a mask of light."""
        even: float = Field(default=0.6, ge=0.0, le=1.0)
        """How far dark and bright faces are brought to one exposure."""
        idle: float = Field(default=0.18, ge=0.0, le=1.0)
        """How much of a face is there while nobody is: 0 an empty glass, 0.2 hardly more than a breath."""
        late: float = Field(default=0.8, ge=0.0, le=1.0)
        """How far it is turned by what the viewer's head did since the picture it answers: 0 not at all, 1 wholly."""
        clarity: float = Field(default=0.8, ge=0.0, le=3.0)
        """How much the softness of enlarging is undone: 0 soft, 1 as it was drawn, 3 harsh."""

    in_place = True

    def __init__(self, stage: Stage, settings: Settings) -> None:
        super().__init__(stage, settings)
        self._face = PreparedFace(stage)
        self._show = stage.brush("reflection")

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: View, tick: Tick, knobs: Knobs
    ) -> None:
        presence = max(view.presence, knobs["idle"])
        if view.reflection is None or presence <= 0.0:
            return
        values = self.uniforms(view, tick, knobs)
        values["u_presence"] = presence
        put = put_face(self.stage.opening, view.alignment, view.placement, knobs)
        values.update(u_prepared=self._face.draw(view.reflection.size, values), u_put=put)
        rect = overlap(self.region, figure_rect(put, view.alignment, self.stage.aspect, knobs))
        if rect is not None:
            self._show.draw(target, values, rect=rect, blend=OVER)


@register("glass")
class Glass(Pass):
    """Old silvered glass: slightly wavy, foxed at its edges, with mercury spots and a faint second reflection."""

    class Settings(PassSettings):
        """Knobs of `glass`."""

        waves: float = Field(default=4.0, ge=0.0, le=40.0)
        """How far the picture is bent, in thousandths of the stage's height."""
        foxing: float = Field(default=0.8, ge=0.0, le=1.0)
        """How much silver is lost: 0 none, 1 wide brown edges. Baked."""
        haze: float = Field(default=0.6, ge=0.0, le=1.0)
        """How milky the silver has become."""

    baked = frozenset({"foxing"})

    def __init__(self, stage: Stage, settings: Settings) -> None:
        super().__init__(stage, settings)
        self._show = stage.brush("glass")
        self._flaws = stage.canvas(stage.size_wh, "f1")
        values = self.uniforms(View(), Tick(0, 0.0, 0.0), settings.model_dump())
        stage.bake(self._flaws, "glass", {"BAKE": True}, values)

    def render(
        self, source: moderngl.Texture, target: moderngl.Framebuffer, view: View, tick: Tick, knobs: Knobs
    ) -> None:
        values = self.uniforms(view, tick, knobs)
        values.update(u_source=source, u_flaws=self._flaws.texture)
        self._show.draw(target, values, rect=self.region)


def cover_fit(picture_aspect: float, glass_aspect: float) -> tuple[float, float]:
    """The part of a picture's width and height that is seen when it covers a glass of another shape."""
    return min(1.0, glass_aspect / picture_aspect), min(1.0, picture_aspect / glass_aspect)
