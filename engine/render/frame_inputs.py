"""Inputs of one frame: the newest textures and the state of the visitors, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

import moderngl

from engine.types import Alignment, Features, FloatArray, Placement
from engine.visitor.face_difference import FaceDifference


@dataclass(frozen=True)
class ArchiveTiles:
    """Tiles of this evening's strangers (`portrait_archive.py`).

    Attributes:
        pictures: square tiles in rows from the top left, sRGB-encoded; tile 0 is the newest.
        columns: tiles in a row.
        shown: how far each has faded in, 0 to 1; 0 for empty places.
        gains: exposure correction of each.
    """

    pictures: moderngl.Texture
    columns: int
    shown: tuple[float, ...]
    gains: tuple[float, ...]


@dataclass(frozen=True)
class Sitting:
    """Stranger in the glass, and their visitor; see `FrameInputs`, whose first fields are those of the nearest.

    Attributes:
        is_nearest: whether this is the main visitor.
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
        camera: newest camera picture, sRGB-encoded, row 0 top, already mirrored; None without a camera.
        camera_aspect: its width / height.
        reflection: newest drawn face, sRGB-encoded, row 0 top, square; None before the first one.
        previous: the one before it; None means `reflection`.
        blend: 0 shows `previous`, 1 shows `reflection`.
        growth: newest face at all resolutions of the generator, one per level of the texture: level 0 is finished, the
                last one 4x4; None unless a pass needs `previews`.
        archive_tiles: this evening's strangers; None without an archive.
        face_difference: difference between reflection and viewer; None unless a pass needs `echo`, and while nobody is
            there.
        features: measurements of the viewer; None while nobody is there.
        alignment: eye position in the persona's pictures.
        placement: position of the viewer's face in the camera picture, smoothed; None while nobody is there.
        turned: head turn of the viewer since the measurement behind `reflection`: yaw, to the right, and pitch, up;
            rad.
        turned_before: the same for `previous`.
        presence: 0 nobody is there, 1 somebody is; smoothed.
        signals: values for bound knobs (`engine.visitor.signals.SIGNALS`).
        sound: newest microphone samples, (N,) float32 from -1 to 1, newest last; None without a microphone.
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
        """These inputs for each visitor in front of the glass, farthest first; all but the nearest disappear completely
        when they leave."""
        return tuple(self._of(sitting) for sitting in self.sittings) or (self,)

    def _of(self, sitting: Sitting) -> FrameInputs:
        own = {each.name: getattr(sitting, each.name) for each in fields(sitting)}
        return replace(self, sittings=(sitting,), **{name: own[name] for name in own if name != "is_nearest"})

    @property
    def is_nearest(self) -> bool:
        """Whether these inputs are of the main visitor."""
        return len(self.sittings) != 1 or self.sittings[0].is_nearest
