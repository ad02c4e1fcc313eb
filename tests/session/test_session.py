"""Session files: what comes back, how small they are, what a kill leaves, and what a stranger may have put in."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.errors import ConfigError, DeviceError
from engine.networks.pggan.latent_sphere import angle_deg
from engine.session.format import CUES, FACE, FRAME, HEAD, MAGIC, PREFIX, Answer, Cue, answers_chunk, cue_chunk, framed
from engine.session.playback import Playback
from engine.session.reader import Session
from engine.session.recorder import SessionRecorder
from tests.session import drawn

ROOT = Path(__file__).resolve().parents[2]
START = Cue(0.0, "plain")


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return drawn.write_session(tmp_path / "evening.narc", [START, *drawn.answers(), Cue(3.0, "pool", is_black=True)])


# ------------------------------------------------------------------ what comes back


def test_a_session_of_the_form_before_is_read_without_what_it_did_not_keep(tmp_path: Path) -> None:
    asked = drawn.answers(1.0)
    content = answers_chunk(asked)[FRAME.size :]
    columns = zlib.decompress(content[PREFIX.size :])
    begin, end, seen = 8 * len(asked), (8 + 4 * 5) * len(asked), (8 + 4 * 5 + 1) * len(asked)
    shares = np.frombuffer(columns[begin:end], "<f4").reshape(-1, 5)[:, :4]
    before = content[: PREFIX.size] + zlib.compress(
        columns[:begin] + shares.tobytes() + columns[end:seen] + columns[seen + 2 * len(asked) :]
    )
    path = tmp_path / "before.narc"
    path.write_bytes(MAGIC[:5] + b"\x02" + MAGIC[6:] + head_with() + cue_chunk(START) + framed(FACE, before))
    came = [record for record in Session(path).records() if isinstance(record, Answer)]
    assert [answer.latent.likeness for answer in came] == pytest.approx([answer.latent.likeness for answer in asked])
    assert [answer.audio for answer in came] == pytest.approx([answer.audio for answer in asked])
    assert not any(answer.latent.deepening or answer.latent.stranger for answer in came)


def test_answers_of_one_turn_come_back_together_each_with_its_stranger(tmp_path: Path) -> None:
    turns = []
    for answer in drawn.answers(2.0):
        first = replace(answer, latent=replace(answer.latent, stranger=1))
        other = replace(answer, latent=replace(answer.latent, stranger=2, z=-answer.latent.z, presence=0.5))
        turns += [first, other] if answer.time_s >= 1.0 else [first]
    session = Session(drawn.write_session(tmp_path / "two.narc", [START, *turns]))
    came = [record for record in session.records() if isinstance(record, Answer)]
    assert [answer.latent.stranger for answer in came] == [answer.latent.stranger for answer in turns]
    playback = Playback(session)
    alone, two = playback.at(0.475), playback.at(1.525)
    assert alone.latent is not None and (alone.latent.stranger, alone.beside) == (1, ())
    assert two.latent is not None and [latent.stranger for latent in two.beside] == [2]
    assert angle_deg(two.latent.z, -two.beside[0].z) < 0.1, "both move between their answers"
    assert two.beside[0].presence == pytest.approx(0.5)


def test_answers_and_scenes_come_back(whole: Path) -> None:
    session = Session(whole)
    assert (session.head, session.note) == (drawn.HEAD, "")
    assert list(session.scenes) == ["plain", "pool"] and session.seconds == 3.0 and not session.is_ever_held
    came = list(session.records())
    assert [record for record in came if isinstance(record, Cue)] == [START, Cue(3.0, "pool", is_black=True)]
    found = [record for record in came if isinstance(record, Answer)]
    asked = drawn.answers()
    assert len(found) == len(asked)
    for one, other in zip(found, asked, strict=True):
        assert one.time_s == other.time_s and one.latent.presence == pytest.approx(other.latent.presence)
        shares = other.latent.typicality, other.latent.likeness, other.latent.deepening
        assert (one.latent.typicality, one.latent.likeness, one.latent.deepening) == pytest.approx(shares)
        assert one.audio == pytest.approx(other.audio)
        assert angle_deg(one.latent.z, other.latent.z) < 0.02
        assert np.linalg.norm(one.latent.z) == pytest.approx(4.0)
        if other.latent.features is None:
            assert one.latent.features is None
            continue
        got, given_ = one.latent.features, other.latent.features
        assert got is not None
        assert np.abs(got.landmarks_px - given_.landmarks_px).max() <= 1 / 32
        assert np.abs(got.vector - given_.vector).max() < 0.002
        assert asdict(got.placement) == pytest.approx(asdict(given_.placement), abs=1e-6)
        assert (got.yaw_deg, got.pitch_deg) == pytest.approx((given_.yaw_deg, given_.pitch_deg), abs=1e-5)


def test_between_answers_lies_the_sphere_and_over_a_gap_nothing_moves(tmp_path: Path) -> None:
    first, second, _, late = drawn.answers(4 / drawn.RATE_HZ, arrives_s=0.0)
    late = replace(late, time_s=9.0)
    playback = Playback(Session(drawn.write_session(tmp_path / "a.narc", [START, first, second, late])))
    whole_deg = float(angle_deg(first.latent.z, second.latent.z))
    quarter = playback.at(first.time_s + 0.25 * (second.time_s - first.time_s))
    middle = quarter.latent
    assert middle is not None
    assert angle_deg(first.latent.z, middle.z) == pytest.approx(whole_deg / 4, abs=0.02)
    assert middle.presence == pytest.approx(0.25 * second.latent.presence)
    assert quarter.audio == pytest.approx(0.25 * second.audio)
    for time_s in (second.time_s, 1.0, 8.99):
        moment = playback.at(time_s)
        assert moment.latent is not None and angle_deg(second.latent.z, moment.latent.z) < 0.02
        assert moment.audio == pytest.approx(second.audio)
    assert angle_deg(playback.at(99.0).latent.z, late.latent.z) < 0.02  # type: ignore[union-attr]


def test_cues_hold_from_their_moment_on(tmp_path: Path) -> None:
    records = [START, *drawn.answers(1.0), Cue(1.0, "pool"), Cue(1.5, "pool", is_held=True)]
    session = Session(drawn.write_session(tmp_path / "a.narc", records))
    playback = Playback(session)
    assert [playback.at(time_s).cue.scene for time_s in (0.0, 0.99, 1.0)] == ["plain", "plain", "pool"]
    assert not playback.at(1.4).cue.is_held and playback.at(1.5).cue.is_held and session.is_ever_held


def test_nothing_is_there_before_the_first_answer(tmp_path: Path) -> None:
    late = [replace(answer, time_s=answer.time_s + 2) for answer in drawn.answers(0.5)]
    playback = Playback(Session(drawn.write_session(tmp_path / "a.narc", [START, *late])))
    assert playback.at(1.0).latent is None and playback.at(2.0).latent is not None


def test_a_minute_is_small(tmp_path: Path) -> None:
    """Of real proportions: 30 answers a second of 512 numbers, 240 features and 478 landmarks that tremble."""
    head = replace(drawn.HEAD, latent_size=512, feature_count=240)
    random = np.random.default_rng(0)
    records: list[Answer | Cue] = [START]
    for index, answer in enumerate(drawn.answers(15.0, 512, arrives_s=0.0)):  # 300 answers: ten seconds
        features = drawn.features_at(index / 30, 240)
        trembling = features.landmarks_px + random.normal(0, 0.5, (478, 3)).astype(np.float32)
        latent = replace(answer.latent, features=replace(features, landmarks_px=trembling))
        records.append(Answer(index / 30, latent))
    path = drawn.write_session(tmp_path / "a.narc", records, head)
    assert path.stat().st_size * 6 < 5e6, "bytes a minute, with somebody there"
    records = [START] + [Answer(r.time_s, replace(r.latent, features=None)) for r in records if isinstance(r, Answer)]
    path = drawn.write_session(tmp_path / "b.narc", records, head)
    assert path.stat().st_size * 6 < 1.7e6, "bytes a minute, with nobody there"


def test_a_clock_that_goes_back_a_little_makes_no_unreadable_file(tmp_path: Path) -> None:
    one, two = drawn.answers(2 / drawn.RATE_HZ)
    path = drawn.write_session(tmp_path / "a.narc", [START, replace(one, time_s=1.0), replace(two, time_s=0.999)])
    assert [r.time_s for r in Session(path).records() if isinstance(r, Answer)] == [1.0, 1.0]


# ------------------------------------------------------------------ disks and kills

CHILD = """
import sys
from pathlib import Path
from engine.core.clock import Clock
from engine.session.format import Cue
from engine.session.recorder import SessionRecorder
from tests.session import drawn
recorder = SessionRecorder(Path(sys.argv[1]), drawn.HEAD)
recorder.cue(Cue(0.0, "plain"))
for answer in drawn.answers(2.0):
    recorder.answer(answer.time_s, answer.latent)
Clock().sleep_s(1.0)
print(recorder.answers, flush=True)
recorder.answer(99.0, answer.latent)
sys.stdin.read()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is not a thing of Windows")
def test_a_kill_leaves_all_but_the_last_second(tmp_path: Path) -> None:
    path = tmp_path / "a.narc"
    command = [sys.executable, "-c", CHILD, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and int(child.stdout.readline()) == 40
        child.send_signal(signal.SIGKILL)
        child.wait(30)
    session = Session(path)
    assert sum(isinstance(record, Answer) for record in session.records()) >= 40
    assert "is read up to" in session.note and "its end is missing, as after a kill" in session.note


def test_a_file_cut_anywhere_is_read_up_to_the_cut_or_refused_in_a_sentence(whole: Path, tmp_path: Path) -> None:
    data, cut = whole.read_bytes(), tmp_path / "cut.narc"
    kept = []
    for length in range(0, len(data), 97):
        cut.write_bytes(data[:length])
        try:
            session = Session(cut)
            kept.append(sum(isinstance(record, Answer) for record in session.records()))
            assert session.note or length == len(data)
        except ConfigError as error:
            assert str(error).startswith(f"{cut} cannot be used: ") and "\n" not in str(error)
    assert kept and kept[-1] == len(drawn.answers())


@given(position=st.integers(0, 10**6), value=st.integers(1, 255))
@settings(max_examples=25, deadline=None)
def test_a_byte_that_is_wrong_is_never_worse_than_a_cut(
    tmp_path_factory: pytest.TempPathFactory, position: int, value: int
) -> None:
    folder = tmp_path_factory.mktemp("damage")
    path = drawn.write_session(folder / "a.narc", [START, *drawn.answers(1.0)])
    data = bytearray(path.read_bytes())
    data[position % len(data)] ^= value
    path.write_bytes(data)
    try:
        session = Session(path)
        list(session.records())
        assert session.note
    except ConfigError as error:
        assert "\n" not in str(error)


def test_what_exists_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.narc"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="exists already and is not overwritten"):
        SessionRecorder(path, drawn.HEAD)
    assert path.read_text() == "precious"


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DeviceError, match=r"the session .*a\.narc cannot be created: its folder is not a folder"):
        SessionRecorder(tmp_path / "file" / "a.narc", drawn.HEAD)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_ends_it_with_one_sentence(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Filling:
        """A disk with room for the beginning."""

        def __init__(self, path: Path) -> None:
            self._file, self._writes = path.open("xb", buffering=0), 0
            self.fileno, self.truncate = self._file.fileno, self._file.truncate
            self.__enter__, self.__exit__ = self._file.__enter__, self._file.__exit__

        def write(self, data: memoryview) -> int:
            self._writes += 1
            if self._writes > 1:
                raise OSError(28, "No space left on device")
            return self._file.write(data)

    class Opened(Filling):
        def __enter__(self) -> Filling:
            return self

        def __exit__(self, *_: object) -> None:
            self._file.close()

    recorder = SessionRecorder(tmp_path / "a.narc", drawn.HEAD, open_file=Opened)  # type: ignore[arg-type]
    recorder.cue(START)
    recorder.close()
    assert recorder.error is not None and "a.narc stopped: the disk is full; free some space" in recorder.error
    assert not caplog.records, "whoever asked for it tells it, once"


def test_a_disk_that_nearly_is_full_ends_it(tmp_path: Path) -> None:
    recorder = SessionRecorder(tmp_path / "a.narc", drawn.HEAD, keep_free_mb=1 << 40)
    recorder.cue(START)
    recorder.close()
    assert recorder.error is not None and "MB are free on its disk" in recorder.error


# ------------------------------------------------------------------ hostile files


def head_with(**changes: object) -> bytes:
    return framed(HEAD, json.dumps(asdict(drawn.HEAD) | changes).encode())


def bomb() -> bytes:
    return framed(FACE, PREFIX.pack(1, 0, 0.0, 0.0) + zlib.compress(bytes(50_000_000), 9))


def chunk_with(change: Callable[[Answer], Answer]) -> bytes:
    return answers_chunk([change(answer) for answer in drawn.answers(0.2, arrives_s=0.0)])


def nowhere(answer: Answer) -> Answer:
    assert answer.latent.features is not None
    placement = replace(answer.latent.features.placement, x=float("nan"))
    return replace(answer, latent=replace(answer.latent, features=replace(answer.latent.features, placement=placement)))


GOOD = answers_chunk(drawn.answers(0.2))
SCENE = head_with() + cue_chunk(START)
NOT_A_TIME = b'{"time_s": NaN, "scene": "a", "is_black": false, "is_held": false}'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "it is not a session of this program"),
        (b"PK\x03\x04" + bytes(100), "it is not a session of this program"),
        (MAGIC[:6] + b"\n" + bytes(100), "it is not a session of this program"),
        (MAGIC[:5] + b"\x01" + MAGIC[6:], "it has format 1, and this version of the program reads formats 2, 3 and 4"),
        (MAGIC, "cannot be used: it is truncated before the first reflection"),
        (MAGIC + b"HEAD\xff\xff\xff\xff" + bytes(4), "it is damaged there"),
        (MAGIC + cue_chunk(START), "it does not start with its description"),
        (MAGIC + framed(HEAD, b"[" * 9000), "a description in it is invalid"),
        (MAGIC + head_with(latent_size=10**9), "its latent_size is 1000000000; it must be 1 to 8192"),
        (MAGIC + head_with(latent_size=True), "latent_size in it is invalid"),
        (MAGIC + head_with(persona="../../etc"), "a name in it is invalid"),
        (MAGIC + head_with(more=1), "a description in it is invalid"),
        (MAGIC + head_with(), "it contains no reflections"),
        (MAGIC + head_with() + GOOD, "it does not state which scene was shown"),
        (
            MAGIC + head_with() + framed(CUES, NOT_A_TIME),
            "begins at nan s",
        ),
        (MAGIC + head_with() + cue_chunk(Cue(0.0, "../a")), "a name in it is invalid"),
        (MAGIC + SCENE + framed(FACE, b"?"), "it has answers without a time"),
        (MAGIC + SCENE + framed(FACE, PREFIX.pack(1, 2, 0, 0)), "its answers are impossible"),
        (
            MAGIC + SCENE + framed(FACE, PREFIX.pack(1, 0, 0, 1e300)),
            "its answers are impossible",
        ),
        (MAGIC + SCENE + bomb(), "has another length than its head asks for"),
        (MAGIC + SCENE + framed(FACE, PREFIX.pack(1, 0, 0, 0) + b"no"), "cannot be unpacked"),
        (MAGIC + head_with(latent_size=17) + cue_chunk(START) + GOOD, "has another length than its head asks for"),
        (MAGIC + SCENE + chunk_with(nowhere), "it contains impossible numbers"),
        (MAGIC + SCENE + framed(b"EXEC", b"import os"), "it has a part of an unknown kind"),
    ],
)
def test_a_hostile_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.narc"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as told:
        list(Session(path).records())
    assert sentence in str(told.value) and str(path) in str(told.value) and "\n" not in str(told.value)


def test_times_that_run_backwards_end_it(whole: Path) -> None:
    early = answers_chunk(drawn.answers(0.2))
    data = whole.read_bytes()
    whole.write_bytes(data[: data.rindex(b"OVER")] + early)
    session = Session(whole)
    assert "its times run backwards" in session.note and session.seconds == 3.0


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.narc: there is no such file"):
        Session(tmp_path / "none.narc")
