"""What crosses a border between parts: frozen values that state shape, dtype, range, colour order and origin.

Pictures have row 0 at the top. Angles are in degrees unless a name ends in `_rad`. Times are seconds of
`clock.TimeSource.now_s`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import CudaError, in_one_line
from engine.core.latency_stamps import LatencyStamps

FloatArray = NDArray[np.float32]
ByteArray = NDArray[np.uint8]

EYE_CORNERS = (33, 133, 362, 263)
"""FaceMesh's numbers of the corners of the eyes; their mean is the midpoint between the eyes."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a face is in a picture, apart from everything that makes it that face.

    Attributes:
        x, y: midpoint between the eyes as fractions of the picture's width and height; origin top left, y down;
            outside 0..1 when the face leaves the picture.
        eye_distance: distance between the centres of the eyes, as if seen from the front, as a fraction of the
            picture's height.
        roll_rad: tilt of the line through the eyes; positive is clockwise on the screen.
        aspect: width / height of the picture.
    """

    x: float
    y: float
    eye_distance: float
    roll_rad: float
    aspect: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where a persona draws its faces: the same measures as `Placement`, for a square picture without roll."""

    x: float = 0.5
    y: float = 0.48
    eye_distance: float = 0.25


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture from a source, mirrored already if its source is to be mirrored.

    Attributes:
        image: (H, W, 3) uint8, RGB, sRGB-encoded, C-contiguous; never written to after it was made.
        captured_s: when it was taken, or read, if the source does not say.
        sequence: counts up by one per frame of a source.
        read_s: when the program had it; None where that is when it was taken.
    """

    image: ByteArray
    captured_s: float
    sequence: int
    read_s: float | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """What a classifier takes a viewer for.

    Attributes:
        name: of the question, e.g. `age`.
        value: the most probable answer, e.g. `38 to 43`.
        probability: of that answer, 0 to 1.
    """

    name: str
    value: str
    probability: float


@dataclass(frozen=True, slots=True)
class AlignedCrop:
    """The square around a face, cut as the portraits are that encoders learn from.

    Attributes:
        pixels: (S, S, 3) uint8 RGB, eyes level; never written to after it was made.
        side_px: side of the square in the picture that it was cut from.
        shown: share of the face's landmarks that lie within that picture, 0 to 1.
    """

    pixels: ByteArray
    side_px: float
    shown: float


@dataclass(frozen=True, slots=True)
class Features:
    """What the mirror keeps of a face.

    Attributes:
        vector: (F,) float32, finite; its layout is `pipeline.features.LAYOUT`. Free of position, scale and roll.
        placement: position, scale and roll, which never enter the inverter.
        landmarks_px: (478, 3) float32; x right, y down in pixels of the frame, z in the same unit, smaller is nearer.
        yaw_deg, pitch_deg: head pose; yaw is positive when the face turns to the right of the picture, pitch when
            it looks up.
        captured_s, sequence: of the frame.
        patches: (N, 5) float32, where the colours of the vector were taken: x, y in pixels of the frame; L*, a*, b*.
        attributes: what classifiers say; empty where none is asked.
        identity: number of the person among those who were in sight; 0 where nobody keeps count, as in stills.
        crop: the square around the face, for an encoder; None where none asks for it.
    """

    vector: FloatArray
    placement: Placement
    landmarks_px: FloatArray
    yaw_deg: float
    pitch_deg: float
    captured_s: float
    sequence: int
    patches: FloatArray = field(default_factory=lambda: np.empty((0, 5), np.float32))
    attributes: tuple[Attribute, ...] = ()
    identity: int = 0
    crop: AlignedCrop | None = None

    @property
    def eyes_px(self) -> FloatArray:
        """(2,) midpoint between the eyes, x and y."""
        eyes: FloatArray = self.landmarks_px[list(EYE_CORNERS), :2].mean(axis=0)
        return eyes

    @property
    def eye_distance_px(self) -> float:
        """Distance between the eyes, as if seen from the front."""
        place, (x, y) = self.placement, self.eyes_px
        height_px = y / place.y if abs(place.y) > 0.05 else x / (place.x * place.aspect)
        return max(place.eye_distance * abs(float(height_px)), 1e-6)

    def aligned(self, points_px: FloatArray) -> FloatArray:
        """Points (N, 2) of the frame relative to the face: from the midpoint of the eyes, upright, in eye distances."""
        cos, sin = math.cos(self.placement.roll_rad), math.sin(self.placement.roll_rad)
        upright = np.array([[cos, -sin], [sin, cos]], np.float32)
        return np.asarray((points_px[:, :2] - self.eyes_px) @ upright / self.eye_distance_px, np.float32)


@dataclass(frozen=True, slots=True)
class ReflectionComparison:
    """A drawn face that was looked at again, beside the viewer whom it answered at that very moment.

    Attributes:
        viewer: what was measured of the viewer.
        stranger: the same, measured of the drawn face; its pixels are those of the reflection's picture.
    """

    viewer: Features
    stranger: Features


@dataclass(frozen=True, slots=True)
class Latent:
    """A point that the generator can draw.

    Attributes:
        z: (latent_size,) float32 on the sphere of radius sqrt(latent_size).
        presence: 0 nobody is there, 1 somebody is.
        features: what it answers to, or of somebody who is noticed but not yet answered; None while nobody is there.
        captured_s: of the frame that it answers to.
        typicality: how usual the viewer is among the faces that the generator draws: 1 their mean, 0.5 as far from it
            as half of them, towards 0 beyond; 0 while nobody is there.
        likeness: how near the answer is to what was asked for: 1 the same features, 0 no nearer than any face of the
            generator's; as the inverter expects it until the drawn face was measured; 0 while nobody is there.
        deepening: how far the answer to this visitor has been refined: 0 on arrival, towards 1 as they stay.
    """

    z: FloatArray
    presence: float
    features: Features | None
    captured_s: float
    typicality: float = 0.0
    likeness: float = 0.0
    deepening: float = 0.0


@dataclass(frozen=True, slots=True)
class DeviceImage:
    """A picture in the memory of a graphics card; it is finished, nothing waits for anything.

    Attributes:
        array: CuPy's (H, W, 4) uint8, RGBA, C-contiguous, which keeps the memory of the framework that made it; never
            written to.
        darkest, brightest: the lowest and the highest level of its colours, 0 to 255.
    """

    array: Any
    darkest: int
    brightest: int

    @property
    def shape(self) -> tuple[int, int, int]:
        height, width, channels = self.array.shape
        return height, width, channels

    def to_host(self) -> ByteArray:
        """A copy (H, W, 4) in the computer's memory; waits for it, without Python's lock.

        Raises:
            CudaError: the card does not give it.
        """
        try:
            return np.ascontiguousarray(self.array.get(), np.uint8)
        except (RuntimeError, MemoryError) as error:  # CuPy's errors are among these
            raise CudaError(f"a picture cannot be read from the graphics card: {in_one_line(error)}") from error


@dataclass(frozen=True, slots=True)
class Reflection:
    """A drawn face.

    Attributes:
        image: (H, W, 4) uint8 RGBA, sRGB-encoded, alpha 255, C-contiguous, H = W; never written to after it was made;
            on the graphics card where the generator runs on it and its memory is shared with OpenGL.
        latent: what it draws.
        generated_s: when it was finished.
        sequence: counts up by one per drawn face; not every one of them is shown.
        previews: the same face as the generator had it on its way, (S, S, 4) each, 4x4 first, without the finished one;
            empty unless a scene asks for them.
        echo: the newest comparison of a drawn face with its viewer, up to half a second old; None unless a scene asks
            for it, and where no face was found in either.
        stamps: when the picture that it answers passed each step; None where it answers none.
    """

    image: ByteArray | DeviceImage
    latent: Latent
    generated_s: float
    sequence: int
    previews: tuple[ByteArray, ...] = ()
    echo: ReflectionComparison | None = None
    stamps: LatencyStamps | None = None

    @property
    def pixels(self) -> ByteArray:
        """The picture in the computer's memory; copied from the graphics card at every call if it is there."""
        return self.image.to_host() if isinstance(self.image, DeviceImage) else self.image
