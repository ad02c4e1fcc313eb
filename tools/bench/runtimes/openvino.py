"""OpenVINO alone: an ONNX file of the same network, opened as in its documentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.system.openvino_loader import import_openvino
from engine.types import ByteArray, FloatArray
from tools.bench.runtimes import Opened
from tools.bench.runtimes.forms import FORMS, read_form
from tools.bench.runtimes.onnx_file import onnx_model

openvino = import_openvino()
WAYS = tuple((form, "") for form in FORMS)
HINTS = {"float32": "f32", "bfloat16": "bf16"}


def version() -> str:
    return f"OpenVINO {openvino.__version__.partition('-')[0]}"


def open_case(folder: Path, form: str, precision: str, variant: str) -> Opened:
    content = onnx_model(read_form(folder, form), "float32").SerializeToString()
    options = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": HINTS[precision]}
    core = openvino.Core()
    request = core.compile_model(core.read_model(content, b""), "CPU", options).create_infer_request()

    def draw(z: FloatArray) -> ByteArray:
        return np.asarray(request.infer([z], share_inputs=True)[0])

    return Opened(draw, "from an ONNX file")
