"""Train a mirror: `python -m tools.train_gan --data FILE.zip --output DIR --stages 32:12,64:20,128:60 [--resume DIR]`.

A generator (PG-GAN of Karras et al. 2018) and the encoder that inverts it are trained together: the generator must
reproduce every portrait from the encoder's latent (PIONEER, Heljakka et al. 2018). `--stages` are sizes and minutes of
progressive growing. It writes to DIR

    checkpoint-NNNNNNN/    state to resume from; see `tools.gan.checkpoint`
    snapshots/             average and encoder every 50 thousand pictures, to select the best
    viewers.png            held-out portraits, each above its reflection
    preview.png            pictures from random latents
    metrics.jsonl          losses and likeness; the same for TensorBoard in tensorboard/

It ends after the last stage, or with Ctrl+C: it then saves, and prints how to resume. If killed, it resumes from the
last checkpoint.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from engine.core.clock import Clock, TimeSource
from engine.core.errors import DeviceError, ModelError
from engine.networks.pggan.architecture import RESOLUTIONS
from tools.command import command, command_parser

if TYPE_CHECKING:
    from tools.gan.growth_schedule import Stage
    from tools.gan.trainer import Training

PRECISIONS = ("auto", "float32", "bfloat16")
REPORT_S = 60.0
SAVE_MINUTES = 5.0
BATCH_MULTIPLE = 8  # part of a batch are reflections, and pictures are compared in groups of four
FEATURES = Path(__file__).resolve().parents[1] / "models" / "features"
LOSSES: Mapping[str, str] = {
    "rec": "10; features of a portrait and its reflection",
    "pix": "40; the same at 32 px, in pixels",
    "face": "10; the same with the face network",
    "find": "0; inversion of random latents by the encoder",
    "spread": "2; separation of different portraits' latents",
    "heads": "0.4; critics on the frozen features",
    "critic": "3; the discriminator",
}


class Session:
    """Runs a training through its stages until stopped, with log, checkpoints and progress.

    Args:
        training: training to run.
        folder: training folder.
        clock: measures pace and intervals.
        save_s: seconds between checkpoints.
        fade_s: seconds before the end in which the learning rates fall.
    """

    def __init__(self, training: Training, folder: Path, clock: TimeSource, save_s: float, fade_s: float = 0.0) -> None:
        from tools.gan.training_log import TrainingLog

        self._training = training
        self._folder = folder
        self._clock = clock
        self._save_s, self._fade_s = save_s, fade_s
        self._log = TrainingLog(folder, training.progress.step)
        self._reported_s = self._saved_s = clock.now_s()
        self._reported_kimg = training.progress.kimg
        self._progress: tqdm[Any] | None = None

    def run(self, stages: Sequence[Stage], is_stopped: Callable[[], bool]) -> Path:
        """Train through the stages or until `is_stopped()`, at least one step each, and save.

        Returns:
            The folder of the last checkpoint.

        Raises:
            NarcissusError: the training cannot continue; the previous checkpoint stays.
        """
        begin_s = until_s = self._clock.now_s()
        end_s = begin_s + 60 * sum(stage.minutes for stage in stages)
        with _progress_bar(end_s - begin_s) as self._progress:
            for stage in stages:
                until_s += 60 * stage.minutes
                while True:
                    self._advance(stage, end_s)
                    elapsed_s = min(self._clock.now_s(), end_s) - begin_s
                    self._progress.update(elapsed_s - self._progress.n)
                    if is_stopped() or self._clock.now_s() >= until_s:
                        break
                    self._keep_up()
                if is_stopped():
                    break
            self._report()
            return self._save()

    def _advance(self, stage: Stage, end_s: float) -> None:
        from tools.gan.growth_schedule import rate_factor
        from tools.gan.trainer import SNAPSHOT_KIMG

        progress = self._training.progress
        before = progress.kimg // SNAPSHOT_KIMG
        count = progress.count if progress.level == stage.level else 0
        self._training.advance(stage.level, rate_factor(count, end_s - self._clock.now_s(), self._fade_s))
        if progress.kimg // SNAPSHOT_KIMG > before:
            self._training.write_snapshot()

    def _keep_up(self) -> None:
        if self._clock.now_s() - self._reported_s >= REPORT_S:
            self._report()
        if self._clock.now_s() - self._saved_s >= self._save_s:
            self._save()

    def _report(self) -> None:
        training, now_s = self._training, self._clock.now_s()
        seen = (training.progress.kimg - self._reported_kimg) * 1000
        pace = seen / max(now_s - self._reported_s, 1e-9)
        measures = training.take_measures()
        place = {"kimg": training.progress.kimg, "size_px": 1 << training.progress.level}
        self._log.add(training.progress.step, {**place, **measures, "pictures_per_s": pace})
        if self._progress is not None:
            self._progress.set_description_str(f"{place['size_px']} px, {place['kimg']:.1f} kimg")
            likeness = f"ratio {measures['ratio']:.3f}  rec {measures['rec']:.3f}  face {measures['face']:.3f}"
            self._progress.set_postfix_str(f"{pace:.1f} pictures/s  {likeness}")
        self._reported_s, self._reported_kimg = self._clock.now_s(), training.progress.kimg

    def _save(self) -> Path:
        from tools.gan.training_log import write_preview, write_viewers

        path = self._training.save()
        write_preview(self._folder, self._training.draw, self._training.latent_size)
        write_viewers(self._folder, *self._training.viewers())
        self._saved_s = self._clock.now_s()
        return path

    def close(self) -> None:
        """Close the log; may be called twice."""
        self._log.close()


def _progress_bar(limit_s: float) -> tqdm[Any]:
    form = "{desc}  {percentage:3.0f}%|{bar:20}| {elapsed}, {remaining} left  {postfix}"
    return tqdm(total=limit_s, desc="first steps", bar_format=form, mininterval=1.0)


@contextmanager
def _stopped_by_signals() -> Iterator[Callable[[], bool]]:
    """Predicate that becomes true after Ctrl+C or a termination signal; a second Ctrl+C ends the program at once."""
    stopped = threading.Event()

    def stop(number: int, _: Any) -> None:
        signal.signal(number, before[signal.Signals(number)])
        print("\nsaving after this step; once more ends it at once", file=sys.stderr, flush=True)
        stopped.set()

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    if threading.current_thread() is threading.main_thread():
        for number in before:
            signal.signal(number, stop)
    try:
        yield stopped.is_set
    finally:
        if threading.current_thread() is threading.main_thread():
            for number, handler in before.items():
                signal.signal(number, handler)


def train(options: argparse.Namespace, clock: TimeSource) -> Path:
    """Train with these options; returns the folder of the last checkpoint.

    Raises:
        NarcissusError: says what cannot be used, or why the training ended.
    """
    from tools.gan.backend import resolve_precision, training_backend
    from tools.gan.checkpoint import newest_checkpoint
    from tools.gan.initial_state import begin, go_on
    from tools.gan.trainer import Training, read_splits

    folder, stages = options.output, options.stages
    if newest_checkpoint(folder) and (options.resume is None or options.resume.resolve() != folder.resolve()):
        raise ModelError(f"{folder} holds a training: go on with it by --resume {folder}, or name another --output")
    if options.threads:
        training_backend().limit_threads(options.threads)
    given = _given(options)
    if options.resume is None:
        if options.widen is not None:
            raise ModelError("--widen widens what --resume names: without that, give --fmap-max")
        beginning = begin({"resolution": max(stage.size_px for stage in stages), **given})
    else:
        beginning = go_on(options.resume, given, options.widen)
    size = beginning.plan.resolution
    if stages[-1].size_px > size:
        raise ModelError(
            f"--stages goes to {stages[-1].size_px} px and the networks to {size}: give --resolution "
            f"{stages[-1].size_px} as well"
        )
    portraits, held_out = read_splits(options.data, size)
    precision = resolve_precision(options.precision)
    looks = read_looks(FEATURES, precision)
    training = Training(folder, beginning, looks, portraits, held_out, precision)
    _introduce(training, len(portraits), len(held_out), precision)
    if not beginning.has_encoder:
        training.compute_encoder()
    with _stopped_by_signals() as is_stopped:
        session = Session(training, folder, clock, options.save_minutes * 60, options.fade * 60)
        try:
            return session.run(stages, is_stopped)
        finally:
            session.close()


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """Values of the plan given on the command line."""
    names = (
        "resolution",
        "fmap_base",
        "fmap_max",
        "batch",
        "share",
        "learning_rate",
        "encoder_rate",
        "critic_every",
        "ema",
    )
    given = {name: getattr(options, name) for name in (*names, "seed") if getattr(options, name) is not None}
    losses = {name: getattr(options, name) for name in LOSSES if getattr(options, name) is not None}
    return {**given, "weights": losses}


def read_looks(folder: Path, precision: str = "float32") -> tuple[Any, Any]:
    """Frozen networks for portraits and pictures.

    Args:
        folder: folder of their files.
        precision: type of FaceRes's products; nothing else gets faster.

    Raises:
        ModelError: one of their files is missing or damaged.
    """
    from engine.networks.inversion.encoder_network import FaceFeaturesNetwork, FrozenFeaturesNetwork
    from engine.networks.inversion.face_look import FACE_LOOK_FILE, read_face_look
    from engine.networks.inversion.frozen_features import FEATURES_FILE, read_frozen_features

    known = read_face_look(folder / FACE_LOOK_FILE)
    return (
        FrozenFeaturesNetwork(read_frozen_features(folder / FEATURES_FILE)),
        FaceFeaturesNetwork(known.arrays, known.strides, precision),
    )


def _introduce(training: Training, count: int, held_out_count: int, precision: str) -> None:
    import keras

    from tools.gan.backend import training_backend

    plan, device = training.plan, "GPU" if training_backend().has_gpu() else "CPU"
    print(
        f"{count} portraits and {held_out_count} held out; {plan.resolution} px, fmap_base {plan.fmap_base}, fmap_max "
        f"{plan.fmap_max}, batch {plan.batch}; {keras.backend.backend()}, {precision}, {device}; "
        f"beginning at {training.progress.kimg:.1f} kimg",
        flush=True,
    )


@command(interrupted="interrupted; the last checkpoint is intact")
def main(arguments: Sequence[str] | None = None) -> int:
    """Train with the options of the command line."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    try:
        path = train(options, Clock())
    except OSError as error:
        raise DeviceError(f"{options.output} cannot be written: {error.strerror or error}") from error
    print(f"saved {path}; to go on: the same command with --resume {options.output}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = command_parser(
        "train_gan",
        "Train a generator and its encoder on portraits.",
        "--data portraits.zip --output run --stages 32:12,64:20,128:60",
        epilog="Options not given are as in the resumed training, or else have the defaults below.",
    )
    parser.add_argument(
        "--data", type=Path, required=True, metavar="FILE.zip", help="portrait set by tools.prepare_portraits"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="training folder")
    parser.add_argument("--stages", type=_stages, required=True, metavar="PX:MINUTES,...", help="32:12,64:20,128:60")
    parser.add_argument(
        "--resume", type=Path, metavar="DIR", help="training folder to resume from, which may be DIR itself"
    )
    parser.add_argument(
        "--widen", type=_whole, metavar="N", help="channels of a resumed generator, up to twice as many as before"
    )
    sizes = [size for size in RESOLUTIONS if size >= 8]
    parser.add_argument(
        "--resolution",
        type=int,
        choices=sizes,
        metavar="PX",
        help="final resolution, that of the last stage; may increase",
    )
    parser.add_argument("--fmap-base", type=_whole, metavar="N", help="2048; 4096 or more for a GPU")
    parser.add_argument("--fmap-max", type=_whole, metavar="N", help="256")
    parser.add_argument("--batch", type=_batch, metavar="N", help="16; a multiple of 8; 128 for a GPU")
    parser.add_argument(
        "--share", type=_share, metavar="S", help="0.75; share of a batch that is reflected, the rest is random"
    )
    parser.add_argument(
        "--learning-rate", type=_positive, metavar="RATE", help="0.002; for generator and discriminator"
    )
    parser.add_argument(
        "--encoder-rate", type=_not_negative, metavar="RATE", help="learning rate of the encoder; 0 freezes it"
    )
    parser.add_argument(
        "--fade", type=_not_negative, default=0.0, metavar="M", help="let the learning rates fall in the last M minutes"
    )
    parser.add_argument("--critic-every", type=_whole, metavar="N", help="4; interval of discriminator steps")
    parser.add_argument("--ema", type=_positive, metavar="KIMG", help="3; half-life of the average, thousand pictures")
    for name, meaning in LOSSES.items():
        parser.add_argument(f"--{name}", type=_not_negative, metavar="WEIGHT", help=meaning)
    parser.add_argument("--save-minutes", type=_positive, default=SAVE_MINUTES, metavar="M", help=f"{SAVE_MINUTES:g}")
    parser.add_argument("--seed", type=_seed, metavar="N", help="1; random seed")
    parser.add_argument(
        "--precision", choices=PRECISIONS, default="auto", help="number format; auto is bfloat16 where it is faster"
    )
    parser.add_argument("--threads", type=_whole, metavar="N", help="processor threads; all if absent (TensorFlow)")
    return parser


def _stages(text: str) -> tuple[Stage, ...]:
    from tools.gan.growth_schedule import read_stages

    try:
        return read_stages(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _number(text: str, is_fitting: Callable[[float], bool], wanted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and is_fitting(value)):
        raise argparse.ArgumentTypeError(f"must be {wanted}, not {text[:40]!r}")
    return value


def _positive(text: str) -> float:
    return _number(text, lambda value: value > 0, "a number above 0")


def _not_negative(text: str) -> float:
    return _number(text, lambda value: value >= 0, "a number of 0 or more")


def _share(text: str) -> float:
    return _number(text, lambda value: 0 < value < 1, "a number between 0 and 1")


def _whole(text: str) -> int:
    return int(_number(text, lambda value: value >= 1 and value == int(value), "a whole number of 1 or more"))


def _seed(text: str) -> int:
    return int(_number(text, lambda value: value >= 0 and value == int(value), "a whole number of 0 or more"))


def _batch(text: str) -> int:
    wanted = f"a multiple of {BATCH_MULTIPLE}"
    return int(_number(text, lambda value: value >= BATCH_MULTIPLE and value % BATCH_MULTIPLE == 0, wanted))


if __name__ == "__main__":
    sys.exit(main())
