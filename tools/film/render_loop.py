"""Common parts of commands that write films: options, and the loop that fills a film's segments."""

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
HELD = 2  # frames that may wait to be written; limited because of their size


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

    rates = f"frames per second, {slowest_fps:g} to {FASTEST_FPS:g} (30)"
    parser.add_argument("--fps", type=rate, default=30.0, metavar="N", help=rates)
    parser.add_argument("--codec", choices=[*FILM_CODECS, PICTURES], help="instead of what the name's ending means")
    encoders = ("auto", PROCESSOR, *CARDS)
    parser.add_argument("--encoder", choices=encoders, default="auto", help="auto: a graphics card if one opens")
    parser.add_argument("--quality", type=int, choices=range(52), default=16, metavar="0-51", help="0 loses least (16)")


def film_settings(options: argparse.Namespace) -> RecorderSettings:
    """Recorder settings for these options."""
    return RecorderSettings(encoder=options.encoder, preset="veryfast", quality=options.quality, max_fps=options.fps)


def make_film(
    tool: str, pictures: Generator[ByteArray | None, None, None], count: int, parts: Parts, fps: float
) -> bool:
    """Write missing frames, and finish the film.

    Args:
        tool: name of the command, for messages.
        pictures: all frames, (H, W, 4) uint8 RGBA, bottom row first; None for those already written.
        count: number of frames.
        parts: the film.
        fps: frames per second.

    Returns:
        Whether it is complete; False if Ctrl+C stopped it.

    Raises:
        NarcissusError: it could not be finished; the part that is safe is printed first.
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
    """Writes the frames of a film, in order, while the next one is drawn.

    On exit, everything handed over has been written, unless writing failed.

    Args:
        parts: the film; must not be used elsewhere meanwhile.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._waiting: Queue[ByteArray | None] = Queue(HELD)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="writing", daemon=True)

    def write(self, rows: ByteArray) -> None:
        """Hand over a copy of a frame; waits while `HELD` frames are pending.

        Raises:
            NarcissusError: an earlier frame could not be written.
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
