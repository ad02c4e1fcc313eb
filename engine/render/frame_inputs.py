"""What a picture is drawn from: the newest textures and the viewer's state, frozen for one frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import moderngl

from engine.types import Alignment, Features, FloatArray, Placement
from engine.visitor.face_difference import FaceDifference


@dataclass(frozen=True)
class ArchiveTiles:
    """The strangers of this evening (`evening.py`).

    Attributes:
        pictures: square tiles in rows from the top left, sRGB-encoded; tile 0 is the newest.
        columns: tiles in a row.
        shown: how far each has faded in, 0 to 1; 0 where nobody hangs yet.
        gains: what evens the exposure of each.
    """

    pictures: moderngl.Texture
    columns: int
    shown: tuple[float, ...]
    gains: tuple[float, ...]


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
        kept: the strangers of this evening; None where nobody keeps them.
        parting: where the reflection's own features differ from the viewer's; None unless a pass needs `echo`, and
            while nobody is there.
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
    kept: ArchiveTiles | None = None
    features: Features | None = None
    parting: FaceDifference | None = None
    alignment: Alignment = field(default_factory=Alignment)
    placement: Placement | None = None
    turned: tuple[float, float] = (0.0, 0.0)
    turned_before: tuple[float, float] = (0.0, 0.0)
    presence: float = 0.0
    signals: Mapping[str, float] = field(default_factory=dict)
    sound: FloatArray | None = None
