"""Format of session files (.narc): values and bytes.

    8 bytes  NARC, the format version, CR LF
    chunks   kind (4 letters), length and checksum (u32 each), content; appended, never modified
             HEAD  JSON: persona and picture of the show
             CUES  JSON: from this time on: scene, black or not, held or not
             FACE  latents: number, number of those with a visitor, first and last time, then columns; those drawn in
                           one turn, for several people, are consecutive and have the same time
             OVER  end mark, if the show was closed properly

Columns are times (float64), presence, typicality, likeness, loudness and, since version 3, deepening (float32), whether
there was a visitor (uint8), since version 4 the number of the stranger (uint16), latents in steps of 1/4096; then, for
rows with a visitor, placement and pose (float32), feature vectors (float16) and landmarks in steps of 1/16 px. Slowly
changing columns are stored as differences between rows, high and low bytes apart, which zlib halves. Every length is
known before memory is allocated; nothing in a file is executed.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.networks.pggan.latent_sphere import normalise
from engine.types import Features, FloatArray, Latent, Placement

MAGIC = b"NARC\x00\x04\r\n"
FRAME = struct.Struct("<4sII")
PREFIX = struct.Struct("<HHdd")
HEAD, CUES, FACE, OVER = b"HEAD", b"CUES", b"FACE", b"OVER"
MAX_CHUNK_BYTES = 16 << 20
MAX_TEXT_BYTES = 16 << 10
MAX_ROWS = 256
MAX_NUMBERS = 8192  # in a latent, a feature vector, or the coordinates of a face's landmarks
MAX_TIME_S = 3_660 * 86_400.0  # ten years: a mirror may run unattended
MAX_NAME_LETTERS = 255
LATENT_STEPS, LANDMARK_STEPS = 4096, 16
FIRST_WITH_STRANGERS = 4  # version
SHARES = {
    2: 4,
    3: 5,
    4: 5,
}  # per supported version: presence, typicality, likeness, loudness, deepening, each 0 to 1
POSE = 7  # x, y, eye_distance, roll_rad, aspect of the placement; yaw_deg, pitch_deg

Words = NDArray[np.uint16]
NAME = re.compile(r"[^./\\\x00-\x1f][^/\\\x00-\x1f]*")  # persona or scene name: never a path


class DamagedError(Exception):
    """Bytes that violate the format; the message says how."""


@dataclass(frozen=True, slots=True)
class SessionHead:
    """Head of a session: persona and picture of the show.

    Attributes:
        persona: folder name.
        generator_sha256: hash of its generator file.
        latent_size: dimensions of a latent.
        layout: version and digest of the feature layout.
        feature_count, landmark_count: size of a feature vector; landmarks per face.
        width, height: size of the show's picture, px.
        began: date and time, for display.
    """

    persona: str
    generator_sha256: str
    latent_size: int
    layout: str
    feature_count: int
    landmark_count: int
    width: int
    height: int
    began: str


@dataclass(frozen=True, slots=True)
class Cue:
    """Choice of the operator or the schedule; valid until the next cue.

    Attributes:
        time_s: time since the show started (`Tick.time_s`).
        scene: name of the scene.
        is_black, is_held: whether the wall was dark, and whether the picture was frozen.
    """

    time_s: float
    scene: str
    is_black: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Drawn latent, and the visitor it represents.

    Attributes:
        time_s: when it was drawn, since the show started (`Tick.time_s`).
        latent: see `types.Latent`.
        audio: loudness of the room, 0 to 1.
    """

    time_s: float
    latent: Latent
    audio: float = 0.0


Described = TypeVar("Described", SessionHead, Cue)


def framed(kind: bytes, content: bytes) -> bytes:
    """Frame contents as a chunk."""
    return FRAME.pack(kind, len(content), zlib.crc32(kind + content)) + content


def head_chunk(head: SessionHead) -> bytes:
    """Encode the head, which is the first chunk."""
    return framed(HEAD, json.dumps(asdict(head)).encode())


def cue_chunk(cue: Cue) -> bytes:
    """Encode a cue."""
    return framed(CUES, json.dumps(asdict(cue)).encode())


def answers_chunk(answers: Sequence[Answer]) -> bytes:
    """Encode 1 to `MAX_ROWS` answers, in order of time."""
    latents = [answer.latent for answer in answers]
    seen = [latent.features for latent in latents if latent.features is not None]
    columns: list[NDArray[Any]] = [
        np.array([answer.time_s for answer in answers], "<f8"),
        np.array([_shares(answer) for answer in answers], "<f4"),
        np.array([latent.features is not None for latent in latents], np.uint8),
        np.array([latent.stranger % (1 << 16) for latent in latents], "<u2"),
        _differences(_in_steps(np.stack([latent.z for latent in latents]), LATENT_STEPS)),
    ]
    if seen:
        columns += [
            np.array([_pose(features) for features in seen], "<f4"),
            _differences(np.stack([features.vector for features in seen]).astype("<f2").view("<u2")),
            _differences(_in_steps(np.stack([features.landmarks_px.ravel() for features in seen]), LANDMARK_STEPS)),
        ]
    prefix = PREFIX.pack(len(answers), len(seen), answers[0].time_s, answers[-1].time_s)
    return framed(FACE, prefix + zlib.compress(b"".join(column.tobytes() for column in columns), 6))


def read_head(content: bytes) -> SessionHead:
    """Decode and check the head.

    Raises:
        DamagedError: it is invalid.
    """
    head = _from_json(SessionHead, content)
    limits = {"latent_size": MAX_NUMBERS, "feature_count": MAX_NUMBERS, "landmark_count": MAX_NUMBERS // 3}
    for name, most in {**limits, "width": 1 << 15, "height": 1 << 15}.items():
        if not 1 <= getattr(head, name) <= most:
            raise DamagedError(f"its {name} is {getattr(head, name)}; it must be 1 to {most}")
    return head


def read_cue(content: bytes) -> Cue:
    """Decode and check a cue.

    Raises:
        DamagedError: it is invalid.
    """
    cue = _from_json(Cue, content)
    if not 0 <= cue.time_s <= MAX_TIME_S:
        raise DamagedError(f"a scene begins at {cue.time_s} s")
    return cue


def read_span(content: bytes) -> tuple[float, float]:
    """Times of the first and the last answer in a chunk, s, without decoding the answers.

    Raises:
        DamagedError: it is not a chunk of answers.
    """
    if len(content) < PREFIX.size:
        raise DamagedError("it has answers without a time")
    rows, seen, first_s, last_s = PREFIX.unpack_from(content)
    if not (1 <= rows <= MAX_ROWS and seen <= rows and 0 <= first_s <= last_s <= MAX_TIME_S):
        raise DamagedError("the number or the times of its answers are impossible")
    return first_s, last_s


def read_answers(content: bytes, head: SessionHead, form: int = MAGIC[5]) -> list[Answer]:
    """Decode the answers in a chunk, in one of the versions in `SHARES`.

    Raises:
        DamagedError: they do not fit the head, or contain impossible numbers.
    """
    first_s, last_s = read_span(content)
    rows, seen, _, _ = PREFIX.unpack_from(content)
    landmarks = 3 * head.landmark_count
    has_strangers = form >= FIRST_WITH_STRANGERS
    size = rows * (8 + 4 * SHARES[form] + 1 + 2 * has_strangers + 2 * head.latent_size)
    size += seen * (4 * POSE + 2 * head.feature_count + 2 * landmarks)
    columns = _Columns(_unpacked(content[PREFIX.size :], size))
    times, shares = columns.take("<f8", rows), columns.take("<f4", rows, SHARES[form])
    has_seen = columns.take("u1", rows) != 0
    strangers = columns.take("<u2", rows) if has_strangers else np.zeros(rows, "<u2")
    latents = _sums(columns.take("<u2", rows, head.latent_size)).view("<i2").astype(np.float32)
    poses = columns.take("<f4", seen, POSE)
    vectors = _sums(columns.take("<u2", seen, head.feature_count)).view("<f2").astype(np.float32)
    points = _sums(columns.take("<u2", seen, landmarks)).view("<i2").astype(np.float32) / LANDMARK_STEPS
    is_sane = (np.diff(times) >= 0).all() and times[0] == first_s and times[-1] == last_s
    is_sane &= ((shares >= 0) & (shares <= 1)).all() and latents.any(1).all() and has_seen.sum() == seen
    if not is_sane or not (np.isfinite(poses).all() and (np.abs(poses) < 1e4).all() and np.isfinite(vectors).all()):
        raise DamagedError("it contains impossible numbers")
    viewers = iter(zip(poses, vectors, points, strict=True))
    return [
        _answer(float(time_s), z, share, _features(*next(viewers), float(time_s)) if is_seen else None, int(stranger))
        for time_s, share, is_seen, z, stranger in zip(times, shares, has_seen, latents, strangers, strict=True)
    ]


def _answer(time_s: float, z: FloatArray, shares: FloatArray, features: Features | None, stranger: int) -> Answer:
    presence, typicality, likeness, audio, *further = (float(share) for share in shares)
    deepening = further[0] if further else 0.0
    latent = Latent(normalise(z), presence, features, time_s, typicality, likeness, deepening, stranger)
    return Answer(time_s, latent, audio)


def _shares(answer: Answer) -> tuple[float, ...]:
    latent = answer.latent
    return latent.presence, latent.typicality, latent.likeness, answer.audio, latent.deepening


def _pose(features: Features) -> tuple[float, ...]:
    place = features.placement
    return (
        place.x,
        place.y,
        place.eye_distance,
        place.roll_rad,
        place.aspect,
        features.yaw_deg,
        features.pitch_deg,
    )


def _features(pose: FloatArray, vector: FloatArray, points: FloatArray, captured_s: float) -> Features:
    *place, yaw_deg, pitch_deg = (float(number) for number in pose)
    return Features(vector, Placement(*place), points.reshape(-1, 3), yaw_deg, pitch_deg, captured_s, sequence=0)


def _in_steps(values: FloatArray, steps: int) -> Words:
    """Quantise numbers to multiples of 1/`steps`, clipped to 16 bits."""
    words: Words = np.clip(np.round(values * steps), -32768, 32767).astype("<i2").view("<u2")
    return words


def _differences(rows: Words) -> NDArray[np.uint8]:
    """Convert (N, W) words to (2, N, W) bytes: low bytes of the differences between rows (modulo 2^16), then high."""
    steps = np.diff(rows, axis=0, prepend=np.zeros((1, rows.shape[1]), "<u2")).astype("<u2")
    return np.array(steps.view(np.uint8).reshape(*rows.shape, 2).transpose(2, 0, 1), order="C")


def _sums(stored: Words) -> Words:
    """Invert `_differences`, on the bytes as (N, W) words."""
    count, width = stored.shape
    halves = stored.view(np.uint8).reshape(2, count, width)
    steps = np.ascontiguousarray(halves.transpose(1, 2, 0)).view("<u2").reshape(count, width)
    sums: Words = np.cumsum(steps, axis=0, dtype="<u2")
    return sums


class _Columns:
    """Reads arrays from bytes of known length."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, dtype: str, *shape: int) -> NDArray[Any]:
        count = int(np.prod(shape))
        array = np.frombuffer(self._data, dtype, count, self._at) if count else np.empty(0, dtype)
        self._at += array.nbytes
        return array.reshape(shape)


def _unpacked(packed: bytes, size: int) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(packed, size + 1)
    except zlib.error as error:
        raise DamagedError("a part of it cannot be unpacked") from error
    if len(data) != size or not unpacker.eof:
        raise DamagedError("a part of it has another length than its head asks for")
    return data


def _from_json(kind: type[Described], content: bytes) -> Described:
    """Build a dataclass of texts, numbers and booleans from exactly its fields."""
    try:
        table = json.loads(content) if len(content) <= MAX_TEXT_BYTES else None
    except (ValueError, RecursionError):
        table = None
    wanted = {field.name: field.type for field in fields(kind)}
    if not isinstance(table, dict) or set(table) != set(wanted):
        raise DamagedError("a description in it is invalid")
    types = {"str": str, "int": int, "bool": bool, "float": (int, float)}
    for name, type_name in wanted.items():
        value = table[name]
        is_right = isinstance(value, types[str(type_name)])  # type: ignore[arg-type]
        if not is_right or (isinstance(value, bool) and type_name != "bool") or len(str(value)) > MAX_NAME_LETTERS:
            raise DamagedError(f"{name} in it is invalid")
    if not all(NAME.fullmatch(table[name]) for name in ("persona", "scene") if name in table):
        raise DamagedError("a name in it is invalid")
    return kind(**table)
