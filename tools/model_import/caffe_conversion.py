"""Levi and Hassner's Caffe files -> `attributes.safetensors`. Runs in the sandboxed child and knows no Keras.

The description must match the published network in every relevant number, and the weights must fit it; differences are
refused by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.attributes.levi_hassner import CLASSES, INPUT_PX, LAYERS, AttributeLayer, attribute_shapes
from engine.networks.pggan.weight_file import write_arrays
from tools.model_import.caffe_model import Blobs, read_caffemodel
from tools.model_import.caffe_prototxt import Table, read_prototxt
from tools.model_import.sandbox_job import Job

OUTPUT_FILE = "attributes.safetensors"
_WITHOUT_EFFECT = {"weight_filler", "bias_filler", "engine"}

# layer kind: name of its settings table, and their defaults
_DEFAULTS: dict[str, tuple[str, dict[str, Any]]] = {
    "CONVOLUTION": ("convolution_param", {"pad": 0, "stride": 1, "group": 1, "dilation": 1, "bias_term": True}),
    "INNERPRODUCT": ("inner_product_param", {"bias_term": True, "axis": 1, "transpose": False}),
    "POOLING": ("pooling_param", {"pool": "MAX", "pad": 0, "stride": 1, "global_pooling": False}),
    "LRN": ("lrn_param", {"local_size": 5, "alpha": 1, "beta": 0.75, "k": 1, "norm_region": "ACROSS_CHANNELS"}),
    "RELU": ("relu_param", {"negative_slope": 0}),
    "SOFTMAX": ("softmax_param", {"axis": 1}),
}
_POOLING = {"pool": "MAX", "kernel_size": 3, "stride": 2, "pad": 0, "global_pooling": False}
_NORM = {"local_size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1, "norm_region": "ACROSS_CHANNELS"}


def convert(job: Job) -> dict[str, Any]:
    """Write `attributes.safetensors` from the sources `age_text`, `age_weights`, `gender_text` and `gender_weights`.

    Returns:
        `classes` and `parameters` of each network.

    Raises:
        ModelError: says why a file is refused.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for step, kind in enumerate(CLASSES):
        with job.open(f"{kind}_text") as data:
            names = check_description(read_prototxt(data), CLASSES[kind])
        with job.open(f"{kind}_weights") as data:
            arrays |= official_arrays(kind, names, read_caffemodel(data))
        job.report(0.3 * (step + 1))
    write_arrays(job.output / OUTPUT_FILE, arrays, {"format": "levi-hassner"})
    job.report(1.0)
    sizes = {kind: sum(arrays[name].size for name in attribute_shapes(kind)) for kind in CLASSES}
    return {"classes": dict(CLASSES), "parameters": sizes}


def check_description(network: Table, classes: int) -> list[str]:
    """File names of the layers with weights, in the order of `LAYERS`.

    Raises:
        ModelError: says what differs from the published network.
    """
    found = [one for key in ("layers", "layer") for one in network.get(key, []) if isinstance(one, dict)]
    layers = [layer for layer in found if _kind(layer) not in ("DROPOUT", "INPUT")]
    names, wanted = [], list(_published(classes))
    if len(layers) != len(wanted):
        raise ModelError(f"it has {len(layers)} layers that compute; the network of Levi and Hassner has {len(wanted)}")
    _check_input(network, found)
    for layer, (kind, settings) in zip(layers, wanted, strict=True):
        name = _text(layer, "name")
        if _kind(layer) != kind:
            raise ModelError(f"its layer {name} is a {_kind(layer)} where the network has a {kind}")
        _check_settings(name, kind, layer, settings)
        if kind in ("CONVOLUTION", "INNERPRODUCT"):
            names.append(name)
    _check_chain(found)
    return names


def _published(classes: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kinds and settings of the layers of the published network, in order, without dropout."""
    for layer in LAYERS:
        if layer.kind == "conv":
            sizes = {"num_output": layer.outputs, "kernel_size": layer.kernel, "stride": layer.stride, "pad": layer.pad}
            yield "CONVOLUTION", {**sizes, "group": 1, "dilation": 1, "bias_term": True}
        else:
            settings = {"num_output": layer.outputs or classes, "bias_term": True, "axis": 1, "transpose": False}
            yield "INNERPRODUCT", settings
        if layer is not LAYERS[-1]:
            yield "RELU", {"negative_slope": 0}
        if layer.has_pooling:
            yield "POOLING", _POOLING
        if layer.has_norm:
            yield "LRN", _NORM
    yield "SOFTMAX", {"axis": 1}


def _check_settings(name: str, kind: str, layer: Table, wanted: dict[str, Any]) -> None:
    table, defaults = _DEFAULTS[kind]
    given = dict(defaults)
    for part in layer.get(table, []):
        if not isinstance(part, dict):
            raise ModelError(f"{table} of its layer {name} is no table")
        given |= {key: values[-1] for key, values in part.items() if key not in _WITHOUT_EFFECT}
    for key in sorted(given.keys() | wanted.keys()):
        if key not in wanted or given.get(key) != wanted[key]:
            value = str(given.get(key, "not given"))[:40]
            raise ModelError(
                f"{key} of its layer {name} is {value}, which the network of Levi and Hassner does not have"
            )


def _check_input(network: Table, layers: list[Table]) -> None:
    dimensions = [value for value in network.get("input_dim", []) if isinstance(value, float)]
    shapes = list(network.get("input_shape", []))
    for layer in layers:
        if _kind(layer) == "INPUT":
            shapes += [
                one for part in layer.get("input_param", []) if isinstance(part, dict) for one in part.get("shape", [])
            ]
    for shape in shapes:
        dimensions += shape.get("dim", []) if isinstance(shape, dict) else []
    if dimensions[1:] != [3, INPUT_PX, INPUT_PX]:
        raise ModelError(f"its input is not one of pictures of 3 channels and {INPUT_PX}x{INPUT_PX} px")


def _check_chain(layers: list[Table]) -> None:
    """Check that every layer takes the output of the previous one."""
    last = None
    for layer in layers:
        if _kind(layer) == "INPUT":
            last = _text(layer, "top")
            continue
        if last is not None and _text(layer, "bottom") != last:
            raise ModelError(f"its layer {_text(layer, 'name')} does not follow the one before it")
        last = _text(layer, "top")


def _kind(layer: Table) -> str:
    return _text(layer, "type").upper().replace("_", "")


def _text(layer: Table, key: str) -> str:
    values = layer.get(key, [])
    if len(values) != 1 or not isinstance(values[0], str):
        raise ModelError(f"a layer in it has not one {key}")
    return values[0][:80]


def official_arrays(kind: str, names: list[str], layers: dict[str, Blobs]) -> dict[str, NDArray[Any]]:
    """Arrays of a file, by name and in the layouts of `levi_hassner.py`.

    Raises:
        ModelError: a layer's weights are missing or have another shape.
    """
    odd = sorted(set(layers) - set(names))
    if odd:
        raise ModelError(f"it holds weights of a layer {odd[0]}, which its description does not have")
    arrays: dict[str, NDArray[Any]] = {}
    for layer, name in zip(LAYERS, names, strict=True):
        if len(layers.get(name, [])) != 2:
            raise ModelError(f"it lacks the weight or the bias of its layer {name}")
        weight, bias = layers[name]
        shapes = attribute_shapes(kind)
        key = f"{kind}/{layer.name}"
        arrays[f"{key}/weight"] = _official_weight(name, layer, weight, shapes[f"{key}/weight"])
        arrays[f"{key}/bias"] = _reshaped(name, bias, shapes[f"{key}/bias"])
    return arrays


def _official_weight(name: str, layer: AttributeLayer, weight: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if layer.kind == "conv":  # OIHW -> HWIO
        return np.ascontiguousarray(_reshaped(name, weight, (shape[3], shape[2], *shape[:2])).transpose(2, 3, 1, 0))
    return np.ascontiguousarray(_reshaped(name, weight, shape[::-1]).T)


def _reshaped(name: str, array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Array without the leading ones of Caffe's old format."""
    found = array.shape
    while len(found) > len(shape) and found[0] == 1:
        found = found[1:]
    if found != shape:
        raise ModelError(f"a blob of its layer {name} has the shape {array.shape} where the network asks for {shape}")
    return array.reshape(shape)
