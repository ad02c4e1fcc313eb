"""Session: a session file that was opened and looked through; its records are read piece by piece.

A file that was cut, by a kill or a full disk, is read up to the cut; `note` says so. What comes after damage is never
looked at. No more than one chunk is in memory, however long the evening was.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

from engine.core.errors import ConfigError
from engine.core.messages import join_words
from engine.session.format import (
    CUES,
    FACE,
    FRAME,
    HEAD,
    MAGIC,
    MAX_CHUNK_BYTES,
    OVER,
    SHARES,
    Answer,
    Cue,
    DamagedError,
    SessionHead,
    read_answers,
    read_cue,
    read_head,
    read_span,
)

MOST_SCENES = 1000


class Session:
    """What a session file holds.

    Attributes:
        path: the file.
        head: whose latents these are.
        start_s, end_s: time of the first and the last record, since its show began.
        scenes: names of the scenes that it shows, in the order in which they come first.
        is_ever_held: whether the picture was made to stand still.
        note: one sentence if the end is missing; empty if it is whole.

    Args:
        path: see there.

    Raises:
        ConfigError: the file is missing, is no session, or holds no answer.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.note = ""
        self.scenes: dict[str, None] = {}
        self.is_ever_held = False
        self.start_s, self.end_s = float("inf"), 0.0
        self._answers = 0
        try:
            with path.open("rb") as file:
                self.head = self._read_head(file)
                self._look_through(file)
        except FileNotFoundError:
            raise ConfigError(f"{path}: there is no such file") from None
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
        if not self._answers:
            self._refuse(f"it holds no answer of the mirror{'; ' + self.note if self.note else ''}")
        if not self.scenes:
            self._refuse("it does not say which scene was shown")

    @property
    def seconds(self) -> float:
        """From the first record to the last."""
        return self.end_s - self.start_s

    def records(self) -> Iterator[Answer | Cue]:
        """All records, in the order in which they came: answers by time, and cues by time.

        Raises:
            ConfigError: a part of it, whose checksum is right, makes no sense.
        """
        with self.path.open("rb") as file:
            file.seek(self._first)
            while file.tell() < self._end:
                kind, content = _next_chunk(file)
                try:
                    if kind == CUES:
                        yield read_cue(content)
                    elif kind == FACE:
                        yield from read_answers(content, self.head, self._form)
                except DamagedError as error:
                    self._refuse(str(error))

    def _read_head(self, file: BinaryIO) -> SessionHead:
        magic = file.read(len(MAGIC))
        if len(magic) < len(MAGIC) or magic[:5] + magic[6:] != MAGIC[:5] + MAGIC[6:]:
            self._refuse("it is no session of this program (main.py --session FILE.narc makes them)")
        self._form = magic[5]
        if self._form not in SHARES:
            forms = join_words([str(form) for form in SHARES], "and")
            self._refuse(f"it has form {self._form}, and this version of the program reads forms {forms}")
        try:
            kind, content = _next_chunk(file)
            if kind != HEAD:
                self._refuse("it does not begin with its description")
            return read_head(content)
        except DamagedError as error:
            self._refuse(str(error) or "it is cut off in its description, before the first answer")

    def _look_through(self, file: BinaryIO) -> None:
        """Check every chunk's checksum and times, up to the end or the first fault."""
        self._first = self._end = file.tell()
        last_answer_s = last_cue_s = 0.0
        reason = "its end is missing, as after a kill"
        try:
            while True:
                kind, content = _next_chunk(file)
                if kind == OVER:
                    return
                if kind == CUES:
                    cue = read_cue(content)
                    begin_s = end_s = cue.time_s
                    last_s, last_cue_s = last_cue_s, cue.time_s
                    self.scenes.setdefault(cue.scene)
                    self.is_ever_held |= cue.is_held
                elif kind == FACE:
                    begin_s, end_s = read_span(content)
                    last_s, last_answer_s = last_answer_s, end_s
                    self._answers += 1
                else:
                    raise DamagedError("it has a part of an unknown kind")
                if begin_s < last_s or len(self.scenes) > MOST_SCENES:
                    raise DamagedError("its times run backwards, or it has too many scenes")
                self.start_s, self.end_s = min(self.start_s, begin_s), max(self.end_s, end_s)
                self._end = file.tell()
        except DamagedError as error:
            reason = str(error) or reason
        self.note = f"{self.path} is read up to {self.seconds if self._answers else 0:.0f} s: {reason}"

    def _refuse(self, what: str) -> NoReturn:
        raise ConfigError(f"{self.path} cannot be used: {what}")


def _next_chunk(file: BinaryIO) -> tuple[bytes, bytes]:
    """Kind and content of the chunk that begins here.

    Raises:
        DamagedError: it is cut (without a message) or damaged.
    """
    frame = file.read(FRAME.size)
    if len(frame) < FRAME.size:
        raise DamagedError("")
    kind, length, checksum = FRAME.unpack(frame)
    if length > MAX_CHUNK_BYTES:
        raise DamagedError("it is damaged there")
    content = file.read(length)
    if len(content) < length:
        raise DamagedError("")
    if zlib.crc32(kind + content) != checksum:
        raise DamagedError("it is damaged there")
    return kind, content
