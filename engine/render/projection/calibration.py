"""Calibration: the projection of a window and its venue file, edited while the show runs.

Owns the projection mapper, the calibration card and the path of the file; `warp_editor.py` edits the warps. It never
ends the show: problems with a file or a disk are reported to the operator, and the wall stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import moderngl
import numpy as np

from engine.config.yaml_loader import shown_path
from engine.core.clock import Tick
from engine.core.closing import Closing
from engine.core.errors import ConfigError, DeviceError
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.overlay.overlay import Overlay
from engine.render.projection.calibration_card import draw_test_card
from engine.render.projection.projection_mapper import GL_SRGB8_ALPHA8, ProjectionMapper
from engine.render.projection.settings import Colour, ProjectionSettings
from engine.render.projection.settings_file import load_venue, save_venue
from engine.render.projection.warp_editor import WarpEditor
from engine.render.window.calibration_keymap import CalibrationAction, CalibrationEvent, Pointer
from engine.render.window.window import Window

LOOK_S = 0.5  # how often it is looked whether a file was saved
LINES_MIDDLE = (0.5, 0.88)  # of the target: below the card's bars, far from every corner

Stamp = tuple[int | None, ...]


class Calibration(Closing):
    """Puts the picture on the wall as the venue file says, and lets that be changed.

    In each frame: `follow_operator`, draw on `compose`, then `project`, draw on what that returns, and `finish`.

    Args:
        window: what is presented, and where keys and mouse come from.
        library: the shaders.
        venue: the room, as its file says.
        path: that file, which need not exist.
        render_scale: at how much of its size the picture is drawn.
        say: tells the operator one sentence.
        reloads: whether the file and its masks are shown as soon as they are saved.

    Raises:
        ConfigError: a mask or a shader cannot be used.
    """

    def __init__(
        self,
        window: Window,
        library: ShaderLibrary,
        venue: ProjectionSettings,
        path: Path,
        render_scale: float,
        notify: Callable[[str], None],
        *,
        reloads: bool = True,
    ) -> None:
        self._window = window
        self._path = path
        self._notify = notify
        self._reloads = reloads
        self._saved = venue
        self._wall = ProjectionMapper(window.ctx, library, venue, path.parent, render_scale)
        self._editor: WarpEditor | None = None
        self._shows_card = True
        self._card: moderngl.Texture | None = None
        self._card_key: tuple[tuple[int, int], int, int] | None = None  # size, which projector, of how many
        self._stamp = self._look()
        self._look_due_s = 0.0

    @property
    def is_on(self) -> bool:
        """Whether keys and mouse edit the warp, and the wall shows handles."""
        return self._editor is not None

    @property
    def venue(self) -> ProjectionSettings:
        """The room, as it is shown now."""
        return self._wall.venue

    @property
    def picture_wh(self) -> tuple[int, int]:
        """Size of the composed picture, px: the window's, as the audience sees it."""
        return self._wall.upright_wh(self._window.size_wh)

    @property
    def picture_corner(self) -> tuple[float, float]:
        """Where the picture's upper right corner is on the wall: fractions, origin top left."""
        return self._wall.place_of((1.0, 0.0))

    def tune(self, colours: Mapping[int, Colour]) -> None:
        """Show with other colours of projectors, by number from 0, as if their file said so.

        Raises:
            ConfigError: a shader that is compiled for this is broken; everything stays as it was.
        """
        projectors = tuple(
            each.model_copy(update={"colour": colours.get(number, each.colour)})
            for number, each in enumerate(self.venue.projectors)
        )
        self._wall.show(self.venue.model_copy(update={"projectors": projectors}))

    def toggle(self) -> None:
        """Begin to calibrate, or leave; what was changed stays on the wall until the end of the show, saved or not."""
        try:
            self._wall.force(not self.is_on)
        except ConfigError as error:  # a shader that was broken since the start
            self._notify(str(error))
            return
        if self._editor is None:
            self._editor = WarpEditor(self.venue, self.picture_wh)
            self._shows_card = True
        else:
            self._editor = None
            if self.venue != self._saved:
                self._notify(f"the warp is changed and not saved: C and then Ctrl+S writes {shown_path(self._path)}")

    def follow_operator(self, tick: Tick) -> None:
        """Follow the operator, the window's size, and the venue file with its masks."""
        if self._editor is not None:
            self._editor.resize(self.picture_wh)
        for edit in self._window.edits():
            self._apply(edit)
        self._window.listen_for_edits(self.is_on)
        if self._reloads and tick.time_s >= self._look_due_s:
            self._look_due_s = tick.time_s + LOOK_S
            stamp = self._look()
            if stamp != self._stamp:
                self._stamp = stamp
                self._read()

    def reload(self) -> None:
        """Draw with the shaders as their files are now.

        Raises:
            ConfigError: a shader cannot be used; everything stays as it was.
        """
        self._wall.reload()

    def compose(self) -> moderngl.Framebuffer:
        """What the picture is to be drawn on, and kept from."""
        return self._wall.compose(self._window.framebuffer)

    def project(self) -> moderngl.Framebuffer:
        """Put the composed picture, or the test card, on the wall; returns what may be drawn over it, unwarped."""
        return self._wall.project(self._window.framebuffer, self._test_card() if self._shows_card else None)

    def upright(self) -> moderngl.Framebuffer:
        """The wall as the audience sees it, without projecting anything."""
        return self._wall.upright(self._window.framebuffer)

    def finish(self) -> None:
        """Bring what was drawn into the window; afterwards it can be presented."""
        self._wall.turn(self._window.framebuffer)

    def draw_over(self, target: moderngl.Framebuffer, overlay: Overlay) -> None:
        """Draw handles, and what the operator needs to know, on what `project` returned; nothing while it is off."""
        editor = self._editor
        if editor is not None:
            handles, selected = editor.handles, editor.selected
            overlay.draw(target, self._lines(editor), LINES_MIDDLE)
            overlay.draw_handles(target, [handle.place_px for handle in handles], handles.index(selected))

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again. What is edited stays as it is."""
        self.close()

    def renew(self, ctx: moderngl.Context) -> None:
        """Put the picture on the wall as before `let_go`, in another context.

        Raises:
            ConfigError: a mask or a shader was broken meanwhile.
        """
        self._wall.renew(ctx)

    def close(self) -> None:
        """Release what it owns; may be called again."""
        self._wall.close()
        if self._card is not None:
            self._card.release()
            self._card = None

    def _apply(self, edit: CalibrationEvent) -> None:
        editor = self._editor
        if editor is None:
            return
        if isinstance(edit, Pointer):
            self._point(editor, edit)
        elif edit.action is CalibrationAction.LEAVE:
            self.toggle()
        elif edit.action is CalibrationAction.SAVE:
            self._save(editor)
        elif edit.action is CalibrationAction.CARD:
            self._shows_card = not self._shows_card
        else:
            editor.apply(edit.action, edit.is_large)
        if editor.venue != self.venue:
            try:
                self._wall.show(editor.venue)
            except ConfigError as error:  # a mask of a step that is undone is gone
                editor.note = str(error)

    def _point(self, editor: WarpEditor, pointer: Pointer) -> None:
        x, y = self._wall.from_window(pointer.place_px, self._window.size_wh)
        width, height = self.picture_wh
        place_px = x * width, y * height
        if pointer.kind == "press":
            editor.press(place_px)
        elif pointer.kind == "drag":
            editor.drag(place_px)
        else:
            editor.release()

    def _save(self, editor: WarpEditor) -> None:
        try:
            save_venue(self._path, editor.venue)
        except DeviceError as error:
            self._notify(str(error))
            editor.note = str(error)
        else:
            self._saved, self._stamp = editor.venue, self._look()
            editor.note = f"saved in {shown_path(self._path)}"

    def _read(self) -> None:
        if not self._path.exists():
            return
        try:
            venue = load_venue(self._path)
            self._wall.show(venue, reads_masks=True)
        except ConfigError as error:
            self._notify(str(error))
            return
        self._saved, self._stamp = venue, self._look()
        if self._editor is not None:
            self._editor.replace(venue)
        self._notify(f"{shown_path(self._path)} is read")

    def _look(self) -> Stamp:
        """When the venue file and its masks were written last."""
        masks = (projector.mask for projector in self.venue.projectors)
        return tuple(_written(path) for path in (self._path, *(self._path.parent / mask for mask in masks if mask)))

    def _test_card(self) -> moderngl.Texture | None:
        """The card of the projector that is edited; None while none is."""
        if self._editor is None:
            return None
        number = self._editor.projector
        key = self.picture_wh, number, len(self.venue.projectors)
        if self._card is None or self._card_key != key:
            if self._card is not None:
                self._card.release()
            (width, height), _, projectors = key
            labels = [self._window.display_name, f"{width}x{height} px"]
            labels += [f"projector {number + 1} of {projectors}"] if projectors > 1 else []
            rows = np.ascontiguousarray(draw_test_card((width, height), labels)[::-1])  # OpenGL's first is the bottom
            self._card = self._window.ctx.texture((width, height), 4, rows.tobytes(), internal_format=GL_SRGB8_ALPHA8)
            self._card.repeat_x = self._card.repeat_y = False
            self._card_key = key
        return self._card

    def _lines(self, editor: WarpEditor) -> list[str]:
        handle, settings = editor.selected, editor.venue.projectors[editor.projector]
        x, y = handle.place_px
        count = len(editor.venue.projectors)
        lines = [
            f"{handle.name}\t{x:.1f}, {y:.1f} px",
            f"grid\t{settings.grid.columns} by {settings.grid.rows}, H lists the keys",
        ]
        lines += [f"projector\t{editor.projector + 1} of {count}"] if count > 1 else []
        unsaved = "" if editor.venue == self._saved else "not saved yet: Ctrl+S"
        return lines + [line for line in (editor.note, unsaved) if line]


def _written(path: Path) -> int | None:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None
