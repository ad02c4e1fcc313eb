"""Film that compares methods: the viewer on the left, the reflection of each method beside it, and figures below."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from engine.config.reflection import ReflectionSettings
from engine.core.closing import Closing
from engine.features.face_tracker import is_different_person
from engine.features.featurizer import LAYOUT, VECTORS, Featurizer
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import angle_deg
from engine.pipeline.encoding_filter import EncodingFilter
from engine.pipeline.feature_filter import FeatureFilter
from engine.pipeline.sources.video_file import pictures_of
from engine.pipeline.sphere_filter import SphereOneEuro
from engine.types import ByteArray, Features, FloatArray, Frame
from tools.bank.builder import FaceDrawer
from tools.baselines.methods import Method
from tools.likeness.answers import can_answer, seen_pixels
from tools.likeness.scale import LikenessScale
from tools.reporting.face_pair import align, enlarge

SIDE_PX, GAP_PX, CAPTION_PX = 384, 12, 92
GROUND, INK, FAINT = (18, 17, 16), (226, 220, 208), (142, 136, 126)
RECENT = 30  # number of reflections behind a caption's figures
LEAST_DT_S = 0.005


@dataclass
class _Panel:
    """Method and its panel in the film."""

    method: Method
    calm: FeatureFilter
    steady: EncodingFilter
    filter: SphereOneEuro
    picture: ByteArray
    last: FloatArray | None = None
    errors: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=RECENT))
    speeds: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    all_errors: list[tuple[float, float]] = field(default_factory=list)
    all_speeds: list[float] = field(default_factory=list)

    def answer(self, face: Features, dt_s: float) -> FloatArray:
        inverter = self.method.inverter
        pixels = seen_pixels(inverter, face) if can_answer(inverter, face) else None
        answer = inverter(self.calm(face.vector, dt_s), pixels)
        if inverter.needs_crop:
            answer = self.steady(answer, face.vector, dt_s)
        z = self.filter(answer, dt_s)
        if self.last is not None:
            speed = float(angle_deg(z, self.last)) / dt_s
            self.speeds.append(speed)
            self.all_speeds.append(speed)
        self.last = z
        return z

    def forget(self) -> None:
        self.method.inverter.reset()
        self.calm.reset()
        self.steady.reset()
        self.filter.reset()
        self.last = None

    def caption(self) -> tuple[str, str]:
        if not self.errors:
            return self.method.title, "nobody yet" if self.last is None else "no face in it"
        shape, colour = np.sqrt(np.mean(np.square(list(self.errors)), axis=0))
        speed = f"   moves {np.mean(self.speeds):.0f}°/s" if self.speeds else ""
        return self.method.title, f"shape {shape:.2f}   colour {colour:.2f}{speed}"


class SideBySide(Closing):
    """Films a video with several methods; all are smoothed as in the mirror: features first, then on the sphere.

    Smoothed only on the sphere, a regression whose output jumps with feature noise would lag behind at the rate limit,
    through faces it never produced.

    Args:
        persona: persona of the methods.
        methods: one or more.
        scale: standard deviations that the captions' errors are relative to.
        is_mirrored: whether to mirror the video, like a camera.
    """

    def __init__(self, persona: Persona, methods: Sequence[Method], scale: LikenessScale, is_mirrored: bool) -> None:
        self._stack = ExitStack()
        self._drawer = self._stack.enter_context(FaceDrawer(persona, threads=1))
        layouts = {LAYOUT.name, *(method.layout.name for method in methods)}
        looking = {method.layout.name for method in methods if method.inverter.needs_crop}
        self._featurizers: Mapping[str, Featurizer] = {
            name: self._stack.enter_context(Featurizer("live", VECTORS[name], crops=name in looking))
            for name in sorted(layouts)
        }
        settings = ReflectionSettings()
        nobody = np.full((SIDE_PX, SIDE_PX, 3), GROUND, np.uint8)
        self._panels = [
            _Panel(
                method,
                FeatureFilter(method.layout, settings.features),
                EncodingFilter(method.layout),
                SphereOneEuro(settings.min_cutoff_hz, settings.beta, settings.rate_limit_deg_s),
                nobody,
            )
            for method in methods
        ]
        self._persona, self._scale, self._is_mirrored = persona, scale, is_mirrored
        self._fonts = ImageFont.load_default(20), ImageFont.load_default(16)
        self._viewer: Features | None = None
        self.faces_seen = 0

    @property
    def size_wh(self) -> tuple[int, int]:
        """Frame size of the film, px."""
        count = len(self._panels) + 1
        return count * (SIDE_PX + GAP_PX) + GAP_PX, SIDE_PX + 2 * GAP_PX + CAPTION_PX

    def pictures(self, source: Path) -> Iterator[tuple[ByteArray, float]]:
        """Frames of the film (H, W, 3) uint8 RGB, with their times in s.

        Raises:
            DeviceError: the video cannot be read.
        """
        last_s = -math.inf
        for index, (image, time_s) in enumerate(pictures_of(source)):
            image = np.ascontiguousarray(image[:, ::-1] if self._is_mirrored else image)
            frame = Frame(image, captured_s=time_s, sequence=index)
            seen = {name: featurizer(frame) for name, featurizer in self._featurizers.items()}
            own = seen[LAYOUT.name]
            if own is None or is_different_person(self._viewer, own):
                for panel in self._panels:
                    panel.forget()
            self._viewer = own
            if own is not None:
                self.faces_seen += 1
                self._answer(seen, own, max(LEAST_DT_S, min(time_s - last_s, 1.0)))
            last_s = time_s
            yield self._put_together(image, own), time_s

    def _answer(self, seen: Mapping[str, Features | None], own: Features, dt_s: float) -> None:
        for panel in self._panels:
            heard = seen[panel.method.layout.name]
            if heard is None or (panel.last is None and not can_answer(panel.method.inverter, heard)):
                continue
            picture = self._drawer.draw(panel.answer(heard, dt_s)[None])[0]
            panel.picture = enlarge(picture, SIDE_PX)
            came = self._drawer.measure(picture)
            if came is not None:
                error = self._errors(own.vector, came.vector)
                panel.errors.append(error)
                panel.all_errors.append(error)

    def _errors(self, asked: FloatArray, came: FloatArray) -> tuple[float, float]:
        """Root mean square errors of shape and colour, in standard deviations."""
        both = np.stack([asked, came])
        shape, colour = self._scale.shape(both), self._scale.colour(both)
        return float(np.sqrt(np.mean((shape[0] - shape[1]) ** 2))), float(
            np.sqrt(np.mean((colour[0] - colour[1]) ** 2))
        )

    def _put_together(self, image: ByteArray, own: Features | None) -> ByteArray:
        width, height = self.size_wh
        sheet = Image.new("RGB", (width, height), GROUND)
        pen = ImageDraw.Draw(sheet)
        viewer = _fitted(image) if own is None else align(image, own.placement, self._persona.alignment, SIDE_PX)
        shown = [(viewer, ("viewer", "" if own is not None else "no face"))]
        shown += [(panel.picture, panel.caption()) for panel in self._panels]
        for column, (picture, (title, figures)) in enumerate(shown):
            left = GAP_PX + column * (SIDE_PX + GAP_PX)
            sheet.paste(Image.fromarray(picture).resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS), (left, GAP_PX))
            pen.text((left, SIDE_PX + 2 * GAP_PX), title, INK, self._fonts[0])
            pen.text((left, SIDE_PX + 2 * GAP_PX + 34), figures, FAINT, self._fonts[1])
        return np.asarray(sheet, np.uint8)

    def summary(self) -> dict[str, dict[str, float | None]]:
        """Per method over the whole film: root mean square errors in standard deviations, mean speed in °/s."""
        found = {}
        for panel in self._panels:
            errors = np.sqrt(np.mean(np.square(panel.all_errors), axis=0)) if panel.all_errors else (None, None)
            speed = float(np.mean(panel.all_speeds)) if panel.all_speeds else None
            shape, colour = (None if value is None else float(value) for value in errors)
            found[panel.method.title] = {"shape_rmse": shape, "colour_rmse": colour, "speed_deg_s": speed}
        return found

    def close(self) -> None:
        """Release meshes and networks."""
        self._stack.close()


def _fitted(image: ByteArray) -> ByteArray:
    """Central square of a picture (H, W, 3), `SIDE_PX` wide."""
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(square.resize((SIDE_PX, SIDE_PX), Image.Resampling.LANCZOS), np.uint8)
