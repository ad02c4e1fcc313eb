"""Capture: the films, snapshots and sessions that an operator asks for.

It takes the picture after drawing and before the overlay, so that neither overlay nor red dot is ever recorded. The
camera's picture is in none of them unless the scene shows it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import moderngl

from engine.config.consent import ConsentKind
from engine.config.recorder import RecorderSettings
from engine.consent.gate import ConsentGate
from engine.core.clock import TimeSource, file_stamp, unix_time_s
from engine.core.closing import Closing
from engine.core.errors import DeviceError, NarcissusError
from engine.features.face_mesh import LANDMARK_COUNT
from engine.features.featurizer import LAYOUT
from engine.networks.persona import Persona
from engine.render.output.codecs import usual_ending
from engine.render.output.recorder import Recorder, recording_path, save_snapshot
from engine.session.format import Cue, SessionHead
from engine.session.recorder import SessionRecorder
from engine.show.film_origin import FilmOrigin
from engine.show.session_gaps import SessionGaps
from engine.system.folder_quota import remove_oldest
from engine.types import Reflection

SNAPSHOT_WAIT_S = 5.0
SNAPSHOT_PATIENCE_S = 60.0  # a snapshot waits so long until everyone in the glass has agreed
QUOTA_S = 600.0  # between two looks at what the folder of recordings holds


class Capture(Closing):
    """Starts, feeds and ends films, snapshots and sessions.

    Args:
        ctx: the OpenGL context.
        clock: the show's clock.
        settings: the `recorder` section of config.yaml.
        notify: tells the operator one sentence.
        consent: what is kept only of those who agreed.
        origin: marks films and snapshots with where they come from.
        waits: whether films wait for the encoder rather than lose a frame.

    Attributes:
        film_error: what went wrong with a film, the first time; None while nothing has.
    """

    def __init__(
        self,
        ctx: moderngl.Context,
        clock: TimeSource,
        settings: RecorderSettings,
        notify: Callable[[str], None],
        consent: ConsentGate | None = None,
        origin: FilmOrigin | None = None,
        *,
        waits: bool = False,
    ) -> None:
        self._ctx = ctx
        self._clock = clock
        self._settings = settings
        self._notify, self._waits = notify, waits
        self._recorder: Recorder | None = None
        self._consent = consent or ConsentGate()
        self._gaps = SessionGaps(self._consent)
        self._origin = origin or FilmOrigin()
        self._snapshot_path: Path | None = None
        self._snapshot_until_s = 0.0
        self._snapshot: threading.Thread | None = None
        self._session: SessionRecorder | None = None
        self._quota_due_s = float("-inf")
        self.film_error: str | None = None

    @property
    def is_filming(self) -> bool:
        """Whether a film is being recorded."""
        return self._recorder is not None

    @property
    def is_noting(self) -> bool:
        """Whether a session is being kept."""
        return self._session is not None

    @property
    def is_keeping(self) -> bool:
        """Whether anything is recorded, of those who agreed: the red dot belongs on the wall."""
        is_film_kept = self.is_filming and self._consent.keeps(ConsentKind.FILM)
        return is_film_kept or (self.is_noting and self._consent.keeps(ConsentKind.SESSION))

    def path(self, scene: str, suffix: str) -> Path:
        """A free file name for a capture of a scene; `suffix` is its ending."""
        return recording_path(Path(self._settings.folder), scene, suffix)

    def film_path(self, scene: str) -> Path:
        """A free file name for a film of a scene."""
        return self.path(scene, usual_ending(self._settings.codec))

    def begin_film(self, path: Path, size_wh: tuple[int, int], *, is_needed: bool = False) -> None:
        """Start a film; problems are reported, or raised if the film `is_needed`."""
        with self._trouble_said(unless=is_needed):
            settings, finish = self._settings, self._origin.mark
            self._origin.begin()
            recorder = Recorder(self._ctx, path, size_wh, self._clock, settings, waits=self._waits, finish=finish)
            if recorder.error is not None:
                recorder.close()
                raise DeviceError(recorder.error)
            self._recorder = recorder

    def end_film(self) -> None:
        """End the film, without holding up the show."""
        if self._recorder is not None:
            self._recorder.stop()

    def begin_session(self, path: Path, head: SessionHead, *, is_needed: bool = False) -> None:
        """Start a session; problems are reported, or raised if the session `is_needed`."""
        with self._trouble_said(unless=is_needed):
            self._session = SessionRecorder(path, head, self._settings.keep_free_mb)

    def end_session(self) -> None:
        """End the session."""
        self._close_session()

    def note(self, cue: Cue, reflection: Reflection | None, audio: float) -> None:
        """Feed the session, once per frame.

        Args:
            cue: the scene, and whether it is dark or held.
            reflection: the reflection that this frame shows for the first time, if any.
            audio: loudness of the room, 0 to 1.
        """
        self._origin.see(cue.scene)
        if self._session is None:
            return
        self._session.cue(cue)
        if reflection is not None:
            age_s = self._clock.now_s() - reflection.generated_s
            for latent in self._gaps.kept([each.latent for each in reflection.everyone]):
                self._session.answer(max(0.0, cue.time_s - age_s), latent, audio)
        if self._session.error is not None:
            self._close_session()

    def take_snapshot(self, path: Path) -> None:
        """Save the next frame, or, where consent is asked, the first in which everyone in the glass has agreed."""
        self._snapshot_path, self._snapshot_until_s = path, self._clock.now_s() + SNAPSHOT_PATIENCE_S
        if not self._consent.allows(ConsentKind.SNAPSHOT):
            self._notify("the snapshot waits until everyone in the glass has agreed (consent: in config.yaml)")

    def capture(self, framebuffer: moderngl.Framebuffer, time_s: float) -> None:
        """Feed film and snapshot with a drawn frame, once per frame."""
        self._save_snapshot(framebuffer)
        if time_s >= self._quota_due_s:
            self._quota_due_s = time_s + QUOTA_S
            self._keep_quota()
        if self._recorder is not None:
            self._recorder.capture(framebuffer, time_s, is_kept=self._consent.allows(ConsentKind.FILM))
            if self._recorder.is_finished or self._recorder.error is not None:
                self._close_film()

    def _save_snapshot(self, framebuffer: moderngl.Framebuffer) -> None:
        """Save the frame if a snapshot was asked for, as soon as it may be kept."""
        path = self._snapshot_path
        if path is None:
            return
        if self._consent.allows(ConsentKind.SNAPSHOT):
            self._snapshot_path, self._snapshot = None, save_snapshot(framebuffer, path, self._origin.mark_now)
            self._notify(f"snapshot in {path}")
        elif self._clock.now_s() > self._snapshot_until_s:
            self._snapshot_path = None
            self._notify(f"no snapshot: not everyone in the glass agreed within {SNAPSHOT_PATIENCE_S:g} s")

    def let_go(self) -> None:
        """Release what lives in a context that is lost; may be called again. A film goes on after `renew`.

        Raises:
            DeviceError: its encoder still holds a frame.
        """
        if self._recorder is not None:
            self._recorder.let_go()

    def renew(self, ctx: moderngl.Context) -> None:
        """Take films and snapshots in another context, after `let_go`."""
        self._ctx = ctx
        if self._recorder is not None:
            self._recorder.renew(ctx)

    def _keep_quota(self) -> None:
        """Remove the oldest recordings, where config.yaml asks for that."""
        parts = (self._recorder, self._session)
        spare = [part.path for part in parts if part is not None]
        folder, settings = Path(self._settings.folder), self._settings
        remove_oldest(folder, unix_time_s(), keep_days=settings.keep_days, max_gb=settings.max_gb, spare=spare)

    def close(self) -> None:
        """Finish all films and sessions in progress."""
        self._close_film()
        self._close_session()
        if self._snapshot is not None:
            self._snapshot.join(SNAPSHOT_WAIT_S)

    @contextmanager
    def _trouble_said(self, *, unless: bool) -> Iterator[None]:
        try:
            yield
        except NarcissusError as error:
            if unless:
                raise
            self._notify(str(error))

    def _close_film(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
            if recorder.is_left_unfinished:
                self._notify(self._origin.give_up(recorder.path))
            self.film_error = self.film_error or recorder.error
            self._notify(recorder.error or f"{recorder.path}: {recorder.frames} frames, {recorder.drops} dropped")

    def _close_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
            lost = f", {session.drops} lost" if session.drops else ""
            self._notify(
                session.error or f"{session.path}: {session.answers} answers in {session.size_bytes} bytes{lost}"
            )


def session_head(persona: Persona, size_wh: tuple[int, int]) -> SessionHead:
    """The head of a session file.

    Args:
        persona: whom the mirror shows.
        size_wh: size of the picture, px.
    """
    numbers = persona.settings.latent_size, LAYOUT.stamp, LAYOUT.size, LANDMARK_COUNT, *size_wh
    return SessionHead(persona.name, persona.generator_sha256, *numbers, file_stamp())
