"""`tools.autotune_generator`: what is remembered is shown, measured again, and taken by a show."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.networks.backends.generator_runtime import open_openvino
from engine.networks.persona import Persona
from tests.tiny_persona import write_tiny_persona
from tools.autotune_generator import main, thread_counts


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NARCISSUS_CACHE", str(tmp_path / "cache"))
    write_tiny_persona(tmp_path / "models" / "tiny", resolution=16, seed=3)
    return tmp_path / "models"


def test_it_says_what_is_known_and_measures_only_if_asked(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = ["--model", "tiny", "--threads", "1", "--precision", "float32"]
    assert main(said, models) == 0
    assert "not measured yet; begins with transposed, rms, float32" in capsys.readouterr().out
    assert not (models.parent / "cache").exists()
    assert main([*said, "--again"], models) == 0
    first, *ratios, picture = capsys.readouterr().out.splitlines()
    assert first.startswith("tiny, 16 px, float32, 1 threads: ")
    assert len(ratios) == 3 and all(" times as long as the best before it: " in line for line in ratios)
    assert picture.startswith("  a picture takes ")
    chosen = open_openvino(Persona.open(models / "tiny"), "float32", 1, is_tuned=True)
    assert chosen.is_settled and f": {chosen.form}" in first


def test_it_says_where_the_time_goes(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "tiny", "--threads", "1", "--precision", "float32", "--layers"], models) == 0
    table = capsys.readouterr().out
    assert all(words in table for words in ("8 px up", "16 px conv", "16 px norm", "µs  in all"))


def test_a_persona_that_is_not_there_is_told(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--model", "nobody"], models) == 5
    assert "there is no persona 'nobody'" in capsys.readouterr().err


def test_without_a_number_all_threads_and_half_of_them_are_looked_at() -> None:
    assert thread_counts(3) == (3,)
    assert thread_counts(None)[0] is None and thread_counts(None)[1] >= 1
