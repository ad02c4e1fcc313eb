"""The place of a rehearsal: copies of scenes, shaders and configuration, drawn visitors, and the show's process.

Nothing of the user's is touched: the show runs in a folder of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import yaml

from engine.core.clock import Clock
from engine.core.closing import Closing
from engine.networks.backends.generator_runtime import open_generator
from engine.networks.persona import Persona
from engine.networks.pggan.latent_sphere import seed_latent
from engine.types import ByteArray
from tools.rehearsal.moment import Moment
from tools.rehearsal.stage import ACT_FILE, DEVICE_FILE, Plan, write_stage

ROOT = Path(__file__).resolve().parents[2]
VISITORS = 12
CAMERA_WH = (640, 480)
SCENES = ("gilded_mirror", "pool", "archive", "ink")  # of the playlist
SCENE_MINUTES, WAIT_MINUTES = 1.5, 0.5
FIRST_VISITOR = 2_000  # seed of the first face
CAN_FILL_DISK = hasattr(psutil, "RLIMIT_FSIZE")  # Linux
END_S = 60.0  # that the show has to end in order


@dataclass(frozen=True)
class Production:
    """What is rehearsed.

    Attributes:
        seed: of faces, visitors and faults.
        size_wh: of the wall, px.
        models, model: a folder of personas, and one of them.
        scenes: of the playlist, in order; the first is shown first.
    """

    seed: int = 0
    size_wh: tuple[int, int] = (640, 360)
    models: Path = ROOT / "models"
    model: str = "portraits"
    scenes: tuple[str, ...] = SCENES


class Theatre(Closing):
    """A folder in which a show runs, and what can be done to it from outside.

    Args:
        folder: empty; it is filled here.
        production: what is rehearsed.
        kept: a file for everything that the show tells, a moment a line.

    Attributes:
        folder: as given.
        moments: what the show has told so far.
    """

    def __init__(self, folder: Path, production: Production, kept: Path) -> None:
        self.folder, self._production, self._kept = folder, production, kept
        self.moments: list[Moment] = []
        self._prepare()
        self._log = (folder / "show.log").open("wb")
        settings = {
            "model": production.model,
            "models": str(production.models.resolve()),
            "size_wh": production.size_wh,
            "seed": production.seed,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tools.rehearsal.show", json.dumps(settings)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        self._listener = threading.Thread(target=self._listen, name="listener", daemon=True)
        self._listener.start()

    @property
    def newest(self) -> Moment | None:
        """The newest moment; None before the first."""
        return self.moments[-1] if self.moments else None

    @property
    def exit_status(self) -> int | None:
        """Of the show; None while it runs."""
        return self._process.poll()

    @property
    def device(self) -> Path:
        """The staged camera's device."""
        return self.folder / "stage" / DEVICE_FILE

    def order(self, words: str) -> None:
        """Send an order to the show, see `rehearsed_app.py`; nothing if it has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f"{words}\n".encode())
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):
            return  # it has ended, which the director notices

    def tell_camera(self, act: str) -> None:
        """Have the camera hang, freeze, or deliver what is no picture."""
        partial = self.device.with_name(f"{ACT_FILE}.partial")
        partial.write_text(act, encoding="utf-8")
        partial.replace(self.device.with_name(ACT_FILE))

    def kill_camera(self) -> None:
        """Kill the webcam's process, if there is one now."""
        for child in self._children():
            if "spawn_main" in " ".join(child.cmdline()):
                child.kill()

    def fill_disk(self, *, is_full: bool) -> None:
        """Have the system refuse every further byte that the show writes to a file, or let it write again."""
        show = psutil.Process(self._process.pid)
        hard = show.rlimit(psutil.RLIMIT_FSIZE)[1]
        show.rlimit(psutil.RLIMIT_FSIZE, (0 if is_full else hard, hard))

    def save(self, name: str, content: bytes) -> None:
        """Save a file of the show as editors do."""
        path = self.folder / name
        partial = path.with_name(f".{path.name}.new")
        partial.write_bytes(content)
        partial.replace(path)

    def read(self, name: str) -> bytes:
        """Content of a file of the show."""
        return (self.folder / name).read_bytes()

    def end(self) -> int:
        """Ask the show to end, and return its exit status; one that does not is killed."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended already
            self._process.stdin.close()
        try:
            return self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def close(self) -> None:
        """End the show, and whatever it has left running."""
        children = self._children()
        self.end()
        for child in children:
            if child.is_running():
                child.kill()
        self._listener.join(END_S)
        self._log.close()

    def _children(self) -> list[psutil.Process]:
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._kept.open("wb") as kept, self._process.stdout as told:
            for line in told:
                kept.write(line)
                self.moments.append(Moment.from_line(line.decode()))

    def _prepare(self) -> None:
        production, folder = self._production, self.folder
        for name in ("scenes", "shaders"):
            shutil.copytree(ROOT / name, folder / name)
        (folder / "config.yaml").write_text(yaml.safe_dump(_config(production)), encoding="utf-8")
        (folder / "venue.yaml").write_text("projectors:\n- {}\n", encoding="utf-8")
        write_stage(folder / "stage", draw_visitors(production), Plan(production.seed, Clock().now_s()))


def _config(production: Production) -> dict[str, Any]:
    playlist = [{"scene": name, "minutes": SCENE_MINUTES} for name in production.scenes]
    return {
        "camera": {"width": CAMERA_WH[0], "height": CAMERA_WH[1]},
        "scene": {"name": production.scenes[0], "scenes": list(production.scenes)},
        "playlist": {"scenes": playlist, "wait_minutes": WAIT_MINUTES},
        "recorder": {"keep_free_mb": 0, "session": True},
        "send": {"to": ["virtual_camera"], "size": [320, 180]},
    }


def draw_visitors(production: Production) -> ByteArray:
    """Faces (N, S, S, 3) uint8 that the persona itself draws."""
    generator = open_generator(Persona.open(production.models / production.model), is_tuned=False)
    first = FIRST_VISITOR + VISITORS * production.seed
    latents = [seed_latent(first + index, generator.latent_size) for index in range(VISITORS)]
    return np.stack([np.asarray(generator(z))[:, :, :3] for z in latents])
