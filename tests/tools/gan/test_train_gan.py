"""The command: what it writes, how it goes on, and what it says when something is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path

import pytest
from tensorboard.compat.proto.event_pb2 import Event

from tests.conftest import ROOT
from tests.tools.portraits import write_clouds
from tools import train_gan
from tools.gan.checkpoint import newest_checkpoint, read_progress
from tools.gan.training_log import TrainingLog
from tools.gan.training_state import LossWeights
from tools.train_gan import main

OPTIONS = (
    *("--stages", "8:0.0001", "--fmap-base", "32", "--fmap-max", "8", "--batch", "8", "--critic-every", "1"),
    *("--precision", "float32"),
)


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
    first = TrainingLog(tmp_path, 0)
    for step in (10, 20, 30):
        first.add(step, {"d_loss": step / 7})
    first.close()
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 35, "d_l')  # cut short by a kill
    second = TrainingLog(tmp_path, 20)
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
        (("--resolution", "32", "--stages", "32:1"), 4, "cannot train a network of 32 px"),
        (("--resume", "absent"), 5, "no training can go on from absent"),
        (("--fmap-base", "1"), 5, "no network can be made: fmap_base 1 leaves no feature map"),
        (("--resolution", "8", "--stages", "8:1,16:1"), 5, "--stages goes to 16 px and the networks to 8: give"),
        (("--widen", "16"), 5, "--widen widens what --resume names"),
        (("--data", "few"), 4, "no portrait in the split 'val'"),
        (("--threads", "2"), 5, "JAX cannot be held to 2 threads"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[str, ...],
    status: int,
    complaint: str,
) -> None:
    clouds = write_clouds(tmp_path / "clouds.zip", 5)
    monkeypatch.chdir(tmp_path)
    write_clouds(tmp_path / "few", 3)
    assert main(["--data", str(clouds), "--output", str(tmp_path / "out"), *OPTIONS, *change]) == status
    error = capsys.readouterr().err
    assert complaint in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "change",
    [
        ("--batch", "12"),
        ("--stages", "8:0"),
        ("--stages", "12:1"),
        ("--stages", "16:1,8:1"),
        ("--share", "1"),
        ("--pix", "nan"),
        ("--resolution", "4"),
    ],
)
def test_usage_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str], change: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--data", "a.zip", "--output", str(tmp_path), "--stages", "8:1", *change])
    assert ended.value.code == 2 and change[0] in capsys.readouterr().err


def test_the_help_says_the_weights_that_are_taken() -> None:
    assert {name: float(text.split(";")[0]) for name, text in train_gan.LOSSES.items()} == asdict(LossWeights())


def test_a_folder_that_holds_a_training_is_not_begun_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out" / "checkpoint-0000003").mkdir(parents=True)
    assert main(["--data", "a.zip", "--output", str(tmp_path / "out"), "--stages", "8:1"]) == 5
    assert "holds a training: go on with it by --resume" in capsys.readouterr().err


@pytest.mark.timeout(300)
def test_the_command_compiles_trains_and_saves_on_tensorflow(tmp_path: Path) -> None:
    write_clouds(tmp_path / "clouds.zip")
    program = (
        "import sys; from tests.tools.gan.tiny import tiny_looks; from tools import train_gan; "
        "train_gan.read_looks = tiny_looks; sys.exit(train_gan.main(sys.argv[1:]))"
    )
    output = str(tmp_path / "out")
    command = (sys.executable, "-c", program, "--data", str(tmp_path / "clouds.zip"), "--output", output, *OPTIONS)
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "tensorflow, float32" in done.stdout and f"--resume {output}" in done.stdout
    saved = newest_checkpoint(tmp_path / "out")
    assert saved is not None and read_progress(saved)["step"] == 1
    values = [tag for event in _events(next((tmp_path / "out" / "tensorboard").iterdir())) for tag in _tags(event)]
    assert {"ratio", "rec", "pictures_per_s"} <= set(values)


def _tags(event: Event) -> list[str]:
    return [value.tag for value in event.summary.value]
