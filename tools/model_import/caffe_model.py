"""Caffe weight files (.caffemodel, protobuf binary) as arrays, with limits. Knows no layers.

Reads only what is needed: names of layers and their blobs, in the current and the previous format. Field numbers are
those of `caffe.proto`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError

MAX_FIELDS = 100_000
MAX_LAYERS = 1000
MAX_BLOBS = 16

Blobs = list[NDArray[np.float32]]

# message: field numbers read from it
_LAYER_FIELDS = {
    100: (1, 7),
    2: (4, 6),
}  # field of the network: fields of a layer's name and blobs; 2 is the old format
_OLD_SHAPE_FIELDS = (1, 2, 3, 4)
_DATA_FIELD, _SHAPE_FIELD, _DOUBLE_FIELDS = 5, 7, (8, 9)


def read_caffemodel(data: memoryview) -> dict[str, Blobs]:
    """Read layer name -> blobs, for every layer with blobs; arrays are views of the file.

    Raises:
        ModelError: says what is wrong.
    """
    layers: dict[str, Blobs] = {}
    count = 0
    for number, value in _fields(data):
        if number not in _LAYER_FIELDS:
            continue
        count += 1
        if count > MAX_LAYERS:
            raise ModelError(f"it has more than {MAX_LAYERS} layers")
        name, blobs = _layer(_message(value), *_LAYER_FIELDS[number])
        if blobs and name in layers:
            raise ModelError(f"it holds the weights of {name} twice")
        if blobs:
            layers[name] = blobs
    if not count:
        raise ModelError("it holds no layers: it is no Caffe model")
    return layers


def _layer(data: memoryview, name_field: int, blob_field: int) -> tuple[str, Blobs]:
    name, blobs = "", []
    for number, value in _fields(data):
        if number == name_field:
            text = bytes(_message(value)[:200]).decode("utf-8", "replace")
            name = "".join(letter if letter.isprintable() else "?" for letter in text)
        elif number == blob_field:
            blobs.append(_message(value))
    if len(blobs) > MAX_BLOBS:
        raise ModelError(f"its layer {name} has more than {MAX_BLOBS} blobs")
    return name, [_blob(name, blob) for blob in blobs]


def _blob(layer: str, data: memoryview) -> NDArray[np.float32]:
    old_shape, shape, content = [1, 1, 1, 1], None, None
    for number, value in _fields(data):
        if number in _OLD_SHAPE_FIELDS and isinstance(value, int):
            old_shape[number - 1] = value
        elif number == _SHAPE_FIELD:
            shape = _dimensions(_message(value))
        elif number == _DATA_FIELD and content is None:
            content = _message(value)
        elif number == _DATA_FIELD or number in _DOUBLE_FIELDS:
            raise ModelError(f"the weights of its layer {layer} are not in one piece of single precision")
    found = tuple(old_shape) if shape is None else shape
    if content is None or len(found) > 8 or math.prod(found) * 4 != len(content):
        size = 0 if content is None else len(content)
        raise ModelError(f"a blob of its layer {layer} has {size} bytes where its shape {found[:8]} asks for others")
    array = np.frombuffer(content, "<f4").reshape(found)
    if not np.isfinite(array).all():
        raise ModelError(f"a blob of its layer {layer} holds a number that is not finite (NaN or infinity)")
    return array


def _dimensions(data: memoryview) -> tuple[int, ...]:
    found: list[int] = []
    for number, value in _fields(data):
        if number == 1 and isinstance(value, int):
            found.append(value)
        elif number == 1:
            position = 0
            while position < len(value) and len(found) < 10:
                size, position = _varint(value, position)
                found.append(size)
    return tuple(found)


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """(field number, int or view) for each field of a message."""
    position = 0
    for _ in range(MAX_FIELDS):
        if position == len(data):
            return
        key, position = _varint(data, position)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, position = _varint(data, position)
            yield number, value
            continue
        if wire == 2:
            length, position = _varint(data, position)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ModelError("it is no Caffe model: there is no such kind of field")
        if length > len(data) - position:
            raise ModelError("it is cut short, or no Caffe model")
        yield number, data[position : position + length]
        position += length
    raise ModelError(f"it has more than {MAX_FIELDS} fields")


def _varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise ModelError("it is cut short, or no Caffe model")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ModelError("it is no Caffe model: a number in it is too long")


def _message(value: Any) -> memoryview:
    if not isinstance(value, memoryview):
        raise ModelError("it is no Caffe model: a number stands where something else should")
    return value
