"""The show's side of the control room: opens the server where that was asked for, and draws the preview."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moderngl

from engine.config.consent import ConsentKind
from engine.config.control import ControlSettings
from engine.control.register import Register
from engine.control.room import ControlRoom, Cues, Learning, SceneSaver
from engine.control.server import ControlServer, Surroundings
from engine.control.wall_text import wall_text
from engine.core.clock import Tick, TimeSource
from engine.core.closing import Closing
from engine.core.errors import ConfigError, DeviceError
from engine.render.preview import Preview
from engine.scene.library import SceneLibrary
from engine.show.drawing import Drawing
from engine.show.notice import Notice
from engine.show.operator_panel import OperatorPanel


@dataclass(frozen=True)
class RoomParts:
    """What the control room shows and controls.

    Attributes:
        register: the parameters.
        library: the scenes.
        figures: how the show is, as `--status` says it.
        drawing, panel, notice: what is drawn, and what the operator reads.
        documents: the folder docs/.
        hears: whether the show listens to the room.
        cues, saver, learning: what can be done beside setting parameters.
    """

    register: Register
    library: SceneLibrary
    figures: Callable[[], Mapping[str, Any]]
    drawing: Drawing
    panel: OperatorPanel
    notice: Notice
    documents: Path
    hears: bool
    cues: Cues | None = None
    saver: SceneSaver | None = None
    learning: Learning | None = None


class OpenControlRoom(Closing):
    """A server, and the preview that it sends.

    Args:
        settings, port: as `open_control_room` has them.
        parts: of the show.
        clock: the show's.

    Raises:
        DeviceError, ConfigError: as `ControlServer`.
    """

    def __init__(self, settings: ControlSettings, port: int, parts: RoomParts, clock: TimeSource) -> None:
        drawing = parts.drawing
        self._consent, self._calibration, self._mirror = drawing.consent, drawing.calibration, drawing.mirror
        self._preview = Preview(drawing.window.ctx, drawing.library, clock, lambda: self._server.is_watched)
        room = ControlRoom(parts.register, parts.figures, parts.library.names, parts.cues, parts.saver, parts.learning)
        titles = _titles(parts.library)
        around = Surroundings(
            pictures=self._preview.pictures,
            scene_pictures=parts.documents,
            titles=lambda: titles,
            wall_text=wall_text(parts.documents / "privacy.md", hears=parts.hears),
            notify=parts.notice.notify,
        )
        self._server = ControlServer(settings, port, room, around, clock)
        self.invitation = self._server.invitation

    @property
    def is_sending(self) -> bool:
        """Whether pictures or numbers made of visitors leave this machine: then the red dot is on the wall."""
        return self._server.is_heard_from_afar

    def draw(self, tick: Tick, now_s: float) -> None:
        """Draw the preview where it is due, once per frame, when the wall has its picture.

        Args:
            tick: the moment.
            now_s: the clock by which reflections are stamped.
        """
        if self._server.is_watched or self.is_sending:
            self._consent.allows(ConsentKind.SESSION)  # the desk tells numbers, for which the wall is to ask
        may_be_seen = self._server.is_watched and self._consent.allows(ConsentKind.PREVIEW)  # asked only for somebody
        self._preview.draw(self._mirror, self._calibration.picture_wh, tick, now_s, may_be_seen=may_be_seen)

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again."""
        self._preview.close()

    def renew(self, ctx: moderngl.Context) -> None:
        """Draw previews in another context, after `let_go`."""
        self._preview.renew(ctx)

    def close(self) -> None:
        """Hang up, and release what the preview was drawn with; may be called twice."""
        self._server.close()
        self._preview.close()


def open_control_room(
    settings: ControlSettings, asked: int | None, parts: RoomParts, clock: TimeSource
) -> OpenControlRoom | None:
    """Open the control room if config.yaml or the command line asks for it; None where it stays closed.

    Where no port is free, that is told, and the show goes on.

    Args:
        settings: the section `control` of config.yaml.
        asked: by `--control`: a port, 0 for that of config.yaml, None where it was not given.
        parts: of the show.
        clock: the show's.

    Raises:
        ConfigError: an address in the settings is none.
    """
    if asked is None and not settings.enabled:
        return None
    try:
        opened = OpenControlRoom(settings, asked or settings.port, parts, clock)
    except DeviceError as error:
        parts.notice.complain(str(error))
        return None
    parts.panel.invitation = invitation = opened.invitation
    parts.notice.notify(f"the control room is at {invitation.address}")
    if invitation.token is not None:
        print(f"{invitation.in_terminal()}\nThe control room: {invitation.url}", flush=True)
    return opened


def _titles(library: SceneLibrary) -> dict[str, str]:
    """Titles of the scenes that can be read, by name."""
    titles: dict[str, str] = {}
    for name in library.names():
        try:
            titles[name] = library.load(name).title
        except ConfigError:  # it is told when somebody wants to see it
            titles[name] = name.replace("_", " ")
    return titles
