"""Time training on this machine: `python -m tools.benchmark_training [--resolutions 32,64,128] [--steps 16]`.

Real steps of generator, discriminator and heads at full resolution, on random pictures, with frozen features and
augmentation, excluding compilation. It prints pictures per second, and per second of processor time, which is more
meaningful on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from engine.core.clock import Clock, processor_time_s
from engine.networks.pggan.architecture import RESOLUTIONS
from tools.command import command, command_parser

ROUND = 16  # steps, four of them with the discriminator, one of these with the penalty


def measure(
    resolution: int, fmap_base: int, fmap_max: int, batch: int, steps: int, precision: str
) -> tuple[float, float]:
    """Train a new network on random pictures.

    Returns:
        Pictures per second, and per second of processor time.
    """
    from tools.dataset.portrait_set import Label, PortraitSet
    from tools.gan.initial_state import begin
    from tools.gan.trainer import Training
    from tools.train_gan import FEATURES, read_looks

    beginning = begin({"resolution": resolution, "fmap_base": fmap_base, "fmap_max": fmap_max, "batch": batch})
    pictures = np.random.default_rng(0).integers(0, 256, (64, resolution, resolution, 3), np.uint8)
    label = Label("", "", "", "train", "modern", resolution, 0.0, None, "", None)
    portraits = PortraitSet((label,) * len(pictures), pictures)
    training = Training(Path(), beginning, read_looks(FEATURES, precision), portraits, portraits, precision)
    level, clock = resolution.bit_length() - 1, Clock()
    for _ in range(beginning.plan.critic_every + 1):  # compile the three kinds of steps
        training.advance(level)
    training.progress.count = training.progress.critic_count = 0
    training.wait()
    begin_s, begin_cpu_s = clock.now_s(), processor_time_s()
    for _ in range(steps):
        training.advance(level)
    training.wait()
    seen = steps * batch
    return seen / (clock.now_s() - begin_s), seen / (processor_time_s() - begin_cpu_s)


@command()
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    parser = command_parser("benchmark_training", "How fast training is.", "--resolutions 64,128")
    parser.add_argument(
        "--resolutions", type=_sizes, default=[32, 64, 128], metavar="A,B", help="32,64,128 px if absent"
    )
    parser.add_argument("--fmap-base", type=int, default=2048)
    parser.add_argument("--fmap-max", type=int, default=256)
    parser.add_argument("--batch", type=int, default=16, help="a multiple of 8")
    parser.add_argument("--steps", type=int, default=ROUND, help="steps to time, 16 if absent")
    parser.add_argument("--threads", type=int, help="processor threads; all if absent (TensorFlow)")
    parser.add_argument("--precision", choices=("auto", "float32", "bfloat16"), default="auto")
    options = parser.parse_args(arguments)
    if options.batch < 8 or options.batch % 8 or options.steps < 1:
        parser.error("--batch must be a multiple of 8, and --steps 1 or more")
    import keras

    from tools.gan.backend import resolve_precision, training_backend

    if options.threads:
        training_backend().limit_threads(options.threads)
    precision = resolve_precision(options.precision)
    print(f"{keras.backend.backend()}, {precision}, batch {options.batch}, fmap_base {options.fmap_base}")
    for size in options.resolutions:
        sizes = (size, options.fmap_base, options.fmap_max, options.batch, options.steps, precision)
        per_s, per_cpu_s = measure(*sizes)
        print(f"{size:5d} px  {per_s:8.2f} pictures/s  {per_cpu_s:8.2f} pictures/s of processor time", flush=True)
    return 0


def _sizes(text: str) -> list[int]:
    sizes = [int(word) for word in text.split(",") if word.strip().isdigit()]
    if not sizes or not all(size in RESOLUTIONS and size >= 8 for size in sizes):
        raise argparse.ArgumentTypeError(f"must be powers of two from 8 to {RESOLUTIONS[-1]}, not {text[:40]!r}")
    return sizes


if __name__ == "__main__":
    sys.exit(main())
