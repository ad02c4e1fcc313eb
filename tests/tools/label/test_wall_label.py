"""The wall label says what the configuration, the persona and the cards say, and changes with them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from engine.config.consent import LANGUAGES, ConsentSettings, Language
from engine.core.errors import ConfigError
from engine.networks.persona import Persona
from tests.tiny_persona import write_tiny_persona
from tools.label.cards import read_frozen_networks, read_persona_card, read_reading_quality
from tools.label.html import draw_html
from tools.label.page import draw_pdf
from tools.label.sheet import WallLabel
from tools.label.words import Words
from tools.label.writing import write_label
from tools.wall_label import installation_of, main, save

ROOT = Path(__file__).resolve().parents[3]
EVERYTHING = """
audio: {device: default}
reflection: {people: 2}
recorder: {session: true, keep_days: 30}
send: {to: [virtual_camera]}
consent: {ask: true, agree_s: 3}
label: {title: The glass, artist: "A. N. Other, 2026", contact: "Ask the desk: a_b@example.org"}
"""


def label(folder: Path, text: str, language: Language = "en", model: str = "portraits") -> WallLabel:
    path = folder / "config.yaml"
    path.write_text(text or "{}", encoding="utf-8")
    return write_label(installation_of(path, model, ROOT / "models"), language)


def told(written: WallLabel) -> str:
    """All of its text."""
    head = (written.title, written.subtitle, written.artist, written.statement)
    parts = [*head, written.footer]
    for section in written.sections:
        parts += [section.heading, *section.paragraphs, *(cell for row in section.rows for cell in row), *section.notes]
        parts += [text for group in section.bar_groups for bar in group.bars for text in (bar.label, *bar.told)]
    return "\n".join(parts)


@pytest.mark.parametrize(
    ("configuration", "said", "unsaid"),
    [
        ("persona: {attributes: false}", "No age and no gender are estimated", "It estimates an age"),
        ("audio: {device: default}", "It listens to how loud the room is", "¤"),
        ("reflection: {people: 1}", "One visitor is answered at a time", "at once, each by"),
        ("reflection: {rate_hz: 12}", "up to 12 times a second", "30 times a second"),
        ("recorder: {keep_days: 30}", "30 days", "until they are deleted by hand"),
        ("recorder: {max_gb: 2.5}", "until 2.5 GB are full", "until they are deleted by hand"),
        ("recorder: {session: true}", "the numbers of your face, in a file", "¤"),
        ("send: {to: [virtual_camera, ndi]}", "virtual camera, ndi", "Nothing leaves this computer"),
        ("consent: {ask: true, end_s: 1}", "cover your face for 1 second", "¤"),
        ("label: {contact: the desk}", "the desk", "¤"),
        ("label: {statement: {en: Look at it.}}", "Look at it.", "You step up to an old mirror"),
        ("label: {title: The glass}", "The glass", "Narcissus"),
    ],
)
def test_changing_the_configuration_changes_the_label(
    tmp_path: Path, configuration: str, said: str, unsaid: str
) -> None:
    plain, changed = (told(label(tmp_path, text)) for text in ("", configuration))
    assert said in changed and said not in plain
    assert unsaid not in changed and (unsaid in plain or unsaid == "¤")


def generator_sha256() -> str:
    return Persona.open(ROOT / "models" / "portraits").generator_sha256


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_with_nothing_left_unfilled(tmp_path: Path, language: Language) -> None:
    english, words = Words("en"), Words(language)
    assert set(words.sentences) == set(english.sentences)
    for key, text in words.sentences.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", english.sentences[key])), key
    written, plain = label(tmp_path, EVERYTHING, language), label(tmp_path, EVERYTHING, "en")
    assert "{" not in told(written) and written.language == language
    for ours, theirs in zip(written.sections, plain.sections, strict=True):
        assert len(ours.paragraphs) == len(theirs.paragraphs) and len(ours.rows) == len(theirs.rows)
        assert language == "en" or ours.heading != theirs.heading or ours.heading == "Contact"
    assert all(
        name in told(written) for name in ("A. N. Other, 2026", "a_b@example.org", "272", generator_sha256()[:12])
    )


def test_the_audit_and_the_terms_are_those_of_the_card(tmp_path: Path) -> None:
    path = ROOT / "models" / "portraits" / "card.md"
    card = read_persona_card(path, generator_sha256())
    women = next(group for group in card.groups if group.group == "women")
    row = next(line for line in path.read_text(encoding="utf-8").splitlines() if "| women |" in line)
    shown, _, drawn, low, high = (float(number) for number in re.findall(r"[\d.]+(?= %| to|\))", row)[:5])
    assert (women.shown, women.drawn) == (shown, (drawn, low, high)) and card.drawn == 2000
    assert [source.pictures for source in card.sources] == [4973, 502, 616, 245, 106, None]
    text = told(label(tmp_path, ""))
    assert all(
        part in text
        for part in (f"{shown}\xa0%", f"{drawn}\xa0%", "© UK Parliament, CC BY 3.0", "4,973 pictures", "CC0")
    )
    assert "What age the strangers are cannot be told" in text


def test_an_audit_of_another_generator_is_not_told() -> None:
    card = read_persona_card(ROOT / "models" / "portraits" / "card.md", "0" * 64)
    assert card.drawn == 0 and not card.groups and card.sources


def test_a_persona_without_cards_says_that_it_has_none(tmp_path: Path) -> None:
    write_tiny_persona(tmp_path / "models" / "tiny")
    (tmp_path / "config.yaml").write_text("persona: {model: tiny}")
    text = told(write_label(installation_of(tmp_path / "config.yaml", None, tmp_path / "models"), "en"))
    assert "comes without an account of its data" in text and "Nobody has counted yet whom" in text
    assert "How often it is right is not known" in text and "networks that learned from" not in text


def test_cards_of_frozen_networks_and_of_readings_are_read() -> None:
    assert read_frozen_networks(ROOT / "models" / "features" / "card.md") == [
        ("EfficientNet-Lite0", "Apache 2.0"),
        ("FaceRes", "MIT"),
    ]
    quality = read_reading_quality(ROOT / "models" / "attributes" / "report.json")
    assert quality is not None and round(quality.age) == 47 and round(quality.gender) == 99
    assert read_reading_quality(ROOT / "models" / "nothing.json") is None


def test_what_waits_for_consent_is_what_the_configuration_covers(tmp_path: Path) -> None:
    text = told(label(tmp_path, "consent: {ask: true, covers: [session]}"))
    assert "the numbers of your face. To agree" in text and "a film of this mirror" not in text
    assert "a film of this mirror" in told(label(tmp_path, "consent: {ask: true}"))
    assert ConsentSettings().ask is False


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_of_it_fits_on_its_page(tmp_path: Path, language: Language) -> None:
    pdfium = pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed: make dev")
    pdf, fits = draw_pdf(label(tmp_path, EVERYTHING, language))
    assert fits
    document = pdfium.PdfDocument(pdf)
    assert len(document) == 1 and [round(side) for side in document[0].get_size()] == [842, 1191]
    text = document[0].get_textpage().get_text_bounded()
    document.close()
    assert all(part in text for part in ("a_b@example.org", "FaceRes", Words(language)("kept_picture")))


def test_a_statement_that_is_too_long_is_said_to_be(tmp_path: Path) -> None:
    pytest.importorskip("fpdf", reason="fpdf2 is not installed: make dev")
    written = replace(label(tmp_path, EVERYTHING), statement="word " * 2000)
    assert "too long for its page" in save(written, tmp_path / "label.pdf")
    assert save(label(tmp_path, EVERYTHING), tmp_path / "label.pdf") == ""


def test_html_has_everything_and_escapes_what_it_is_told(tmp_path: Path) -> None:
    page = draw_html(label(tmp_path, 'label: {title: "<b>&", contact: "<script>"}'))
    assert "&lt;b&gt;&amp;" in page and "<script>" not in page and 'lang="en"' in page
    assert page.count("<section>") == 8 and "http" not in re.sub(r"data:[^\"]*", "", page)


def test_the_command_writes_each_form_and_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("pypdfium2", reason="pypdfium2 is not installed: make dev")
    (tmp_path / "config.yaml").write_text("{}")
    for ending in ("pdf", "png", "html"):
        path = tmp_path / "made" / f"label.{ending}"
        assert main(["--config", str(tmp_path / "config.yaml"), "--language", "es", "--output", str(path)]) == 0
        assert path.stat().st_size > 20_000
    assert "label.contact in config.yaml is empty" in capsys.readouterr().err
    with Image.open(tmp_path / "made" / "label.png") as picture:
        assert picture.size == (1754, 2481)
    assert main(["--config", str(tmp_path / "config.yaml"), "--output", "label.docx"]) == ConfigError.exit_status
    assert "a label is a .pdf, .html or .png file" in capsys.readouterr().err
