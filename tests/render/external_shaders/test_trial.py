"""Shaders from outside are drawn once in a child process: what hangs, crashes or is slow never reaches the show."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import pytest

from engine.core.errors import ConfigError
from engine.render.external_shaders.trial import SIZE_WH, Ready, ShaderTrial, TrialAnswer, TrialRequest
from engine.render.gl.shader_library import ShaderLibrary
from engine.render.passes import registry
from engine.render.shader_trials import ShaderTrials
from engine.scene.scene import PassSpec
from tests.conftest import ROOT
from tests.render.external import PretendedTrial
from tests.render.isf import isf

LOOP = isf(
    "float a = isf_FragNormCoord.x; for (int i = 0; i >= 0; i += 0) { a += sin(TIME + a); if (a > 1e30) break; }"
    " gl_FragColor = vec4(a);"
)
POWER = isf("gl_FragColor = vec4(pow(isf_FragNormCoord.x - 0.5, 3.0) + 0.5, vec3(1.0));")
HERE = "tests.render.external_shaders.test_trial"


def request(folder: Path, file: str, kind: str = "isf") -> TrialRequest:
    return TrialRequest(kind, {"file": file}, str(ROOT / "shaders"), str(folder), shown_wh=(640, 360))


@pytest.fixture(scope="module")
def trial() -> Iterator[ShaderTrial]:
    with ShaderTrial(limit_s=20.0) as made:
        yield made


def test_a_child_draws_and_says_what_it_saw(tmp_path: Path, trial: ShaderTrial) -> None:
    (tmp_path / "a b.fs").write_text(isf("gl_FragColor = vec4(isf_FragNormCoord, 0.0, 1.0);"))
    answer = trial.run(replace(request(tmp_path, "a b.fs"), wants_picture=True))
    assert (answer.error, answer.notes, answer.not_finite, answer.hangs) == ("", (), 0, False)
    assert answer.ms > 0.0
    assert answer.shown_ms > answer.ms
    picture = np.frombuffer(answer.picture, np.uint8).reshape(SIZE_WH[1], SIZE_WH[0], 3)
    assert picture[2, -2].tolist() == pytest.approx([254, 249, 0], abs=6)


def test_errors_and_what_was_put_right_come_back(tmp_path: Path, trial: ShaderTrial) -> None:
    (tmp_path / "broken.fs").write_text(isf("gl_FragColor = vec4(broken);"))
    assert trial.run(request(tmp_path, "broken.fs")).error.startswith(f"{tmp_path}/broken.fs:3: ")
    (tmp_path / "power.fs").write_text(POWER)
    answer = trial.run(request(tmp_path, "power.fs"))
    assert answer.not_finite == 0
    assert [sentence.partition(": ")[2][:31] for sentence in answer.notes] == ["takes powers of negative number"]
    answer = trial.run(TrialRequest("isf", {"file": "power.fs", "guard": False}, str(ROOT / "shaders"), str(tmp_path)))
    assert answer.not_finite == SIZE_WH[0] // 2 * SIZE_WH[1]


def test_a_shader_that_never_returns_is_refused_and_the_next_is_tried(tmp_path: Path) -> None:
    (tmp_path / "loop.fs").write_text(LOOP)
    (tmp_path / "fine.fs").write_text(isf("gl_FragColor = vec4(1.0);"))
    with ShaderTrial(limit_s=1.0) as trial:
        answer = trial.run(request(tmp_path, "loop.fs"))
        assert answer.hangs
        assert answer.error == "did not finish drawing a picture of 160x90 px within 1 s"
    with ShaderTrial() as trial:
        assert not trial.run(request(tmp_path, "fine.fs")).error


def crash(connection: Connection) -> None:
    connection.send(Ready())
    connection.recv()
    os.kill(os.getpid(), signal.SIGKILL)


def without_context(connection: Connection) -> None:
    connection.send(TrialAnswer(error="there is no OpenGL", is_tried=False))


def test_a_driver_that_crashes_takes_only_the_child_with_it() -> None:
    with ShaderTrial(child=f"{HERE}:crash") as trial:
        for _ in range(2):
            assert trial.run(TrialRequest("isf", {}, "")).error == "the graphics driver crashed on it"


def spec(file: str) -> PassSpec:
    return PassSpec("isf", registry()["isf"].model_validate({"file": file}))


def test_a_slow_shader_is_refused_with_its_time(tmp_path: Path) -> None:
    trials = ShaderTrials(ShaderLibrary(ROOT / "shaders", {"foreign": tmp_path}), PretendedTrial())
    size = r"for a picture of 640x360 px"
    with pytest.raises(
        ConfigError, match=rf"slow\.fs: would take about 4\.2 s {size}, and may take 2 s; make the scene"
    ):
        list(trials.steps(spec("slow.fs"), (640, 360)))


def test_what_was_tried_is_tried_again_only_when_it_was_saved(tmp_path: Path) -> None:
    pretended = PretendedTrial()
    trials = ShaderTrials(ShaderLibrary(ROOT / "shaders", {"foreign": tmp_path}), pretended)
    for _ in range(2):
        list(trials.steps(spec("a.fs"), (640, 360)))
    assert pretended.asked == ["a.fs"]
    (tmp_path / "a.vs").write_text("")
    list(trials.steps(spec("a.fs"), (640, 360)))
    assert pretended.asked == ["a.fs", "a.fs"]


def test_where_nothing_can_be_tried_the_show_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    trials = ShaderTrials(ShaderLibrary(ROOT / "shaders"), ShaderTrial(child=f"{HERE}:without_context"))
    for _ in range(2):
        list(trials.steps(spec("breath.fs"), (640, 360)))
    assert [record.getMessage() for record in caplog.records] == [
        "shaders from outside are shown without having been tried: there is no OpenGL"
    ]
    trials.close()
