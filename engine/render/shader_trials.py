"""Before the show touches a shader from outside, a child process draws it: what hangs or is too slow is refused."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engine.core.errors import ConfigError
from engine.render.external_shaders.paths import FOLDER
from engine.render.external_shaders.trial import ShaderTrial, TrialAnswer, TrialRequest
from engine.render.gl.shader_library import ENDINGS, ShaderLibrary, stamp
from engine.scene.scene import PassSpec

log = logging.getLogger(__name__)

SLOW_MS = 2000.0
"""What a picture may take at most; a graphics driver ends a program that takes longer."""


class ShaderTrials:
    """Tries the passes of scenes that draw programs from outside, each once while its files stay as they are.

    Args:
        library: where the shaders are.
        trial: what tries them.
    """

    def __init__(self, library: ShaderLibrary, trial: ShaderTrial | None = None) -> None:
        self._library = library
        self._trial = trial or ShaderTrial()
        self._passed: set[object] = set()
        self._is_possible = True

    def steps(self, spec: PassSpec, size_wh: tuple[int, int]) -> Iterator[bool]:
        """Try a pass in short steps; yields True after each.

        Args:
            spec: the pass.
            size_wh: of the stage, px.

        Raises:
            ConfigError: it cannot be drawn, does not come to an end, or takes too long; with the place in the scene.
        """
        key = self._key(spec, size_wh)
        if key in self._passed or not self._is_possible:
            return
        settings = spec.settings.model_dump(mode="json")
        folder = str(self._library.folder)
        steps = self._trial.steps(TrialRequest(spec.kind, settings, folder, shown_wh=size_wh))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                self._judge(spec, end.value, size_wh)
                break
            yield True
        self._passed.add(key)

    def rest(self) -> None:
        """Nothing is to be tried for now: keep no process for it."""
        self._trial.close()

    def close(self) -> None:
        """End what tries; may be called again."""
        self._trial.close()

    def _judge(self, spec: PassSpec, answer: TrialAnswer, size_wh: tuple[int, int]) -> None:
        if not answer.is_tried:
            log.warning("shaders from outside are shown without having been tried: %s", answer.error)
            self._is_possible = False
            return
        file = self._library.shown(f"{FOLDER}/{spec.settings.model_dump().get('file', '')}")
        if answer.error:
            raise ConfigError(spec.problem(f"{file}: {answer.error}" if answer.hangs else answer.error))
        if answer.shown_ms > SLOW_MS:
            size = f"{size_wh[0]}x{size_wh[1]} px"
            what = f"would take about {answer.shown_ms / 1000.0:.1f} s for a picture of {size}, and may take"
            raise ConfigError(spec.problem(f"{file}: {what} {SLOW_MS / 1000.0:g} s; make the scene smaller"))
        for sentence in answer.notes:
            log.warning("%s", sentence)

    def _key(self, spec: PassSpec, size_wh: tuple[int, int]) -> object:
        """What it was tried as: its settings, and all files as they are that these name."""
        settings = spec.settings.model_dump(mode="json")
        files = sorted({name for text in _texts(settings) for name in (text, f"{text.rpartition('.')[0]}.vs")})
        named = [name for name in files if Path(name).suffix.lower() in ENDINGS]
        stamps = tuple((name, stamp(self._library.path(f"{FOLDER}/{name}"))) for name in named)
        return spec.kind, repr(settings), stamps, size_wh


def _texts(value: Any) -> Iterator[str]:
    """Every text in settings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
