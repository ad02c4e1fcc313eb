"""What nobody foresaw is found in the log folder afterwards. Each crash happens in a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

BEGIN = """
import sys, threading, faulthandler, logging
from pathlib import Path
from engine.system.crash_log import catch_crashes, catch_crashes_of_child, note_crash
from engine.system.logging_setup import set_up_logging
"""
PARENT = BEGIN + "set_up_logging(Path('logs')); catch_crashes(Path('logs'))\n"


def run(place: Path, program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = {"PYTHONPATH": str(ROOT), **environment}
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=place,
        env={**os.environ, **path},
        capture_output=True,
        text=True,
        timeout=110,
    )


@pytest.mark.parametrize(
    ("act", "file", "told"),
    [
        ("raise KeyError('lost')", "narcissus.log", "the program ended by KeyError"),
        (
            "thread = threading.Thread(target=lambda: [][1], name='sender'); thread.start(); thread.join()",
            "narcissus.log",
            "the thread 'sender' ended by IndexError",
        ),
        ("faulthandler._sigsegv()", "crashes.log", "Segmentation fault"),
    ],
)
def test_what_ends_a_thread_or_the_program_is_in_the_folder(tmp_path: Path, act: str, file: str, told: str) -> None:
    ended = run(tmp_path, PARENT + act)
    text = (tmp_path / "logs" / file).read_text()
    assert told in text
    assert "Traceback" not in ended.stderr, "which is for the file"
    assert 'File "<string>"' in text


def test_a_child_writes_where_its_parent_says(tmp_path: Path) -> None:
    begin = BEGIN + "catch_crashes_of_child('the camera')\n"
    run(tmp_path, begin + "threading.Thread(target=lambda: {}['a']).start()", NARCISSUS_CRASH_FOLDER=str(tmp_path))
    run(tmp_path, begin + "note_crash('the camera', ValueError('odd'))", NARCISSUS_CRASH_FOLDER=str(tmp_path))
    text = (tmp_path / "crashes.log").read_text()
    assert "a thread of the camera failed" in text
    assert "KeyError: 'a'" in text
    assert "the camera failed:\nValueError: odd" in text


def test_a_child_without_such_a_parent_writes_nothing(tmp_path: Path) -> None:
    run(tmp_path, BEGIN + "catch_crashes_of_child('x'); note_crash('x', ValueError())", NARCISSUS_CRASH_FOLDER="")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    ended = run(tmp_path, BEGIN + "logging.basicConfig(); catch_crashes(Path('logs')); print('goes on')")
    assert ended.stdout == "goes on\n"
    assert "crashes are told on the terminal alone" in ended.stderr


def test_what_ends_the_show_is_one_sentence_and_its_traceback_is_in_the_log(tmp_path: Path) -> None:
    program = """
import sys
import engine.app, main
def fail(self): raise KeyError("two\\nlines")
engine.app.App.run = fail
sys.argv = ["main.py", "--headless"]
sys.exit(main.main())
"""
    ended = run(tmp_path, program)
    assert ended.returncode == 1
    told = [line for line in ended.stderr.splitlines() if "unforeseen" in line]
    assert len(told) == 1
    assert "logs has more" in told[0]
    assert "Traceback" not in ended.stderr
    assert "KeyError" in (tmp_path / "logs" / "narcissus.log").read_text()
