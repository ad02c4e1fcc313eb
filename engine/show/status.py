"""Lines of the overlay: rates and durations, current scene and devices, and problems."""

from __future__ import annotations

from typing import Any

from engine.audio.level_meter import AudioLevelMeter
from engine.pipeline.reflection_thread import ReflectionWorker
from engine.pipeline.sources.late_camera import LateCamera
from engine.pipeline.sources.open_source import Source
from engine.show.drawing import Drawing
from engine.show.notice import Notice
from engine.show.scene_switcher import SceneSwitcher
from engine.telemetry.report import Report


class ShowStatus:
    """Composes the lines of the overlay.

    Args:
        report, worker: rates and durations.
        drawing, switcher, level_meter: current output, scene and loudness.
        notice: the newest message, which comes last.
        source: picture source; None for the self-view.
        source_name: as the operator named it.
    """

    def __init__(
        self,
        report: Report,
        worker: ReflectionWorker,
        drawing: Drawing,
        switcher: SceneSwitcher,
        level_meter: AudioLevelMeter,
        notice: Notice,
        source: Source | LateCamera | None,
        source_name: str,
    ) -> None:
        self._report, self._worker = report, worker
        self._drawing, self._switcher, self._level_meter = drawing, switcher, level_meter
        self._notice = notice
        self._source, self._source_name = source, source_name

    def lines(self) -> list[str]:
        """The lines now."""
        health, drawing, mirror = self._worker.health, self._drawing, self._drawing.mirror
        source = f"{self._source_name}: {self._source.state}" if self._source else "self: no camera is used"
        heard = f"audio: {self._level_meter.level:.2f}" if self._level_meter.is_on else ""
        scene = f"scene: {self._switcher.name}; visit: {mirror.visit_state}"
        means = [drawing.window.renderer, f"faces: {drawing.transfer.note}"]
        troubles = [health.last_error, self._level_meter.error, *drawing.sender.errors, *mirror.troubles]
        notes = [source, heard, scene, *means, *troubles, *self._held(), *self._notice.text.splitlines()]
        return self._report.lines(health, [note for note in notes if note])

    def figures(self, now_s: float) -> dict[str, Any]:
        """Values of `--status` at `now_s`; may be called from any thread."""
        source = f"{self._source_name}: {self._source.state}" if self._source else "self"
        error = self._worker.health.last_error or self._level_meter.error or next(iter(self._drawing.sender.errors), "")
        return {
            **self._report.figures(now_s),
            "scene": self._switcher.name,
            "source": source,
            "error": error or None,
        }

    def _held(self) -> list[str]:
        """Reason why the wall does not show what one might expect."""
        mirror = self._drawing.mirror
        reasons = {
            "black: B brings the picture back": mirror.blackout.is_on,
            "closed: the schedule in config.yaml says so": mirror.closing.is_on,
            "the picture is held: Space lets it go on": mirror.is_frozen,
        }
        return [reason for reason, holds in reasons.items() if holds]
