"""Values that cross borders between rooms: frozen, with shape, dtype, range, colour order and origin.

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
"""FaceMesh indices of the corners of the eyes; their mean is the midpoint between the eyes."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Position, scale and roll of a face in a picture.

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
    """Where a persona draws its faces: measured like `Placement`, for a square picture without roll."""

    x: float = 0.5
    y: float = 0.48
    eye_distance: float = 0.25


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture from a source, already mirrored if its source is to be mirrored.

    Attributes:
        image: (H, W, 3) uint8, RGB, sRGB-encoded, C-contiguous; never modified.
        captured_s: time of capture, or of reading if the source does not say.
        sequence: counts up by one per frame of a source.
        read_s: time of reading; None if that is `captured_s`.
    """

    image: ByteArray
    captured_s: float
    sequence: int
    read_s: float | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """A classifier's answer about a visitor.

    Attributes:
        name: the question, e.g. `age`.
        value: the most probable answer, e.g. `38 to 43`.
        probability: of that answer, 0 to 1.
    """

    name: str
    value: str
    probability: float


@dataclass(frozen=True, slots=True)
class AlignedCrop:
    """The square around a face, cut like the portraits that encoders learn from.

    Attributes:
        pixels: (S, S, 3) uint8 RGB, eyes level; never modified.
        side_px: side of the square in the original picture.
        shown: share of the landmarks that lie within that picture, 0 to 1.
    """

    pixels: ByteArray
    side_px: float
    shown: float


@dataclass(frozen=True, slots=True)
class Features:
    """What the mirror keeps of a face.

    Attributes:
        vector: (F,) float32, finite; its layout is `engine.features.vector.LAYOUT`. Free of position, scale and roll.
        placement: position, scale and roll, which never enter the inverter.
        landmarks_px: (478, 3) float32; x right, y down in pixels of the frame, z in the same unit, smaller is nearer.
        yaw_deg, pitch_deg: head pose; yaw is positive when the face turns to the right of the picture, pitch when
            it looks up.
        captured_s, sequence: of the frame.
        patches: (N, 5) float32, the sampled colours: x, y in pixels of the frame; L*, a*, b*.
        attributes: answers of the classifiers; empty without any.
        identity: number of the person among those in sight; 0 for stills.
        crop: the square around the face, for an encoder; None if no encoder needs it.
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
    """Features of a drawn face beside those of the visitor it answers.

    Attributes:
        viewer: features of the visitor.
        stranger: features of the drawn face, in pixels of the reflection's picture.
    """

    viewer: Features
    stranger: Features


@dataclass(frozen=True, slots=True)
class Latent:
    """A point in the generator's latent space, and the visitor it answers.

    Attributes:
        z: (latent_size,) float32 on the sphere of radius sqrt(latent_size).
        presence: 0 nobody is there, 1 somebody is.
        features: of the visitor, also while they are noticed but not yet answered; None while nobody is there.
        captured_s: of the frame that it answers.
        typicality: how usual the visitor is among the faces that the generator draws: 1 their mean, 0.5 as far from it
            as half of them, towards 0 beyond; 0 while nobody is there.
        likeness: how near the answer is to the visitor: 1 the same features, 0 no nearer than any drawn face; the
            inverter's estimate until the drawn face is measured; 0 while nobody is there.
        deepening: how far the answer has been refined: 0 on arrival, towards 1 as the visitor stays.
        stranger: number of the stranger that it shows, from 1; latents of one number follow from each other, and each
            visitor who is answered at the same time has one. 0 if nobody counts.
        bits: how many bits are left of the visitor, if the scene quantises; 0 otherwise. Sessions do not keep it.
    """

    z: FloatArray
    presence: float
    features: Features | None
    captured_s: float
    typicality: float = 0.0
    likeness: float = 0.0
    deepening: float = 0.0
    stranger: int = 0
    bits: int = 0


@dataclass(frozen=True, slots=True)
class DeviceImage:
    """A finished picture in the memory of a graphics card.

    Attributes:
        array: CuPy (H, W, 4) uint8, RGBA, C-contiguous; keeps the memory of the framework that made it; never modified.
        darkest, brightest: lowest and highest level of its colours, 0 to 255.
    """

    array: Any
    darkest: int
    brightest: int

    @property
    def shape(self) -> tuple[int, int, int]:
        height, width, channels = self.array.shape
        return height, width, channels

    def to_host(self) -> ByteArray:
        """A copy (H, W, 4) in main memory; waits for it without Python's lock.

        Raises:
            CudaError: the copy fails.
        """
        try:
            return np.ascontiguousarray(self.array.get(), np.uint8)
        except (RuntimeError, MemoryError) as error:  # CuPy's errors are among these
            raise CudaError(f"a picture cannot be read from the graphics card: {in_one_line(error)}") from error


@dataclass(frozen=True, slots=True)
class Reflection:
    """A drawn face.

    Attributes:
        image: (H, W, 4) uint8 RGBA, sRGB-encoded, alpha 255, C-contiguous, H = W; never modified;
            on the graphics card if the generator runs there and shares memory with OpenGL.
        latent: the point that it shows.
        generated_s: time of completion.
        sequence: counts up by one per drawn face; not every one is shown.
        previews: intermediate resolutions, (S, S, 4) each, 4x4 first, without the finished picture; empty unless a
            scene asks for them.
        echo: the newest comparison of a drawn face with its visitor, up to half a second old; None unless a scene asks
            for it, and if no face was found in either.
        stamps: latency stamps of the picture that it answers; None if it answers none.
        beside: reflections of the other visitors, drawn in the same turn; this one is of the visitor who is answered
            first, or of nobody.
    """

    image: ByteArray | DeviceImage
    latent: Latent
    generated_s: float
    sequence: int
    previews: tuple[ByteArray, ...] = ()
    echo: ReflectionComparison | None = None
    stamps: LatencyStamps | None = None
    beside: tuple[Reflection, ...] = ()

    @property
    def everyone(self) -> tuple[Reflection, ...]:
        """This reflection and those beside it."""
        return (self, *self.beside)

    @property
    def pixels(self) -> ByteArray:
        """The picture in main memory; copied from the graphics card at every call if it is there."""
        return self.image.to_host() if isinstance(self.image, DeviceImage) else self.image
