"""The tool that checks shaders: a line for each, JSON and a sheet whatever happens, and no file can stop it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.render.external_shaders.trial import TrialAnswer
from tests.render.isf import isf
from tools.check_shader import judge, main

FINE = isf("gl_FragColor = vec4(isf_FragNormCoord, 0.0, 1.0);")


def test_every_file_gets_its_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "theirs"
    (folder / "more").mkdir(parents=True)
    (folder / "a fine one.fs").write_text(FINE)
    (folder / "more" / "toy.glsl").write_text(
        "void mainImage(out vec4 c, in vec2 p) { c = texture(iChannel0, p * 0.001); }"
    )
    (folder / "odd.fs").write_text(FINE.replace("}*/", ",}*/"))
    (folder / "broken.fs").write_text(isf("gl_FragColor = vec4(broken);"))
    (folder / "dots.fs").write_text(isf("gl_FragColor = vec4(sqrt(isf_FragNormCoord.x - 0.5));"))
    (folder / "dots.vs").write_text("void main() { isf_vertShaderInit(); }")
    (folder / "bytes.fs").write_bytes(b"\x00\x01")
    (folder / "headless.fs").write_text("void main() { gl_FragColor = vec4(1.0); }")
    (folder / "other.frag").write_text("uniform float time;\nvoid main() { gl_FragColor = vec4(time); }")
    (folder / "package.json").write_text("{}")
    (folder / "notes.md").write_text("no shader")
    figures, sheet = tmp_path / "verdicts.json", tmp_path / "sheet.png"
    asked = [str(folder), str(tmp_path / "none.fs"), "--draw", "2"]
    assert main([*asked, "--json", str(figures), "--sheet", str(sheet)]) == 3
    verdicts = json.loads(figures.read_text())
    assert [set(verdict) for verdict in verdicts] == [{"file", "verdict", "message", "ms", "not_finite"}] * 9
    found = {Path(verdict["file"]).name: verdict for verdict in verdicts}
    assert {name: verdict["verdict"] for name, verdict in found.items()} == {
        "a fine one.fs": "ok",
        "broken.fs": "refused",
        "bytes.fs": "refused",
        "headless.fs": "refused",
        "other.frag": "refused",
        "dots.fs": "told",
        "toy.glsl": "ok",
        "odd.fs": "told",
        "none.fs": "refused",
    }
    assert found["broken.fs"]["message"].startswith(f"{folder}/broken.fs:3: ")
    assert "there is no shader" in found["none.fs"]["message"]
    assert found["headless.fs"]["message"].startswith(f"{folder}/headless.fs:1: an ISF file must begin with a comment")
    assert found["other.frag"]["message"].startswith(f"{folder}/other.frag:2: brings its own main()")
    assert found["dots.fs"]["not_finite"] == 80 * 90
    assert found["a fine one.fs"]["ms"] > 0.0
    out, err = capsys.readouterr()
    assert f"{folder}/a fine one.fs: ok\n" in out
    assert "9 shaders: 2 ok, 2 told, 0 slow, 5 refused" in err
    assert np.asarray(Image.open(sheet)).std() > 20


def test_files_that_are_all_fine_are_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.fs").write_text(FINE)
    assert main([str(tmp_path / "a.fs")]) == 0
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "a.fs"), "--draw", "0"])
    assert ended.value.code == 2
    assert "must be a whole number from 1 to 1000" in capsys.readouterr().err


def test_a_folder_without_shaders_is_an_error(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 3


@pytest.mark.parametrize(
    ("answer", "verdict", "message"),
    [
        (TrialAnswer(ms=1.0, shown_ms=3000.4), "slow", "about 3000 ms per picture of 1920x1080 px"),
        (TrialAnswer(notes=("a.fs: odd",), not_finite=144), "told", "a.fs: odd; a.fs: 1.0% of its pixels are not"),
        (TrialAnswer(error="crashed\non it", hangs=True), "refused", "a.fs: crashed; on it"),
        (TrialAnswer(ms=1.0, shown_ms=144.0), "ok", ""),
    ],
)
def test_an_answer_becomes_a_verdict(answer: TrialAnswer, verdict: str, message: str) -> None:
    judged = judge("a.fs", answer)
    assert judged.verdict == verdict
    assert judged.message.startswith(message)
