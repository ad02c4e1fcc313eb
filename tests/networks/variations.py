"""Settings that official files can have, for sweeps: each case differs from the default in what its name says."""

from __future__ import annotations

from typing import Any

from engine.networks.pggan.architecture import DiscriminatorSettings, GeneratorSettings

_TINY: dict[str, Any] = {"resolution": 16, "fmap_base": 64, "fmap_max": 12}

_GENERATORS: dict[str, dict[str, Any]] = {
    "official": {},
    "not fused": {"fused_scale": False},
    "no weight scale": {"use_wscale": False},
    "no weight scale, not fused": {"use_wscale": False, "fused_scale": False},
    "plain rectifier": {"use_leakyrelu": False},
    "no pixel norm": {"use_pixelnorm": False},
    "raw latents": {"normalize_latents": False},
    "wide epsilon": {"pixelnorm_epsilon": 1e-2},
    "longer latents": {"latent_size": 20},
    "grey": {"num_channels": 1},
    "slow decay": {"fmap_decay": 0.5, "fmap_base": 24},
    "no decay": {"fmap_decay": 0.0, "fmap_base": 6},
    "4 px": {"resolution": 4},
    "8 px": {"resolution": 8},
    "32 px, odd widths": {"resolution": 32, "fmap_base": 100, "fmap_max": 11},
    "bias per pixel": {"dense_bias_per_pixel": True},
    "nothing normalised": {"use_pixelnorm": False, "use_leakyrelu": False, "normalize_latents": False},
}
GENERATORS = {name: GeneratorSettings(**{**_TINY, **change}) for name, change in _GENERATORS.items()}

_DISCRIMINATORS: dict[str, dict[str, Any]] = {
    "official": {},
    "not fused": {"fused_scale": False},
    "no weight scale": {"use_wscale": False},
    "no comparison": {"mbstd_group_size": 1},
    "pairs": {"mbstd_group_size": 2},
    "grey": {"num_channels": 1},
    "slow decay": {"fmap_decay": 0.5, "fmap_base": 24},
    "4 px": {"resolution": 4},
    "32 px, odd widths": {"resolution": 32, "fmap_base": 100, "fmap_max": 11},
}
DISCRIMINATORS = {name: DiscriminatorSettings(**{**_TINY, **change}) for name, change in _DISCRIMINATORS.items()}
