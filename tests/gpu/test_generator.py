"""The generator on a real card draws what the plain form draws; each framework in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from engine.networks.persona import Persona
from engine.networks.pggan.architecture import GeneratorSettings
from engine.networks.pggan.latent_sphere import seed_latent
from engine.networks.pggan.weight_file import read_network
from engine.system.cuda_driver import CudaDriver
from tests.networks.reference_pggan import generate
from tests.tiny_persona import write_tiny_persona

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [pytest.mark.gpu, pytest.mark.filterwarnings("default")]  # other people's packages may warn

DRAW = """
import sys
from importlib.util import find_spec
from pathlib import Path
import numpy as np
from engine.networks.backends.gpu_backend import GpuRuntime, start_backend
from engine.networks.pggan.latent_sphere import seed_latent
from engine.networks.persona import Persona
from engine.types import DeviceImage
backend, precision, folder = sys.argv[1:]
start_backend(backend)
persona = Persona.open(Path(folder))
runtime = GpuRuntime(persona, backend, precision, lambda: find_spec("cupy") is not None)
generator = runtime.open(persona.settings.resolution)
drawn = []
for seed in range(3):
    image = generator.draw_one(seed_latent(seed, persona.settings.latent_size))
    assert isinstance(image, DeviceImage) or find_spec("cupy") is None, "the picture left the card"
    drawn.append(image.to_host() if isinstance(image, DeviceImage) else image)
    if isinstance(image, DeviceImage):
        assert (image.darkest, image.brightest) == (drawn[-1][..., :3].min(), drawn[-1][..., :3].max())
np.save(Path(folder, "drawn.npy"), np.stack(drawn))
"""


@pytest.mark.parametrize(("precision", "levels"), [("float32", 4), ("bfloat16", 48)])  # float32 may be TF32
@pytest.mark.parametrize("backend", ["jax", "torch", "tensorflow"])
def test_it_draws_what_the_plain_form_draws(
    driver: CudaDriver, backend: str, precision: str, levels: int, tmp_path: Path
) -> None:
    for package in (backend, "keras"):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    persona = Persona.open(write_tiny_persona(tmp_path / "tiny", resolution=32, seed=5))
    environment = {name: value for name, value in os.environ.items() if name not in ("JAX_PLATFORMS", "KERAS_BACKEND")}
    done = subprocess.run(
        [sys.executable, "-c", DRAW, backend, precision, str(persona.folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    if f"{backend} finds no card" in done.stderr:
        pytest.skip(f"{backend} is installed without CUDA")
    assert done.returncode == 0, done.stderr[-2000:]
    settings, arrays = read_network(persona.generator_path, GeneratorSettings)
    latents = np.stack([seed_latent(seed, settings.latent_size) for seed in range(3)])
    levels_of_plain = np.clip(np.round((generate(settings, arrays, latents).transpose(0, 2, 3, 1) + 1) * 127.5), 0, 255)
    drawn = np.load(persona.folder / "drawn.npy")
    assert drawn.shape == (3, 32, 32, 4) and (drawn[..., 3] == 255).all()
    assert np.abs(drawn[..., :3] - levels_of_plain).max() <= levels
