"""Architecture of the networks of Karras et al. 2018: settings, and the official names and shapes of weights.

Knows neither Keras nor files: both are checked against it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeVar

Shape = tuple[int, ...]
Settings = TypeVar("Settings", "GeneratorSettings", "DiscriminatorSettings")

RESOLUTIONS = tuple(2**level for level in range(2, 11))  # 4 to 1024 px

# setting: smallest and largest accepted value
_WHOLE_RANGES: Mapping[str, tuple[int, int]] = {
    "num_channels": (1, 16),
    "fmap_base": (1, 1 << 20),
    "fmap_max": (1, 8192),
    "latent_size": (1, 8192),
    "mbstd_group_size": (1, 1024),
}
_REAL_RANGES: Mapping[str, tuple[float, float]] = {
    "fmap_decay": (0.0, 8.0),
    "pixelnorm_epsilon": (0.0, 1.0),
}


@dataclass(frozen=True)
class _Widths:
    """Settings of both networks: picture size, and feature maps at each resolution.

    Attributes:
        resolution: width and height of the picture, px; a power of two.
        num_channels: colour channels of the picture.
        fmap_base, fmap_decay, fmap_max: a stage has fmap_base / 2^(stage * fmap_decay) feature maps, at most fmap_max.
        use_wscale: weights are stored as N(0, 1) and multiplied by He's constant when used.
        fused_scale: resampling is part of the convolution next to it.
    """

    resolution: int
    num_channels: int = 3
    fmap_base: int = 8192
    fmap_decay: float = 1.0
    fmap_max: int = 512
    use_wscale: bool = True
    fused_scale: bool = True

    def __post_init__(self) -> None:
        if self.resolution not in RESOLUTIONS:
            raise ValueError(f"resolution must be a power of two from 4 to 1024, not {self.resolution}")
        for field in fields(self):
            value = getattr(self, field.name)
            low, high = _WHOLE_RANGES.get(field.name) or _REAL_RANGES.get(field.name) or (value, value)
            if not low <= value <= high:
                raise ValueError(f"{field.name} must be between {low} and {high}, not {value}")
        if self.feature_maps(self.top_level - 1) < 1:
            raise ValueError(f"fmap_base {self.fmap_base} leaves no feature map at {self.resolution} px")

    @property
    def top_level(self) -> int:
        """Base-2 logarithm of the resolution: 2 for 4 px, 10 for 1024 px."""
        return self.resolution.bit_length() - 1

    def feature_maps(self, stage: int) -> int:
        """Feature maps of a stage; the block of 2^level px uses stage level - 1."""
        return min(int(self.fmap_base / 2.0 ** (stage * self.fmap_decay)), self.fmap_max)


@dataclass(frozen=True)
class GeneratorSettings(_Widths):
    """Settings of G_paper.

    Attributes:
        latent_size: dimensions of a latent; 0 means the official default, min(fmap_base, fmap_max).
        normalize_latents: project latents to the sphere first.
        use_pixelnorm, pixelnorm_epsilon: normalise the feature vector of every pixel after each layer.
        use_leakyrelu: leaky (0.2) or plain rectifier.
        dense_bias_per_pixel: the first layer has a bias for each of its 4x4 pixels, not only for each feature map; not
                official, but used by the trainer of the first persona.
    """

    latent_size: int = 0
    normalize_latents: bool = True
    use_pixelnorm: bool = True
    pixelnorm_epsilon: float = 1e-8
    use_leakyrelu: bool = True
    dense_bias_per_pixel: bool = False

    def __post_init__(self) -> None:
        if self.latent_size == 0:
            object.__setattr__(self, "latent_size", self.feature_maps(0))
        super().__post_init__()


@dataclass(frozen=True)
class DiscriminatorSettings(_Widths):
    """Settings of D_paper.

    Attributes:
        mbstd_group_size: pictures per group; 1 disables minibatch standard deviation.
    """

    mbstd_group_size: int = 4


@dataclass(frozen=True)
class WeightLayer:
    """Convolution or dense layer of an official network.

    Attributes:
        name: official name, e.g. `8x8/Conv0_up`; its variables are `name/weight` and `name/bias`.
        kind: `dense`, `conv`, `up` (fused upsampling, weight (kh, kw, out, in)) or `down` (fused downsampling).
        fan_in: inputs per output, for He's constant.
        fan_out: output feature maps.
        gain: numerator of He's constant gain / sqrt(fan_in).
        weight_shape, bias_shape: shapes in official files.
    """

    name: str
    kind: str
    fan_in: int
    fan_out: int
    gain: float
    weight_shape: Shape
    bias_shape: Shape

    @property
    def he_constant(self) -> float:
        return self.gain / math.sqrt(self.fan_in)


def conv_layer(name: str, inputs: int, outputs: int, *, kernel: int = 3, gain: float = math.sqrt(2)) -> WeightLayer:
    """Convolution that keeps the resolution, or changes it if its name ends in `_up` or `_down`."""
    kind = "up" if name.endswith("_up") else "down" if name.endswith("_down") else "conv"
    channels = (outputs, inputs) if kind == "up" else (inputs, outputs)
    return WeightLayer(name, kind, kernel**2 * inputs, outputs, gain, (kernel, kernel, *channels), (outputs,))


def generator_layers(settings: GeneratorSettings) -> Iterator[WeightLayer]:
    """Layers of G_paper, lowest resolution first."""
    maps, top = settings.feature_maps, settings.top_level
    inputs, outputs = settings.latent_size, 16 * maps(1)
    dense_gain = math.sqrt(2) / 4  # as in the original, which counts a 4x4 block as one feature map
    bias_shape = (outputs if settings.dense_bias_per_pixel else maps(1),)
    yield WeightLayer("4x4/Dense", "dense", inputs, maps(1), dense_gain, (inputs, outputs), bias_shape)
    yield conv_layer("4x4/Conv", maps(1), maps(1))
    yield conv_layer(f"ToRGB_lod{top - 2}", maps(1), settings.num_channels, kernel=1, gain=1.0)
    for level in range(3, top + 1):
        block = f"{2**level}x{2**level}"
        first = f"{block}/Conv0_up" if settings.fused_scale else f"{block}/Conv0"
        yield conv_layer(first, maps(level - 2), maps(level - 1))
        yield conv_layer(f"{block}/Conv1", maps(level - 1), maps(level - 1))
        yield conv_layer(f"ToRGB_lod{top - level}", maps(level - 1), settings.num_channels, kernel=1, gain=1.0)


def discriminator_layers(settings: DiscriminatorSettings) -> Iterator[WeightLayer]:
    """Layers of D_paper, highest resolution first."""
    maps, top = settings.feature_maps, settings.top_level
    for level in range(top, 2, -1):
        block = f"{2**level}x{2**level}"
        yield conv_layer(f"FromRGB_lod{top - level}", settings.num_channels, maps(level - 1), kernel=1)
        yield conv_layer(f"{block}/Conv0", maps(level - 1), maps(level - 1))
        second = f"{block}/Conv1_down" if settings.fused_scale else f"{block}/Conv1"
        yield conv_layer(second, maps(level - 1), maps(level - 2))
    yield conv_layer(f"FromRGB_lod{top - 2}", settings.num_channels, maps(1), kernel=1)
    compared = 1 if settings.mbstd_group_size > 1 else 0  # feature map of minibatch standard deviation
    yield conv_layer("4x4/Conv", maps(1) + compared, maps(1))
    inputs = 16 * maps(1)
    yield WeightLayer("4x4/Dense0", "dense", inputs, maps(0), math.sqrt(2), (inputs, maps(0)), (maps(0),))
    yield WeightLayer("4x4/Dense1", "dense", maps(0), 1, 1.0, (maps(0), 1), (1,))


def layers_of(settings: GeneratorSettings | DiscriminatorSettings) -> tuple[WeightLayer, ...]:
    """Layers of the network with these settings."""
    if isinstance(settings, GeneratorSettings):
        return tuple(generator_layers(settings))
    return tuple(discriminator_layers(settings))


def variable_shapes(settings: GeneratorSettings | DiscriminatorSettings) -> dict[str, Shape]:
    """Official variable names and shapes of all tensors in a file of this network."""
    shapes: dict[str, Shape] = {}
    for layer in layers_of(settings):
        shapes[f"{layer.name}/weight"] = layer.weight_shape
        shapes[f"{layer.name}/bias"] = layer.bias_shape
    return shapes


def settings_to_text(settings: GeneratorSettings | DiscriminatorSettings) -> dict[str, str]:
    """Settings as metadata of a weight file."""
    values = ((field.name, getattr(settings, field.name)) for field in fields(settings))
    return {name: str(value).lower() if isinstance(value, bool) else repr(value) for name, value in values}


def settings_from_text(kind: type[Settings], text: Mapping[str, str]) -> Settings:
    """Settings from the metadata of a weight file; missing ones get the official defaults.

    Raises:
        ValueError: a setting cannot be parsed, is out of range, or requires labels, which no network here has.
    """
    if text.get("label_size", "0") != "0":
        raise ValueError(f"label_size is {text['label_size']}: networks with labels are not supported")
    required = ("resolution", "latent_size") if kind is GeneratorSettings else ("resolution",)
    for name in required:
        if name not in text:
            raise ValueError(f"the setting {name} is missing")
    known = {field.name: field.type for field in fields(kind)}
    return kind(**{name: _parse(name, str(known[name]), text[name]) for name in known if name in text})


def _parse(name: str, type_name: str, text: str) -> Any:
    word = text.strip().lower()
    if type_name == "bool":
        if word not in ("true", "false"):
            raise ValueError(f"{name} must be true or false, not {text[:40]!r}")
        return word == "true"
    try:
        number = float(word) if len(word) <= 40 else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or (type_name == "int" and number != int(number)):
        raise ValueError(f"{name} must be a {'whole ' if type_name == 'int' else ''}number, not {text[:40]!r}")
    return int(number) if type_name == "int" else number
