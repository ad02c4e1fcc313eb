"""The whole program, off screen, with a tiny persona: what it writes, what it survives, what it says."""

import json
import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import skimage.data
from PIL import Image

import engine.app
import engine.programme
from engine.app import ROOT, App
from engine.clock import Clock, LocalTime, TimeSource
from engine.errors import ConfigError, DeviceError, ModelError, NarcissusError
from engine.hearing import AudioSettings, Hearing
from engine.options import Options
from engine.pipeline.source import Source
from engine.programme import Programme
from engine.render.actions import Action
from engine.session.format import Answer, Cue
from engine.session.reader import Session
from engine.slot import Slot
from engine.types import Features, Frame
from tests.tiny_persona import write_tiny_persona

SIZE_WH = (128, 72)
SCENE = """
format: 1
title: Test
size: [1280, 720]
passes:
  - room: {}
  - reflection: {}
  - film: {}
"""


@pytest.fixture
def place(tmp_path: Path, gl: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration, a scene and a persona, which is the current folder; `gl`: there is OpenGL."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "plain.yaml").write_text(SCENE)
    (tmp_path / "config.yaml").write_text("scene: {name: plain}\npersona: {model: tiny}\n")
    write_tiny_persona(tmp_path / "models" / "tiny")
    return tmp_path


@pytest.fixture
def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MediaPipe: nobody is ever seen, and nothing has to load."""

    class Blind:
        def __init__(self, mode: str, **settings: Any) -> None: ...

        def __call__(self, frame: Frame) -> Features | None:
            return None

        def close(self) -> None: ...

    monkeypatch.setattr(engine.app, "Featurizer", Blind)


def app(**options: Any) -> App:
    chosen = Options(**({"headless": True, "size_wh": SIZE_WH, "seconds": 0.5} | options))
    return App(chosen, scenes=Path("scenes"), models=Path("models"))


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as film:
        return [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]


def test_a_film_and_statistics_of_the_mirror_that_sees_itself(place: Path, blind: None) -> None:
    app(record=Path("out.mp4"), stats=Path("stats.json")).run()
    pictures = frames_of(place / "out.mp4")
    assert len(pictures) > 3 and pictures[0].shape == (72, 128, 3)
    assert pictures[-1].std() > 2, "the film shows something"
    stats = json.loads((place / "stats.json").read_text())
    assert stats["frames"]["drawn"] >= len(pictures)
    assert stats["frames"]["per_s"] > 0 and stats["frames"]["draw_ms"].keys() == {"p50", "p95"}
    assert stats["reflections"]["count"] > 0 and stats["reflections"]["age_ms"]["p95"] > 0
    assert stats["stages_ms"].keys() == {"features", "latent", "face"}
    assert stats["errors"].keys() == {"features", "latent", "face", "echo", "deepening", "turn"}
    assert set(stats["errors"].values()) == {0}
    assert stats["drops"].keys() == {"frames", "camera picture", "reflections", "measurements"}
    assert stats["frames"]["interval_ms"].keys() == {"p50", "p95", "p99"}
    assert stats["frames"]["pace"] == "34 pictures a second, by sleeping: the processor draws"
    assert stats["latency_ms"].keys() == {"read", "features", "latent", "generated", "uploaded", "presented"}
    assert all(leg["p50"] >= 0 for leg in stats["latency_ms"].values())
    assert stats["faces"]["frames_seen"] == 0
    assert stats["seconds"] == pytest.approx(0.5, abs=0.4)


def test_a_real_face_is_seen_from_picture_to_reflection(place: Path) -> None:
    Image.fromarray(skimage.data.astronaut()).save("astronaut.png")
    app(source="astronaut.png", stats=Path("stats.json"), seconds=1.5).run()
    stats = json.loads((place / "stats.json").read_text())
    assert stats["faces"]["frames_seen"] > 0
    assert stats["stages_ms"]["features"]["p50"] > 0


def test_age_and_gender_are_read_unless_switched_off(place: Path, caplog: pytest.LogCaptureFixture) -> None:
    def opened(switch: str) -> App:
        (place / "config.yaml").write_text(f"scene: {{name: plain}}\npersona: {{model: tiny, attributes: {switch}}}\n")
        show = app()
        show._read_files()
        return show

    assert opened("true")._attributes is None
    assert "age and gender are not read, the show goes on without: models/attributes/weights" in caplog.text
    shutil.copytree(ROOT / "models" / "attributes", place / "models" / "attributes")
    assert opened("true")._attributes is not None
    caplog.clear()
    assert opened("off")._attributes is None and "age and gender" not in caplog.text
    (place / "models" / "attributes.safetensors").write_bytes(b"no network")
    assert opened("true")._attributes is None
    assert "models/attributes.safetensors cannot be used: it is damaged" in caplog.text


def during(show: App, step: Callable[[], None], after_s: float = 0.3) -> None:
    """Run `show` and call `step` on its main thread after a while."""
    poll, began_s = show._update, []

    def update(tick: Any) -> Any:
        if tick.time_s >= after_s and not began_s:
            began_s.append(tick.time_s)
            step()
        return poll(tick)

    show._update = update  # type: ignore[method-assign]
    show.run()
    assert began_s


def test_keys(place: Path, blind: None) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE.replace("title: Test", "title: Another"))
    show = app(seconds=None)

    def press() -> bool:
        for action in (
            Action.OVERLAY,
            Action.LANDMARKS,
            Action.CAMERA,
            Action.HELP,
            Action.HELP,
            Action.SNAPSHOT,
            Action.RECORD,
            Action.SCENE_9,
        ):
            show._act(action)
        show._act(Action.SCENE_1)
        assert show._mirror.scene.title == "Test", "the other one is built first"
        assert show._keepsakes.is_filming and show._shows_overlay and not show._shows_help
        return any("drawn" in line for line in show._write_lines())

    by_and_by(
        show,
        press,
        lambda: show._mirror.scene.title == "Another" and show._programme.name == "another",
        *[lambda: True] * 20,
    )
    films, pictures = list((place / "recordings").glob("*.mp4")), list((place / "recordings").glob("*.png"))
    assert len(films) == len(pictures) == 1
    assert len(frames_of(films[0])) > 3


def test_a_film_ends_by_its_key_while_the_show_goes_on(place: Path, blind: None) -> None:
    show = app(seconds=1.5, record=Path("first.mp4"))
    during(show, lambda: show._act(Action.RECORD))
    assert not show._keepsakes.is_filming
    assert 1 < len(frames_of(place / "first.mp4")) < show._report.summary(show._worker.health)["frames"]["drawn"]


def test_a_broken_scene_on_a_key_leaves_the_wall_as_it_is(place: Path, blind: None) -> None:
    (place / "scenes" / "broken.yaml").write_text(SCENE.replace("room: {}", "room: {gloom: 3}"))
    show = app(seconds=1.0)
    during(show, lambda: show._act(Action.SCENE_1))
    assert show._mirror.scene.title == "Test"
    assert "broken.yaml:6: passes[0].room.gloom" in show._note


HALF_DARK = """
projectors:
  - corners: {top_left: [0.5, 0], bottom_left: [0.5, 1]}
"""


def test_a_venue_warps_the_wall_and_never_the_film(place: Path, blind: None) -> None:
    (place / "venue.yaml").write_text("rotation: 90" + HALF_DARK)
    show = app(record=Path("out.mp4"))
    seen: list[np.ndarray] = []

    def look() -> None:
        width, height = show._window.size_wh
        wall = np.frombuffer(show._window.framebuffer.read(components=3), np.uint8).reshape(height, width, 3)[::-1]
        seen.append(np.rot90(wall))  # as the audience sees it

    during(show, look)
    (wall,), picture = seen, frames_of(place / "out.mp4")[-1]
    assert picture.shape == (128, 72, 3), "upright"
    assert wall[40:90, :34].max() == 0 and wall[40:90, 40:].mean() > 3
    assert picture[40:90, :34].mean() > 3


def test_calibrating_while_a_film_runs_leaves_the_film_alone(place: Path, blind: None) -> None:
    show = app(seconds=1.0, record=Path("out.mp4"))
    during(show, lambda: show._act(Action.CALIBRATE))
    assert show._calibration.is_on
    first, last = (frames_of(place / "out.mp4")[number].astype(int) for number in (1, -1))
    assert np.abs(first - last).mean() < 4, "the test card is nowhere in it"


def test_a_broken_venue_is_told_before_anything_opens(place: Path) -> None:
    (place / "venue.yaml").write_text("rotation: 45\n")
    with pytest.raises(ConfigError, match=r"^venue\.yaml:1: rotation: must be 0, 90, 180 or 270, not 45$"):
        app().run()


def test_a_venue_that_is_named_and_missing_is_told(place: Path, blind: None, caplog: pytest.LogCaptureFixture) -> None:
    with (place / "config.yaml").open("a") as config:
        config.write("display: {venue: hall.yaml}\n")
    app(seconds=0.1).run()
    assert "there is no venue file hall.yaml: the picture is shown as it is; C in the window makes one" in caplog.text


def by_and_by(show: App, *steps: Callable[[], bool]) -> None:
    """Run `show`, ask one step after another, on its main thread, until it says that it is done; then end the show."""
    update, left, clock = show._update, list(steps), Clock()
    limit_s = clock.now_s() + 60.0

    def ask(tick: Any) -> Any:
        if clock.now_s() > limit_s or (left[0]() and left.pop(0) and not left):
            show._act(Action.QUIT)
        return update(tick)

    show._update = ask  # type: ignore[method-assign]
    show.run()
    assert not left, f"{len(left)} of {len(steps)} steps were not done"


def saved_until(path: Path, text: str, is_done: Callable[[], bool]) -> Callable[[], bool]:
    """A step that saves a file as editors do, and again every two seconds, until something has come of it."""
    clock, due_s = Clock(), [0.0]

    def step() -> bool:
        if not is_done() and clock.now_s() >= due_s[0]:
            due_s[0] = clock.now_s() + 2.0
            path.with_suffix(".new").write_text(text)
            os.replace(path.with_suffix(".new"), path)
        return is_done()

    return step


def test_a_saved_scene_is_shown_at_once_and_a_broken_save_is_told_to_the_operator_only(
    place: Path, blind: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    file, show = place / "scenes" / "plain.yaml", app(seconds=None)
    broken = "plain.yaml:6: passes[0].room.gloom"
    by_and_by(
        show,
        saved_until(file, SCENE.replace("Test", "Second"), lambda: show._mirror.scene.title == "Second"),
        saved_until(file, SCENE.replace("room: {}", "room: {gloom: 3}"), lambda: broken in show._note),
        lambda: show._mirror.scene.title == "Second" and broken in show._write_lines()[-1],
        saved_until(file, SCENE.replace("Test", "Third"), lambda: show._mirror.scene.title == "Third"),
        lambda: show._note == "" and broken not in str(show._write_lines()),
    )
    assert caplog.text.count(broken) == 1
    assert "watcher" not in {thread.name for thread in threading.enumerate()}


def test_a_saved_include_is_shown_at_once_and_survives_being_broken(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    shutil.copytree(engine.app.SHADERS, place / "shaders")
    monkeypatch.setattr(engine.app, "SHADERS", place / "shaders")
    file, show = place / "shaders" / "lib" / "srgb.glsl", app(seconds=None)
    good = file.read_text()
    broken = f"shaders/lib/srgb.glsl:{len(good.splitlines()) + 1}: "

    def wall_is(lit: bool) -> Callable[[], bool]:
        def look() -> bool:
            wall = np.frombuffer(show._window.framebuffer.read(components=3), np.uint8)
            return bool(wall.mean() > 1) == lit

        return look

    dark = good.replace("vec3 srgb_encode(vec3 ", "#define srgb_encode(light) vec3(0.0)\nvec3 unused(vec3 ")
    assert dark != good
    by_and_by(
        show,
        wall_is(lit=True),
        saved_until(file, good + "this is no GLSL;\n", lambda: broken in show._note),
        wall_is(lit=True),
        lambda: show._window._resize((160, 90)) is None,  # compiles all shaders again
        lambda: show._mirror._output_wh == (160, 90) and wall_is(lit=True)(),
        saved_until(file, dark, lambda: wall_is(lit=False)() and show._note == ""),
        saved_until(file, good, wall_is(lit=True)),
    )
    assert sum(broken in record.getMessage() for record in caplog.records) == 1


def test_another_scene_saved_or_reloading_switched_off_changes_nothing(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE)
    show = app(seconds=1.0)
    seen = []
    monkeypatch.setattr(Programme, "change_scene", lambda *_, **__: seen.append(1))

    def save() -> None:
        for name in ("another.yaml", "plain.yaml~", "notes.txt"):
            (place / "scenes" / name).write_text(SCENE)

    during(show, save)
    (place / "config.yaml").write_text("scene: {name: plain, reload: false}\npersona: {model: tiny}\n")
    show = app(seconds=1.0)
    during(show, lambda: (place / "scenes" / "plain.yaml").write_text(SCENE) and None)
    assert not seen and show._watcher is None


def test_black_and_held_are_keys_and_the_overlay_says_so(place: Path, blind: None) -> None:
    show = app(seconds=None, record=Path("black.mp4"))

    def picture() -> np.ndarray:
        return np.frombuffer(show._window.framebuffer.read(components=3), np.uint8).reshape(72, 128, 3)[:60, :100]

    def press(action: Action, line: str, present: bool) -> Callable[[], bool]:
        def step() -> bool:
            show._act(action)
            return (line in "\n".join(show._write_lines())) == present

        return step

    held: list[np.ndarray] = []
    by_and_by(
        show,
        press(Action.FREEZE, "the picture is held", True),
        lambda: held.append(picture()) is None,
        *[lambda: held.append(picture()) is None] * 5,
        press(Action.FREEZE, "the picture is held", False),
        lambda: True,  # a frame later
        lambda: bool((picture() != held[-1]).any()),
        press(Action.BLACKOUT, "black: B", True),
        lambda: bool((picture() == 0).all()),
        press(Action.OVERLAY, "drawn", True),
        lambda: True,  # a frame later
        lambda: bool((picture() != 0).any()),  # the overlay is seen on black
        press(Action.BLACKOUT, "black: B", False),
        lambda: bool((picture()[:, 50:] > 9).any()),
    )
    assert all((picture == held[1]).all() for picture in held[2:])
    assert len(frames_of(place / "black.mp4")) > 5, "the film goes on"


def test_a_session_keeps_the_show_as_numbers_under_the_red_dot(place: Path, blind: None) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE)
    show = app(session=Path("evening.narc"), stats=Path("stats.json"), seconds=1.5)

    def press() -> None:
        assert show._keepsakes.is_keeping and not show._keepsakes.is_filming
        for action in (Action.SCENE_1, Action.BLACKOUT, Action.FREEZE):
            show._act(action)

    during(show, press)
    session = Session(place / "evening.narc")
    assert list(session.scenes) == ["plain", "another"] and session.is_ever_held and not session.note
    assert (session.head.persona, session.head.width, session.head.latent_size) == ("tiny", 128, 16)
    records = list(session.records())
    answers = [record for record in records if isinstance(record, Answer)]
    assert len(answers) == json.loads((place / "stats.json").read_text())["reflections"]["count"]
    black = [record.is_black for record in records if isinstance(record, Cue)]
    assert not black[0] and black[-1], "the scene follows when it has been built"
    assert 1.0 < session.seconds < 2.5


def test_how_loud_it_is_reaches_the_scene_and_the_session(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loud(Hearing):
        def __init__(self, settings: AudioSettings, clock: TimeSource) -> None:
            super().__init__(settings, clock, lambda device, hear: pytest.fail("nobody asked for a microphone"))
            self.level = 0.75

    monkeypatch.setattr(engine.app, "Hearing", Loud)
    show = app(session=Path("evening.narc"))
    heard: list[float] = []
    during(show, lambda: heard.append(show._mirror._viewer.signals["audio"]))
    assert heard == [0.75]
    answers = [record for record in Session(place / "evening.narc").records() if isinstance(record, Answer)]
    assert answers and {answer.audio for answer in answers} == {0.75}


def test_a_session_is_kept_of_every_show_where_the_configuration_asks(place: Path, blind: None) -> None:
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + "recorder: {session: true}\n")
    app().run()
    (path,) = (place / "recordings").glob("*_plain.narc")
    assert Session(path).seconds > 0


def test_off_screen_a_session_that_cannot_be_kept_ends_it(place: Path, blind: None) -> None:
    (place / "file").write_text("")
    with pytest.raises(DeviceError, match=r"the session file/a\.narc cannot be created: its folder is not a folder"):
        app(session=Path("file/a.narc")).run()


def test_quit_and_signals_end_the_show_in_order(place: Path, blind: None) -> None:
    show = app(seconds=None)
    during(show, lambda: show._act(Action.QUIT))
    show = app(seconds=None, record=Path("cut.mp4"))
    during(show, lambda: os.kill(os.getpid(), signal.SIGTERM))
    assert len(frames_of(place / "cut.mp4")) > 1
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    names = {thread.name for thread in threading.enumerate()}
    assert not names & {"reflection", "recorder", "camera"}


def test_a_failing_network_does_not_end_the_show(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise MemoryError("no memory for the network")

    monkeypatch.setattr(engine.app, "open_generator", refuse)
    monkeypatch.setattr(engine.app, "WAKE_LIMIT_S", 0.5)
    app(stats=Path("stats.json")).run()
    stats = json.loads((place / "stats.json").read_text())
    assert stats["errors"]["face"] > 0 and stats["frames"]["drawn"] > 3
    assert caplog.text.count("face failed and is restarted; the last picture stays: no memory for the network") == 1


def test_a_camera_that_is_not_there_does_not_end_the_show(place: Path, blind: None) -> None:
    show = app(source="camera:/dev/nothing", seconds=1.0, stats=Path("stats.json"))
    states = []
    during(show, lambda: states.append(show._source.state if show._source else ""), after_s=0.8)
    stats = json.loads((place / "stats.json").read_text())
    assert stats["reflections"]["count"] > 0, "the mirror wanders on"
    assert states[0] != "running"


def test_nothing_of_a_viewer_is_written_unless_asked(place: Path) -> None:
    Image.fromarray(skimage.data.astronaut()).save("astronaut.png")
    before = set(place.rglob("*"))
    app(source="astronaut.png", seconds=0.5).run()
    assert set(place.rglob("*")) == before


@pytest.mark.parametrize(
    ("spoil", "options", "kind", "message"),
    [
        (lambda p: (p / "config.yaml").unlink(), {}, ConfigError, "config.yaml"),
        (
            lambda p: (p / "config.yaml").write_text("camera: {widht: 3}\n"),
            {},
            ConfigError,
            "config.yaml:1: camera.widht",
        ),
        (lambda p: None, {"scene": "pool"}, ConfigError, "there is no scene 'pool': scenes has plain"),
        (
            lambda p: (p / "scenes" / "plain.yaml").write_text(SCENE.replace("film", "flim")),
            {},
            ConfigError,
            "scenes/plain.yaml:8: passes[2].flim",
        ),
        (lambda p: None, {"model": "nobody"}, ModelError, "there is no persona 'nobody'"),
        (
            lambda p: (p / "models" / "tiny" / "generator.safetensors").write_bytes(b"?" * 100),
            {},
            ModelError,
            "generator.safetensors",
        ),
        (lambda p: (p / "models/tiny/inverter.safetensors").write_bytes(b"?"), {}, ModelError, "inverter.safetensors"),
        (lambda p: None, {"source": "nothing.mp4"}, NarcissusError, "nothing.mp4"),
        (lambda p: (p / "text.png").write_text("no"), {"source": "text.png"}, DeviceError, "text.png"),
        (lambda p: None, {"size_wh": (1, 1)}, ConfigError, "a picture of 1x1 px cannot be shown"),
        (lambda p: (p / "out.mp4").write_text(""), {"record": Path("out.mp4")}, ConfigError, "out.mp4 exists already"),
        (lambda p: (p / "a.narc").write_text(""), {"session": Path("a.narc")}, ConfigError, "a.narc exists already"),
        (lambda p: None, {"record": Path("out.avi")}, ConfigError, "out.avi cannot hold H.264, being a .avi file"),
    ],
)
def test_what_is_wrong_at_the_start_is_one_sentence(
    place: Path,
    blind: None,
    spoil: Callable[[Path], Any],
    options: dict[str, Any],
    kind: type[NarcissusError],
    message: str,
) -> None:
    spoil(place)
    with pytest.raises(kind) as told:
        app(**options).run()
    assert message in str(told.value)
    assert "\n" not in str(told.value)


def test_an_unwritable_film_is_told_and_the_show_goes_on(place: Path, blind: None) -> None:
    (place / "file").write_text("")
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + "recorder: {folder: file}\n")
    show = app(seconds=1.0)
    during(show, lambda: show._act(Action.RECORD))
    assert "file" in show._note and not show._keepsakes.is_filming
    assert show._report.seconds >= 1.0


def test_off_screen_an_unwritable_film_ends_it(place: Path, blind: None) -> None:
    (place / "file").write_text("")
    with pytest.raises(DeviceError, match=r"file/out\.mp4"):
        app(record=Path("file/out.mp4")).run()


def test_a_stage_without_opengl_is_one_sentence(place: Path, blind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_context(**_: Any) -> None:
        raise RuntimeError("libEGL.so.1 is missing")

    monkeypatch.setattr("moderngl.create_context", no_context)
    with pytest.raises(DeviceError, match="install libgl1, libegl1") as told:
        app().run()
    assert "\n" not in str(told.value)


def test_a_broken_shader_at_the_start_is_told_with_file_and_line(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(engine.app.SHADERS, place / "shaders")
    lines = (place / "shaders" / "room.frag").read_text().splitlines()
    end = next(number for number, line in enumerate(lines, 1) if line.startswith("void main"))
    lines.insert(end, "    this is no GLSL;")
    (place / "shaders" / "room.frag").write_text("\n".join(lines))
    monkeypatch.setattr(engine.app, "SHADERS", place / "shaders")
    with pytest.raises(ConfigError, match=rf"room\.frag:{end + 1}"):
        app().run()


def test_the_show_waits_for_nothing_longer_than_it_says(place: Path, blind: None) -> None:
    clock = Clock()
    began_s = clock.now_s()
    show = app(seconds=0.2)
    show.run()
    assert show._report.seconds < clock.now_s() - began_s


def test_the_playlist_changes_scenes_and_a_wrong_one_is_told_at_the_start(place: Path, blind: None) -> None:
    (place / "scenes" / "another.yaml").write_text(SCENE.replace("title: Test", "title: Another"))
    config = (place / "config.yaml").read_text()
    turns = "playlist: {scenes: [{scene: plain, minutes: 0.05}, {scene: another}], wait_minutes: 0}\n"
    (place / "config.yaml").write_text(config + turns)
    show = app(seconds=None)
    by_and_by(show, lambda: show._mirror.scene.title == "Another" and show._programme.name == "another")
    (place / "config.yaml").write_text(config + "playlist: {scenes: [{scene: nothing}]}\n")
    with pytest.raises(ConfigError, match="there is no scene 'nothing'"):
        app().run()


def test_outside_the_opening_hours_the_wall_is_black_and_opens_by_itself(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [LocalTime(0, 9 * 3600)]
    for module in (engine.app, engine.programme):
        monkeypatch.setattr(module, "local_time", lambda: now[0])
    hours = 'schedule: {monday: ["10:00-18:00"], fade_s: 0.2}\n'
    (place / "config.yaml").write_text((place / "config.yaml").read_text() + hours)
    show = app(seconds=None)

    def is_black() -> bool:
        wall = np.frombuffer(show._window.framebuffer.read(components=3), np.uint8)
        return bool(wall.max() == 0)

    def at(hour: int) -> Callable[[], bool]:
        def step() -> bool:
            now[0] = LocalTime(0, hour * 3600)
            return True

        return step

    by_and_by(
        show,
        lambda: True,  # a frame later
        is_black,
        lambda: any("closed" in line for line in show._write_lines()),
        at(10),
        lambda: not is_black(),
        at(18),
        is_black,
    )


class LoopedCamera(Source):
    """A camera before the screen of `show`: it gives what that showed a while ago."""

    DELAY_S = 0.1

    def __init__(self, show: App, sinks: Sequence[Slot[Frame]], clock: TimeSource) -> None:
        super().__init__("loop", False, sinks, clock)
        self._show_of = show

    def _read(self) -> None:
        while not self._stopping.wait(1 / 60):
            now_s, loop = self._clock.now_s(), self._show_of._loop
            assert loop is not None
            shown = [level for moment_s, level in loop._shown[-60:] if moment_s <= now_s - self.DELAY_S]
            self._put(np.full((48, 64, 3), 60 + 80 * (shown[-1] if shown else 0), np.uint8), now_s)


def test_the_loop_is_measured_through_a_camera_that_sees_the_screen(
    place: Path, blind: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    show = app(source="camera:0", measure_loop=True, stats=Path("stats.json"), seconds=6.0)
    monkeypatch.setattr(
        engine.app, "open_source", lambda name, settings, sinks, clock: LoopedCamera(show, sinks, clock)
    )
    show.run()
    assert "narcissus: screen and camera take " in capsys.readouterr().out
    loop = json.loads((place / "stats.json").read_text())["loop"]
    assert LoopedCamera.DELAY_S * 1000 * 0.8 < loop["screen_and_camera_ms"] < 1000
    assert loop["confidence"] > 0.4 and loop["share_of_picture"] == 1 and loop["mirror_ms"] > 0


def test_a_loop_without_a_camera_or_with_one_that_looks_elsewhere_is_one_sentence(place: Path, blind: None) -> None:
    with pytest.raises(ConfigError, match="--measure-loop needs a camera that sees the screen"):
        app(measure_loop=True).run()
    Image.fromarray(skimage.data.astronaut()).save("astronaut.png")
    with pytest.raises(DeviceError, match="the camera does not see the pattern: point it at the screen"):
        app(source="astronaut.png", measure_loop=True, stats=Path("stats.json")).run()
    assert json.loads((place / "stats.json").read_text())["loop"]["screen_and_camera_ms"] is None
