"""Controls: builds what sets the show from outside, from the show's parts: desk, cues, keys, MIDI and control room."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from engine.config.options import Options
from engine.control.bindings_file import load_control_file
from engine.control.cues import Cues
from engine.control.keys import Keys
from engine.control.midi import Midi
from engine.control.register import Register
from engine.control.scene_saver import SceneSaver
from engine.core.clock import Clock, TimeSource
from engine.show.control_desk import ControlDesk, DeskParts
from engine.show.control_room import OpenControlRoom, RoomParts, open_control_room
from engine.show.device_desk import Devices
from engine.show.drawing import Drawing
from engine.show.files import ShowFiles
from engine.show.keeper import Keeper
from engine.show.notice import Notice
from engine.show.operator_panel import OperatorPanel
from engine.show.scene_switcher import SceneSwitcher
from engine.show.status import ShowStatus


@dataclass(frozen=True)
class ControlledShow:
    """Parts of the show that are set, or seen, from outside.

    Attributes:
        drawing, switcher, keeper: everything that draws; the scene; films, snapshots and sessions.
        status, notice, panel: figures, messages, and the operator's overlay.
        devices: microphone, webcam, projectors.
    """

    drawing: Drawing
    switcher: SceneSwitcher
    keeper: Keeper
    status: ShowStatus
    notice: Notice
    panel: OperatorPanel
    devices: Devices


def open_controls(
    show: ControlledShow,
    files: ShowFiles,
    options: Options,
    register: Register,
    documents: Path,
    clock: TimeSource,
    parts: ExitStack,
) -> tuple[ControlDesk, OpenControlRoom | None]:
    """Build the desk, and the control room if it is asked for; `parts` closes what was opened.

    Args:
        files, options: configuration and command line; control.yaml and the cues are beside config.yaml.
        register: parameters that can be set and read.
        documents: the folder docs/, for pictures of scenes and the wall text.
        clock: the show's.

    Raises:
        ConfigError: control.yaml or an address of the control room is wrong.
    """
    config, library, beside = files.config, files.scene_library, options.config.parent
    cues = Cues(beside / config.control.cues, register, show.notice.notify)
    bindings_path = beside / config.control.file
    bindings = load_control_file(bindings_path)
    midi = parts.enter_context(Midi(bindings_path, bindings, register, show.notice.notify))
    desk_parts = DeskParts(
        mirror=show.drawing.mirror,
        switcher=show.switcher,
        keeper=show.keeper,
        library=library,
        cues=cues,
        keys=Keys(bindings, register),
        status=show.status,
        notice=show.notice,
        reflection=config.reflection,
        devices=show.devices,
        consent=show.drawing.consent,
    )
    room = RoomParts(
        register=register,
        library=library,
        figures=lambda: show.status.figures(clock.now_s()),
        drawing=show.drawing,
        panel=show.panel,
        notice=show.notice,
        documents=documents,
        hears=show.devices.level_meter.is_on,
        cues=cues,
        saver=SceneSaver(register, library),
        learning=midi,
    )
    control_room = open_control_room(config.control, options.control, room, Clock())
    if control_room is not None:
        parts.enter_context(control_room)
    return ControlDesk(register, desk_parts, clock), control_room
