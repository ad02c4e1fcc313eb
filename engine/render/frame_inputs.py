"""Inputs of one frame: the newest textures and the state of the visitors, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import moderngl

from engine.types import Alignment, Features, FloatArray, Placement
from engine.visitor.face_difference import FaceDifference


@dataclass(frozen=True)
class ArchiveTiles:
    """The strangers of this evening (`portrait_archive.py`).

    Attributes:
        pictures: square tiles in rows from the top left, sRGB-encoded; tile 0 is the newest.
        columns: tiles in a row.
        shown: how far each has faded in, 0 to 1; 0 for empty places.
        gains: factor that evens out the exposure of each.
    """

    pictures: moderngl.Texture
    columns: int
    shown: tuple[float, ...]
    gains: tuple[float, ...]


@dataclass(frozen=True)
class Sitting:
    """One stranger in the glass, and the visitor whom they answer; see `FrameInputs`, whose first fields are those of
    the nearest.

    Attributes:
        is_nearest: whether this is the one who is answered first.
    """

    reflection: moderngl.Texture | None = None
    previous: moderngl.Texture | None = None
    blend: float = 1.0
    features: Features | None = None
    placement: Placement | None = None
    turned: tuple[float, float] = (0.0, 0.0)
    turned_before: tuple[float, float] = (0.0, 0.0)
    presence: float = 0.0
    is_nearest: bool = True


@dataclass(frozen=True)
class FrameInputs:
    """Everything that changes from one drawn frame to the next, apart from time.

    Attributes:
        camera: the newest camera picture, sRGB-encoded, row 0 top, mirrored already; None where there is no camera.
        camera_aspect: its width / height.
        reflection: the newest drawn face, sRGB-encoded, row 0 top, square; None before the first one.
        previous: the one before it; None stands for `reflection`.
        blend: 0 shows `previous`, 1 shows `reflection`.
        growth: the newest face at every resolution that the generator passed through, one for each level of the
            texture: level 0 is finished, the last one 4x4; None unless a pass needs `previews`.
        archive_tiles: the strangers of this evening; None where nobody keeps them.
        face_difference: where the reflection's own features differ from the viewer's; None unless a pass needs `echo`,
            and while nobody is there.
        features: what was measured of the viewer; None while nobody is there.
        alignment: where the persona draws the eyes.
        placement: where the viewer's face is in the camera picture, smoothed; None while nobody is there.
        turned: how far the viewer's head has turned since the measurement that `reflection` answers: yaw, to the right,
            and pitch, up; rad.
        turned_before: the same for `previous`.
        presence: 0 nobody is there, 1 somebody is; eased.
        signals: what bound knobs may read (`engine.scene.scene.SIGNALS`).
        sound: what the microphone heard last, (N,) float32 from -1 to 1, the newest last; None where nothing listens.
    """

    camera: moderngl.Texture | None = None
    camera_aspect: float = 16 / 9
    reflection: moderngl.Texture | None = None
    previous: moderngl.Texture | None = None
    blend: float = 1.0
    growth: moderngl.Texture | None = None
    archive_tiles: ArchiveTiles | None = None
    features: Features | None = None
    face_difference: FaceDifference | None = None
    alignment: Alignment = field(default_factory=Alignment)
    placement: Placement | None = None
    turned: tuple[float, float] = (0.0, 0.0)
    turned_before: tuple[float, float] = (0.0, 0.0)
    presence: float = 0.0
    signals: Mapping[str, float] = field(default_factory=dict)
    sound: FloatArray | None = None
    sittings: tuple[Sitting, ...] = ()

    @property
    def everyone(self) -> tuple[FrameInputs, ...]:
        """These inputs once for each who stands before the glass, the farthest first; whoever is not the nearest is not
        there at all when they are gone."""
        return tuple(self._of(sitting) for sitting in self.sittings) or (self,)

    def _of(self, sitting: Sitting) -> FrameInputs:
        own = {each.name: getattr(sitting, each.name) for each in fields(sitting)}
        return replace(self, sittings=(sitting,), **{name: own[name] for name in own if name != "is_nearest"})

    @property
    def is_nearest(self) -> bool:
        """Whether they tell of the one who is answered first."""
        return len(self.sittings) != 1 or self.sittings[0].is_nearest
