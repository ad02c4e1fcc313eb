"""Log of a training run: measures as JSON lines and for TensorBoard, and contact sheets."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

from engine.core.clock import file_stamp, unix_time_s
from engine.networks.pggan.latent_sphere import seed_latents
from engine.types import ByteArray, FloatArray
from tools.reporting.contact_sheet import contact_sheet, to_pixels

METRICS_FILE = "metrics.jsonl"
TENSORBOARD_FOLDER = "tensorboard"
PREVIEW_FILE, VIEWERS_FILE = "preview.png", "viewers.png"
SHEET_SEEDS = range(48)
SHEET_AT_ONCE = 12  # pictures per batch
SHEET_COLUMNS, SHEET_VIEWERS = 12, 24


class TrainingLog:
    """Appends measures to the log of a training run.

    A run resumed from an earlier step drops lines written after that step, so that the log describes a single run.

    Args:
        folder: training folder.
        step: step to resume from; 0 starts a new log.

    Raises:
        OSError: from any method: the disk is full, or the folder cannot be written.
    """

    def __init__(self, folder: Path, step: int) -> None:
        self._path = folder / METRICS_FILE
        folder.mkdir(parents=True, exist_ok=True)
        self._keep_until(step)
        events = folder / TENSORBOARD_FOLDER
        events.mkdir(exist_ok=True)
        # TensorBoard's own writer would load TensorFlow, whatever the Keras backend; writing records does not need it
        name = f"events.out.tfevents.{int(unix_time_s())}.{os.getpid()}.{file_stamp()}"
        self._file: BinaryIO = (events / name).open("wb")
        self._events = RecordWriter(self._file)
        self._write_event(Event(file_version="brain.Event:2"))
        if step:
            self._write_event(
                Event(step=step, session_log={"status": 1})
            )  # START: later events in older files are void

    def _keep_until(self, step: int) -> None:
        if not self._path.exists():
            return
        kept = []
        for line in self._path.read_text(encoding="utf-8").splitlines():
            try:
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
            except (ValueError, KeyError, TypeError):
                continue  # truncated by a kill
        partial = self._path.with_name(f"{METRICS_FILE}.partial")
        partial.write_text("".join(kept), encoding="utf-8")
        partial.replace(self._path)

    def add(self, step: int, measures: Mapping[str, float]) -> None:
        """Append one line, and one value per measure for TensorBoard."""
        values = {name: float(f"{value:.6g}") for name, value in measures.items()}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        summary = Summary(value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()])
        self._write_event(Event(step=step, summary=summary))

    def _write_event(self, event: Event) -> None:
        event.wall_time = unix_time_s()
        self._events.write(event.SerializeToString())
        self._events.flush()

    def close(self) -> None:
        """Close the records; may be called twice."""
        if not self._file.closed:
            self._events.close()


def write_preview(folder: Path, draw: Callable[[FloatArray], FloatArray], latent_size: int) -> Path:
    """Write preview.png: pictures from fixed seeds.

    Args:
        folder: training folder.
        draw: latents (N, latent_size) -> pictures (N, S, S, C), nominal range.
        latent_size: dimensions of a latent.
    """
    latents = seed_latents(SHEET_SEEDS, latent_size)
    pictures = np.concatenate([draw(part) for part in np.split(latents, len(latents) // SHEET_AT_ONCE)])
    return _write_picture(folder / PREVIEW_FILE, contact_sheet(to_pixels(pictures), columns=SHEET_COLUMNS))


def write_viewers(folder: Path, portraits: ByteArray, reflections: FloatArray) -> Path:
    """Write viewers.png: held-out portraits, each above its reflection.

    Args:
        folder: training folder.
        portraits: (N, S, S, 3) uint8.
        reflections: (N, S, S, 3), nominal range.
    """
    rows = []
    for begin in range(0, min(len(portraits), SHEET_VIEWERS), SHEET_COLUMNS):
        part = slice(begin, min(begin + SHEET_COLUMNS, SHEET_VIEWERS))
        rows += [portraits[part], to_pixels(reflections[part])]
    return _write_picture(folder / VIEWERS_FILE, contact_sheet(np.concatenate(rows), columns=SHEET_COLUMNS))


def _write_picture(path: Path, picture: ByteArray) -> Path:
    partial = path.with_name(f"{path.name}.partial")
    Image.fromarray(picture).save(partial, "PNG")
    partial.replace(path)
    return path
