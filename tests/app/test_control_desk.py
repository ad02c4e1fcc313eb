"""What is set in the register reaches the wall, and what happens on the wall reaches the register."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from engine.control.layers import Layer
from engine.control.register import Register, UnknownAddressError
from engine.core.clock import Tick
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.window.keymap import Action
from tests.app.shows import SCENE, ObservedApp, app, by_and_by

EXPOSURE = "/narcissus/scene/film/exposure"


def register_of(show: ObservedApp) -> Register:
    return show.show.register


def test_a_knob_set_from_another_thread_changes_the_next_picture_and_is_given_back(place: Path, blind: None) -> None:
    show, levels = app(seconds=30.0), []

    def bright() -> bool:
        levels.append(float(show.wall().mean()))
        return len(levels) > 3

    def set_by(value: float) -> bool:
        thread = threading.Thread(target=lambda: register_of(show).set(EXPOSURE, value, Layer.OSC, "desk"))
        thread.start()
        thread.join()
        return True

    def dark() -> bool:
        return float(show.wall().mean()) < 0.3 * levels[-1]  # grain is left

    by_and_by(
        show,
        bright,
        lambda: set_by(0.0),
        dark,
        lambda: register_of(show).release(EXPOSURE),
        lambda: float(show.wall().mean()) > 0.5 * levels[-1],
    )
    assert levels[-1] > 0


def test_overriding_a_knob_builds_nothing_and_beats_file_state_and_binding(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "scenes" / "plain.yaml").write_text(
        SCENE.replace("film: {}", 'film: {exposure: 2, bind: {exposure: "1 + 0 * time"}}')
        + "  - film: {states: {idle: {exposure: 0.5}}}\n"
    )
    show, built = app(seconds=1.2), []
    source = ShaderLibrary.source

    def counted(self: ShaderLibrary, *arguments: object, **named: object) -> object:
        built.append(arguments)
        return source(self, *arguments, **named)  # type: ignore[arg-type]

    def step() -> None:
        register = register_of(show)
        assert register.value(EXPOSURE) == 1.0 and register.value("/narcissus/scene/film_2/exposure") == 0.5
        layers = [holding.layer for holding in register.why(EXPOSURE).holdings]
        assert layers == [Layer.BINDING, Layer.SCENE, Layer.DEFAULT]
        assert "1 + 0 * time, scenes/plain.yaml:8" in register.why(EXPOSURE).holdings[0].by
        second = register.why("/narcissus/scene/film_2/exposure").holdings
        assert [holding.layer for holding in second] == [Layer.STATE, Layer.DEFAULT]
        monkeypatch.setattr(ShaderLibrary, "source", counted)
        for address in (EXPOSURE, "/narcissus/scene/film_2/exposure"):
            register.set(address, 3.0, Layer.MIDI)

    drawn: dict[str, float] = {}

    def look(tick: Tick) -> None:
        if tick.time_s < 0.6:
            return
        if not drawn:
            step()
        drawn.update({name: knobs["exposure"] for name, knobs in show.mirror.knobs.items() if "exposure" in knobs})

    show.before_each_frame = look
    show.run()
    assert not built and drawn["film"] == drawn["film_2"] == 3.0


def test_commands_do_what_keys_do(place: Path, blind: None) -> None:
    (place / "scenes" / "second.yaml").write_text(SCENE.replace("Test", "Second"))
    show = app(seconds=30.0)
    show_address = "/narcissus/show/"

    def order(name: str, value: object = None) -> bool:
        register_of(show).set(show_address + name, value, Layer.PANEL, "panel")
        return True

    def is_(name: str, value: object) -> bool:
        return register_of(show).value(show_address + name) == value

    def press(action: Action) -> bool:
        show.loop.act(action)
        return True

    by_and_by(
        show,
        lambda: order("blackout", 1.0),
        lambda: is_("blackout", True) and show.mirror.blackout.is_on,
        lambda: press(Action.BLACKOUT),
        lambda: is_("blackout", False),
        lambda: register_of(show).why(show_address + "blackout").holdings[0].by == "a key, or the show itself",
        lambda: order("freeze", True),
        lambda: is_("freeze", True) and show.mirror.is_frozen,
        lambda: order("freeze", False),
        lambda: order("record", True),
        lambda: is_("record", True),
        lambda: order("record", False),
        lambda: is_("record", False),
        lambda: order("session", True),
        lambda: is_("session", True),
        lambda: order("session", False),
        lambda: order("snapshot"),
        lambda: order("scene", "second"),
        lambda: is_("scene", "second"),
        lambda: order("next"),
        lambda: is_("scene", "plain"),
    )
    kept = {path.suffix for path in (place / "recordings").iterdir()}
    assert kept == {".mp4", ".narc", ".png"}
    events = [event.name for event in register_of(show)._events]
    assert events == ["snapshot", "scene", "scene"]


def test_what_is_set_stays_over_a_change_of_scenes_and_waits_where_the_knob_is_gone(place: Path, blind: None) -> None:
    (place / "scenes" / "bare.yaml").write_text(
        SCENE.replace("  - reflection: {}\n", "").replace("Test", "Bare") + "transition: {seconds: 0}\n"
    )
    show = app(seconds=30.0)
    size = "/narcissus/scene/reflection/size"

    def begin() -> bool:
        register = register_of(show)
        register.set(EXPOSURE, 4.0, Layer.OSC)
        register.set(size, 2.0, Layer.OSC)
        register.set("/narcissus/show/scene", "bare", Layer.OSC)
        return True

    def changed() -> bool:
        register = register_of(show)
        if register.value("/narcissus/show/scene") != "bare":
            return False
        with pytest.raises(UnknownAddressError):
            register.value(size)
        assert register.overrides == {EXPOSURE: 4.0} and register.overridden[size] is Layer.OSC
        return show.mirror.knobs.get("film", {}).get("exposure") == 4.0  # once it has been drawn

    def back() -> bool:
        return (
            register_of(show).overrides.get(size) == 2.0 and show.mirror.knobs.get("reflection", {}).get("size") == 2.0
        )

    by_and_by(show, begin, changed, lambda: show.loop._switcher.change_scene("plain") is None, back)


def test_people_and_calm_reach_the_reflection_thread(place: Path, blind: None) -> None:
    show = app(seconds=30.0)
    usual = show._options  # until the show has begun there is no register

    def ask() -> bool:
        register_of(show).set("/narcissus/show/people", 1, Layer.PANEL)
        register_of(show).set("/narcissus/show/calm", 2, Layer.PANEL)
        return True

    by_and_by(show, ask, lambda: show.loop._request.settings.people == 1)
    settings, scene = show.loop._request.settings, show.mirror.scene.reflection
    assert usual is not None and settings.min_cutoff_hz == scene.min_cutoff_hz / 2
    assert settings.features.shape.beta == scene.features.shape.beta / 2


def test_a_knob_that_is_drawn_once_has_its_pass_built_anew_and_given_back(place: Path, blind: None) -> None:
    (place / "scenes" / "plain.yaml").write_text(SCENE.replace("- film", "- frame: {wear: 0.5}\n  - film"))
    show, before = app(seconds=60.0), list[object]()
    wear = "/narcissus/scene/frame/wear"

    def frame() -> object:
        return next(part.drawn for part in show.mirror._compositor._parts if part.spec.kind == "frame")

    def film() -> object:
        return next(part.drawn for part in show.mirror._compositor._parts if part.spec.kind == "film")

    def begin() -> bool:
        before.extend((frame(), film()))
        register_of(show).set(wear, 0.7, Layer.PANEL, "panel")
        return True

    def is_built() -> bool:
        if frame() is before[0] or frame().settings.wear != 0.7:  # type: ignore[attr-defined]
            return False
        holdings = register_of(show).why(wear).holdings
        return [holding.value for holding in holdings][:2] == [0.7, 0.5] and film() is before[1]

    by_and_by(
        show,
        begin,
        is_built,
        lambda: register_of(show).release(wear),
        lambda: frame().settings.wear == 0.5,  # type: ignore[attr-defined]
    )


def test_a_key_and_a_cue_of_the_installations_own_reach_the_wall(place: Path, blind: None) -> None:
    (place / "control.yaml").write_text(
        f"keys:\n  f5: {{address: {EXPOSURE}, value: 4}}\n  f6: /narcissus/cue/dim\n  f7: /narcissus/cue/gone\n"
    )
    (place / "cues.yaml").write_text(f"cues:\n  dim: {{scene: plain, knobs: {{{EXPOSURE}: 0.25}}}}\n")
    show = app(seconds=30.0)

    def exposure() -> float:
        return float(show.mirror.knobs.get("film", {}).get("exposure", 1.0))

    def press(key: str) -> bool:
        show.loop._window.other_keys = lambda: [key]  # type: ignore[method-assign]
        return True

    def let_go() -> bool:
        show.loop._window.other_keys = list  # type: ignore[method-assign]
        return True

    by_and_by(
        show,
        lambda: press("f5"),
        lambda: exposure() == 4.0 and let_go(),
        lambda: register_of(show).set("/narcissus/show/cue_fade_s", 0.3, Layer.PANEL).is_shown,
        lambda: press("f6"),
        lambda: "cue dim" in register_of(show).why(EXPOSURE).holdings[0].by and let_go(),
        lambda: exposure() == 0.25,
        lambda: press("f7"),
        lambda: "there is no parameter /narcissus/cue/gone" in show.note,
    )


def test_projectors_and_the_microphone_are_set_and_given_back(place: Path, blind: None) -> None:
    (place / "venue.yaml").write_text("format: 1\nprojectors: [{colour: {gain: [1, 0.5, 1]}}]\n")
    show, levels = app(seconds=60.0), list[float]()
    green, gain = "/narcissus/projector/1/green", "/narcissus/audio/gain_db"

    def order(address: str, value: float) -> bool:
        return register_of(show).set(address, value, Layer.PANEL).is_shown

    def colour() -> tuple[float, float, float]:
        return show.show.drawing.calibration.venue.projectors[0].colour.gain

    def is_lit() -> bool:
        levels.append(float(show.wall().mean()))
        return len(levels) > 3 and levels[-1] > 0.0

    by_and_by(
        show,
        is_lit,
        lambda: register_of(show).value(green) == 0.5,
        lambda: all([order(green, 0.0), order("/narcissus/projector/1/red", 0.0), order(gain, 12.0)]),
        lambda: colour() == (0.0, 0.0, 1.0) and show.loop._level_meter._settings.gain_db == 12.0,
        lambda: float(show.wall().reshape(-1, 3)[:, :2].max()) == 0.0,
        lambda: register_of(show).release_all() == 3,
        lambda: colour() == (1.0, 0.5, 1.0) and show.loop._level_meter._settings.gain_db == 0.0,
    )
