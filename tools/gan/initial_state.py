"""Where a training begins: with fresh networks, or with what an earlier one left, at its resolution or a higher."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.persona import fill_network, network_arrays
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.model import Discriminator, Generator
from engine.networks.pggan.weight_file import read_network
from tools.gan.checkpoint import network_file, newest_checkpoint, read_exact, read_state
from tools.gan.growth_schedule import stage_begin_kimg
from tools.gan.train_step import MOMENTS, NETWORKS, State, variables_of

LATENT_SIZE = 512
DEFAULTS: Mapping[str, Any] = {
    "resolution": 128,
    "fmap_base": 2048,
    "fmap_max": 128,
    "batch": 32,
    "kimg_per_stage": 400.0,
    "learning_rate": 0.002,
    "r1": 1.0,
    "seed": 1,
}

Arrays = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Plan:
    """What a training aims at.

    Attributes:
        resolution: of the networks, px.
        fmap_base, fmap_max: their widths; see `layout`.
        batch: pictures in a step, a multiple of 8.
        kimg_per_stage: thousand pictures in a full stage.
        learning_rate: of both networks.
        r1: gamma of the gradient penalty at the full resolution.
        seed: of fresh weights and of all chance in training.
    """

    resolution: int
    fmap_base: int
    fmap_max: int
    batch: int
    kimg_per_stage: float
    learning_rate: float
    r1: float
    seed: int


@dataclass
class Progress:
    """How far a training is.

    Attributes:
        step: steps of this training, from 0.
        kimg: thousand pictures seen, and so the place in the schedule.
        count: steps since the optimisers began, at the last change of stage.
        level: of the last step; 0 if there was none.
        random: state of the random numbers; None begins with the seed.
    """

    step: int = 0
    kimg: float = 0.0
    count: int = 0
    level: int = 0
    random: dict[str, Any] | None = field(default=None, repr=False, compare=False)


@dataclass
class Beginning:
    """Networks, their state and the progress that it stands for."""

    plan: Plan
    generator: Generator
    discriminator: Discriminator
    state: State
    progress: Progress


def begin(given: Mapping[str, Any]) -> Beginning:
    """Begin anew.

    Args:
        given: fields of `Plan`; those that are absent have their defaults.

    Raises:
        ModelError: no network can have these sizes.
    """
    plan = Plan(**{**DEFAULTS, **given})
    widths = {"fmap_base": plan.fmap_base, "fmap_max": plan.fmap_max, "fused_scale": False}
    try:
        settings = GeneratorSettings(plan.resolution, latent_size=LATENT_SIZE, **widths)
        generator, discriminator = _fresh(plan, settings, DiscriminatorSettings(plan.resolution, **widths))
    except ValueError as error:
        raise ModelError(f"no network can be made: {error}") from error
    parts = {"generator": _values(generator), "discriminator": _values(discriminator), "average": _values(generator)}
    return Beginning(plan, generator, discriminator, _with_moments(parts), Progress())


def go_on(folder: Path, given: Mapping[str, Any]) -> Beginning:
    """Go on from a training's folder, from one of its checkpoints, or from what another trainer left.

    Args:
        folder: with checkpoints in it, or with state.json and the networks' files. `generator` may be absent: then the
            average takes its place.
        given: fields of `Plan` that change; the widths cannot, and the resolution can only become higher.

    Raises:
        ModelError: what is missing, damaged, of another network, or does not fit `given`.
    """
    folder = newest_checkpoint(folder) or folder
    saved = read_state(folder)
    generator_settings, average = read_network(folder / network_file("average"), GeneratorSettings)
    discriminator_settings, judge = read_network(folder / network_file("discriminator"), DiscriminatorSettings)
    _check_pair(folder, generator_settings, discriminator_settings)
    plan = _plan_of(folder, saved, generator_settings, given)
    drawing = folder / network_file("generator")
    parts = {"average": average, "discriminator": judge}
    parts["generator"] = _read_same(drawing, generator_settings) if drawing.exists() else average
    growth = plan.resolution.bit_length() - generator_settings.resolution.bit_length()
    generator, discriminator = _fresh(
        plan,
        replace(generator_settings, resolution=plan.resolution),
        replace(discriminator_settings, resolution=plan.resolution),
    )
    state = _filled(generator, discriminator, {name: _grown(arrays, growth) for name, arrays in parts.items()})
    progress = _progress_of(folder, saved)
    exact = read_exact(folder, saved)
    if exact:
        _take_exact(folder, generator, discriminator, state, exact, growth)
    else:
        progress.count = 0
    if growth:
        begun = stage_begin_kimg(generator_settings.top_level + 1, plan.kimg_per_stage)
        progress = replace(progress, kimg=max(begun, 0.0), count=0, level=0)
    return Beginning(plan, generator, discriminator, state, progress)


def _fresh(
    plan: Plan, generator: GeneratorSettings, discriminator: DiscriminatorSettings
) -> tuple[Generator, Discriminator]:
    """New networks, their weights drawn by the plan's seed."""
    random = np.random.default_rng(plan.seed)
    networks = Generator(generator), Discriminator(discriminator)
    for network in networks:
        for layer in network.by_name.values():
            spread = 1.0 if network.settings.use_wscale else layer.official.he_constant
            layer.weight.assign(spread * random.standard_normal(layer.weight.shape, np.float32))
    return networks


def _values(network: Any) -> list[Any]:
    return [np.array(keras.ops.convert_to_numpy(variable), np.float32) for variable in variables_of(network)]


def _with_moments(parts: Mapping[str, list[Any]]) -> State:
    zeros = {moments: [np.zeros_like(v) for v in parts[moments.removesuffix("_moments")]] for moments in MOMENTS}
    return {**parts, **zeros}


def _check_pair(folder: Path, generator: GeneratorSettings, discriminator: DiscriminatorSettings) -> None:
    for name in ("resolution", "fmap_base", "fmap_max", "num_channels"):
        ours, theirs = getattr(generator, name), getattr(discriminator, name)
        if ours != theirs:
            raise ModelError(
                f"{folder} cannot be used: {name} is {ours} in its generator and {theirs} in its discriminator"
            )
    if generator.num_channels != 3:
        raise ModelError(f"{folder} cannot be used: it draws {generator.num_channels} channels, and portraits have 3")


def _read_same(path: Path, settings: GeneratorSettings) -> Arrays:
    found, arrays = read_network(path, GeneratorSettings)
    if found != settings:
        raise ModelError(f"{path} cannot be used: it is another network than {network_file('average')} beside it")
    return arrays


def _plan_of(folder: Path, saved: Mapping[str, Any], network: GeneratorSettings, given: Mapping[str, Any]) -> Plan:
    widths = {"fmap_base": network.fmap_base, "fmap_max": network.fmap_max}
    for name, width in widths.items():
        if given.get(name, width) != width:
            raise ModelError(
                f"{folder} has {name} {width}, which cannot become {given[name]}: leave it out, or begin anew"
            )
    if given.get("resolution", network.resolution) < network.resolution:
        raise ModelError(
            f"{folder} is trained for {network.resolution} px, which cannot become {given['resolution']}: leave it out"
        )
    known = {}
    for name in ("batch", "kimg_per_stage", "learning_rate", "r1", "seed"):
        known[name] = type(DEFAULTS[name])(_number(folder, saved, name, DEFAULTS[name]))
    return Plan(**{**known, "resolution": network.resolution, **widths, **given})


def _progress_of(folder: Path, saved: Mapping[str, Any]) -> Progress:
    whole = {name: int(_number(folder, saved, name, 0)) for name in ("step", "count", "level")}
    random = saved.get("random")
    if random is not None and not isinstance(random, dict):
        raise ModelError(f"{folder}: random in its state.json is not a table")
    return Progress(kimg=float(_number(folder, saved, "kimg", 0.0)), random=random, **whole)


def _number(folder: Path, saved: Mapping[str, Any], name: str, default: float) -> float:
    value = saved.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ModelError(f"{folder}: {name} in its state.json must be a number of 0 or more, not {str(value)[:40]!r}")
    return value


def _grown(arrays: Mapping[str, NDArray[Any]], levels: int) -> dict[str, NDArray[Any]]:
    """The names of weights in a network that is so many levels higher: layers of colour are counted from the top."""
    grown = {}
    for name, array in arrays.items():
        layer, kind = name.rsplit("/", 1)
        if "_lod" in layer:
            colour, lod = layer.split("_lod")
            layer = f"{colour}_lod{int(lod) + levels}"
        grown[f"{layer}/{kind}"] = array
    return grown


def _filled(generator: Generator, discriminator: Discriminator, parts: Mapping[str, dict[str, NDArray[Any]]]) -> State:
    """The state with known weights (official names and layouts), and what they lack as it is in the networks; the
    average takes that from the generator."""
    values = {}
    for name, network in (("discriminator", discriminator), ("generator", generator), ("average", generator)):
        fill_network(network, {**network_arrays(network), **parts[name]})
        values[name] = _values(network)
    return _with_moments(values)


def variable_names(network: Any) -> list[str]:
    """Official names of a network's variables, in the order of `variables_of`."""
    return [f"{layer}/{kind}" for layer in network.by_name for kind in ("weight", "bias")]


def exact_arrays(generator: Generator, discriminator: Discriminator, state: State) -> dict[str, NDArray[Any]]:
    """All of a state by names such as `average/8x8/Conv0/weight`, in the layouts of Keras."""
    return {
        f"{part}/{name}": value
        for part, values in state.items()
        for name, value in zip(_names_of(part, generator, discriminator), values, strict=True)
    }


def _names_of(part: str, generator: Generator, discriminator: Discriminator) -> list[str]:
    return variable_names(discriminator if part.startswith("discriminator") else generator)


def _take_exact(
    folder: Path,
    generator: Generator,
    discriminator: Discriminator,
    state: State,
    exact: Mapping[str, Any],
    growth: int,
) -> None:
    """Put the exact values into a state; moments only if the networks have not grown."""
    by_part: dict[str, dict[str, NDArray[Any]]] = {part: {} for part in (*NETWORKS, *MOMENTS)}
    for name, array in exact.items():
        part, _, variable = name.partition("/")
        if part not in by_part or "/" not in variable:
            raise ModelError(f"{folder} cannot be used: its exact state holds {name[:80]!r}")
        by_part[part][variable] = array
    for part in NETWORKS if growth else (*NETWORKS, *MOMENTS):
        known = _grown(by_part[part], growth)
        for index, name in enumerate(_names_of(part, generator, discriminator)):
            if name not in known and growth:
                continue
            if name not in known or known[name].shape != state[part][index].shape:
                raise ModelError(
                    f"{folder} cannot be used: {part}/{name} in its exact state is missing or does not fit"
                )
            state[part][index] = known[name]
