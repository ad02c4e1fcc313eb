"""Initial state of a training run: fresh networks, or those of an earlier run, at the same or a larger size."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from engine.core.errors import ModelError
from engine.networks.inversion.encoder_network import EncoderNetwork, encoder_arrays, fill_encoder, with_idle_layers
from engine.networks.persona import fill_network, network_arrays
from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings
from engine.networks.pggan.model import Discriminator, Generator
from engine.networks.pggan.weight_file import read_arrays, read_network
from tools.gan import critics
from tools.gan.checkpoint import newest_checkpoint, read_exact, read_progress, read_state, weights_file
from tools.gan.fused_layers import FusedDiscriminator, FusedGenerator
from tools.gan.training_plan import Plan, Progress
from tools.gan.training_state import (
    FIRST_MOMENTS,
    HEAD_NAMES,
    MIXING_NAMES,
    MOMENTS,
    VECTOR_NAMES,
    VECTORS,
    WEIGHTS,
    LossWeights,
    State,
    variables_of,
)
from tools.gan.widening import widened, widened_settings

LATENT_SIZE = 512

Arrays = dict[str, NDArray[np.float32]]


@dataclass
class Beginning:
    """Networks, their state, the critics' mixing and the progress of a run.

    `has_encoder` tells whether the encoder was read; a new one has yet to be computed or trained.
    """

    plan: Plan
    generator: Generator
    discriminator: Discriminator
    encoder: EncoderNetwork
    state: State
    mixing: list[Any]
    progress: Progress
    has_encoder: bool = False


def begin(given: Mapping[str, Any]) -> Beginning:
    """Start a new run.

    Args:
        given: fields of `Plan`, with a table of fields for `weights`; missing ones have defaults.

    Raises:
        ModelError: the sizes are impossible.
    """
    weights = LossWeights(**given.get("weights", {}))
    plan = Plan(**{"critic_fmap_max": given.get("fmap_max", Plan.critic_fmap_max), **given, "weights": weights})
    widths: dict[str, Any] = {"fmap_base": plan.fmap_base, "fused_scale": False}
    try:
        generator_settings = GeneratorSettings(
            plan.resolution, latent_size=LATENT_SIZE, fmap_max=plan.fmap_max, **widths
        )
        discriminator_settings = DiscriminatorSettings(plan.resolution, fmap_max=plan.critic_fmap_max, **widths)
    except ValueError as error:
        raise ModelError(f"no network can be made: {error}") from error
    random = np.random.default_rng(plan.seed)
    generator, discriminator = _fresh_pair(random, generator_settings, discriminator_settings)
    encoder = fresh_encoder(random)
    heads, vectors = critics.fresh_heads(random)
    mixing = critics.fresh_mixing(random)
    state: State = {
        "generator": _values(generator),
        "discriminator": _values(discriminator),
        "average": _values(generator),
        "encoder": _values(encoder),
        "heads": [heads[name] for name in HEAD_NAMES],
        VECTORS: [vectors[name] for name in VECTOR_NAMES],
    }
    in_order = [mixing[name] for name in MIXING_NAMES]
    return Beginning(plan, generator, discriminator, encoder, with_moments(state), in_order, Progress())


def go_on(folder: Path, given: Mapping[str, Any], widen: int | None = None) -> Beginning:
    """Resume from a training folder, from one of its checkpoints, or from the files of another trainer.

    Args:
        folder: contains checkpoints, or state.json and the networks' files. Without `generator`, the average is used.
                Missing encoders and heads start fresh.
        given: changed fields of `Plan`; the widths cannot change, and the resolution can only increase.
        widen: new maximum number of channels in the generator and its average; at most twice the old one.

    Raises:
        ModelError: something is missing, damaged, from another network, or does not fit `given`.
    """
    folder = newest_checkpoint(folder) or folder
    saved, kept = read_state(folder), read_progress(folder)
    settings, average = read_network(folder / weights_file("average"), GeneratorSettings)
    critic_settings, judge = read_network(folder / weights_file("discriminator"), DiscriminatorSettings)
    _check_sizes(folder, saved, settings, critic_settings)
    plan = _plan_of(folder, kept, settings, critic_settings, given)
    drawing = folder / weights_file("generator")
    parts = {"average": average, "discriminator": judge}
    parts["generator"] = _read_same(drawing, settings) if drawing.exists() else average
    if widen is not None:
        parts |= {name: widened(parts[name], settings, widen) for name in ("generator", "average")}
        settings = widened_settings(settings, widen)
        plan = replace(plan, fmap_max=widen)
    growth = plan.resolution.bit_length() - settings.resolution.bit_length()
    random = np.random.default_rng(plan.seed)
    generator, discriminator = _fresh_pair(
        random, replace(settings, resolution=plan.resolution), replace(critic_settings, resolution=plan.resolution)
    )
    encoder = _read_encoder(folder, random)
    state = _filled(generator, discriminator, {name: grown(arrays, growth) for name, arrays in parts.items()})
    state["encoder"] = _values(encoder)
    mixing = _read_critics(folder, state, random)
    state = with_moments(state)
    progress = _progress_of(folder, saved, kept)
    exact = read_exact(folder, kept)
    if exact and not growth and widen is None:
        _take_exact(folder, generator, discriminator, encoder, state, exact)
    else:
        progress.count = progress.critic_count = progress.level = 0
    has_encoder = (folder / weights_file("encoder")).exists()
    return Beginning(plan, generator, discriminator, encoder, state, mixing, progress, has_encoder)


def _fresh_pair(
    random: np.random.Generator, generator: GeneratorSettings, discriminator: DiscriminatorSettings
) -> tuple[Generator, Discriminator]:
    """New networks with random weights."""
    networks = FusedGenerator(generator), FusedDiscriminator(discriminator)
    for network in networks:
        for layer in network.by_name.values():
            spread = 1.0 if network.settings.use_wscale else layer.official.he_constant
            layer.weight.assign(spread * random.standard_normal(layer.weight.shape, np.float32))
    return networks


def fresh_encoder(random: np.random.Generator) -> EncoderNetwork:
    """New encoder with random weights, scaled by each layer's number of inputs."""
    encoder = EncoderNetwork(LATENT_SIZE)
    for part in encoder.parts:
        bound = 1 / math.sqrt(part.fan_in)
        for variable in (part.weight, part.bias):
            variable.assign(random.uniform(-bound, bound, variable.shape).astype(np.float32))
    return encoder


def _values(network: Any) -> list[Any]:
    return [np.array(keras.ops.convert_to_numpy(variable), np.float32) for variable in variables_of(network)]


def with_moments(state: State) -> State:
    """State with reset optimisers."""
    zeros = {moments: [np.zeros_like(v) for v in state[moments.removesuffix("_moments")]] for moments in MOMENTS}
    return {**state, **zeros, FIRST_MOMENTS: [np.zeros_like(v) for v in state["encoder"]]}


def _check_sizes(
    folder: Path, saved: Mapping[str, Any], generator: GeneratorSettings, discriminator: DiscriminatorSettings
) -> None:
    """Raise unless state.json and the networks agree on sizes, and everything has the form trained here."""
    sizes = {"resolution": generator.resolution, "fmap_base": generator.fmap_base, "fmap_max": generator.fmap_max}
    sizes["critic_fmap_max"] = discriminator.fmap_max
    saved = {"critic_fmap_max": saved.get("fmap_max"), **saved}
    for name, size in sizes.items():
        if saved.get(name, size) != size:
            where = "discriminator" if name == "critic_fmap_max" else "average"
            raise ModelError(
                f"{folder} cannot be used: its state.json says {name} {str(saved[name])[:40]}, its {where} has {size}"
            )
    for name in ("resolution", "fmap_base", "num_channels"):
        ours, theirs = getattr(generator, name), getattr(discriminator, name)
        if ours != theirs:
            raise ModelError(
                f"{folder} cannot be used: {name} is {ours} in its generator and {theirs} in its discriminator"
            )
    if generator.num_channels != 3 or generator.latent_size != LATENT_SIZE:
        raise ModelError(
            f"{folder} cannot be used: it draws {generator.num_channels} channels of {generator.latent_size} numbers, "
            f"and portraits have 3 of {LATENT_SIZE}"
        )
    is_known = generator.use_leakyrelu and generator.use_pixelnorm and generator.normalize_latents
    if not is_known or generator.fused_scale or discriminator.fused_scale or not generator.use_wscale:
        raise ModelError(f"{folder} cannot be used: its networks are of another form than those that are trained here")


def _read_same(path: Path, settings: GeneratorSettings) -> Arrays:
    found, arrays = read_network(path, GeneratorSettings)
    if found != settings:
        raise ModelError(f"{path} cannot be used: it is another network than {weights_file('average')} beside it")
    return arrays


def _read_encoder(folder: Path, random: np.random.Generator) -> EncoderNetwork:
    """Encoder of a folder, or a new one; layers missing from its file initially contribute nothing."""
    encoder, path = fresh_encoder(random), folder / weights_file("encoder")
    if not path.exists():
        return encoder
    wanted = encoder_arrays(encoder)
    arrays = with_idle_layers(read_arrays(path), wanted)
    for name in sorted(wanted.keys() | arrays.keys()):
        if name not in arrays or name not in wanted or arrays[name].shape != wanted[name].shape:
            what = "lacks" if name not in arrays else "holds" if name not in wanted else f"has {arrays[name].shape} as"
            raise ModelError(f"{path} cannot be used: it is another encoder, which {what} {name[:60]!r}")
    fill_encoder(encoder, arrays)
    return encoder


def _read_critics(folder: Path, state: State, random: np.random.Generator) -> list[Any]:
    """Load the heads of a folder, or new ones, into the state; returns the mixing they were trained with."""
    heads, vectors = critics.fresh_heads(random)
    mixing: dict[str, Any] = {}
    path = folder / weights_file("heads")
    if path.exists():
        try:
            heads, vectors, mixing = critics.from_file(read_arrays(path))
        except ValueError as error:
            raise ModelError(f"{path} cannot be used: these are other critics: {error}") from error
        if not mixing:
            raise ModelError(f"{path} cannot be used: it lacks the mixing that its heads were trained with")
    mixing = mixing or critics.fresh_mixing(random)
    state["heads"] = [heads[name] for name in HEAD_NAMES]
    state[VECTORS] = [vectors[name] for name in VECTOR_NAMES]
    return [mixing[name] for name in MIXING_NAMES]


def _plan_of(
    folder: Path,
    kept: Mapping[str, Any],
    network: GeneratorSettings,
    critic: DiscriminatorSettings,
    given: Mapping[str, Any],
) -> Plan:
    sizes = {"fmap_base": network.fmap_base, "fmap_max": network.fmap_max, "critic_fmap_max": critic.fmap_max}
    for name, size in sizes.items():
        if given.get(name, size) != size:
            raise ModelError(
                f"{folder} has {name} {size}, which cannot become {given[name]}: leave it out, or begin anew"
            )
    if given.get("resolution", network.resolution) < network.resolution:
        raise ModelError(
            f"{folder} is trained for {network.resolution} px, which cannot become {given['resolution']}: leave it out"
        )
    known = {}
    for name in ("batch", "share", "learning_rate", "encoder_rate", "critic_every", "ema", "seed"):
        default = getattr(Plan, name)
        known[name] = type(default)(_number(folder, kept, name, default))
    kept_weights = kept.get("weights", {})
    if not isinstance(kept_weights, dict):
        raise ModelError(f"{folder}: weights in its progress.json is not a table")
    defaults = asdict(LossWeights())
    losses = {name: float(_number(folder, kept_weights, name, default)) for name, default in defaults.items()}
    weights = LossWeights(**{**losses, **given.get("weights", {})})
    return Plan(**{**known, "resolution": network.resolution, **sizes, **given, "weights": weights})


def _progress_of(folder: Path, saved: Mapping[str, Any], kept: Mapping[str, Any]) -> Progress:
    whole = {name: int(_number(folder, kept, name, 0)) for name in ("step", "count", "critic_count", "level")}
    random = kept.get("random")
    if random is not None and not isinstance(random, dict):
        raise ModelError(f"{folder}: random in its progress.json is not a table")
    return Progress(kimg=float(_number(folder, saved, "kimg", 0.0)), random=random, **whole)


def _number(folder: Path, table: Mapping[str, Any], name: str, default: float) -> float:
    value = table.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ModelError(f"{folder}: {name} of its state must be a number of 0 or more, not {str(value)[:40]!r}")
    return value


def grown(arrays: Mapping[str, NDArray[Any]], levels: int) -> dict[str, NDArray[Any]]:
    """Names of weights in a network that is higher by some levels: colour layers are counted from the top."""
    renamed = {}
    for name, array in arrays.items():
        layer, kind = name.rsplit("/", 1)
        if "_lod" in layer:
            colour, lod = layer.split("_lod")
            layer = f"{colour}_lod{int(lod) + levels}"
        renamed[f"{layer}/{kind}"] = array
    return renamed


def _filled(generator: Generator, discriminator: Discriminator, parts: Mapping[str, dict[str, NDArray[Any]]]) -> State:
    """Known weights (official names and layouts), completed from the networks; the average is completed from the
    generator."""
    values: State = {}
    for name, network in (("discriminator", discriminator), ("generator", generator), ("average", generator)):
        fill_network(network, {**network_arrays(network), **parts[name]})
        values[name] = _values(network)
    return values


def _names_of(part: str, generator: Any, discriminator: Any, encoder: Any) -> tuple[str, ...]:
    """Names of a part of the state, in its order."""
    if part.startswith("heads"):
        return HEAD_NAMES
    if part == VECTORS:
        return VECTOR_NAMES
    if part.startswith("encoder"):
        return tuple(f"{layer.file_name}/{kind}" for layer in encoder.parts for kind in ("weight", "bias"))
    network = discriminator if part.startswith("discriminator") else generator
    return tuple(f"{layer}/{kind}" for layer in network.by_name for kind in ("weight", "bias"))


def exact_arrays(generator: Any, discriminator: Any, encoder: Any, state: State) -> dict[str, NDArray[Any]]:
    """All of a state under names such as `average/8x8/Conv0/weight`, in Keras layouts."""
    return {
        f"{part}/{name}": value
        for part, values in state.items()
        for name, value in zip(_names_of(part, generator, discriminator, encoder), values, strict=True)
    }


def _take_exact(
    folder: Path, generator: Any, discriminator: Any, encoder: Any, state: State, exact: Mapping[str, Any]
) -> None:
    """Load the exact values into a state."""
    wanted = exact_arrays(generator, discriminator, encoder, state)
    for name in sorted(wanted.keys() | exact.keys()):
        if name not in exact or name not in wanted or exact[name].shape != wanted[name].shape:
            raise ModelError(f"{folder} cannot be used: {name[:80]!r} in its exact state is missing or does not fit")
    for part in (*WEIGHTS, *MOMENTS, FIRST_MOMENTS, VECTORS):
        names = _names_of(part, generator, discriminator, encoder)
        state[part] = [np.asarray(exact[f"{part}/{name}"], np.float32) for name in names]
