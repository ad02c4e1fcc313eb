"""Random settings of a generator, drawn on Keras' backend of the moment: plain form, reference and run-time form.

Run as a program, so that it can have a process, and so a backend, of its own: `python -m ... COUNT SEED` prints the
largest differences as JSON.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np

from engine.networks.generator.folded_network import build_network
from engine.networks.persona import load_generator
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latents
from engine.networks.pggan.weight_file import write_network
from tests.networks.reference_pggan import generate
from tests.tiny_persona import random_arrays


def random_settings(random: np.random.Generator) -> GeneratorSettings:
    """Any settings that official files can have and that can be shown, small."""
    use_pixelnorm = bool(random.random() < 0.8)
    return GeneratorSettings(
        resolution=int(random.choice([4, 8, 16, 32])),
        num_channels=int(random.choice([1, 3])),
        fmap_base=int(random.integers(64, 200)),
        fmap_decay=float(random.uniform(0.3, 1.2)),
        fmap_max=int(random.integers(2, 24)),
        use_wscale=bool(random.random() < 0.7),
        fused_scale=bool(random.random() < 0.5),
        latent_size=int(random.integers(1, 40)),
        normalize_latents=bool(random.random() < 0.7),
        use_pixelnorm=use_pixelnorm,
        pixelnorm_epsilon=float(random.choice([1e-8, 1e-6, 1e-3])),
        use_leakyrelu=bool(random.random() < 0.7),
        dense_bias_per_pixel=bool(random.random() < 0.3),
    )


def differences(settings: GeneratorSettings, random: np.random.Generator, path: Path) -> tuple[float, float]:
    """Largest difference of the plain form to the reference, relative above 1, and of the folded form in levels."""
    spread = 1.0 if settings.use_wscale else 0.2
    arrays = {
        name: array * np.float32(spread) for name, array in random_arrays(settings, random.integers(1 << 30)).items()
    }
    write_network(path, settings, arrays)
    z = seed_latents([random.integers(1 << 30)], settings.latent_size)
    generator = load_generator(path)
    lod = float(random.uniform(0, settings.top_level - 2))
    expected = generate(settings, arrays, z, lod).transpose(0, 2, 3, 1)
    plain = np.abs(np.asarray(generator(z, lod=lod)) - expected).max() / max(1.0, np.abs(expected).max())
    levels = np.clip(np.round((np.asarray(generator(z)) + 1) * 127.5), 0, 255)
    folded = np.asarray(build_network(settings, arrays)(z)).astype(int)
    return float(plain), float(np.abs(folded[..., :3] - levels).max())


def main(count: int, seed: int) -> None:
    """Print the largest differences over `count` configurations."""
    random = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        found = [differences(random_settings(random), random, Path(folder) / "generator") for _ in range(count)]
    plain, levels = np.max(found, axis=0)
    print(json.dumps({"backend": keras.backend.backend(), "plain": plain, "levels": levels, "count": len(found)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
