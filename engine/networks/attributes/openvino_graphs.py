"""OpenVINO graphs of the age and gender networks: our own small one, and Levi and Hassner's.

They take at most a few milliseconds on the processor and keep TensorFlow out of the show. Knows no files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from engine.networks.attributes import levi_hassner, small_cnn
from engine.networks.attributes.levi_hassner import AttributeLayer
from engine.networks.pggan.weight_file import Arrays
from engine.system.openvino_loader import import_openvino, openvino_core
from engine.types import FloatArray

NORM = {"alpha": 1e-4, "beta": 0.75, "bias": 1.0, "size": 5}  # local response normalisation, Krizhevsky et al. 2012

Runs = Callable[[FloatArray], dict[str, FloatArray]]


def small_runner(arrays: Arrays) -> Runs:
    """Compile the small network: `small_network_input` (1, 64, 64) -> question -> probabilities (classes,)."""
    openvino = import_openvino()
    ops = _operations()
    side = small_cnn.INPUT_PX
    x = inputs = ops.parameter([1, 1, side, side], np.float32)
    for number in range(1, len(small_cnn.MAPS) + 1):
        x = ops.relu(_convolved(ops, x, arrays, f"conv{number}", stride=2, pad=1))
    x = ops.reshape(ops.transpose(x, [0, 2, 3, 1]), [1, -1], False)  # to HWC order
    x = ops.relu(_multiplied(ops, x, arrays, "dense"))
    outputs = [ops.softmax(_multiplied(ops, x, arrays, name), 1) for name in small_cnn.ANSWERS]
    run = _compiled(openvino, outputs, inputs)
    return lambda x: dict(zip(small_cnn.ANSWERS, run(x[:, None]), strict=True))


def levi_hassner_runner(arrays: Arrays) -> Runs:
    """Compile Levi and Hassner's networks: `network_input` (1, 227, 227, 3) -> question -> probabilities (classes,)."""
    openvino = import_openvino()
    ops = _operations()
    side = levi_hassner.INPUT_PX
    inputs = ops.parameter([1, 3, side, side], np.float32)
    outputs = []
    for kind in levi_hassner.CLASSES:
        x = inputs
        for layer in levi_hassner.LAYERS:
            x = _levi_hassner_layer(ops, layer, x, arrays, kind)
        outputs.append(ops.softmax(x, 1))
    run = _compiled(openvino, outputs, inputs)
    return lambda x: dict(zip(levi_hassner.CLASSES, run(x.transpose(0, 3, 1, 2)), strict=True))


def _levi_hassner_layer(ops: ModuleType, layer: AttributeLayer, x: Any, arrays: Arrays, kind: str) -> Any:
    name = f"{kind}/{layer.name}"
    if layer.kind == "dense":
        x = _multiplied(ops, ops.reshape(x, [1, -1], False), arrays, name)
        return ops.relu(x) if layer is not levi_hassner.LAYERS[-1] else x
    x = ops.relu(_convolved(ops, x, arrays, name, layer.stride, layer.pad))
    if layer.has_pooling:  # Caffe rounds up, so partial windows count
        x = ops.max_pool(x, [2, 2], [1, 1], [0, 0], [0, 0], [3, 3], "ceil").output(0)
    return ops.lrn(x, [1], **NORM) if layer.has_norm else x


def _convolved(ops: ModuleType, x: Any, arrays: Arrays, name: str, stride: int, pad: int) -> Any:
    weight = np.ascontiguousarray(arrays[f"{name}/weight"].transpose(3, 2, 0, 1))  # HWIO to OIHW
    x = ops.convolution(x, weight, [stride] * 2, [pad] * 2, [pad] * 2, [1, 1])
    return ops.add(x, arrays[f"{name}/bias"].reshape(1, -1, 1, 1))


def _multiplied(ops: ModuleType, x: Any, arrays: Arrays, name: str) -> Any:
    return ops.add(ops.matmul(x, arrays[f"{name}/weight"], False, False), arrays[f"{name}/bias"].reshape(1, -1))


def _operations() -> ModuleType:
    import_openvino()
    from openvino import opset13

    return opset13  # type: ignore[no-any-return]


def _compiled(openvino: Any, outputs: list[Any], inputs: Any) -> Callable[[FloatArray], list[FloatArray]]:
    """Compile for one thread in float32, so as not to slow down the generator or drawing."""
    model = openvino.Model(outputs, [inputs], "attributes")
    settings: Mapping[str, Any] = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32", "NUM_STREAMS": 1}
    request = openvino_core().compile_model(model, "CPU", settings).create_infer_request()

    def run(x: FloatArray) -> list[FloatArray]:
        results = request.infer([np.ascontiguousarray(x)])
        return [np.array(results[index][0], np.float32) for index in range(len(outputs))]

    return run
