"""Every key and every built-in of ISF 2 and Shadertoy, in two hundred shaders of which each says what it must draw.

All are read and translated here, and each eighth is drawn.
`python -m tests.render.external_shaders.spec_cases FOLDER` and `tools.check_shader FOLDER` draw all of them.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from engine.render.external_shaders.isf_file import IsfFile
from engine.render.external_shaders.shadertoy_files import ShadertoyFiles
from engine.render.gl.shader_library import ShaderLibrary
from tests.conftest import ROOT
from tests.render.external import Playing, code, frame, ticks
from tests.render.external_shaders.spec_cases import SpecCase, isf_cases, shadertoy_cases, write_cases
from tests.render.isf import middle

CASES = [*isf_cases(), *shadertoy_cases()]
DRAWN = CASES[::8]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("spec")
    write_cases(made)
    return made


def test_there_are_two_hundred_and_all_are_read(folder: Path) -> None:
    library = ShaderLibrary(ROOT / "shaders", {"foreign": folder})
    assert len({case.name for case in CASES}) == 200
    for case in CASES:
        if case.name.endswith(".fs"):
            isf = IsfFile(library, case.name, {})
            assert isf.program(library).notes == ()
            notes = isf.notes
        else:
            notes = ShadertoyFiles(library, case.name, {}, {}, None).notes
        assert bool(notes) == case.notes, case.name


@pytest.mark.parametrize("case", DRAWN, ids=lambda case: case.name)
def test_it_draws_what_it_must(playing: Playing, folder: Path, case: SpecCase) -> None:
    for path in folder.iterdir():
        (playing.folder / "foreign" / path.name).write_bytes(path.read_bytes())
    kind = "isf" if case.name.endswith(".fs") else "shadertoy"
    open_ones = (
        {} if kind == "isf" or case.name.endswith(".json") else {f"iChannel{index}": "any" for index in range(4)}
    )
    settings = {"file": case.name, **({"channels": open_ones} if open_ones else {})}
    shown = playing.open(kind, settings)
    for tick in ticks(3):
        picture = frame(shown, tick)
    red, green, _ = np.asarray(code(middle(picture)))
    if case.value is not None:
        assert red == pytest.approx(case.value, abs=0.01)
    assert green == pytest.approx(0.25, abs=0.01)


def test_cases_are_written_the_same_every_time() -> None:
    assert json.dumps([case.text for case in CASES]) == json.dumps(
        [case.text for case in (*isf_cases(), *shadertoy_cases())]
    )
