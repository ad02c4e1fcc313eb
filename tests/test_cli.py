from pathlib import Path

import pytest

from engine.cli import parse_options
from engine.config.options import Options


def test_nothing_said_leaves_it_to_the_configuration() -> None:
    assert parse_options([]) == Options()


def test_everything_said() -> None:
    options = parse_options(
        [
            "--config",
            "a.yaml",
            "--scene",
            "pool",
            "--model",
            "x",
            "--source",
            "camera:1",
            "--size",
            "640x360",
            "--fullscreen",
            "--display",
            "1",
            "--headless",
            "--seconds",
            "12.5",
            "--live",
            "--fps",
            "24",
            "--seed",
            "7",
            "--record",
            "out.mp4",
            "--stats",
            "s.json",
            "--measure-loop",
        ]
    )
    shown = Path("a.yaml"), "pool", "x", "camera:1", (640, 360), True, 1, True
    assert options == Options(
        *shown, 12.5, live=True, fps=24, seed=7, record=Path("out.mp4"), stats=Path("s.json"), measure_loop=True
    )


def test_a_display_by_its_number_or_its_name() -> None:
    assert parse_options(["--display", "2"]).display == 2
    assert parse_options(["--display", "EPSON PJ"]).display == "EPSON PJ"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--display", ""], "must be the number of a display, a part of its name, or all"),
        (["--size", "0x720"], "each side must be between 1 and 16384 px, not 0x720"),
        (["--size", "wide"], "must be WIDTHxHEIGHT in px, e.g. 1280x720, not 'wide'"),
        (["--seconds", "-3"], "must be a number of seconds above 0, not '-3'"),
        (["--seconds", "inf"], "must be a number of seconds above 0, not 'inf'"),
        (["--measure-loop", "--seconds", "3"], "argument --seconds: --measure-loop needs 10 s or more, not 3"),
        (["--fps", "0"], "argument --fps: must be a number from 1 to 240, not '0'"),
        (["--fps", "nan"], "argument --fps: must be a number from 1 to 240, not 'nan'"),
        (["--seed", "-1"], "argument --seed: must be a whole number from 0 to 4294967295, not '-1'"),
        (["--seed", "4294967296"], "argument --seed: must be a whole number from 0 to 4294967295, not '4294967296'"),
        (["--bogus"], "unrecognized arguments: --bogus"),
    ],
)
def test_a_wrong_command_line_is_told(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        parse_options(arguments)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
