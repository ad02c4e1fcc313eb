"""Everything that draws on the main thread, opened in one OpenGL context, behind a title card."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from engine.config.consent import ConsentKind
from engine.config.options import Options
from engine.consent.gate import ConsentGate
from engine.core.clock import TimeSource
from engine.origin.marker import OriginMarker
from engine.render.gl.context_part import ContextPart
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.gl.texture_upload import Transfer, open_transfer
from engine.render.output.sender import Sender
from engine.render.overlay.consent_sign import ConsentSign
from engine.render.overlay.debug_overlay import Inspection
from engine.render.overlay.overlay import Overlay
from engine.render.projection.calibration import Calibration
from engine.render.renderer import Renderer
from engine.render.window.window import Window, open_window
from engine.show.capture import Capture
from engine.show.consent_notice import ConsentNotice
from engine.show.files import ShowFiles
from engine.show.film_origin import FilmOrigin
from engine.show.notice import Notice

SOFTWARE_SCALE = 0.5  # if the processor draws, it must also reflect


@dataclass(frozen=True)
class Drawing:
    """The parts that draw on the main thread.

    Attributes:
        window, library: OpenGL context, and shaders.
        mirror: draws the scene.
        calibration: projection onto the wall.
        overlay, inspection: overlays for the operator.
        recordings, sender: films and other programs; `recordings` has yet to be entered.
        transfer: uploads drawn faces into textures.
        consent, consent_notice: consent of visitors, and its display on the wall.
    """

    window: Window
    library: ShaderLibrary
    mirror: Renderer
    calibration: Calibration
    overlay: Overlay
    inspection: Inspection
    recordings: Capture
    sender: Sender
    transfer: Transfer
    consent: ConsentGate
    consent_notice: ConsentNotice

    def renew(self, others: Sequence[ContextPart] = ()) -> None:
        """Make a new context in place of one that is lost, and everything in it; may be called again after it failed.

        Args:
            others: what lives in it beside.

        Raises:
            NarcissusError: something cannot be made, yet.
        """
        parts: tuple[ContextPart, ...] = (
            self.recordings,
            self.sender,
            self.overlay,
            self.inspection,
            self.calibration,
            self.mirror,
            self.consent_notice,
            *others,
        )
        for part in parts:  # while the old context is current: in the new one its names mean other things
            part.let_go()
        self.window.renew()
        self.transfer.renew(self.window.ctx, self.window.gl)
        for part in parts:
            part.renew(self.window.ctx)


def open_drawing(
    options: Options,
    files: ShowFiles,
    shaders: Path,
    clock: TimeSource,
    notice: Notice,
    parts: ExitStack,
    *,
    consent: ConsentGate,
    is_headless: bool,
    is_film: bool,
) -> Drawing:
    """Open the window and create everything that draws in it; `parts` closes it.

    Raises:
        NarcissusError: OpenGL is not available, or a shader is wrong.
    """
    config, display = files.config, files.config.display
    size_wh = options.size_wh or display.size
    window: Window = parts.enter_context(
        open_window(display, size_wh, is_headless, options.fullscreen, options.display)
    )
    ctx, library = window.ctx, ShaderLibrary(shaders)
    automatic = SOFTWARE_SCALE if window.is_software else 1.0
    scale = automatic if display.render_scale == "auto" else display.render_scale
    persona = files.persona
    origin = FilmOrigin(
        OriginMarker(config.provenance), persona.name, persona.generator_sha256, files.scene_library.path
    )
    recordings = Capture(ctx, clock, config.recorder, notice.notify, consent, origin, waits=is_film)
    sender = parts.enter_context(Sender(ctx, config.send, clock, may_send=lambda: consent.allows(ConsentKind.SEND)))
    overlay = parts.enter_context(Overlay(ctx, library))
    inspection = parts.enter_context(Inspection(ctx, library))
    path, reloads = Path(display.venue), config.scene.reload
    calibration = Calibration(window, library, files.venue, path, scale, notice.notify, reloads=reloads)
    parts.enter_context(calibration)
    overlay.draw_splash(calibration.upright(), files.scene.title)
    calibration.finish()
    window.present()
    transfer = open_transfer(ctx, window.gl, display.transfer)
    alignment, picture_wh = files.persona.alignment, calibration.picture_wh
    mirror = parts.enter_context(Renderer(ctx, library, files.scene, alignment, picture_wh, scale, transfer))
    mirror.let_hang(lambda stranger: consent.allows(ConsentKind.ARCHIVE, stranger))
    sign = ConsentNotice(consent, parts.enter_context(ConsentSign(ctx, library)))
    return Drawing(
        window, library, mirror, calibration, overlay, inspection, recordings, sender, transfer, consent, sign
    )
