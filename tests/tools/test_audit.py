"""`python -m tools.audit`: its numbers on crowds that are known, its card, and what it says where it cannot answer."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from engine.features.featurizer import LAYOUT
from engine.networks.persona import Persona
from tests.tiny_persona import write_tiny_persona
from tests.tools.portraits import KINDS, label, write_clouds
from tools import audit
from tools.audit import main
from tools.dataset.portrait_set import Label, PortraitSet
from tools.demographics.faces import Crowd
from tools.demographics.groups import QUESTIONS, Known, answer, measured_rows
from tools.demographics.report import GROUPS_FILE, SKIN_TONE_FILE, weighted_median
from tools.demographics.skin_tone import BANDS, LEAST_B, PATCHES, band_of, ita_deg, skin_ita_deg
from tools.reporting.model_card import AUDIT

PORTRAITS, DRAWN = 900, 600
GENDER, AGE, PERIOD = QUESTIONS
WOMEN_DRAWN = 0.3


def labelled(count: int = PORTRAITS) -> list[Label]:
    """Modern, colour and mono take turns; of the modern ones fewer are women; ages 30 to 79, years around four."""
    random = np.random.default_rng(5)
    return [
        label(
            index,
            gender="F" if random.random() < (0.2, 0.3, 0.5)[index % 3] else "M",
            age=int(random.integers(30, 80)),
            year=int(random.choice([1870, 1920, 1970, 2015])),
        )
        for index in range(count)
    ]


def crowd_of(women: np.ndarray, age: np.ndarray, year: np.ndarray, coloured: np.ndarray, seed: int) -> Crowd:
    """Three features say gender, age and year, the second not so well; skin is at 60 and 30 degrees in turns."""
    random = np.random.default_rng(seed)
    count = len(women)
    vectors = np.zeros((count, LAYOUT.size), np.float32)
    vectors[:, 0] = 3 * women + random.standard_normal(count)
    vectors[:, 1] = (age - 55) / 20 + 1.5 * random.standard_normal(count)
    vectors[:, 2] = (year - 1940) / 10 + random.standard_normal(count)
    angle = np.radians(np.where(np.arange(count) % 2 == 0, 60, 30))
    for patch in PATCHES:
        vectors[:, LAYOUT.index(f"colour.{patch}_L")] = 50 + 10 * np.tan(angle)
        vectors[:, LAYOUT.index(f"colour.{patch}_b")] = 10
    return Crowd(vectors, np.zeros((count, 0), np.float32), coloured, np.ones(count, np.bool_))


def portrait_crowd(labels: list[Label]) -> Crowd:
    women = np.array([label.gender == "F" for label in labels])
    age, year = np.array([label.age for label in labels]), np.array([label.year for label in labels])
    return crowd_of(women, age, year, np.array([label.kind != "mono" for label in labels]), seed=6)


def drawn_crowd() -> Crowd:
    women = np.arange(DRAWN) < WOMEN_DRAWN * DRAWN
    return crowd_of(women, np.full(DRAWN, 70), np.full(DRAWN, 1970), np.arange(DRAWN) % 4 > 0, seed=7)


@pytest.fixture(scope="module")
def known() -> Known:
    labels = labelled()
    return Known(labels, portrait_crowd(labels))


def test_shares_of_the_data_are_counted_and_weighted(known: Known) -> None:
    rows, checks = answer(GENDER, known, drawn_crowd())
    train = [label for label in known.labels if label.split == "train"]
    women = [label for label in train if label.gender == "F"]
    weights = dict(zip(KINDS, (1.0, 0.3, 0.1), strict=True))
    row = rows[1]
    assert (row.band, row.portraits) == ("women", len(women))
    assert row.share == pytest.approx(len(women) / len(train))
    seen = sum(weights[label.kind] for label in women) / sum(weights[label.kind] for label in train)
    assert row.seen == pytest.approx(seen) and row.seen != pytest.approx(row.share, abs=0.003)
    assert row.drawn is not None and row.difference is not None
    assert row.drawn.low < WOMEN_DRAWN < row.drawn.high and row.drawn.value == pytest.approx(WOMEN_DRAWN, abs=0.06)
    assert row.difference.value == pytest.approx(row.drawn.value - seen)
    (check,) = checks
    assert check.group == "women"
    assert check.hits + check.misses + check.false_alarms + check.others == PORTRAITS // 5
    assert 0.85 < check.balanced_accuracy < 1 and check.corrected == pytest.approx(check.truth, abs=0.1)


def test_bands_are_estimated_where_the_features_show_them_and_not_compared_where_they_hardly_do(known: Known) -> None:
    rows, checks = answer(PERIOD, known, drawn_crowd())
    assert [row.band for row in rows] == list(PERIOD.bands)
    assert rows[2].drawn is not None and rows[2].drawn.value > 0.8 and rows[2].difference is not None
    assert sum(row.drawn.value for row in rows if row.drawn) == pytest.approx(1)
    assert [check.group for check in checks] == ["1900 and over", "1950 and over", "2000 and after"]
    rows, checks = answer(AGE, known, drawn_crowd())
    assert all(check.true_rate - check.false_rate < 0.5 for check in checks)
    assert all(row.drawn is None and row.difference is None for row in rows)
    assert checks[1].drawn_counted > checks[1].seen_counted + 0.1  # all of the drawn are seventy


def test_what_is_not_on_record_is_not_estimated(known: Known) -> None:
    nameless = [label(index, gender="", age=40, year=None) for index in range(PORTRAITS)]
    unlabelled = Known(nameless, known.crowd)
    for question in QUESTIONS:
        rows, checks = answer(question, unlabelled, drawn_crowd())
        assert not checks and all(row.drawn is None and row.difference is None for row in rows)
    assert [row.share for row in answer(AGE, unlabelled, drawn_crowd())[0]] == [1, 0, 0]


def test_skin_and_colours_are_measured_on_both(known: Known) -> None:
    rows = {row.band: row for row in measured_rows(known, drawn_crowd())}
    assert rows["with colours"].share == pytest.approx(2 / 3, abs=0.01)
    assert rows["with colours"].seen == pytest.approx(1.3 / 1.4, abs=0.01)
    assert rows["with colours"].drawn is not None and rows["with colours"].drawn.value == 0.75
    shown = [index for index, label in enumerate(known.labels) if label.split == "train" and label.kind != "mono"]
    light = sum(index % 2 == 0 for index in shown)
    assert (rows["very light"].portraits, rows["intermediate"].portraits) == (light, len(shown) - light)
    assert all(rows[band].portraits == 0 for band in ("light", "tan", "brown", "dark"))


def test_the_angle_and_its_bands_are_those_of_the_literature() -> None:
    lightness, b = np.array([75.0, 65.0, 60.0, 55.0, 50.0, 40.0]), np.array([15.0, 15.0, 15.0, 16.0, 18.0, 15.0])
    expected = [59.04, 45.0, 33.69, 17.35, 0.0, -33.69]
    assert ita_deg(lightness, b) == pytest.approx(expected, abs=0.01)
    assert [BANDS[index] for index in band_of(np.array(expected))] == list(BANDS)
    edges = np.array([55.0, 41.0, 28.0, 10.0, -30.0])
    assert band_of(edges).tolist() == [1, 2, 3, 4, 5] and band_of(edges + 0.01).tolist() == [0, 1, 2, 3, 4]
    assert np.isnan(ita_deg(np.array([70.0]), np.array([LEAST_B - 0.1]))).all()


def test_one_shadowed_cheek_does_not_decide_about_the_skin() -> None:
    vectors = np.zeros((1, LAYOUT.size), np.float32)
    for patch, lightness in zip(PATCHES, (65, 65, 20), strict=True):
        vectors[0, LAYOUT.index(f"colour.{patch}_L")] = lightness
        vectors[0, LAYOUT.index(f"colour.{patch}_b")] = 15
    assert skin_ita_deg(vectors) == pytest.approx([45.0])


def test_the_weighted_median_has_half_of_the_weight_below_it() -> None:
    assert weighted_median(np.array([30.0, 10.0, 20.0]), np.array([1.0, 1.0, 5.0])) == 20
    assert weighted_median(np.array([30.0, 10.0, 20.0]), np.array([5.0, 1.0, 1.0])) == 30


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A persona with a card and a portrait set, whose faces need not be drawn and searched for."""
    folder = write_tiny_persona(tmp_path / "models" / "tiny")
    (folder / "card.md").write_text("# Tiny\n\nOf clouds.\n", encoding="utf-8")
    write_clouds(tmp_path / "clouds.zip", 2)
    labels = labelled()
    pictures = np.zeros((PORTRAITS, 16, 16, 3), np.uint8)
    monkeypatch.setattr(audit, "read_portraits", lambda _: PortraitSet(tuple(labels), pictures))
    monkeypatch.setattr(audit, "measure_crowd", lambda *_: portrait_crowd(labels))
    monkeypatch.setattr(audit, "draw_crowd", lambda *_: drawn_crowd())
    return tmp_path


def run(place: Path, *more: str) -> int:
    arguments = ["--model", "tiny", "--data", str(place / "clouds.zip"), *more]
    return main(arguments, place / "models", place / "reports")


def test_tables_are_printed_and_plots_go_to_the_reports(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(place) == 0
    said = capsys.readouterr().out
    sha = Persona.open(place / "models" / "tiny").generator_sha256
    assert f"Generator `{sha[:12]}`: {DRAWN} faces drawn" in said and "`clouds.zip`" in said and str(place) not in said
    assert "| gender | men |" in said and "|  | women |" in said and "cannot be told" in said
    assert "Its median is" in said
    assert all(f"reports/audit/tiny/{name}" in said for name in (GROUPS_FILE, SKIN_TONE_FILE))
    for name in (GROUPS_FILE, SKIN_TONE_FILE):
        content = (place / "reports" / "audit" / "tiny" / name).read_bytes()
        assert ElementTree.fromstring(content).tag.endswith("svg") and len(content) < 100_000
    assert not (place / "models" / "tiny" / GROUPS_FILE).exists()


def test_the_card_gets_the_same_audit_however_often(place: Path) -> None:
    assert run(place, "--card") == 0
    folder = place / "models" / "tiny"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    text = before["card.md"].decode()
    assert text.startswith("# Tiny\n\nOf clouds.\n\n## Whom it was shown and whom it draws\n")
    assert f"![Shares of groups]({GROUPS_FILE})" in text and GROUPS_FILE in before and SKIN_TONE_FILE in before
    assert run(place, "--card") == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert (AUDIT.within(text) or "").startswith("Generator `")


def test_a_persona_that_draws_no_faces_cannot_be_audited(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tiny_persona(tmp_path / "models" / "tiny")
    write_clouds(tmp_path / "clouds.zip")
    assert run(tmp_path, "--count", "30") == 5
    said = capsys.readouterr().err
    assert "faces were found in 0 of 30 pictures drawn by tiny: an audit needs at least 30" in said
    assert not (tmp_path / "reports").exists()


def test_bad_requests_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_tiny_persona(tmp_path / "models" / "tiny")
    assert run(tmp_path) == 4
    assert f"there is no portrait set {tmp_path / 'clouds.zip'}" in capsys.readouterr().err
    assert main(["--model", "nobody", "--data", "a.zip"], tmp_path / "models") == 5
    assert "there is no persona 'nobody'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(tmp_path, "--count", "3")
    assert "must be between 30 and 50000, not 3" in capsys.readouterr().err


def test_a_portrait_set_without_faces_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_tiny_persona(tmp_path / "models" / "tiny")
    write_clouds(tmp_path / "clouds.zip", 5)
    monkeypatch.setattr(audit, "draw_crowd", lambda *_: drawn_crowd())
    assert run(tmp_path) == 4
    assert "faces were found in 0 of its pictures in the split 'train'" in capsys.readouterr().err
