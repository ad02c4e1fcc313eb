"""`tools/command.py` and `python -m tools`: every command is listed, explains itself, and ends in one sentence."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from engine.core.errors import ConfigError
from tools.__main__ import GROUPS, listing
from tools.command import INTERRUPTED, command, command_parser

TOOLS = Path(__file__).resolve().parents[2] / "tools"
COMMANDS = [name for names in GROUPS.values() for name in names]
ALIAS = "before 0.1.0"
WITHOUT_OPTIONS = ("dev.describe_config", "dev.describe_features", "dev.make_face_map")


def test_every_command_is_listed_once() -> None:
    found = set()
    for path in [*TOOLS.glob("*.py"), *TOOLS.glob("dev/*.py")]:
        text = path.read_text(encoding="utf-8")
        if '__name__ == "__main__"' in text and ALIAS not in text and path.name != "__main__.py":
            found.add(".".join(path.relative_to(TOOLS).with_suffix("").parts))
    assert found == set(COMMANDS)
    assert len(COMMANDS) == len(set(COMMANDS))


def test_the_listing_has_a_line_for_each() -> None:
    lines = listing().splitlines()
    for name in COMMANDS:
        (line,) = (line for line in lines if line.split()[:1] == [name])
        assert len(line.split()) > 2 and len(line) < 140


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in WITHOUT_OPTIONS])
def test_help_shows_an_example_and_the_defaults(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [name, "--help"])
    with pytest.raises(SystemExit) as ended:
        importlib.import_module(f"tools.{name}").main()
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert re.search(rf"example:\n  python -m tools\.{re.escape(name)}", said)


def test_defaults_are_given_once(capsys: pytest.CaptureFixture[str]) -> None:
    parser = command_parser("reflect", "Reflect.", "a.jpg")
    parser.add_argument("--size", type=int, default=64, help="of the picture, px")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long, s (default: two)")
    parser.add_argument("--loud", action="store_true", help="say more")
    with pytest.raises(SystemExit):
        parser.parse_args(["--help"])
    said = capsys.readouterr().out
    assert "of the picture, px (default: 64)" in said
    assert "how long, s (default: two)\n" in said
    assert "say more\n" in said


def test_an_error_of_ours_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    @command()
    def main() -> int:
        raise ConfigError("scene.yaml:3: there is no pass `mirrow`")

    assert main() == ConfigError.exit_status
    assert capsys.readouterr().err == "test_command: scene.yaml:3: there is no pass `mirrow`\n"


def test_a_missing_package_is_named_with_what_installs_it(capsys: pytest.CaptureFixture[str]) -> None:
    @command()
    def main() -> int:
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn.linear_model")

    assert main() == 2
    assert capsys.readouterr().err == "test_command: the package sklearn is missing: `make dev` installs it\n"


def test_a_package_of_nobodys_is_a_fault_and_not_hidden() -> None:
    @command()
    def main() -> int:
        raise ModuleNotFoundError("No module named 'engine.nowhere'", name="engine.nowhere")

    with pytest.raises(ModuleNotFoundError):
        main()


def test_an_interruption_has_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    @command(interrupted="interrupted; nothing was written")
    def main() -> int:
        raise KeyboardInterrupt

    assert main() == INTERRUPTED
    assert capsys.readouterr().err == "test_command: interrupted; nothing was written\n"
