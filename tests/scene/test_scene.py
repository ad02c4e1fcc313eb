"""How a scene file becomes a scene, and what is said about a broken one."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError

from engine.core.errors import ConfigError
from engine.scene.expression import Memory
from engine.scene.scene import SIGNALS, PassSettings, Scene, load_scene

ROOT = Path(__file__).resolve().parents[2]


class Ripple(PassSettings):
    """A pass for these tests."""

    height: float = Field(default=0.5, ge=0.0, le=1.0)
    speed: float = Field(default=1.0, gt=0.0)
    rings: int = Field(default=3, ge=1, le=9)
    mode: Literal["off", "soft"] = "soft"
    scale: Literal["auto"] | Annotated[float, Field(ge=0.25, le=1.0)] = "auto"
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)


REGISTRY = {"ripple": Ripple, "film": PassSettings}
HEAD = "format: 1\ntitle: Pool\nsize: [1920, 1080]\npasses:\n"


def read(tmp_path: Path, text: str) -> Scene:
    path = tmp_path / "pool.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scene(path, REGISTRY)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path.as_posix()}/", "")


def test_a_scene_is_its_passes_in_order_with_what_differs_from_the_defaults(tmp_path: Path) -> None:
    scene = read(tmp_path, HEAD + "  - ripple: {height: 1, tint: [1, 0.5, 0], mode: 'off'}\n  - film:\n  - ripple:\n")
    assert (scene.title, scene.size_wh) == ("Pool", (1920, 1080))
    assert [spec.kind for spec in scene.passes] == ["ripple", "film", "ripple"]
    assert scene.passes[0].settings == Ripple(height=1.0, tint=(1.0, 0.5, 0.0), mode="off")
    assert scene.passes[1].settings.opacity == 1.0
    assert scene.passes[2].settings == Ripple()


def test_every_pass_can_fade(tmp_path: Path) -> None:
    scene = read(tmp_path, HEAD + "  - film: {opacity: 0.25}\n")
    assert scene.passes[0].settings.opacity == 0.25


def test_settings_cannot_be_changed_behind_the_scene(tmp_path: Path) -> None:
    settings = read(tmp_path, HEAD + "  - film:\n").passes[0].settings
    with pytest.raises(ValidationError, match="frozen"):
        settings.opacity = 0.5  # type: ignore[misc]


def test_a_bound_knob_follows_signals_within_its_range(tmp_path: Path) -> None:
    text = HEAD + '  - ripple: {bind: {opacity: "0.2 + 0.8 * presence", height: dwell / 10, speed: -1}}\n'
    spec = read(tmp_path, text).passes[0]
    signals = dict.fromkeys(SIGNALS, 0.0)
    assert spec.bound_values(signals) == {"opacity": pytest.approx(0.2), "height": 0.0, "speed": 0.0}
    signals |= {"presence": 0.5, "dwell": 25.0}
    assert spec.bound_values(signals) == {"opacity": pytest.approx(0.6), "height": 1.0, "speed": 0.0}


def test_a_knob_may_follow_each_of_several_people(tmp_path: Path) -> None:
    bind = '{height: "max(presence[0], presence[1])"}'
    spec = read(tmp_path, HEAD + f"  - ripple: {{bind: {bind}}}\n").passes[0]
    signals = dict.fromkeys(SIGNALS, 0.0) | {"presence[0]": 0.25, "presence[1]": 0.5}
    assert spec.bound_values(signals) == {"height": 0.5}
    assert spec.bound_values(dict.fromkeys(SIGNALS, 0.0)) == {"height": 0.0}, "whoever is not there counts as nothing"
    for wrong, sentence in (
        ("audio[0]", "column 1: only signals that everybody has can be followed by [0]"),
        ("presence[4]", "column 1: presence[...] takes a whole number from 0, the nearest, to 3"),
    ):
        text = refusal(tmp_path, HEAD + f'  - ripple: {{bind: {{height: "{wrong}"}}}}\n')
        assert sentence in text


def test_states_of_a_visit_have_values_of_their_own(tmp_path: Path) -> None:
    states = "{idle: {height: 0.1}, arrive: {height: 0.9, opacity: 0.5}, leave: {opacity: 0}}"
    spec = read(tmp_path, HEAD + f"  - ripple: {{height: 0.4, states: {states}}}\n").passes[0]
    nobody = dict.fromkeys(SIGNALS, 0.0)

    def at(**weights: float) -> tuple[float, float]:
        values = spec.bound_values(nobody | weights)
        assert values.keys() == {"height", "opacity"}
        return pytest.approx(values["height"]), pytest.approx(values["opacity"])

    assert at(idling=1) == (0.1, 1.0)
    assert at(noticing=1) == (0.1, 1.0), "notice is as idle where it says nothing"
    assert at(arriving=1) == (0.9, 0.5)
    assert at(dwelling=1) == (0.4, 1.0), "what is not said is what the pass says"
    assert at(leaving=1) == (0.1, 0.0)
    assert at(idling=0.5, arriving=0.5) == (0.5, 0.75)


def test_smoothing_in_a_binding_remembers_from_frame_to_frame(tmp_path: Path) -> None:
    spec = read(tmp_path, HEAD + "  - ripple: {bind: {height: 'slew(presence, 1)', opacity: presence}}\n").passes[0]
    signals, memories = dict.fromkeys(SIGNALS, 0.0), defaultdict[str, Memory](dict)
    spec.bound_values(signals, 0.1, memories)
    values = spec.bound_values(signals | {"presence": 1.0}, 0.1, memories)
    assert values == {"height": pytest.approx(0.1), "opacity": 1.0}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("height: 7", "height: must be between 0 and 1, not 7"),
        ("height: '0.5'", 'height: must be between 0 and 1, not "0.5"'),
        ("height: on", "height: must be between 0 and 1, not on, which YAML reads as true or false"),
        ("height: true", "height: must be between 0 and 1, not true"),
        ("height:", "height: must be between 0 and 1, not nothing"),
        ("hight: 1", "hight: is not a known key; did you mean 'height'?"),
        ("xyz: 1", "xyz: is not a known key; there are height, mode, opacity, rings, scale, speed and tint"),
        ("opacity: -0.1", "opacity: must be between 0 and 1, not -0.1"),
        ("speed: 0", "speed: must be a number, more than 0, not 0"),
        ("rings: 1.5", "rings: must be a whole number between 1 and 9, not 1.5"),
        ("mode: loud", 'mode: must be off or soft, not "loud"'),
        ("mode: off", 'mode: must be off or soft, not off, which YAML reads as true or false: write "off" in quotes'),
        ("scale: 7", "scale: must be auto or between 0.25 and 1, not 7"),
        ("scale: fast", 'scale: must be auto or between 0.25 and 1, not "fast"'),
        ("tint: [1, 2]", "tint: must be a list of 3 values, each a number, not [1, 2]"),
        ("tint: [1, 2, 3, 4]", "tint: must be a list of 3 values, each a number, not [1, 2, 3, 4]"),
        ("tint: [1, red, 0]", 'tint[1]: must be a number, not "red"'),
        ("tint: red", 'tint: must be a list of 3 values, each a number, not "red"'),
        ("bind: 3", "bind: must be a mapping from knobs to expressions, not 3"),
        ("bind: {hight: 1}", "bind.hight: is not a knob of this pass; did you mean 'height'?"),
        ("bind: {tint: 1}", "bind.tint: cannot be bound: only a knob that is one number can follow a signal"),
        ("bind: {rings: 1}", "bind.rings: cannot be bound: only a knob that is one number can follow a signal"),
        ("bind: {height: [1]}", "bind.height: must be an expression of signals, not [1]"),
        ("bind: {height: yes}", "bind.height: must be an expression of signals, not true"),
        ("states: 3", "states: must be a mapping from states of a visit to knobs, not 3"),
        ("states: {idl: {}}", "states.idl: is no state of a visit; there are idle, notice, arrive, dwell and leave"),
        ("states: {idle: 3}", "states.idle: must be a mapping from knobs to their values in this state, not 3"),
        ("states: {idle: {height: 7}}", "states.idle.height: must be between 0 and 1, not 7"),
        ("states: {idle: {hight: 1}}", "states.idle.hight: is not a knob of this pass; did you mean 'height'?"),
        (
            "states: {idle: {rings: 2}}",
            "states.idle.rings: cannot have states: only a knob that is one number, or a colour",
        ),
        (
            "{bind: {height: 1}, states: {idle: {height: 1}}}",
            "states.idle.height: follows signals already, in bind; take one of the two",
        ),
        (
            "bind: {height: 1 + presense}",
            "bind.height: column 5: there is no signal 'presense'; did you mean 'presence'?",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_file_line_and_key(tmp_path: Path, settings: str, sentence: str) -> None:
    text = HEAD + "  - film:\n  - ripple:\n      " + settings + "\n"
    assert refusal(tmp_path, text).startswith(f"pool.yaml:7: passes[1].ripple.{sentence}")


@pytest.mark.parametrize("number", [".inf", "-.inf", ".nan", "1e999"])
def test_a_number_that_is_not_finite_is_refused(tmp_path: Path, number: str) -> None:
    message = refusal(tmp_path, HEAD + f"  - ripple: {{speed: {number}}}\n")
    assert message.startswith("pool.yaml:5: ") and "\n" not in message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + "  - rippel:\n", "pool.yaml:5: passes[0].rippel: is not a known pass; did you mean 'ripple'?"),
        (
            HEAD + "  - a:\n    b:\n",
            "pool.yaml:5: passes[0]: must name one pass, not a, b; begin each pass with its own dash",
        ),
        (HEAD + "  - {}\n", "pool.yaml:5: passes[0]: must name one pass, not nothing"),
        (HEAD + "  - film\n", 'pool.yaml:5: passes[0]: must be a mapping of keys and values, not "film"'),
        (HEAD + "  - film: 3\n", "pool.yaml:5: passes[0].film: must be a mapping of keys and values or null, not 3"),
        (
            HEAD.replace("passes:\n", "passes: []\n"),
            "pool.yaml:4: passes: must be a list of at least 1 and at most 64 items",
        ),
        (
            HEAD.replace("1080", "0") + "  - film:\n",
            "pool.yaml:3: size[1]: must be a whole number between 16 and 8192, not 0",
        ),
        (HEAD.replace("format: 1", "format: 2") + "  - film:\n", "pool.yaml:1: format: must be 1, not 2"),
        (
            HEAD.replace("title: Pool\n", "") + "  - film:\n",
            "title: is missing; it must be text of 1 to 100 characters",
        ),
        (
            HEAD + "  - film:\ncolour: 1\n",
            "pool.yaml:6: colour: is not a known key; there are extends, format, passes, reflection, size",
        ),
    ],
)
def test_a_wrong_scene_is_named_with_file_line_and_key(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in refusal(tmp_path, text)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    message = refusal(tmp_path, HEAD + "  - ripple: {height: 7, rings: 0}\n  - fill:\n  - film: {bind: {opacity: (}}\n")
    assert [line.split(": ")[1] for line in message.splitlines()] == [
        "passes[0].ripple.height",
        "passes[0].ripple.rings",
        "passes[1].fill",
        "passes[2].film.bind.opacity",
    ]


def test_many_problems_are_cut_short(tmp_path: Path) -> None:
    wrong = ", ".join(f"k{index}: 1" for index in range(40))
    lines = refusal(tmp_path, HEAD + f"  - film: {{{wrong}}}\n").splitlines()
    assert len(lines) == 13
    assert lines[-1] == "pool.yaml: and 28 more"
