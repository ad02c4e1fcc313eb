"""A scene that extends another: what stands, what is added and taken away, and where a mistake in it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import Field

from engine.config.reflection import ReflectionSettings
from engine.core.errors import ConfigError
from engine.scene.scene import SIGNALS, PassSettings, Scene, load_scene


class Ripple(PassSettings):
    """A pass for these tests."""

    height: float = Field(default=0.5, ge=0.0, le=1.0)
    speed: float = Field(default=1.0, ge=0.0, le=9.0)


REGISTRY = {"ripple": Ripple, "glass": PassSettings, "film": PassSettings}
POOL = """format: 1
title: Pool
size: [1920, 1080]
visit: {notice_s: 2, leave_s: 4}
passes:
  - ripple: {height: 0.2, bind: {speed: dwell, opacity: presence}}
  - glass:
  - film: {opacity: 0.5}
"""
NOBODY = dict.fromkeys(SIGNALS, 0.0)


def read(folder: Path, **texts: str) -> Scene:
    """The first of some scene files."""
    (folder / "pool.yaml").write_text(POOL, encoding="utf-8")
    for name, text in texts.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return load_scene(folder / f"{next(iter(texts))}.yaml", REGISTRY)


def refusal(folder: Path, **texts: str) -> str:
    with pytest.raises(ConfigError) as told:
        read(folder, **texts)
    return str(told.value).replace(f"{folder.as_posix()}/", "")


def night(passes: str, head: str = "") -> str:
    return f"format: 1\nextends: pool\n{head}passes:\n{passes}"


def test_what_a_scene_does_not_say_is_that_of_the_one_it_extends(tmp_path: Path) -> None:
    scene = read(tmp_path, night="format: 1\nextends: pool\n")
    pool = read(tmp_path, pool=POOL)
    assert (scene.title, scene.size_wh) == ("Pool", (1920, 1080))
    assert [spec.settings for spec in scene.passes] == [spec.settings for spec in pool.passes]
    assert scene.files == {(tmp_path / name).resolve() for name in ("pool.yaml", "night.yaml")}


def test_passes_are_changed_in_what_is_said_appended_put_and_removed(tmp_path: Path) -> None:
    passes = "  - ripple: {speed: 3}\n  - ripple: {name: deep, before: film, height: 1}\n  - glass: {remove: true}\n"
    scene = read(tmp_path, night=night(passes + "  - glass: {name: second}\n", head="title: Night\n"))
    assert scene.title == "Night"
    assert [spec.kind for spec in scene.passes] == ["ripple", "ripple", "film", "glass"]
    first, deep = scene.passes[0], scene.passes[1]
    assert first.settings == Ripple(height=0.2, speed=3.0)
    assert set(first.bind) == {"opacity"}, "a value stands for what was bound"
    assert deep.settings == Ripple(height=1.0) and not deep.bind


def test_movement_of_a_knob_gives_way_to_another(tmp_path: Path) -> None:
    spec = read(tmp_path, night=night("  - ripple: {states: {idle: {speed: 2}}, bind: {height: 1}}\n")).passes[0]
    assert set(spec.bind) == {"speed", "opacity", "height"}
    assert spec.bound_values(NOBODY | {"idling": 1.0}) == {"speed": 2.0, "opacity": 0.0, "height": 1.0}


def test_a_pass_can_be_moved(tmp_path: Path) -> None:
    scene = read(tmp_path, night=night("  - ripple: {after: glass}\n"))
    assert [spec.kind for spec in scene.passes] == ["glass", "ripple", "film"]


def test_scenes_extend_each_other_in_a_row(tmp_path: Path) -> None:
    deep = "format: 1\nextends: night\npasses: [ripple: {height: 0.9}]\n"
    scene = read(tmp_path, deep=deep, night=night("  - ripple: {speed: 7}\n"))
    assert scene.passes[0].settings == Ripple(height=0.9, speed=7.0)
    assert len(scene.files) == 3


def test_times_and_manner_of_the_answer_stand_over_those_of_the_installation(tmp_path: Path) -> None:
    read(tmp_path, night=night("  []\n", head="visit: {leave_s: 9}\nreflection: {min_cutoff_hz: 2}\n"))
    ours = ReflectionSettings(arrive_s=0.5, notice_s=1.0, beta=0.5, threads=3)
    scene = load_scene(tmp_path / "night.yaml", REGISTRY, ours)
    expected = {"arrive_s": 0.5, "notice_s": 2.0, "leave_s": 9.0, "min_cutoff_hz": 2.0, "beta": 0.5, "threads": 3}
    assert scene.reflection == ReflectionSettings(**expected)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("extends: pol", "night.yaml:2: extends: there is no scene 'pol' beside this one; did you mean 'pool'?"),
        ("extends: ../pool", "night.yaml:2: extends: must be a name of letters, digits"),
        ("extends: night", "night.yaml:2: extends: scenes extend each other in a circle: night -> night"),
        ("extend: pool", "night.yaml:2: extend: is not a known key; did you mean 'extends'?"),
        ("extends: pool\npasses: [riple: {}]", "night.yaml:3: passes[0].riple: is not a known pass"),
        (
            "extends: pool\npasses:\n  - ripple: {height: 7}",
            "night.yaml:4: passes[0].ripple.height: must be between 0 and 1, not 7",
        ),
        ("extends: pool\npasses: [ripple: {name: x, remove: true}]", "cannot be removed: pool has no such pass; there"),
        ("extends: pool\npasses: [glass: {name: film}]", "night.yaml:3: passes[0].glass: film is a film in pool, and"),
        ("extends: pool\npasses: [glass: {before: flim}]", "glass.before: there is no other pass 'flim'; did you mean"),
        ("extends: pool\npasses: [glass: {before: glass}]", "glass.before: there is no other pass 'glass'"),
        ("extends: pool\npasses: [glass: {after: film, before: film}]", "glass.after: stands beside before; take one"),
        ("extends: pool\npasses: [glass: {remove: yes please}]", "glass.remove: must be true or false"),
        (
            "extends: pool\npasses: [glass: {remove: true}, film: {remove: true}, ripple: {remove: true}]",
            "night.yaml:3: passes: removes every pass: at least one must stay",
        ),
        (
            "title: N\nsize: [16, 16]\npasses: [glass: {after: film}]",
            "passes[0].glass.after: means something only in a scene that extends another",
        ),
        ("visit: {near: 3}\nextends: pool", "night.yaml:2: visit.near: must be between 0 and 0.5, not 3"),
        ("reflection: {runtime: auto}\nextends: pool", "reflection.runtime: is not a known key"),
        ("transition: {curve: fast}\nextends: pool", "transition.curve: must be smooth, linear, early or late"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    assert sentence in refusal(tmp_path, night=f"format: 1\n{text}\n")


def test_a_mistake_below_is_told_with_the_file_in_which_it_is(tmp_path: Path) -> None:
    (tmp_path / "deep.yaml").write_text("format: 1\nextends: night\n", encoding="utf-8")
    wrong = night("  - ripple: {height: 7}\n")
    assert refusal(tmp_path, deep="format: 1\nextends: night\n", night=wrong).startswith(
        "night.yaml:4: passes[0].ripple.height"
    )


def test_a_circle_and_a_long_row_end(tmp_path: Path) -> None:
    circle = {name: f"format: 1\nextends: {other}\n" for name, other in (("a", "b"), ("b", "c"), ("c", "a"))}
    assert "c.yaml:2: extends: scenes extend each other in a circle: a -> b -> c -> a" in refusal(tmp_path, **circle)
    row = {f"s{index}": f"format: 1\nextends: s{index + 1}\n" for index in range(20)}
    assert "more than 8 scenes extend each other, the limit" in refusal(tmp_path, **row)


def test_passes_of_one_kind_need_names(tmp_path: Path) -> None:
    two = "format: 1\ntitle: T\nsize: [16, 16]\npasses: [glass: , glass: ]\n"
    wrong = refusal(tmp_path, night="format: 1\nextends: two\npasses: [glass: {opacity: 0}]\n", two=two)
    assert "there are 2 passes 'glass'; give each a name: there" in wrong
    named = two.replace("glass: ]", "glass: {name: upper}]")
    scene = read(tmp_path, night="format: 1\nextends: two\npasses: [glass: {name: upper, opacity: 0}]\n", two=named)
    assert [spec.settings.opacity for spec in scene.passes] == [1.0, 0.0]


def test_a_scene_of_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path, huge=POOL + "# " + "x" * 10_000_000)
        == "huge.yaml: is larger than 262144 bytes, which is the limit"
    )
