"""Train a PG-GAN on portraits: `python -m tools.train_gan --data FILE.zip --output DIR [--resume DIR] [--minutes M]`.

The networks are those of Karras et al. 2018, grown level by level; the losses, the penalty and the augmentation are
what works on a few thousand pictures. It writes into DIR

    checkpoint-NNNNNNN/    what a training goes on from; see `tools.gan.checkpoint`
    snapshots/             the moving average every 50 thousand pictures, to choose the best from
    sheets/                contact sheets of fixed seeds, one a checkpoint
    metrics.jsonl          losses, scores and overfitting; the same for TensorBoard in tensorboard/

End it with Ctrl+C or by --minutes: it saves, and says how to go on. Killed, it goes on from the last checkpoint.
"""

from __future__ import annotations

import argparse
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from engine.core.clock import Clock, TimeSource
from engine.core.errors import DeviceError, ModelError
from engine.networks.pggan.architecture import RESOLUTIONS
from tools.command import command, command_parser

if TYPE_CHECKING:
    from tools.gan.trainer import Training

PRECISIONS = ("auto", "float32", "bfloat16")
REPORT_S = 30.0
SAVE_MINUTES = 5.0
BATCH_MULTIPLE = 8  # the penalty takes half of a batch, and the pictures are compared in groups of four


class Session:
    """Runs a training until it is told to stop, with its records, checkpoints and progress.

    Args:
        training: that is to run.
        folder: of the training.
        clock: that measures pace and intervals.
        save_s: seconds between checkpoints.
    """

    def __init__(self, training: Training, folder: Path, clock: TimeSource, save_s: float) -> None:
        from tools.gan.training_log import Records

        self._training = training
        self._folder = folder
        self._clock = clock
        self._save_s = save_s
        self._records = Records(folder, training.progress.step)
        self._reported_s = self._saved_s = clock.now_s()
        self._reported_kimg = training.progress.kimg
        self._progress: tqdm[Any] | None = None

    def run(self, limit_s: float | None, is_stopped: Callable[[], bool]) -> Path:
        """Train until `limit_s` seconds are over or `is_stopped()`, one step at least, and save.

        Returns:
            The folder of the last checkpoint.

        Raises:
            NarcissusError: the training cannot go on; the checkpoint before it stays.
        """
        begin_s = self._clock.now_s()
        with _progress_bar(limit_s) as self._progress:
            while True:
                self._advance()
                elapsed_s = self._clock.now_s() - begin_s
                self._progress.update(min(elapsed_s, limit_s or math.inf) - self._progress.n)
                if is_stopped() or (limit_s is not None and elapsed_s >= limit_s):
                    break
                if self._clock.now_s() - self._reported_s >= REPORT_S:
                    self._report()
                if self._clock.now_s() - self._saved_s >= self._save_s:
                    self._save()
            self._report()
            return self._save()

    def _advance(self) -> None:
        from tools.gan.trainer import SNAPSHOT_KIMG

        progress = self._training.progress
        before = progress.kimg // SNAPSHOT_KIMG
        self._training.advance()
        if progress.kimg // SNAPSHOT_KIMG > before:
            self._training.write_snapshot()

    def _report(self) -> None:
        training, now_s = self._training, self._clock.now_s()
        seen = (training.progress.kimg - self._reported_kimg) * 1000
        pace = seen / max(now_s - self._reported_s, 1e-9)
        measures = training.take_measures()
        stage = training.stage
        place = {"kimg": training.progress.kimg, "size_px": stage.size_px, "fade": stage.fade}
        self._records.add(training.progress.step, {**place, **measures, "pictures_per_s": pace})
        if self._progress is not None:
            self._progress.set_description_str(f"{stage.size_px} px, fade {stage.fade:.2f}, {place['kimg']:.1f} kimg")
            losses = (
                f"D {measures['d_loss']:.3f}  G {measures['g_loss']:.3f}  overfitting {measures['overfitting']:.2f}"
            )
            self._progress.set_postfix_str(f"{pace:.1f} pictures/s  {losses}")
        self._reported_s, self._reported_kimg = now_s, training.progress.kimg

    def _save(self) -> Path:
        from tools.gan.training_log import write_sheet

        path = self._training.save()
        name = f"sheet-{self._training.progress.step:07d}"
        write_sheet(self._folder, name, self._training.draw, self._training.latent_size)
        self._saved_s = self._clock.now_s()
        return path

    def close(self) -> None:
        """End the records; may be called twice."""
        self._records.close()


def _progress_bar(limit_s: float | None) -> tqdm[Any]:
    timing = "{elapsed}" if limit_s is None else "{percentage:3.0f}%|{bar:20}| {elapsed}, {remaining} left"
    return tqdm(total=limit_s, desc="first steps", bar_format="{desc}  " + timing + "  {postfix}", mininterval=1.0)


@contextmanager
def _stopped_by_signals() -> Iterator[Callable[[], bool]]:
    """A question that is answered yes once Ctrl+C was pressed or the system asks the program to end; the second Ctrl+C
    ends it at once."""
    stopped = threading.Event()

    def stop(number: int, _: Any) -> None:
        signal.signal(number, before[number])
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
    """Train as the command line says; returns the folder of the last checkpoint.

    Raises:
        NarcissusError: what cannot be used, or why the training ended.
    """
    from tools.gan.backend import resolve_precision
    from tools.gan.checkpoint import newest_checkpoint
    from tools.gan.initial_state import begin, go_on
    from tools.gan.trainer import Training, read_splits

    folder = options.output
    if newest_checkpoint(folder) and (options.resume is None or options.resume.resolve() != folder.resolve()):
        raise ModelError(f"{folder} holds a training: go on with it by --resume {folder}, or name another --output")
    names = ("resolution", "fmap_base", "fmap_max", "batch", "kimg_per_stage", "learning_rate", "r1", "seed")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    beginning = begin(given) if options.resume is None else go_on(options.resume, given)
    portraits, held_out = read_splits(options.data, beginning.plan.resolution)
    precision = resolve_precision(options.precision)
    training = Training(folder, beginning, portraits, held_out, precision)
    _introduce(training, len(portraits), len(held_out), precision)
    with _stopped_by_signals() as is_stopped:
        session = Session(training, folder, clock, options.save_minutes * 60)
        try:
            return session.run(options.minutes * 60 if options.minutes else None, is_stopped)
        finally:
            session.close()


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
    """Train as the command line says."""
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
        "Train a PG-GAN on portraits.",
        "--data portraits.zip --output run --minutes 60",
        epilog="What is not given is as in the resumed training, or else as said here.",
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE.zip", help="from tools.prepare_portraits")
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="what the training writes to")
    parser.add_argument("--resume", type=Path, metavar="DIR", help="go on from a training, which may be DIR itself")
    parser.add_argument("--minutes", type=_positive, help="end after so many; by Ctrl+C if absent")
    sizes = [size for size in RESOLUTIONS if size >= 8]
    parser.add_argument("--resolution", type=int, choices=sizes, metavar="PX", help="128; may grow on --resume")
    parser.add_argument("--fmap-base", type=_whole, metavar="N", help="2048; 4096 or more for a GPU")
    parser.add_argument("--fmap-max", type=_whole, metavar="N", help="128; 256 or more for a GPU")
    parser.add_argument("--batch", type=_batch, metavar="N", help="32; a multiple of 8")
    parser.add_argument("--kimg-per-stage", type=_positive, metavar="N", help="400 thousand pictures")
    parser.add_argument("--learning-rate", type=_positive, metavar="RATE", help="0.002")
    parser.add_argument("--r1", type=_not_negative, metavar="GAMMA", help="1; of the gradient penalty")
    parser.add_argument("--save-minutes", type=_positive, default=SAVE_MINUTES, metavar="M", help=f"{SAVE_MINUTES:g}")
    parser.add_argument("--seed", type=_seed, metavar="N", help="1; of the first weights and of all chance")
    parser.add_argument("--precision", choices=PRECISIONS, default="auto", help="auto: bfloat16 where it is faster")
    return parser


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


def _whole(text: str) -> int:
    return int(_number(text, lambda value: value >= 1 and value == int(value), "a whole number of 1 or more"))


def _seed(text: str) -> int:
    return int(_number(text, lambda value: value >= 0 and value == int(value), "a whole number of 0 or more"))


def _batch(text: str) -> int:
    wanted = f"a multiple of {BATCH_MULTIPLE}"
    return int(_number(text, lambda value: value >= BATCH_MULTIPLE and value % BATCH_MULTIPLE == 0, wanted))


if __name__ == "__main__":
    sys.exit(main())
