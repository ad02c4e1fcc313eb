"""The show's own generator, as the show opens it."""

from __future__ import annotations

from importlib.metadata import version as version_of
from pathlib import Path

from engine.networks.persona import Persona
from engine.networks.runtime import open_generator
from tools.roofline import Peaks
from tools.runtimes import PROCESSOR, NotOfferedError, Opened
from tools.runtimes.processor_peaks import processor_peaks

WAYS = (("fused", ""),)
ON_PROCESSOR = ("openvino", "tensorflow")


def version() -> str:
    return f"OpenVINO {version_of('openvino')}"


def open_case(folder: Path, form: str, precision: str, variant: str) -> Opened:
    generator = open_generator(Persona.open(folder), precision=precision)
    if generator.precision != precision:
        raise NotOfferedError(f"the show runs {generator.precision} here where {precision} was asked for")
    device = PROCESSOR if generator.runtime in ON_PROCESSOR else f"graphics card, by {generator.runtime}"
    return Opened(lambda z: generator(z[0])[None], generator.runtime, device)


def peaks() -> Peaks:
    return processor_peaks(PROCESSOR)
