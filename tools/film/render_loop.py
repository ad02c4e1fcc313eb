"""What the tools that make films share: their options, and the loop that fills a film's parts."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Generator
from contextlib import closing
from queue import Queue
from types import TracebackType
from typing import Self

from tqdm import tqdm

from engine.config.recorder import RecorderSettings
from engine.core.clock import Clock
from engine.core.errors import NarcissusError
from engine.render.output.codecs import CARDS, FILM_CODECS, PROCESSOR
from engine.types import ByteArray
from tools.film.segments import PICTURES, Parts

FASTEST_FPS = 240.0
HELD = 2  # pictures that may wait to be written; each is as large as it looks, and nobody waits for more than these


def add_film_options(parser: argparse.ArgumentParser, slowest_fps: float) -> None:
    """`--fps`, `--codec`, `--encoder` and `--quality`."""

    def rate(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = 0.0
        if not slowest_fps <= number <= FASTEST_FPS:
            allowed = f"a number from {slowest_fps:g} to {FASTEST_FPS:g}"
            raise argparse.ArgumentTypeError(f"must be {allowed}, not '{text}'")
        return number

    rates = f"pictures a second, {slowest_fps:g} to {FASTEST_FPS:g} (30)"
    parser.add_argument("--fps", type=rate, default=30.0, metavar="N", help=rates)
    parser.add_argument("--codec", choices=[*FILM_CODECS, PICTURES], help="instead of what the name's ending means")
    encoders = ("auto", PROCESSOR, *CARDS)
    parser.add_argument("--encoder", choices=encoders, default="auto", help="auto: a graphics card if one opens")
    parser.add_argument("--quality", type=int, choices=range(52), default=16, metavar="0-51", help="0 loses least (16)")


def film_settings(options: argparse.Namespace) -> RecorderSettings:
    """The recorder's settings that these options mean."""
    return RecorderSettings(encoder=options.encoder, preset="veryfast", quality=options.quality, max_fps=options.fps)


def make_film(
    tool: str, pictures: Generator[ByteArray | None, None, None], count: int, parts: Parts, fps: float
) -> bool:
    """Write what is not there yet, and finish.

    Args:
        tool: who says what is said.
        pictures: all of them, (H, W, 4) uint8 RGBA, bottom row first; None where one is there already.
        count: how many there are.
        parts: the film.
        fps: its pictures a second.

    Returns:
        Whether it is done; False if Ctrl+C stopped it.

    Raises:
        NarcissusError: it could not be finished; what is safe is told before.
    """
    clock, new = Clock(), max(0, count - parts.done)
    began_s = clock.now_s()
    try:
        with (
            closing(pictures),
            WritingThread(parts) as writing,
            tqdm(total=count, unit=" pictures", desc=tool, mininterval=0.5) as bar,
        ):
            for rows in pictures:
                if rows is not None:
                    writing.write(rows)
                bar.set_description(tool if rows is not None else "finding the place", refresh=False)
                bar.update()
        parts.finish()
    except (KeyboardInterrupt, NarcissusError) as error:
        parts.pause()
        safe = f"{parts.done / fps:.1f} of {count / fps:.1f} s are safe"
        print(f"{tool}: stopped; {safe}, and the same command goes on there", file=sys.stderr)
        if isinstance(error, NarcissusError):
            raise
        return False
    print(f"{count} pictures, {count / fps:.1f} s; {new / fps:.1f} s were made in {clock.now_s() - began_s:.1f} s")
    return True


class WritingThread:
    """Writes pictures of a film, in order, while the next is drawn.

    What was handed over is written before it is left, unless writing itself failed.

    Args:
        parts: the film; nobody else may use it meanwhile.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._waiting: Queue[ByteArray | None] = Queue(HELD)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="writing", daemon=True)

    def write(self, rows: ByteArray) -> None:
        """Hand a picture over; it is copied. Waits while `HELD` others do.

        Raises:
            NarcissusError: one of those before it could not be written.
        """
        if self._error is not None:
            raise self._error
        self._waiting.put(rows.copy())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        while (rows := self._waiting.get()) is not None:
            if self._error is None:
                try:
                    self._parts.write(rows)
                except BaseException as caught:
                    self._error = caught
