"""Pictures for tests of drawing, made from nothing: a face by a seed, an arrow that shows which way is up."""

from __future__ import annotations

from dataclasses import replace

import moderngl
import numpy as np

from engine.features.colours import PATCHES, patch_centres
from engine.features.geometry import mean_face, measure_face
from engine.render.output_pass import OutputPass
from engine.types import Alignment, Attribute, ByteArray, Features, Placement

ALIGNMENT = Alignment(0.5, 0.48, 0.25)
REST = Placement(x=0.5, y=0.42, eye_distance=0.11, roll_rad=0.0, aspect=16 / 9)
"""Where a viewer stands whose reflection is shown in its rest."""


def synthetic_face(seed: int = 0, size: int = 64) -> ByteArray:
    """A drawn head, (size, size, 4) uint8, its eyes where `ALIGNMENT` says: skin, hair, eyes, mouth, a blue ground."""
    rng = np.random.default_rng(seed)
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    picture = np.empty((size, size, 3))
    picture[:] = (60, 90, 190)
    skin = np.array([214, 160, 128]) * rng.uniform(0.8, 1.1)

    def blob(cx: float, cy: float, rx: float, ry: float, colour: object) -> None:
        weight = np.clip((1.0 - np.hypot((x - cx) / rx, (y - cy) / ry)) * 8.0, 0.0, 1.0)[..., None]
        picture[:] = picture * (1.0 - weight) + np.asarray(colour) * weight

    blob(0.5, 1.05, 0.45, 0.30, (40, 40, 48))
    blob(0.5, 0.45, 0.32, 0.40, rng.uniform(30, 110, 3))
    blob(0.5, 0.54, 0.27, 0.36, skin)
    for side in (-1, 1):
        blob(0.5 + side * 0.125, 0.48, 0.055, 0.030, (235, 230, 225))
        blob(0.5 + side * 0.125, 0.48, 0.028, 0.028, (30, 24, 20))
    blob(0.5, 0.60, 0.035, 0.06, skin * 0.8)
    blob(0.5, 0.73, 0.10, 0.03, (150, 60, 60))
    alpha = np.full((size, size, 1), 255)
    return np.ascontiguousarray(np.concatenate([np.clip(picture, 0, 255), alpha], axis=2).astype(np.uint8))


def measured_viewer(
    yaw_deg: float = 12.0, middle: tuple[float, float] = (320.0, 200.0), attributes: tuple[Attribute, ...] = ()
) -> Features:
    """What is measured of a viewer with the mean face in a picture of 640 x 480, eyes 60 px apart, turned so far."""
    turn = np.radians(yaw_deg)
    rotation = np.array([[np.cos(turn), 0, -np.sin(turn)], [0, 1, 0], [np.sin(turn), 0, np.cos(turn)]])
    points = (mean_face()[0] @ rotation.T * 60.0 + (*middle, 0.0)).astype(np.float32)
    face = measure_face(points, 640, 480)
    assert face is not None
    lab = np.tile(np.array([[66.0, 14.0, 18.0]], np.float32), (len(PATCHES), 1))
    centres = patch_centres(points, face.eye_distance_px, face.placement.roll_rad, (640, 480))
    patches = np.hstack([centres, lab]).astype(np.float32)
    vector = np.zeros(240, np.float32)
    return Features(vector, face.placement, points, face.yaw_deg, face.pitch_deg, 0.0, 0, patches, attributes)


def measured_stranger(viewer: Features, moved: dict[int, tuple[float, float]] | None = None) -> Features:
    """What is measured of a drawn face of 64 px, its eyes where `ALIGNMENT` says, that is the viewer's.

    Args:
        viewer: of whom everything is.
        moved: landmarks that are elsewhere, by eye distances to the right and down.
    """
    unit_px, eyes_px = ALIGNMENT.eye_distance * 64, np.array([ALIGNMENT.x, ALIGNMENT.y]) * 64
    aligned = viewer.aligned(viewer.landmarks_px)
    for index, way in (moved or {}).items():
        aligned[index] += way
    points = np.hstack([aligned * unit_px + eyes_px, viewer.landmarks_px[:, 2:]]).astype(np.float32)
    places = viewer.aligned(viewer.patches) * unit_px + eyes_px
    patches = np.hstack([places, viewer.patches[:, 2:]]).astype(np.float32)
    placement = Placement(ALIGNMENT.x, ALIGNMENT.y, ALIGNMENT.eye_distance, 0.0, 1.0)
    return replace(viewer, landmarks_px=points, patches=patches, placement=placement)


def grown(image: ByteArray) -> tuple[ByteArray, ...]:
    """Previews (4, 4, 4), (8, 8, 4), ... of a square picture: means of boxes."""
    sizes = [4 << k for k in range(10) if 4 << k < len(image)]
    return tuple(
        image.reshape(size, len(image) // size, size, len(image) // size, 4).mean(axis=(1, 3)).astype(np.uint8)
        for size in sizes
    )


def eye_mark(side: int, size: int = 64) -> ByteArray:
    """White with alpha where one eye of `ALIGNMENT` is, black elsewhere; side -1 is the one on the left."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    eye_x = ALIGNMENT.x + side * ALIGNMENT.eye_distance / 2
    lit = np.hypot(x - eye_x, y - ALIGNMENT.y) < 0.06
    return np.dstack([np.where(lit, 255, 0)] * 3 + [np.full_like(x, 255)]).astype(np.uint8)


def centre_of_light(picture: np.ndarray) -> tuple[float, float]:
    """x and y of the centre of a picture's light, as fractions of its width and height."""
    light = np.asarray(picture, np.float64)[..., :3].sum(axis=2) ** 2
    height, width = light.shape
    total = light.sum()
    assert total > 0, "the picture is black"
    x = (light.sum(axis=0) * (np.arange(width) + 0.5)).sum() / total / width
    y = (light.sum(axis=1) * (np.arange(height) + 0.5)).sum() / total / height
    return float(x), float(y)


def read_texture(texture: moderngl.Texture) -> np.ndarray:
    """(H, W, 4) float32 of a half-float texture, row 0 top."""
    width, height = texture.size
    return np.frombuffer(texture.read(), np.float16).reshape(height, width, 4).astype(np.float32)


def presented(
    gl: moderngl.Context,
    projector: OutputPass,
    texture: moderngl.Texture,
    size_wh: tuple[int, int],
    light: float = 1.0,
) -> ByteArray:
    """What a window of this size would show, (H, W, 3) uint8, row 0 top."""
    window = gl.simple_framebuffer(size_wh, components=4)
    try:
        window.clear(1.0, 0.0, 1.0, 1.0)  # what is left of this was not drawn
        projector.draw(texture, window, light)
        pixels = np.frombuffer(window.read(components=3), np.uint8).reshape(size_wh[1], size_wh[0], 3)
        return np.ascontiguousarray(pixels[::-1])  # OpenGL reads the bottom row first
    finally:
        gl.detect_framebuffer(0).use()  # what is bound must not be released
        window.color_attachments[0].release()
        window.release()
