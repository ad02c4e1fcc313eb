"""The command: what it writes, how it goes on, and what it says when something is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event

from engine.core.clock import ManualClock
from tests.conftest import ROOT
from tests.tools.gan.tiny import OPTIONS, training
from tests.tools.portraits import write_clouds
from tools import train_gan
from tools.gan.checkpoint import newest_checkpoint, read_state
from tools.gan.training_log import Records
from tools.train_gan import Session, main


def test_a_session_saves_reports_and_draws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, clock = tmp_path / "training", ManualClock()
    going = training(folder)
    advance = going.advance
    monkeypatch.setattr(going, "advance", lambda: (advance(), clock.advance(20)))
    monkeypatch.setattr("tools.gan.trainer.SNAPSHOT_KIMG", 0.03)
    session = Session(going, folder, clock, save_s=60)
    try:
        path = session.run(limit_s=110, is_stopped=lambda: False)
    finally:
        session.close()
    assert path == newest_checkpoint(folder) and going.progress.step == 6
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 4, 6]
    assert lines[0]["pictures_per_s"] == pytest.approx(8 / 20) and lines[0]["size_px"] == 8
    sheets = sorted((folder / "sheets").iterdir())
    assert [sheet.name for sheet in sheets] == ["sheet-0000003.png", "sheet-0000006.png"]  # after 60 s, and at the end
    assert np.asarray(Image.open(sheets[0])).std() > 5
    assert [entry.name for entry in (folder / "snapshots").iterdir()] == ["average-00000kimg.safetensors"]
    (events,) = (folder / "tensorboard").iterdir()
    values = [(event.step, value.tag) for event in _events(events) for value in event.summary.value]
    assert (4, "overfitting") in values and (6, "d_loss") in values


def _events(path: Path) -> list[Event]:
    """By hand: TensorBoard's own reader would load TensorFlow into this process."""
    content, begin, events = path.read_bytes(), 0, []
    while begin < len(content):
        size = int.from_bytes(content[begin : begin + 8], "little")
        events.append(
            Event.FromString(content[begin + 12 : begin + 12 + size])
        )  # length, its checksum, content, checksum
        begin += size + 16
    return events


def test_records_go_on_where_the_checkpoint_was(tmp_path: Path) -> None:
    first = Records(tmp_path, 0)
    for step in (10, 20, 30):
        first.add(step, {"d_loss": step / 7})
    first.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 35, "d_l')  # cut short by a kill
    second = Records(tmp_path, 20)
    second.add(25, {"d_loss": 1.0})
    second.close()
    second.close()
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [10, 20, 25]


def test_ctrl_c_saves_first() -> None:
    before = signal.getsignal(signal.SIGINT)
    with train_gan._stopped_by_signals() as is_stopped:
        assert not is_stopped()
        os.kill(os.getpid(), signal.SIGINT)
        assert threading.Event().wait(0.01) or is_stopped()
        assert signal.getsignal(signal.SIGINT) is before  # the second one ends the program
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("change", "status", "complaint"),
    [
        (("--resolution", "32"), 4, "cannot train a network of 32 px"),
        (("--resume", "absent"), 5, "no training can go on from absent"),
        (("--fmap-base", "1"), 5, "no network can be made: fmap_base 1 leaves no feature map"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, ...], status: int, complaint: str
) -> None:
    clouds = write_clouds(tmp_path / "clouds.zip", 5)
    assert main(["--data", str(clouds), "--output", str(tmp_path / "out"), *OPTIONS, *change]) == status
    error = capsys.readouterr().err
    assert complaint in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("change", [("--batch", "12"), ("--minutes", "0"), ("--r1", "nan"), ("--resolution", "4")])
def test_usage_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--data", "a.zip", "--output", str(tmp_path), *change])
    assert ended.value.code == 2 and change[0] in capsys.readouterr().err


def test_on_tensorflow_by_its_command_line(tmp_path: Path) -> None:
    write_clouds(tmp_path / "clouds.zip")
    command = (sys.executable, "-m", "tools.train_gan", "--data", str(tmp_path / "clouds.zip"), *OPTIONS)
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (*command, *arguments), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110
        )

    output = str(tmp_path / "out")
    first = run("--output", output, "--minutes", "0.001")
    assert first.returncode == 0, first.stderr
    assert "tensorflow, float32" in first.stdout and f"--resume {output}" in first.stdout
    saved = newest_checkpoint(tmp_path / "out")
    assert saved is not None and read_state(saved)["step"] == 1
    assert main(["--data", str(tmp_path / "clouds.zip"), "--output", output]) == 5  # it holds a training already
