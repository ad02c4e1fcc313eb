"""Train the network that enlarges drawn faces: `python -m tools.train_upscaler --data portraits-256.zip --model NAME`.

FILE.zip is a portrait set of 160 px or more. The network learns from its colour photographs of the split `train`, made
as small and faulty as a generator draws them (`tools/upscaling/degradation.py`), and is measured on those of `val`.
The persona gets upscaler.safetensors; removing that file removes it. Ten minutes on one core.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from engine.core.errors import DeviceError
from engine.networks.generator.upscaler import FACTOR, MOST_CHANNELS, Upscaler, write_upscaler
from engine.networks.persona import Persona
from engine.networks.pggan.weight_file import Arrays
from engine.types import ByteArray
from tools.command import command, command_parser
from tools.dataset.portrait_set import PortraitSet, read_portraits
from tools.upscaling.degradation import ZOOMS_PX, degrade

ROOT = Path(__file__).resolve().parents[1]
CHANNELS, BATCH, STEPS, LEARNING_RATE = 24, 12, 6000, 1e-3
STEPS_OF_EPOCH = 100  # between two lines of progress


def train_upscaler(
    data: Path, persona: Persona, channels: int, steps: int, seed: int, notify: Callable[[str], None]
) -> dict[str, float]:
    """Train, write the persona's upscaler, and measure it; see `measure` for what is returned.

    Raises:
        DeviceError: the portrait set cannot be read, or holds too few or too small pictures.
    """
    import keras

    from tools.upscaling.network import Patches, build_network, train_network, upscaler_arrays

    portraits = read_portraits(data)
    shown, held_out = (_photographs(data, portraits, split) for split in ("train", "val"))
    network = build_network(channels, seed)
    epochs = max(1, steps // STEPS_OF_EPOCH)

    class Progress(keras.callbacks.Callback):  # type: ignore[misc]
        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            notify(f"step {(epoch + 1) * STEPS_OF_EPOCH} of {epochs * STEPS_OF_EPOCH}  loss {(logs or {})['loss']:.4f}")

    train_network(network, Patches(shown, BATCH, STEPS_OF_EPOCH, seed), epochs, LEARNING_RATE, [Progress()])
    arrays = upscaler_arrays(network)
    try:
        write_upscaler(persona.upscaler_path, arrays)
    except OSError as error:
        raise DeviceError(f"{persona.upscaler_path} cannot be written: {error.strerror or error}") from error
    return measure(arrays, held_out, seed)


def measure(arrays: Arrays, portraits: ByteArray, seed: int) -> dict[str, float]:
    """Peak signal-to-noise ratio, dB, of enlarged portraits (N, S, S, 3): by the network and by bicubic interpolation,
    of portraits as `degrade` makes them and of clean ones."""
    size_px = portraits.shape[1]
    upscaler = Upscaler(arrays, size_px // FACTOR)
    faulty = degrade(portraits, np.random.default_rng(seed))
    clean = np.stack([cv2.resize(each, (size_px // FACTOR,) * 2, interpolation=cv2.INTER_AREA) for each in portraits])
    figures: dict[str, float] = {}
    for name, small in {"faulty": faulty, "clean": clean}.items():
        alpha = np.full((*small.shape[:3], 1), 255, np.uint8)
        by_network = np.stack([upscaler(each)[..., :3] for each in np.concatenate([small, alpha], 3)])
        bicubic = np.stack([cv2.resize(each, (size_px,) * 2, interpolation=cv2.INTER_CUBIC) for each in small])
        figures |= {f"{name}_db": _psnr_db(by_network, portraits), f"{name}_bicubic_db": _psnr_db(bicubic, portraits)}
    return figures


def _photographs(data: Path, portraits: PortraitSet, split: str) -> ByteArray:
    chosen = [i for i, label in enumerate(portraits.labels) if label.split == split and label.kind == "modern"]
    if not chosen or portraits.size_px < max(ZOOMS_PX):
        raise DeviceError(
            f"{data} cannot be used: an upscaler learns from colour photographs of {max(ZOOMS_PX)} px or more, in both "
            f"splits, and this has {len(chosen)} of {portraits.size_px} px in {split}"
        )
    return portraits.pictures[chosen]


def _psnr_db(found: ByteArray, wanted: ByteArray) -> float:
    error = np.mean(np.square(found.astype(np.float32) - wanted.astype(np.float32)))
    return float(10 * np.log10(255**2 / max(float(error), 1e-9)))


@command(interrupted="nothing was written")
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = command_parser(
        "train_upscaler", (__doc__ or "").split("\n\n")[0], "--data portraits-256.zip --model portraits"
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE.zip", help="portraits of 160 px or more")
    parser.add_argument("--model", required=True, metavar="NAME", help="a persona: a folder under models/")
    parser.add_argument("--channels", type=int, default=CHANNELS, metavar="N", help="of each convolution")
    parser.add_argument("--steps", type=int, default=STEPS, metavar="N", help=f"batches of {BATCH} patches")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of everything that is random")
    options = parser.parse_args(arguments)
    if not 1 <= options.channels <= MOST_CHANNELS or options.steps < 1 or options.seed < 0:
        parser.error(f"--channels must be 1 to {MOST_CHANNELS}, --steps 1 or more, --seed 0 or more")
    persona = Persona.open(ROOT / "models" / options.model)
    figures = train_upscaler(options.data, persona, options.channels, options.steps, options.seed, print)
    for name in ("faulty", "clean"):
        print(f"{name} portraits: {figures[f'{name}_db']:.2f} dB, bicubic {figures[f'{name}_bicubic_db']:.2f} dB")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.exit(main())
