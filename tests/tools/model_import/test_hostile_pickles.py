"""Nothing in a pickle runs: hostile files are refused in one line, and neither canary nor audit hook sees a thing."""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.core.errors import ModelError
from tests.tools.model_import.hostile_pickles import GADGETS, HOSTILE, SOUND
from tools.import_pggan import main
from tools.model_import.pggan_conversion import convert
from tools.model_import.pggan_pickle import read_official
from tools.model_import.sandbox import read_confined
from tools.model_import.sandbox_job import Job

WATCHED = ("import", "exec", "compile", "os.", "subprocess.", "socket.", "ctypes.", "pickle.", "marshal.", "shutil.")


class Watch:
    """An audit hook, which Python cannot take off again, so that it only listens while it is asked to."""

    def __init__(self) -> None:
        self.events: list[str] | None = None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.events is None:
            return
        writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if writes or event.startswith(WATCHED):
            self.events.append(f"{event} {arguments[:1]}")

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        self.events = events = []
        try:
            yield events
        finally:
            self.events = None


WATCH = Watch()


def refuse(content: bytes, folder: Path) -> str:
    """The sentence that refuses a file, up to and including its conversion."""
    path = folder / "file.pkl"
    path.write_bytes(content)
    job = Job({"pickle": path}, folder / "out", {}, lambda _: None)
    with pytest.raises(ModelError) as caught, WATCH.listening() as events:
        convert(job)
    assert events == []
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert 10 < len(sentence) < 300
    return sentence


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 150
    assert len({bytes(content) for content in HOSTILE.values()}) == len(HOSTILE)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_and_nothing_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path)
    refuse(HOSTILE[name], tmp_path)
    assert not (tmp_path / "canary").exists()
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("name", [name for name in GADGETS if name.count(".") == 1 and " " not in name])
def test_a_gadget_is_refused_by_its_name(name: str, tmp_path: Path) -> None:
    assert f"it asks for {name}, which a file of networks has no need of" in refuse(GADGETS[name], tmp_path)


def test_a_file_cut_at_any_per_cent_is_refused(tmp_path: Path) -> None:
    for percent in range(100):
        refuse(SOUND[: len(SOUND) * percent // 100] or b"\x80", tmp_path)


def test_a_file_with_any_byte_changed_is_refused_or_sound(tmp_path: Path) -> None:
    """Flips in the weights may go unseen, everything else must be refused in a sentence, never by another error."""
    refused = 0
    for place in range(0, len(SOUND), 17):
        content = bytearray(SOUND)
        content[place] ^= 0xA5
        try:
            with WATCH.listening() as events:
                read_official(memoryview(content))
        except ModelError:
            refused += 1
        assert events == []
    assert refused > 50


def test_the_canary_sings_where_a_pickle_is_loaded_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gadgets are real: this is what the tests above would see if anything ran."""
    monkeypatch.chdir(tmp_path)
    with WATCH.listening() as events:
        pickle.loads(GADGETS["builtins.eval"])
    assert (tmp_path / "canary").read_text() == "the file ran"
    assert any(event.startswith("exec") for event in events)
    assert any(event.startswith("open") for event in events)


@pytest.mark.parametrize(
    "name",
    ["gadget: os.system", "gadget: builtins.exec", "bomb: laughs", "bomb: instructions", "lie: NaN", "file: web page"],
)
def test_the_tool_refuses_in_one_line_and_leaves_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "hostile.pkl"
    path.write_bytes(HOSTILE[name])
    assert main([str(path), "--name", "evil"], tmp_path / "models") == 5
    said = [line for line in capsys.readouterr().err.splitlines() if not line.startswith(("reading", "\r"))]
    reason = refuse(HOSTILE[name], tmp_path) if name != "bomb: instructions" else "it has more than 200000 instructions"
    assert said[-1] == f"import_pggan: nothing was imported from hostile.pkl: {reason}"
    assert list((tmp_path / "models").iterdir()) == []
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("kind", ["missing", "empty", "folder", "pipe"])
def test_what_is_no_file_is_refused(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.pkl"
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        if not hasattr(os, "mkfifo"):
            pytest.skip("this system has no named pipes")
        os.mkfifo(path)
    assert main([str(path), "--name", "x"], tmp_path / "models") == 5
    reasons = {
        "missing": "no such file or directory",
        "empty": "it is empty",
        "folder": "it is not a regular file",
        "pipe": "it is not a regular file",
    }
    assert capsys.readouterr().err == f"import_pggan: nothing was imported from x.pkl: {reasons[kind]}\n"
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize("name", ["../evil", "", "a/b", ".hidden", "x" * 70, "nul\0"])
def test_a_name_that_leads_elsewhere_is_refused(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.pkl"
    path.write_bytes(SOUND)
    assert main([str(path), "--name", name], tmp_path / "models") == 5
    assert "cannot be a persona's name" in capsys.readouterr().err


def test_a_child_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    (tmp_path / "x.pkl").write_bytes(SOUND)
    with pytest.raises(ModelError, match=r"nothing was imported from x\.pkl: its reader died or took more than 0 s"):
        read_confined("pggan", {"pickle": tmp_path / "x.pkl"}, tmp_path, time_limit_s=0.001)
