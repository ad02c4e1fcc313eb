"""The authors' network pickles -> settings and arrays, without executing anything in them.

Two formats are supported: that of the TensorFlow code (`tfutil.Network`, used by
`karras2018iclr-celebahq-1024x1024.pkl`), and that of the older Theano code (`network.Network`), whose weights have
another order and layout. Knows nothing of Keras and writes no files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings, variable_shapes
from tools.model_import.pickle_reader import read_pickle
from tools.model_import.pickle_values import Array, Instance, as_text, shown
from tools.model_import.theano_weights import theano_kwargs, theano_variables

CLASSES = frozenset({("tfutil", "Network"), ("network", "Network")})
BUILDERS: Mapping[str, type[GeneratorSettings] | type[DiscriminatorSettings]] = {
    "G_paper": GeneratorSettings,
    "D_paper": DiscriminatorSettings,
    "G_progressive_8": GeneratorSettings,  # its name in the Theano code
    "D_progressive_8": DiscriminatorSettings,
}
MAX_NETWORKS = 8

# settings of how the network was built, not of what it computes
_WITHOUT_EFFECT = {"structure", "is_template_graph", "func"}


@dataclass(frozen=True, eq=False)
class OfficialNetwork:
    """Network in a file, checked against its own settings.

    Attributes:
        name: name in the file: `G`, `D` or `Gs`.
        builder: published function that built it, e.g. `G_paper`.
        settings: its settings.
        arrays: official name -> weights, in the official layout; views of the file if possible.
        lod: level of detail at which it was saved; 0 is fully grown.
        ignored: settings in the file that the published code ignores too.
    """

    name: str
    builder: str
    settings: GeneratorSettings | DiscriminatorSettings
    arrays: dict[str, NDArray[Any]]
    lod: float
    ignored: tuple[str, ...]

    @property
    def parameters(self) -> int:
        return sum(array.size for array in self.arrays.values())


def read_official(data: memoryview) -> tuple[OfficialNetwork, ...]:
    """Networks of a file, in its order.

    Args:
        data: the whole file.

    Raises:
        ModelError: says why the file is refused.
    """
    if bytes(data[:64]).lstrip()[:1] in (b"<", b"{"):
        raise ModelError("it is a web page or a text and no pickle: download the file itself")
    content = read_pickle(data, CLASSES)
    found = list(content) if isinstance(content, tuple | list) else [content]
    if not 1 <= len(found) <= MAX_NETWORKS or not all(isinstance(item, Instance) for item in found):
        raise ModelError("it holds something else than networks")
    return tuple(_network(item, index, len(found)) for index, item in enumerate(found))


def _network(found: Instance, index: int, count: int) -> OfficialNetwork:
    if not isinstance(found.state, dict):
        raise ModelError("a network in it has no content")
    place = ("G", "D", "Gs")[index] if count == 3 else f"network{index}"
    if "build_func_spec" in found.state and "version" not in found.state:
        name, builder, kwargs, variables = _theano_parts(found.state, place)
    else:
        name, builder, kwargs, variables = _tensorflow_parts(found.state, place)
    if builder not in BUILDERS:
        raise ModelError(f"its network {name} is built by {shown(builder)!r}; only G_paper and D_paper are known")
    settings, ignored = _settings(name, BUILDERS[builder], kwargs)
    lod, arrays = _checked_arrays(name, settings, variables)
    return OfficialNetwork(name, builder, settings, arrays, lod, ignored)


_Parts = tuple[str, str, dict[str, Any], Iterator[tuple[str, Any]]]


def _tensorflow_parts(state: dict[str, Any], place: str) -> _Parts:
    if state.get("version") != 2:
        raise ModelError(f"its network {place} is of the version {_plainly(state.get('version'))}; only 2 is known")
    name = shown(as_text(state.get("name", place)))
    kwargs, variables = state.get("static_kwargs"), state.get("variables")
    if not isinstance(kwargs, dict) or not isinstance(variables, list):
        raise ModelError(f"its network {name} has no settings or no variables")
    return name, as_text(state.get("build_func_name")), kwargs, _pairs(name, variables)


def _pairs(network: str, variables: list[Any]) -> Iterator[tuple[str, Any]]:
    for item in variables:
        if not isinstance(item, tuple | list) or len(item) != 2:
            raise ModelError(f"a variable of its network {network} is not a name and an array")
        value = item[1]
        yield as_text(item[0]), value.resolve() if isinstance(value, Array) else value


def _theano_parts(state: dict[str, Any], place: str) -> _Parts:
    spec, values = state.get("build_func_spec"), state.get("param_values")
    top = state.get("toplevel_params", {})
    if not isinstance(spec, dict) or not isinstance(values, list) or not isinstance(top, dict):
        raise ModelError(f"its network {place} has no settings or no weights")
    builder = as_text(spec.get("func"))
    if builder not in BUILDERS:
        raise ModelError(f"its network {place} is built by {shown(builder)!r}; only G_paper and D_paper are known")
    kwargs = theano_kwargs(place, {key: value for key, value in spec.items() if key != "func"})
    settings, _ = _settings(place, BUILDERS[builder], kwargs)
    arrays = [value.resolve() if isinstance(value, Array) else value for value in values]
    lod = top.get("cur_lod", 0.0)
    pairs = theano_variables(place, settings, arrays)
    return place, builder, kwargs, _with_lod(pairs, lod.resolve() if isinstance(lod, Array) else lod)


def _with_lod(pairs: Iterator[tuple[str, Any]], lod: Any) -> Iterator[tuple[str, Any]]:
    yield from pairs
    yield "lod", lod


def _settings(
    network: str, kind: type[GeneratorSettings] | type[DiscriminatorSettings], kwargs: Mapping[str, Any]
) -> tuple[GeneratorSettings | DiscriminatorSettings, tuple[str, ...]]:
    """Settings as taken by the published functions, and names of those that they ignore."""
    defaults: dict[str, Any] = {"num_channels": 1, "resolution": 32}  # where the published defaults differ from ours
    known = {field.name: str(field.type) for field in fields(kind) if field.name != "dense_bias_per_pixel"}
    ignored = []
    for key, value in kwargs.items():
        if key in known:
            defaults[key] = _setting(network, key, known[key], value)
        elif key == "label_size":
            if value != 0:
                raise ModelError(f"its network {network} has label_size {_plainly(value)}: labels are not supported")
        elif key == "dtype":
            if not isinstance(value, str | memoryview) or as_text(value) != "float32":
                raise ModelError(f"its network {network} has another dtype than float32")
        elif key not in _WITHOUT_EFFECT:
            ignored.append(shown(key))
    try:
        return kind(**defaults), tuple(ignored)
    except (ValueError, OverflowError) as error:
        raise ModelError(f"its network {network} cannot be: {error}") from error


def _setting(network: str, key: str, type_name: str, value: Any) -> Any:
    if isinstance(value, Array):
        value = value.resolve().item() if value.shape == () else None
    if key == "latent_size" and value is None:
        return 0
    if type_name == "bool" and (type(value) is bool or value in (0, 1)):
        return bool(value)
    is_number = type(value) in (int, float) and math.isfinite(value)
    if type_name == "float" and is_number:
        return float(value)
    if type_name == "int" and is_number and value == int(value):
        return int(value)
    raise ModelError(f"its network {network} has {key} {_plainly(value)}, which is not a {type_name}")


def _plainly(value: Any) -> str:
    return shown(repr(value)) if isinstance(value, int | float | str | None) else "of another kind"


def _checked_arrays(
    network: str, settings: GeneratorSettings | DiscriminatorSettings, variables: Iterator[tuple[str, Any]]
) -> tuple[float, dict[str, NDArray[Any]]]:
    wanted = variable_shapes(settings)
    lod, arrays = 0.0, {}
    for name, value in variables:
        if name == "lod":
            lod = _level(network, value)
        elif name not in wanted or name in arrays:
            kind = "twice" if name in arrays else "which its settings do not ask for"
            raise ModelError(f"its network {network} holds {shown(name)} {kind}")
        else:
            arrays[name] = _checked_array(f"{network}: {name}", wanted[name], value)
    missing = [name for name in wanted if name not in arrays]
    if missing:
        raise ModelError(f"its network {network} lacks {missing[0]}")
    return lod, arrays


def _level(network: str, value: Any) -> float:
    number = np.asarray(value) if isinstance(value, np.ndarray | int | float) else np.empty(0)
    if number.size != 1 or number.dtype.kind not in "fiu" or not 0 <= float(number.reshape(())) <= 16:
        raise ModelError(f"its network {network} has a lod that is no level of detail")
    return float(number.reshape(()))


def _checked_array(name: str, shape: tuple[int, ...], value: Any) -> NDArray[Any]:
    if not isinstance(value, np.ndarray) or value.dtype.kind != "f":
        raise ModelError(f"its {name} is not an array of floating-point numbers")
    if value.shape != shape:
        raise ModelError(f"its {name} has the shape {value.shape} where its settings ask for {shape}")
    with np.errstate(over="ignore"):
        array = value.astype(np.float32, copy=False)
    if not np.isfinite(array).all():
        raise ModelError(f"its {name} holds a number that is not finite (NaN or infinity)")
    return array
