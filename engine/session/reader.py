"""Session reader: an opened and checked session file, whose records are read chunk by chunk.

A file truncated by a kill or a full disk is read up to the cut; `note` says so. Nothing after damage is read. At most
one chunk is in memory, however long the session is.
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
    """Session file.

    Attributes:
        path: the file.
        head: persona and picture of the show.
        start_s, end_s: times of the first and last record, since the show started.
        scenes: names of its scenes, by first appearance.
        is_ever_held: whether the picture was ever frozen.
        note: one sentence if the end is missing; empty if the file is complete.

    Args:
        path: the file.

    Raises:
        ConfigError: the file is missing, not a session, or contains no answers.
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
            self._refuse(f"it contains no reflections{'; ' + self.note if self.note else ''}")
        if not self.scenes:
            self._refuse("it does not state which scene was shown")

    @property
    def seconds(self) -> float:
        """Seconds from the first record to the last."""
        return self.end_s - self.start_s

    def records(self) -> Iterator[Answer | Cue]:
        """All records in file order: answers by time, and cues by time.

        Raises:
            ConfigError: a part with a correct checksum is invalid.
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
            self._refuse("it is not a session of this program (record one with main.py --session FILE.narc)")
        self._form = magic[5]
        if self._form not in SHARES:
            forms = join_words([str(form) for form in SHARES], "and")
            self._refuse(f"it has format {self._form}, and this version of the program reads formats {forms}")
        try:
            kind, content = _next_chunk(file)
            if kind != HEAD:
                self._refuse("it does not start with its description")
            return read_head(content)
        except DamagedError as error:
            self._refuse(str(error) or "it is truncated before the first reflection")

    def _look_through(self, file: BinaryIO) -> None:
        """Check checksums and times of all chunks, up to the end or the first fault."""
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
    """Kind and content of the chunk at this position.

    Raises:
        DamagedError: it is truncated (without a message) or damaged.
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
