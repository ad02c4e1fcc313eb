"""Generator as an ONNX file, for ONNX Runtime and for conversion by OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from tools.bench.runtimes.forms import Form, channels_first

OPSET, IR_VERSION = 18, 10
TYPES = {"float32": TensorProto.FLOAT, "bfloat16": TensorProto.BFLOAT16}


class _Graph:
    """ONNX nodes and constants with unique names."""

    def __init__(self, dtype: int) -> None:
        self.dtype = dtype
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: NDArray[Any], *, dtype: int | None = None) -> str:
        tensor = numpy_helper.from_array(np.ascontiguousarray(value), f"constant_{len(self.constants)}")
        if dtype == TensorProto.BFLOAT16:
            tensor = helper.make_tensor(tensor.name, dtype, value.shape, _upper_halves(value).tobytes(), raw=True)
        self.constants.append(tensor)
        return str(tensor.name)

    def weight(self, value: NDArray[Any]) -> str:
        return self.constant(value, dtype=self.dtype)

    def add(self, operation: str, *inputs: str, **attributes: Any) -> str:
        output = f"{operation.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [output], output, **attributes))
        return output

    def cast(self, x: str, dtype: int) -> str:
        return self.add("Cast", x, to=dtype) if self.dtype != TensorProto.FLOAT else x


def onnx_model(form: Form, precision: str) -> Any:
    """Latents z (1, latent_size) float32 -> pixels (1, H, W, 4) uint8; channels first inside, statistics float32.

    Args:
        form: form to write.
        precision: of convolutions and activations.

    Returns:
        `onnx.ModelProto`.
    """
    graph, settings = _Graph(TYPES[precision]), form.settings
    x = _normalised(graph, "z", settings.pixelnorm_epsilon, axis=-1) if settings.normalize_latents else "z"
    for layer in form.layers:
        if layer.kind == "pixels":
            x = graph.cast(x, TensorProto.FLOAT)
            weight = layer.weight.transpose(3, 2, 0, 1)  # HWIO -> OIHW
            x = graph.add("Conv", x, graph.constant(weight), graph.constant(layer.bias))
            x = graph.add("Clip", graph.add("Round", x), *map(graph.constant, np.array([0.0, 255.0], np.float32)))
            x = graph.add("Cast", x, to=TensorProto.UINT8)
            graph.add("Transpose", x, perm=[0, 2, 3, 1])
            break
        if layer.kind == "dense":
            dense = channels_first(layer)
            x = graph.add("Gemm", x, graph.constant(dense.weight), graph.constant(dense.bias))
            x = graph.add("Reshape", x, graph.constant(np.array([1, dense.bias.size // 16, 4, 4], np.int64)))
            x = graph.cast(x, graph.dtype)
        else:
            x = _convolved(graph, x, layer.kind, layer.weight, layer.bias)
        x = graph.add("LeakyRelu", x, alpha=0.2) if settings.use_leakyrelu else graph.add("Relu", x)
        x = _normalised(graph, x, settings.pixelnorm_epsilon, axis=1) if settings.use_pixelnorm else x
    return _model(graph, settings.latent_size, settings.resolution)


def _convolved(graph: _Graph, x: str, kind: str, weight: NDArray[Any], bias: NDArray[Any]) -> str:
    if kind == "up":  # (kh, kw, out, in) -> IOHW
        kernel = graph.weight(weight.transpose(3, 2, 0, 1))
        return graph.add("ConvTranspose", x, kernel, graph.weight(bias), strides=[2, 2], pads=[1, 1, 1, 1])
    if kind == "repeat":
        scales = graph.constant(np.array([1, 1, 2, 2], np.float32))
        x = graph.add(
            "Resize", x, "", scales, mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"
        )
    kernel = graph.weight(weight.transpose(3, 2, 0, 1))  # HWIO -> OIHW
    return graph.add("Conv", x, kernel, graph.weight(bias), pads=[1, 1, 1, 1])


def _normalised(graph: _Graph, x: str, epsilon: float, axis: int) -> str:
    exact = graph.cast(x, TensorProto.FLOAT) if x != "z" else x
    axes = graph.constant(np.array([axis], np.int64))
    mean = graph.add("ReduceMean", graph.add("Mul", exact, exact), axes, keepdims=1)
    length = graph.add("Sqrt", graph.add("Add", mean, graph.constant(np.array([epsilon], np.float32))))
    normal = graph.add("Div", exact, length)
    return graph.cast(normal, graph.dtype) if x != "z" else normal


def _model(graph: _Graph, latent_size: int, side: int) -> Any:
    latents = helper.make_tensor_value_info("z", TensorProto.FLOAT, [1, latent_size])
    pixels = helper.make_tensor_value_info(graph.nodes[-1].output[0], TensorProto.UINT8, [1, side, side, 4])
    described = helper.make_graph(graph.nodes, "generator", [latents], [pixels], graph.constants)
    return helper.make_model(described, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def _upper_halves(value: NDArray[Any]) -> NDArray[np.uint16]:
    """Round float32 to bfloat16, as bits."""
    bits = np.ascontiguousarray(value, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
