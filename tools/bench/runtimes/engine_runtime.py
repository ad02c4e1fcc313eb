"""The show's own generator: in the variant that a show starts with, and in each one that it then tries."""

from __future__ import annotations

from importlib.metadata import version as version_of
from pathlib import Path

import numpy as np

from engine.networks.backends.generator_runtime import open_generator, open_openvino
from engine.networks.backends.graph_variants import GraphVariant, candidates
from engine.networks.persona import Persona
from engine.types import ByteArray, FloatArray
from tools.bench.roofline import Peaks
from tools.bench.runtimes import PROCESSOR, NotOfferedError, Opened
from tools.bench.runtimes.processor_peaks import processor_peaks

ON_PROCESSOR = ("openvino", "tensorflow")


def _ways() -> tuple[tuple[str, str], ...]:
    """The first form is the show's starting variant; variants name the others like `GraphVariant`."""
    forms = candidates("float32", has_bfloat16=False)
    names = ("", *(f"{form.upsampling}, {form.pixel_norm}" for form in forms[1:]))
    kinds = ("plain" if form.upsampling == "nearest" else "fused" for form in forms)
    return tuple(zip(kinds, names, strict=True))


WAYS = _ways()


def version() -> str:
    return f"OpenVINO {version_of('openvino')}"


def open_case(folder: Path, form: str, precision: str, variant: str) -> Opened:
    persona = Persona.open(folder)
    if variant:
        upsampling, pixel_norm = variant.split(", ")
        at_work = GraphVariant(upsampling, pixel_norm, precision)
        engine = open_openvino(persona, precision).open_form(at_work, persona.settings.resolution)
        return Opened(lambda z: engine.draw(z)[-1], f"openvino, {variant}")
    generator = open_generator(persona, precision=precision)
    if generator.precision != precision:
        raise NotOfferedError(f"the show runs {generator.precision} here instead of {precision}")
    device = PROCESSOR if generator.runtime in ON_PROCESSOR else f"graphics card, by {generator.runtime}"

    def draw(z: FloatArray) -> ByteArray:
        picture = generator(z[0])
        return (picture if isinstance(picture, np.ndarray) else picture.to_host())[None]

    return Opened(draw, generator.runtime, device)


def peaks() -> Peaks:
    return processor_peaks(PROCESSOR)
