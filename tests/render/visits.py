"""Visits for tests of what is kept of them: reflections of somebody and of nobody."""

from __future__ import annotations

import numpy as np

from engine.core.clock import Tick
from engine.render.portrait_archive import PortraitArchive
from engine.types import ByteArray, Latent, Reflection
from tests.render.pictures import measured_viewer

NOBODY = Latent(np.zeros(4, np.float32), 0.0, None, 0.0)
SOMEBODY = Latent(np.zeros(4, np.float32), 1.0, measured_viewer(), 0.0)
DT_S = 0.25


def hang_visitor(archive: PortraitArchive, picture: ByteArray, number: int, dwell_s: float = 6.0) -> None:
    """A visit of that length with a reflection every quarter of a second, then ten seconds of nobody."""
    begin = number * 100.0
    for step in range(round(dwell_s / DT_S)):
        reflection = Reflection(picture, SOMEBODY, 0.0, step)
        archive.keep(reflection, {0: (step + 1) * DT_S}, Tick(step, begin + step * DT_S, DT_S))
    for step in range(40):
        archive.keep(Reflection(picture, NOBODY, 0.0, step), {}, Tick(step, begin + dwell_s + step * DT_S, DT_S))
