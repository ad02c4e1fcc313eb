"""Pickles as the authors' code writes them, made without that code: for tests of the import."""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings, WeightLayer, layers_of
from tests.tiny_persona import random_arrays

AnySettings = GeneratorSettings | DiscriminatorSettings
Arrays = Mapping[str, NDArray[np.float32]]

# code that a file brings along and that the authors' loader executes; ours must not
EVIL_SOURCE = "import pathlib; pathlib.Path('canary').write_text('the file ran')"


@contextmanager
def network_class(module: str) -> Iterator[type]:
    """A class `module.Network` that pickles as the authors' does, for as long as the block lasts."""
    network = type("Network", (), {"__module__": module, "__getstate__": lambda self: self.state})
    holder = types.ModuleType(module)
    holder.Network = network  # type: ignore[attr-defined]
    before = sys.modules.get(module)
    sys.modules[module] = holder
    try:
        yield network
    finally:
        del sys.modules[module]
        if before is not None:
            sys.modules[module] = before


def official_state(name: str, settings: AnySettings, arrays: Arrays, **changes: Any) -> dict[str, Any]:
    """The state of a `tfutil.Network`; `changes` replace what stands in it."""
    kwargs = {field.name: getattr(settings, field.name) for field in fields(settings)}
    kwargs.pop("dense_bias_per_pixel", None)
    builder = "G_paper" if isinstance(settings, GeneratorSettings) else "D_paper"
    state = {
        "version": 2,
        "name": name,
        "static_kwargs": {**kwargs, "label_size": 0},
        "build_module_src": EVIL_SOURCE,
        "build_func_name": builder,
        "variables": [("lod", np.zeros((), np.float32)), *arrays.items()],
    }
    return state | changes


def official_pickle(states: list[dict[str, Any]], protocol: int = 4, module: str = "tfutil") -> bytes:
    """A tuple of networks with these states."""
    with network_class(module) as network:
        networks = []
        for state in states:
            one = network()
            one.state = state
            networks.append(one)
        return pickle.dumps(tuple(networks), protocol=protocol)


def official_triple(
    generator: GeneratorSettings, discriminator: DiscriminatorSettings, protocol: int = 4, seed: int = 0
) -> bytes:
    """(G, D, Gs) with random weights; those of Gs are `random_arrays(generator, seed + 2)`."""
    parts = [("G", generator, seed), ("D", discriminator, seed + 1), ("Gs", generator, seed + 2)]
    return official_pickle([official_state(name, one, random_arrays(one, s)) for name, one, s in parts], protocol)


class Python2Pickler(pickle._Pickler):  # type: ignore[name-defined, misc]
    """Writes texts and bytes as Python 2 wrote its strings."""

    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)  # type: ignore[attr-defined]

    def save_string(self, value: str | bytes) -> None:
        content = value.encode("latin1") if isinstance(value, str) else value
        self.write(b"T" + len(content).to_bytes(4, "little") + content)
        self.memoize(value)

    dispatch[str] = save_string
    dispatch[bytes] = save_string


def theano_pickle(states: list[dict[str, Any]]) -> bytes:
    """A tuple of `network.Network` as Python 2 and its protocol 2 wrote them."""
    buffer = io.BytesIO()
    with network_class("network") as network:
        networks = []
        for state in states:
            one = network()
            one.state = state
            networks.append(one)
        Python2Pickler(buffer, protocol=2).dump(tuple(networks))
    return buffer.getvalue()


def theano_state(func: str, settings: AnySettings, arrays: Arrays, scales: float = 0.7, **spec: Any) -> dict[str, Any]:
    """The state of a Theano network that computes what the official weights `arrays` do.

    Args:
        scales: what every equalised layer was scaled by, which the stored weights make up for.
        spec: further settings.
    """
    names = ("resolution", "num_channels", "fmap_base", "fmap_decay", "fmap_max", "use_wscale")
    kwargs = {name: getattr(settings, name) for name in names}
    layers = list(layers_of(settings))
    if isinstance(settings, GeneratorSettings):
        kwargs["latent_size"] = settings.latent_size
        layers.sort(key=lambda layer: int(layer.name.rpartition("lod")[2]) if "ToRGB" in layer.name else -1)
    values: list[Any] = []
    for layer in layers:
        weight = _theano_layout(layer, arrays[f"{layer.name}/weight"])
        if settings.use_wscale:
            values += [weight * np.float32(layer.he_constant / scales), np.float32(scales)]
        else:
            values.append(weight)
        values.append(arrays[f"{layer.name}/bias"])
    return {
        "build_func_spec": {"func": func, **kwargs, **spec},
        "build_module_src": EVIL_SOURCE,
        "param_values": values,
        "toplevel_params": {"cur_lod": np.zeros((), np.float32)},
    }


def _theano_layout(layer: WeightLayer, weight: NDArray[np.float32]) -> NDArray[np.float32]:
    if layer.name == "4x4/Dense":
        return np.ascontiguousarray(weight.reshape(-1, layer.fan_out, 4, 4).transpose(1, 0, 2, 3))
    if layer.name == "4x4/Dense0":
        return np.ascontiguousarray(weight.T.reshape(layer.fan_out, -1, 4, 4)[:, :, ::-1, ::-1])
    if layer.kind == "dense":
        return weight
    if weight.shape[0] == 1:
        return weight[0, 0]
    return np.ascontiguousarray(weight[::-1, ::-1].transpose(3, 2, 0, 1))
