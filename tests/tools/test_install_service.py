"""`tools.install_service`: a unit that systemd would take, written and removed again; a task for Windows."""

from __future__ import annotations

import configparser
import shlex
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.install_service import main, task_text, unit_path, unit_text


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", "linux")
    return tmp_path


def test_the_unit_watches_and_never_gives_up() -> None:
    text = unit_text("/usr/bin/python3", Path("/srv/my mirror"), ["--scene", "my pool", "--seconds", "5%"])
    unit = configparser.RawConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # the keys of units are not lower case
    unit.read_string(text)
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    service = unit["Service"]
    assert (service["Type"], service["Restart"], service["WatchdogSec"]) == ("notify", "always", "60")
    assert service["WorkingDirectory"] == "/srv/my mirror"
    words = ["/usr/bin/python3", "-m", "tools.keep_running", "--scene", "my pool", "--seconds", "5%%"]
    assert shlex.split(service["ExecStart"]) == words
    assert unit["Install"]["WantedBy"] == "default.target"


def test_it_is_written_started_and_removed_again(capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[Sequence[str]] = []

    def run(words: Sequence[str]) -> int:
        ran.append(words)
        return 0

    assert main(["--scene", "pool"], run) == 0
    assert "--scene pool" in unit_path().read_text(encoding="utf-8")
    assert ran[-1] == ["systemctl", "--user", "enable", "--now", "narcissus.service"]
    assert "starts now and whenever you log in" in capsys.readouterr().out
    assert main(["--remove"], run) == 0
    assert not unit_path().exists() and ["systemctl", "--user", "disable", "--now", "narcissus.service"] in ran
    assert main(["--remove"], run) == 0
    assert "nothing to remove" in capsys.readouterr().out


def test_without_systemd_it_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], lambda words: 127) == 0
    assert "systemctl --user daemon-reload && systemctl --user enable --now narcissus" in capsys.readouterr().out
    assert unit_path().exists()


def test_print_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--print"], lambda words: pytest.fail(str(words))) == 0
    assert "Type=notify" in capsys.readouterr().out and not unit_path().exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "systemd").write_text("in the way", encoding="utf-8")
    assert main([], lambda words: 0) == 4
    assert "narcissus.service cannot be written" in capsys.readouterr().err


def test_the_task_of_windows_has_no_time_limit() -> None:
    text = task_text(r"C:\Python\python.exe", Path(r"C:\mirror"), ["--scene", "a & b"])
    root = ElementTree.fromstring(text.replace(' encoding="UTF-16"', ""))
    found = {element.tag.rpartition("}")[2]: element.text for element in root.iter()}
    assert found["Command"] == r"C:\Python\python.exe" and found["WorkingDirectory"] == r"C:\mirror"
    assert found["Arguments"] == '-m tools.keep_running --scene "a & b"'
    assert found["ExecutionTimeLimit"] == "PT0S" and found["MultipleInstancesPolicy"] == "IgnoreNew"
